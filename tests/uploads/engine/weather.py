"""An hour at Facebook, lived in seconds: a clock that is moved, a worker that makes its rounds."""

from dataclasses import dataclass

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer
from time_machine import Traveller

from tests.uploads.conftest import is_final, read
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

    def live(self, seconds: float, *until_ended: Upload) -> float:
        """Go through *seconds*, or less when all of *until_ended* have ended before; how many went by."""
        gone = 0.0
        while gone < seconds and not (until_ended and all(map(is_final, until_ended))):
            self._round()
            self.clock.shift(ROUND_S)
            gone += ROUND_S
        return gone

    def _round(self) -> None:
        reconcile()
        with Redis.from_url(self.redis_url) as redis:
            queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer, job_class=SafeJob)
            for _ in range(50):  # what is rung meanwhile is answered in the same round
                rung = queue.jobs
                queue.empty()
                for job in rung:
                    JOBS[job.func_name](*job.args)
                if not rung:
                    return
            raise AssertionError("the bells never stop")


def status_of(upload: Upload) -> str:
    return read(upload).status
