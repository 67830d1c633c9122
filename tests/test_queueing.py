"""The doorbell: it rings for our own jobs only, and a silent Redis holds nobody up."""

import logging
import os
import pickle
import socket
import subprocess
import time
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer

from tests.support.running import wait_until
from webapp.config import ROOT
from webapp.host.processes import python
from webapp.queueing import QUEUE, JobQueue, SafeJob

OURS = "webapp.uploads.jobs.send_upload"


def test_ringing_puts_one_job_with_only_an_id_in_the_queue(redis_url):
    assert JobQueue(redis_url).enqueue(OURS, 42)

    with Redis.from_url(redis_url) as connection:
        queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer, job_class=SafeJob)
        [job] = queue.jobs
        assert (job.func_name, job.args, job.kwargs) == (OURS, [42], {})


def test_ringing_for_a_function_that_is_not_ours_is_a_mistake(redis_url):
    with pytest.raises(ValueError, match="os.system"):
        JobQueue(redis_url).enqueue("os.system", 1)


def test_without_redis_ringing_says_so_and_takes_no_time():
    started = time.monotonic()

    assert not JobQueue("redis://127.0.0.1:1/0").enqueue(OURS, 1)

    assert time.monotonic() - started < 2


def test_a_redis_that_never_answers_is_given_up_within_two_seconds():
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the connection and says nothing
        started = time.monotonic()

        assert not JobQueue(f"redis://127.0.0.1:{silent.getsockname()[1]}/0").enqueue(OURS, 1)

        assert time.monotonic() - started < 2.5


@pytest.mark.parametrize("call", ["os.system", "subprocess.call", "builtins.eval"])
def test_a_function_written_into_redis_by_hand_does_not_run(redis_url, tmp_path, call):
    proof = tmp_path / "it-ran"
    with Redis.from_url(redis_url) as connection:
        _write_job(connection, "a", JSONSerializer.dumps([call, None, [f"touch {proof}"], {}]))

        _work_off(connection)

        assert not proof.exists()
        assert "not allowed" in _why_failed(connection, "a")


def test_a_pickle_written_into_redis_is_not_opened(redis_url, tmp_path):
    proof = tmp_path / "it-ran"
    with Redis.from_url(redis_url) as connection:
        _write_job(connection, "b", pickle.dumps(_Bomb(str(proof))))

        _work_off(connection)

        assert not proof.exists()


def test_a_callback_written_beside_one_of_our_jobs_is_dropped(redis_url):
    with Redis.from_url(redis_url) as connection:
        _write_job(connection, "c", JSONSerializer.dumps([OURS, None, [1], {}]))
        connection.hset("rq:job:c", "success_callback_name", "os.system")

        job = SafeJob.fetch("c", connection=connection, serializer=JSONSerializer)

        assert job.success_callback is None and job.failure_callback is None


def test_a_job_ends_with_the_worker_that_started_it(tmp_path):
    ready, job = (
        tmp_path / "ready",
        (
            "import os, sys, time; from pathlib import Path; from webapp.life import die_with_parent\n"
            "if os.fork() == 0:\n"
            "    die_with_parent(); Path(sys.argv[1]).write_text(str(os.getpid()))\n"
            "time.sleep(60)"
        ),
    )
    worker = subprocess.Popen(python("-c", job, str(ready)), cwd=ROOT)
    wait_until(lambda: ready.exists() and ready.read_text())

    worker.kill()
    worker.wait()

    wait_until(lambda: not _is_running(int(ready.read_text())), within_s=5)


class _Bomb:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def _write_job(connection: Redis, job_id: str, data: bytes) -> None:
    now = "2026-11-24T08:00:00.000000Z"
    connection.hset(
        f"rq:job:{job_id}",
        mapping={"data": data, "created_at": now, "origin": QUEUE, "status": "queued", "enqueued_at": now},
    )
    connection.rpush(f"rq:queue:{QUEUE}", job_id)
    connection.sadd("rq:queues", f"rq:queue:{QUEUE}")


def _work_off(connection: Redis) -> None:
    """What the worker does until the queue is empty; it must come through alive."""
    worker = Worker([QUEUE], connection=connection, serializer=JSONSerializer, job_class=SafeJob)
    of_rq = logging.getLogger("rq.worker")
    before = of_rq.level, of_rq.handlers[:]
    try:
        worker.work(burst=True, logging_level="CRITICAL")
    finally:  # the level stays the whole process's: whoever logs by that name afterwards would not be heard
        of_rq.setLevel(before[0])
        of_rq.handlers[:] = before[1]


def _why_failed(connection: Redis, job_id: str) -> str:
    job = Job(job_id, connection=connection, serializer=JSONSerializer)
    job.refresh()
    return str(job.latest_result().exc_string if job.latest_result() else job.exc_info)


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
