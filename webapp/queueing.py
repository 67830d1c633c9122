"""The doorbell: RQ over Redis says that there is work; what the work is stands in the database.

A bell that is lost rings again (`uploads.reconcile`); a bell that rings twice does nothing twice.
"""

import signal
from ctypes import CDLL
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.exceptions import DeserializationError
from rq.job import Job
from rq.serializers import JSONSerializer

QUEUE = (
    "platea"  # one queue for every worker: with two, RQ loses the job of a worker killed right after the pop
)
JOB_TIMEOUT_S = 600

# What may be run by writing to Redis. Without this list the JSON serializer still runs `os.system`.
ALLOWED = frozenset(
    {
        "webapp.contacts.jobs.run_import",
        "webapp.destinations.meta.jobs.check_account",
        "webapp.uploads.jobs.prepare_upload",
        "webapp.uploads.jobs.send_upload",
    }
)


class SafeJob(Job):
    """A job that runs only our own functions, and none of the callbacks that can be written beside it."""

    def restore(self, raw_data: Any) -> Any:
        restored = super().restore(raw_data)
        for name in ("success", "failure", "stopped"):
            setattr(self, f"_{name}_callback_name", None)
            setattr(self, f"_{name}_callback", None)
        if hasattr(self, "webhooks"):
            self.webhooks = []
        return restored

    def _deserialize_data(self) -> None:
        super()._deserialize_data()
        if self._func_name not in ALLOWED or self._instance is not None:
            raise DeserializationError("function not allowed")


def connection(url: str) -> Redis:
    """For web requests: gives up after 1 s, where redis-py's defaults hang for 40 on a silent network."""
    return Redis.from_url(
        url, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0), health_check_interval=0
    )


class Bell:
    """Rings for one piece of work: a function of `ALLOWED` and the id of a row."""

    def __init__(self, redis_url: str) -> None:
        self._redis = connection(redis_url)
        self._queue = Queue(QUEUE, connection=self._redis, serializer=JSONSerializer, job_class=SafeJob)

    def ring(self, function: str, row_id: int) -> bool:
        """Whether Redis took the bell. False is no error: the work starts when the bell is rung again."""
        if function not in ALLOWED:
            raise ValueError(f"{function} is not in ALLOWED")
        try:
            self._queue.enqueue(function, row_id, job_timeout=JOB_TIMEOUT_S, result_ttl=0, failure_ttl=86_400)
        except (RedisError, OSError):
            return False
        return True

    def ping(self) -> bool:
        try:
            return bool(self._redis.ping())
        except (RedisError, OSError):
            return False

    def waiting(self) -> int | None:
        """Bells nobody has answered yet, None when Redis does not answer."""
        try:
            return int(self._queue.count)
        except (RedisError, OSError):
            return None


def die_with_parent() -> None:
    """First thing in a job (Linux): otherwise a killed worker leaves its job running beside the next one."""
    PR_SET_PDEATHSIG = 1
    try:
        CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    except (OSError, AttributeError):
        return  # not Linux: the lease and the fencing token still keep the numbers right
