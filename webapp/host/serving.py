"""gunicorn without the folder it is started in: `python -P -m webapp.host.serving …` with gunicorn's options.

As it comes, gunicorn puts the current folder first on the path and runs a `gunicorn.conf.py` that lies there:
whoever may write where somebody gives the command has their code run with the keys of the installation.
Files are still found from there, as for every command of ours.
"""

import os

from gunicorn.app.wsgiapp import WSGIApplication


class Server(WSGIApplication):  # type: ignore[misc] # gunicorn has no types
    def chdir(self) -> None:
        os.chdir(self.cfg.chdir)


if __name__ == "__main__":
    Server("%(prog)s [OPTIONS] [APP_MODULE]").run()
