"""An hour at Facebook, lived in seconds: a clock that is moved, a worker that makes its rounds."""

from collections.abc import Mapping
from dataclasses import dataclass

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer
from time_machine import Traveller

from tests.uploads.conftest import is_final
from webapp.queueing import QUEUE, SafeJob
from webapp.uploads import jobs
from webapp.uploads.engine import enqueue
from webapp.uploads.engine.reconcile import reconcile
from webapp.uploads.models import Upload

ROUND_S = 5.0  # between two rounds of a worker, as `Settings.reconcile_s`
JOBS = {enqueue.PREPARE: jobs.prepare_upload, enqueue.SEND: jobs.send_upload}


@dataclass
class Worker:
    """One worker whose every action takes no time, on a clock that only `live` moves."""

    redis_url: str
    clock: Traveller
    round_s: float = ROUND_S

    def live(self, seconds: float) -> None:
        for _ in range(round(seconds / self.round_s)):
            self._round()
            self.clock.shift(self.round_s)

    def until_ended(self, uploads: Mapping[str, Upload], within_s: float) -> dict[str, float]:
        """After how many seconds each of *uploads* had ended; AssertionError when one takes too long."""
        ended: dict[str, float] = {}
        gone = 0.0
        while len(ended) < len(uploads):
            assert gone <= within_s, f"ended: {ended}"
            self._round()
            ended |= {name: gone for name, one in uploads.items() if name not in ended and is_final(one)}
            self.clock.shift(self.round_s)
            gone += self.round_s
        return ended

    def _round(self) -> None:
        reconcile()
        with Redis.from_url(self.redis_url) as redis:
            queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer, job_class=SafeJob)
            for _ in range(50):  # what is enqueued meanwhile is answered in the same round
                enqueued = queue.jobs
                queue.empty()
                for job in enqueued:
                    JOBS[job.func_name](*job.args)
                if not enqueued:
                    return
            raise AssertionError("the bells never stop")
