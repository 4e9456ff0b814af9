"""One task in the server's process, through Celery and through RQ: what each can do.

Servers, workers and Redis are real processes.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import IO

import httpx2
import pytest
from anyio import create_task_group, wait_all_tasks_blocked
from anyio.to_thread import current_default_thread_limiter
from redis import Redis

from ravyn_bg import BackgroundTask
from tests.checkers import output
from tests.redis_server import RedisServer
from tests.servers import Server, serve

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "outgrowing"
ROWS = "a,1\nb,2\n"
NAMES = {"celery": "work.process_file.delay", "rq": "work.process_file"}
STATUSES = {
    "celery": ("PENDING", "STARTED", "SUCCESS"),
    "rq": ("queued", "started", "finished"),
}

either_queue = pytest.mark.parametrize("queue", ["celery", "rq"])


class Upload:
    """A file to process and the one that the task leaves, as named pipes.

    Who opens a named pipe waits for the other side. So a test knows that the task has begun, and
    says how it goes on.
    """

    def __init__(self, folder: Path, name: str = "a.csv") -> None:
        self.name = name
        self._file, self._rows = folder / name, folder / f"{name}.rows"
        os.mkfifo(self._file)
        os.mkfifo(self._rows)

    @contextmanager
    def attempt(self) -> Iterator[IO[str]]:
        """Wait until the task has opened the file; the next attempt will open another one."""
        with self._file.open("w") as file:
            self._file.unlink()
            os.mkfifo(self._file)
            yield file

    def is_being_read(self) -> bool:
        try:
            os.close(os.open(self._file, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return False
        return True

    def rows(self) -> int:
        """Wait for what the task leaves."""
        return int(self._rows.read_text())


@pytest.fixture(autouse=True)
def no_test_waits_for_ever() -> Iterator[None]:
    def give_up(*_: object) -> None:
        pytest.fail("waited for a minute")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where servers and workers run and find the example."""
    monkeypatch.setenv("PYTHONPATH", str(EXAMPLE))
    return tmp_path


@pytest.fixture
def upload(folder: Path) -> Upload:
    return Upload(folder)


@pytest.fixture
def redis(monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisServer]:
    redis = RedisServer()
    monkeypatch.setenv("REDIS_URL", redis.url)
    yield redis
    redis.stop()


