"""gunicorn's own messages as ours: one JSON line each, through the same gate."""

from typing import Any

from gunicorn.glogging import Logger

from webapp import logs


class GunicornLogs(Logger):  # type: ignore[misc] # gunicorn has no types here
    """`--logger-class`: what gunicorn says goes to the handler of `logs`. Requests are logged by us."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        logs.configure()
        self.error_log.handlers = []
        self.error_log.propagate = True
