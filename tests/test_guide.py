"""Every example of `examples/guide`, driven over HTTP, and what `docs/guide.md` says of it."""

from __future__ import annotations

import gzip
import json
import logging
import os
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module, reload
from logging.handlers import BufferingHandler
from pathlib import Path
from threading import Semaphore, Thread
from typing import Any

import httpx2
import pytest
import uvicorn
from celery.contrib.testing.worker import start_worker
from celery.signals import task_success
from lilya.apps import Lilya
from lilya.conf import settings
from lilya.testclient import TestClient

from ravyn_bg import Request
from tests.conftest import MakeClient

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "examples" / "guide"

# The examples as the page shows them: name, code, and the table of requests below.
SHOWN = re.findall(
    r"^```python\n# examples/guide/(\w+)\.py\n(.*?)^```\n(.*?)(?=^```|^#|\Z)",
    (ROOT / "docs" / "guide.md").read_text(),
    re.M | re.S,
)

Lines = Callable[[], list[str]]


def load(name: str) -> Any:
    return import_module(f"examples.guide.{name}")


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Lines:
    return lambda: capsys.readouterr().out.splitlines()


@pytest.fixture
def logged() -> Iterator[Lines]:
    # Not `caplog`: its handler is on the root logger, where `Lilya()` puts others.
    handler, logger = BufferingHandler(capacity=100), logging.getLogger("ravyn_bg")
    logger.addHandler(handler)
    yield lambda: [record.getMessage() for record in handler.buffer]
    logger.removeHandler(handler)


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The app's address on a server, which ends when all tasks have."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none"))
    thread = Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def test_the_page_shows_the_examples() -> None:
    shown = {name: code for name, code, _ in SHOWN}
    assert shown == {each.stem: each.read_text() for each in GUIDE.glob("*.py")}


@pytest.mark.parametrize(
    ("name", "path", "sent", "answer", "said"),
    [
        (name, *row)
        for name, _, rows in SHOWN
        for row in re.findall(r"^\| `POST (\S+) ?(.*?)` \| `(.*?)` \| (.*) \|$", rows, re.M)
    ],
)
def test_example_does_what_its_row_says(
    name: str,
    path: str,
    sent: str,
    answer: str,
    said: str,
    make_client: MakeClient,
    printed: Lines,
    logged: Lines,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # `Lilya(infer_body=True)` sets it for the whole process: here for this test.
    monkeypatch.setattr(settings, "infer_body", False)
    client = make_client(reload(load(name)).app, raise_server_exceptions=False)

    response = client.post(path, json=json.loads(sent or "null"))

    assert response.is_success
    assert response.json() == json.loads(answer)
    assert printed() + logged() == re.findall("`(.*?)`", said)


def test_file_upload(
    make_client: MakeClient, printed: Lines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    client = make_client(load("file_upload").app)

    refused = client.post("/users/7/files", data={"file": "cat.txt"})
    stored = client.post("/users/7/files", files={"file": ("../cat.txt", b"meow")})

    assert (refused.status_code, refused.json()) == (400, {"error": "send a file"})
    assert (stored.status_code, stored.json()) == (202, {"stored": "cat.txt"})
    assert printed() == ["Compressed cat.txt of user 7"]
    (compressed,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert compressed == tmp_path / "uploads" / "7" / "cat.txt.gz"
    assert gzip.decompress(compressed.read_bytes()) == b"meow"


def test_webhook(make_client: MakeClient, logged: Lines) -> None:
    app, received = Lilya(), list[Any]()

    @app.post("/hook")
    async def hook(request: Request) -> None:
        received.append(await request.json())

    client = make_client(load("webhook").app, raise_server_exceptions=False)
    with served(app) as address:
        taken, not_taken = (
            client.post(
                "/orders", json={"item": "mug", "quantity": 2, "webhook_url": f"{address}/{path}"}
            )
            for path in ("hook", "elsewhere")
        )

    assert (taken.status_code, not_taken.status_code) == (201, 201)
    assert received == [{**taken.json(), "item": "mug", "quantity": 2}]
    assert logged() == ["Background task examples.guide.webhook.send_webhook failed"]


def test_pitfall_2_the_server_goes_on_answering(
    printed: Lines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("books").mkdir()
    os.mkfifo("books/endless")

    with served(load("pitfall_2_long_tasks").app) as address:
        book = os.open("books/endless", os.O_RDWR)  # its reader waits for the last word
        try:
            long = httpx2.post(f"{address}/pitfall/endless")
            meanwhile = httpx2.post(f"{address}/nowhere")
            assert (long.status_code, meanwhile.status_code) == (202, 404)
            assert printed() == []
            os.write(book, b"once upon a time")
        finally:
            os.close(book)

    assert printed() == ["endless has 4 words"]


def test_pitfall_2_cured_by_a_queue(
    printed: Lines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("books").mkdir()
    Path("books/short").write_text("The End")
    example, done = load("pitfall_2_long_tasks"), Semaphore(0)
    example.queue.conf.worker_hijack_root_logger = False

    @task_success.connect
    def tell(**_: Any) -> None:
        done.release()

    for backend in ("asyncio", "trio"):  # here, since a worker takes seconds to stop
        response = TestClient(example.app, backend=backend).post("/cure/short")
        assert (response.status_code, response.json()) == (202, {"status": "queued"})
    assert printed() == []

    with start_worker(example.queue, perform_ping_check=False):
        assert done.acquire(timeout=10)
        assert done.acquire(timeout=10)
    assert printed() == ["short has 2 words", "short has 2 words"]


def test_pitfall_4_the_test_client_keeps_the_body(make_client: MakeClient, printed: Lines) -> None:
    client = make_client(load("pitfall_4_request").app)

    for path in ("/pitfall", "/cure"):
        assert client.post(path, json={"drink": "latte"}).status_code == 200
    assert printed() == ["http://testserver/pitfall: latte", "http://testserver/cure: latte"]


def test_pitfall_4_a_server_does_not_keep_the_body(printed: Lines, logged: Lines) -> None:
    with served(load("pitfall_4_request").app) as address:
        for path in ("/pitfall", "/cure"):
            response = httpx2.post(f"{address}{path}", json={"drink": "latte"})
            assert response.status_code == 200

    assert printed() == [f"{address}/cure: latte"]
    assert logged() == ["Background task examples.guide.pitfall_4_request.print_from failed"]