@contextmanager
def worker(queue: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of the queue, which runs one job at a time, in a child process."""
    command = {
        "celery": ["celery", "-A", "with_celery:queue", "worker", "--concurrency=1"],
        "rq": ["rq", "worker", "--url", os.environ["REDIS_URL"]],
    }[queue]
    program = Path(sys.executable).with_name(command[0])
    with subprocess.Popen([program, *command[1:]], cwd=folder) as process:
        try:
            yield process
        finally:
            jobs = children(process)
            process.kill()
            for job in jobs:
                with suppress(ProcessLookupError):
                    os.kill(job, signal.SIGKILL)


def children(process: subprocess.Popen[bytes]) -> list[int]:
    return [*map(int, Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split())]


@contextmanager
def serving(app: str, folder: Path) -> Iterator[Server]:
    with serve(f"{app}:app", server="palfrey", cwd=folder) as server:
        yield server


def post(server: Server, path: str) -> tuple[int, dict[str, str]]:
    # Left alone, Celery would let the client wait for 20 seconds.
    response = httpx2.post(f"{server.url}{path}", timeout=15)
    return response.status_code, response.json() if response.is_success else {}


def enqueue(server: Server, upload: Upload) -> str:
    status, answer = post(server, f"/files/{upload.name}")
    assert status == 202
    return answer["job"]


def status_of(job: str, server: Server) -> str:
    status: str = httpx2.get(f"{server.url}/jobs/{job}", timeout=30).json()["status"]
    return status


def test_a_background_task_needs_only_the_server_and_keeps_no_client_waiting(
    folder: Path, upload: Upload
) -> None:
    with serving("in_process", folder) as server:
        assert post(server, "/files/a.csv") == (202, {"status": "accepted"})
        with upload.attempt() as file:
            file.write(ROWS)
        assert upload.rows() == 2


@pytest.mark.anyio
async def test_background_tasks_share_the_threads_of_their_process() -> None:
    threads, end = current_default_thread_limiter(), Event()
    async with create_task_group() as group:
        for _ in range(41):
            group.start_soon(BackgroundTask(end.wait))
        try:
            await wait_all_tasks_blocked()
            assert threads.borrowed_tokens == 40
            assert threads.statistics().tasks_waiting == 1
        finally:
            end.set()


def test_a_server_cannot_stop_before_a_background_task_has_ended(
    folder: Path, upload: Upload
) -> None:
    with serving("in_process", folder) as server:
        post(server, "/files/a.csv")
        with upload.attempt() as file:
            server.process.terminate()
            server.wait_for("Waiting for")
            assert server.process.poll() is None
            file.write(ROWS)
        assert upload.rows() == 2


def test_a_background_task_is_lost_with_its_process(folder: Path, upload: Upload) -> None:
    with serving("in_process", folder) as server:
        post(server, "/files/a.csv")
        with upload.attempt():
            server.process.kill()
    with serving("in_process", folder):
        assert not upload.is_being_read()


def test_a_background_task_that_fails_is_logged_and_not_tried_again(
    folder: Path, upload: Upload
) -> None:
    with serving("in_process", folder) as server:
        assert post(server, "/files/a.csv") == (202, {"status": "accepted"})
        with upload.attempt():
            pass
        server.wait_for("Background task work.process_file failed")
        assert not upload.is_being_read()


@either_queue
def test_a_job_goes_on_when_its_server_has_stopped(
    queue: str, folder: Path, upload: Upload, redis: RedisServer
) -> None:
    with worker(queue, folder), serving(f"with_{queue}", folder) as server:
        enqueue(server, upload)
        with upload.attempt() as file:
            server.stop()
            file.write(ROWS)
        assert upload.rows() == 2


@either_queue
def test_a_job_outlives_its_server_and_its_worker_process(
    queue: str, folder: Path, upload: Upload, redis: RedisServer
) -> None:
    with serving(f"with_{queue}", folder) as server:
        enqueue(server, upload)
        server.process.kill()
    with worker(queue, folder) as process:
        with upload.attempt():
            (job,) = children(process)
            os.kill(job, signal.SIGKILL)
        with upload.attempt() as file:
            file.write(ROWS)
        assert upload.rows() == 2


@either_queue
def test_a_job_that_fails_is_tried_again(
    queue: str, folder: Path, upload: Upload, redis: RedisServer
) -> None:
    with worker(queue, folder), serving(f"with_{queue}", folder) as server:
        enqueue(server, upload)
        with upload.attempt():
            pass
        with upload.attempt() as file:
            file.write(ROWS)
        assert upload.rows() == 2


@either_queue
def test_a_job_tells_its_status(
    queue: str, folder: Path, upload: Upload, redis: RedisServer
) -> None:
    waiting, running, done = STATUSES[queue]
    with serving(f"with_{queue}", folder) as server:
        job = enqueue(server, upload)
        assert status_of(job, server) == waiting
        with worker(queue, folder):
            with upload.attempt() as file:
                assert status_of(job, server) == running
                file.write(ROWS)
            assert upload.rows() == 2
            while status_of(job, server) != done:
                pass


@either_queue
def test_each_worker_runs_one_more_job_at_the_same_time(
    queue: str, folder: Path, redis: RedisServer
) -> None:
    first, second = Upload(folder, "first.csv"), Upload(folder, "second.csv")
    with (
        serving(f"with_{queue}", folder) as server,
        worker(queue, folder),
        worker(queue, folder),
    ):
        enqueue(server, first)
        enqueue(server, second)
        with first.attempt() as one, second.attempt() as another:
            one.write(ROWS)
            another.write(ROWS * 2)
        assert (first.rows(), second.rows()) == (2, 4)


@either_queue
def test_a_handler_that_enqueues_refuses_while_redis_is_away(
    queue: str, folder: Path, upload: Upload, redis: RedisServer
) -> None:
    with serving(f"with_{queue}", folder) as server:
        redis.stop()
        assert post(server, "/files/a.csv") == (500, {})
        redis.start()
        enqueue(server, upload)
        with worker(queue, folder):
            with upload.attempt() as file:
                file.write(ROWS)
            assert upload.rows() == 2


@either_queue
def test_a_handler_that_enqueues_refuses_when_redis_hangs(
    queue: str, folder: Path, redis: RedisServer
) -> None:
    with serving(f"with_{queue}", folder) as server:
        redis.hang()
        assert post(server, "/files/a.csv") == (500, {})


@either_queue
def test_enqueueing_after_the_response(
    queue: str, folder: Path, upload: Upload, redis: RedisServer
) -> None:
    with worker(queue, folder), serving(f"with_{queue}", folder) as server:
        assert post(server, "/files/a.csv/later") == (202, {"status": "accepted"})
        with upload.attempt() as file:
            file.write(ROWS)
        assert upload.rows() == 2


@either_queue
def test_enqueueing_after_the_response_loses_the_job_while_redis_is_away(
    queue: str, folder: Path, redis: RedisServer
) -> None:
    with serving(f"with_{queue}", folder) as server:
        redis.stop()
        assert post(server, "/files/a.csv/later") == (202, {"status": "accepted"})
        server.wait_for(f"Background task {NAMES[queue]} failed")
        redis.start()
        with Redis.from_url(redis.url) as connection:
            assert connection.dbsize() == 0


@either_queue
def test_a_wrong_call_is_flagged(queue: str, tmp_path: Path) -> None:
    enqueues = {"celery": "process_file.delay", "rq": "process_file"}[queue]
    (tmp_path / "calls.py").write_text(
        "from ravyn_bg import BackgroundTask\n"
        f"from with_{queue} import process_file\n"
        f'BackgroundTask({enqueues}, "a.csv")\n'
        f"BackgroundTask({enqueues}, 1)\n"
        f"BackgroundTask({enqueues})\n"
    )
    options = ["--strict", "--config-file=", f"--cache-dir={ROOT / '.mypy_cache' / 'outgrowing'}"]
    said = output(["mypy", *options, "calls.py"], tmp_path, MYPYPATH=str(EXAMPLE))
    assert re.findall(r"^calls\.py:(\d): error: .* \[([a-z-]+)\]$", said, re.MULTILINE) == [
        ("4", "arg-type"),
        ("5", "call-arg"),
    ]
