"""Every example of `examples/guide`, driven over HTTP; and what its tasks did."""

from __future__ import annotations

import gzip
import logging
import os
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

from ravyn_bg import BackgroundTask, Request
from tests.conftest import MakeClient

GUIDE = Path(__file__).parents[1] / "examples" / "guide"

ClientOf = Callable[[str], TestClient]
Lines = Callable[[], list[str]]


def load(name: str) -> Any:
    return import_module(f"examples.guide.{name}")


@pytest.fixture
def client_of(make_client: MakeClient) -> ClientOf:
    # A task that fails is looked for in the log; the client has its answer, as from a server.
    return lambda name: make_client(load(name).app, raise_server_exceptions=False)


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


def test_every_example_is_driven_here() -> None:
    names = [example.stem for example in GUIDE.glob("*.py")]
    tests = Path(__file__).read_text()
    assert names
    assert [name for name in names if f'("{name}")' not in tests] == []


def test_quick_start(client_of: ClientOf, printed: Lines) -> None:
    response = client_of("quick_start").post("/register/ada@example.com")

    assert (response.status_code, response.json()) == (201, {"registered": "ada@example.com"})
    assert printed() == ["Welcome aboard, ada@example.com"]


def test_a_single_task_on_a_handler(client_of: ClientOf, printed: Lines) -> None:
    client = client_of("handler_single_task")

    assert client.post("/users/ada").json() == {"created": "ada"}
    assert client.post("/users/bob").json() == {"created": "bob"}
    assert printed() == ["Counted a visit to /users", "Counted a visit to /users"]


def test_multiple_tasks_on_a_handler(client_of: ClientOf, printed: Lines) -> None:
    response = client_of("handler_multiple_tasks").post("/register/ada@example.com")

    assert response.json() == {"registered": "ada@example.com"}
    assert printed() == [
        "Email to admin@example.com",
        "Recorded registration",
        "Dashboard refreshed",
    ]


def test_a_single_task_on_a_response(client_of: ClientOf, printed: Lines) -> None:
    response = client_of("response_single_task").post("/users/7/notify/hello")

    assert (response.status_code, response.json()) == (202, {"status": "on its way"})
    assert printed() == ["User 7: hello"]


def test_multiple_tasks_on_a_response(client_of: ClientOf, printed: Lines) -> None:
    order = {"email": "ada@example.com", "item": "mug", "quantity": 2}
    response = client_of("response_multiple_tasks").post("/orders", json=order)

    assert (response.status_code, response.json()) == (202, {"status": "accepted"})
    assert printed() == ["Confirmed to ada@example.com", "Stock of mug: -2", "Recorded order"]


@pytest.mark.parametrize(
    ("query", "emails"),
    [("", []), ("?notify=true", ["Email to ada@example.com: Your account is closed"])],
)
def test_add_task(query: str, emails: list[str], client_of: ClientOf, printed: Lines) -> None:
    response = client_of("add_task").post(f"/accounts/ada@example.com/close{query}")

    assert response.json() == {"closed": "ada@example.com"}
    assert printed() == [*emails, "Log: ada@example.com closed the account"]


def test_async_and_sync(client_of: ClientOf, printed: Lines) -> None:
    assert client_of("async_and_sync").post("/latte").json() == {"receipt": "one latte"}
    assert printed() == ["Arabica ground", "oat milk steamed"]


