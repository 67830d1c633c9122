"""The job queue: RQ over Redis only says that there is work; the work itself stands in the database.

A job that is lost is enqueued again (`uploads.engine.reconcile`); a job that runs twice does nothing twice.
"""

import os
import signal
from contextlib import suppress
from threading import Event
from types import FrameType
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, Worker
from rq.exceptions import DeserializationError
from rq.job import Job
from rq.serializers import JSONSerializer

QUEUE = (
    "platea"  # one queue for every worker: with two, RQ loses the job of a worker killed right after the pop
)
JOB_TIMEOUT_S = 600
PING_LIVES_S = 60
WORKER_TTL_S = 17  # RQ waits 15 s less for a job, and 5 s less for any answer of Redis
ENDS = signal.SIGUSR1  # from a worker to its job; set before the fork, so that none comes too early

_ending = Event()

# What may be run by writing to Redis. Without this list the JSON serializer still runs `os.system`.
ALLOWED = frozenset(
    {
        "webapp.contacts.jobs.run_export",
        "webapp.contacts.jobs.run_import",
        "webapp.destinations.meta.jobs.check_account",
        "webapp.destinations.meta.jobs.read_audiences",
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
        super()._deserialize_data()  # type: ignore[no-untyped-call] # RQ has no types here
        if self._func_name not in ALLOWED or self._instance is not None:
            raise DeserializationError("function not allowed")


def connection(url: str) -> Redis:
    """For web requests: gives up after half a second, where redis-py hangs for 40 s on a silent network.

    Giving up on one that is only slow costs little: the job is enqueued again.
    """
    return Redis.from_url(
        url,
        socket_timeout=0.5,
        socket_connect_timeout=0.5,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )


class JobQueue:
    """Enqueues one piece of work: a function of `ALLOWED` and the id of a row."""

    def __init__(self, redis_url: str) -> None:
        self._redis = connection(redis_url)
        self._queue = Queue(QUEUE, connection=self._redis, serializer=JSONSerializer, job_class=SafeJob)

    def enqueue(self, function: str, row_id: int) -> bool:
        """Whether Redis took the job. False is no error: the work starts when the job is enqueued again."""
        if function not in ALLOWED:
            raise ValueError(f"{function} is not in ALLOWED")
        try:
            self._queue.enqueue(function, row_id, job_timeout=JOB_TIMEOUT_S, result_ttl=0, failure_ttl=86_400)
        except (RedisError, OSError):
            return False
        return True

    def ping(self) -> bool:
        """Whether Redis takes what it is given: one that is full, or has a full disk, still answers PING."""
        try:
            return bool(self._redis.set(f"{QUEUE}:ping", "1", ex=PING_LIVES_S))
        except (RedisError, OSError):
            return False

    def waiting(self) -> int | None:
        """Jobs that no worker has taken yet, None when Redis does not answer."""
        try:
            return int(self._queue.count)
        except (RedisError, OSError):
            return None


class JobWorker(Worker):
    """RQ's worker, that finds a Redis which was away within seconds and tells its job when to end."""

    max_connection_wait_time = 5.0  # between two tries; RQ's own 60 s are a minute lost after every outage

    @classmethod
    def on(cls, redis_url: str) -> "JobWorker":
        """A worker of `QUEUE`. To be called in the main thread: it hears signals."""
        signal.signal(ENDS, _hear)
        # A connection that a firewall forgot is noticed only by waiting: RQ would wait worker_ttl - 5 s =
        # 415 s for each read, and redis-py would then try the same again three times.
        connection = Redis.from_url(redis_url, socket_connect_timeout=5, retry=Retry(NoBackoff(), 0))
        return cls(
            [QUEUE],
            connection=connection,
            serializer=JSONSerializer,
            job_class=SafeJob,
            log_job_description=False,
            job_monitoring_interval=5,
            worker_ttl=WORKER_TTL_S,
        )

    def handle_warm_shutdown_request(self) -> None:
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]
        if self.horse_pid:
            with suppress(ProcessLookupError):
                os.kill(self.horse_pid, ENDS)


def is_ending() -> bool:
    """Whether this job was asked to end after what it is doing now, because its worker is to end."""
    return _ending.is_set()


def _hear(_number: int, _frame: FrameType | None) -> None:
    _ending.set()
