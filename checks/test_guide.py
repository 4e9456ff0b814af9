"""Every example of `examples/guide`, driven over HTTP, and what `docs/guide.md` says of it."""

from __future__ import annotations

import gzip
import json
import os
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module, reload
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest
import uvicorn
from lilya.apps import Lilya
from lilya.conf import settings

from ravyn_bg import Request
from tests.conftest import MakeClient
from tests.reports import Records

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "examples" / "guide"

# The examples as the page shows them: name, code, and the table of requests below.
SHOWN = re.findall(
    r"^```python\n# (\w+)\.py\n(.*?)^```\n(.*?)(?=^```|^#|\Z)",
    (ROOT / "docs" / "guide.md").read_text(),
    re.M | re.S,
)

Lines = Callable[[], list[str]]


def load(name: str) -> Any:
    return import_module(f"examples.guide.{name}")


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], told: Records) -> Lines:
    """What tasks print, and then what the log says."""
    return lambda: capsys.readouterr().out.splitlines() + told.messages


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the examples find and leave files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "books").mkdir()
    return tmp_path


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


ROWS = [
    (name, *row)
    for name, _, rows in SHOWN
    for row in re.findall(r"^\| `POST (\S+) ?(.*?)` \| `(.*?)` \| (.*) \|$", rows, re.M)
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}: {row[1]}")
def test_example_does_what_its_row_says(
    row: tuple[str, ...], make_client: MakeClient, said: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, path, sent, answer, says = row
    # `Lilya(infer_body=True)` sets it for the whole process: here for this test.
    monkeypatch.setattr(settings, "infer_body", False)
    client = make_client(reload(load(name)).app, raise_server_exceptions=False)
    response = client.post(path, json=json.loads(sent or "null"))
    assert response.is_success
    assert response.json() == json.loads(answer)
    assert said() == re.findall("`(.*?)`", says)


def test_file_upload(make_client: MakeClient, said: Lines, folder: Path) -> None:
    client = make_client(load("file_upload").app)

    refused = client.post("/users/7/files", data={"file": "cat.txt"})
    stored = client.post("/users/7/files", files={"file": ("../cat.txt", b"meow")})

    assert (refused.status_code, refused.json()) == (400, {"error": "send a file"})
    assert (stored.status_code, stored.json()) == (202, {"stored": "cat.txt"})
    assert said() == ["Compressed cat.txt of user 7"]
    (compressed,) = (path for path in folder.rglob("*") if path.is_file())
    assert compressed == folder / "uploads" / "7" / "cat.txt.gz"
    assert gzip.decompress(compressed.read_bytes()) == b"meow"


def test_webhook(make_client: MakeClient, said: Lines) -> None:
    app, received = Lilya(), list[Any]()

    @app.post("/hook")
    async def hook(request: Request) -> None:
        received.append(await request.json())

    client = make_client(load("webhook").app, raise_server_exceptions=False)
    order = {"item": "mug", "quantity": 2}
    with served(app) as address:
        taken, not_taken = (
            client.post("/orders", json={**order, "webhook_url": f"{address}/{path}"})
            for path in ("hook", "elsewhere")
        )

    assert (taken.status_code, not_taken.status_code) == (201, 201)
    assert received == [{**taken.json(), **order}]
    assert said() == ["Background task examples.guide.webhook.send_webhook failed"]


def test_pitfall_2_the_server_goes_on_answering(said: Lines, folder: Path) -> None:
    os.mkfifo(folder / "books" / "endless")
    with (
        served(load("pitfall_2_long_tasks").app) as address,
        # Whoever reads the book waits for its last word.
        open(os.open(folder / "books" / "endless", os.O_RDWR), "wb") as book,
    ):
        assert httpx2.post(f"{address}/pitfall/endless").status_code == 202
        assert httpx2.post(f"{address}/nowhere").status_code == 404
        assert said() == []
        book.write(b"once upon a time")
    assert said() == ["endless has 4 words"]


def test_pitfall_4_the_test_client_keeps_the_body(make_client: MakeClient, said: Lines) -> None:
    client = make_client(load("pitfall_4_request").app)
    for path in ("/pitfall", "/cure"):
        assert client.post(path, json={"drink": "latte"}).status_code == 200
    assert said() == ["http://testserver/pitfall: latte", "http://testserver/cure: latte"]


def test_pitfall_4_a_server_does_not_keep_the_body(said: Lines) -> None:
    with served(load("pitfall_4_request").app) as address:
        for path in ("/pitfall", "/cure"):
            assert httpx2.post(f"{address}{path}", json={"drink": "latte"}).status_code == 200
    late = "Background task examples.guide.pitfall_4_request.print_from failed"
    assert said() == [f"{address}/cure: latte", late]