def test_registration_flow(
    make_client: MakeClient, printed: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    # `Lilya(infer_body=True)` sets it for the whole process: here for this test.
    monkeypatch.setattr(settings, "infer_body", False)
    example = reload(load("registration_flow"))

    sign_up = {"email": "ada@example.com", "password": "secret"}
    response = make_client(example.app).post("/register", json=sign_up)

    assert (response.status_code, response.json()) == (201, {"user_id": 1})
    assert printed() == [
        "Welcome aboard, ada@example.com",
        "Profile of user 1 created",
        "New user: ada@example.com",
    ]


def test_file_upload(
    client_of: ClientOf, printed: Lines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    response = client_of("file_upload").post(
        "/users/7/files", files={"file": ("../cat.txt", b"meow")}
    )

    assert (response.status_code, response.json()) == (202, {"stored": "cat.txt"})
    assert printed() == ["Compressed cat.txt of user 7"]
    (compressed,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert compressed == tmp_path / "uploads" / "7" / "cat.txt.gz"
    assert gzip.decompress(compressed.read_bytes()) == b"meow"


def test_file_upload_without_a_file(client_of: ClientOf, printed: Lines) -> None:
    response = client_of("file_upload").post("/users/7/files", data={"file": "cat.txt"})

    assert (response.status_code, response.json()) == (400, {"error": "send a file"})
    assert printed() == []


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[Any]]]:
    """The address of a service that takes webhooks, and what it got."""
    app, received = Lilya(), list[Any]()

    @app.post("/hook")
    async def hook(request: Request) -> None:
        received.append(await request.json())

    with served(app) as address:
        yield f"{address}/hook", received


def test_webhook(client_of: ClientOf, receiver: tuple[str, list[Any]]) -> None:
    url, received = receiver
    order = {"item": "mug", "quantity": 2, "webhook_url": url}
    response = client_of("webhook").post("/orders", json=order)

    assert response.status_code == 201
    assert received == [{**response.json(), "item": "mug", "quantity": 2}]


def test_a_webhook_that_is_not_taken(
    client_of: ClientOf, receiver: tuple[str, list[Any]], logged: Lines
) -> None:
    order = {"item": "mug", "quantity": 2, "webhook_url": f"{receiver[0]}/elsewhere"}
    response = client_of("webhook").post("/orders", json=order)

    assert response.status_code == 201
    assert logged() == ["Background task examples.guide.webhook.send_webhook failed"]


def test_pitfall_1_a_return_value_goes_nowhere(client_of: ClientOf, printed: Lines) -> None:
    client = client_of("pitfall_1_return_values")

    assert client.post("/pitfall").json() == {}
    assert client.post("/cure").json() == {"total": 7}
    assert printed() == ["2 items, 7 to pay"]


@pytest.mark.anyio
async def test_pitfall_1_as_far_as_it_is_refused() -> None:
    def total(prices: list[int]) -> int:
        return sum(prices)

    with pytest.raises(TypeError, match=r"takes a function and its arguments, got 7 \(int\)"):
        BackgroundTask(total([3, 4]))  # type: ignore[arg-type]  # refused before it runs as well

    result = await BackgroundTask(total, [3, 4])()  # type: ignore[func-returns-value]  # so is this
    assert result is None


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


CHARGE = "Background task examples.guide.pitfall_3_errors.charge failed"
ONE_LOST = "; 1 later task will not run: examples.guide.pitfall_3_errors.send_receipt"


@pytest.mark.parametrize(
    ("path", "prints", "logs"),
    [
        ("/pitfall", [], [CHARGE + ONE_LOST]),
        ("/cure/go-on", ["Receipt to ada@example.com"], [CHARGE]),
        (
            "/cure/handle",
            ["Asked the barista what a tea costs", "Receipt to ada@example.com"],
            [],
        ),
    ],
)
def test_pitfall_3_errors(
    path: str,
    prints: list[str],
    logs: list[str],
    client_of: ClientOf,
    printed: Lines,
    logged: Lines,
) -> None:
    response = client_of("pitfall_3_errors").post(f"{path}/tea/ada@example.com")

    assert (response.status_code, response.json()) == (200, {"ordered": "tea"})
    assert printed() == prints
    assert logged() == logs


def test_pitfall_4_the_test_client_keeps_the_body(client_of: ClientOf, printed: Lines) -> None:
    client = client_of("pitfall_4_request")

    for path in ("/pitfall", "/cure"):
        assert client.post(path, json={"drink": "latte"}).status_code == 200
    assert printed() == ["http://testserver/pitfall: latte", "http://testserver/cure: latte"]


def test_pitfall_4_a_server_does_not(printed: Lines, logged: Lines) -> None:
    with served(load("pitfall_4_request").app) as address:
        for path in ("/pitfall", "/cure"):
            response = httpx2.post(f"{address}{path}", json={"drink": "latte"})
            assert response.status_code == 200

    assert printed() == [f"{address}/cure: latte"]
    assert logged() == ["Background task examples.guide.pitfall_4_request.print_from failed"]
