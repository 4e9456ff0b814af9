"""From end to end, under the servers that users run."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import httpx2
import pytest

from tests.servers import Server, serve

SERVERS = [name for name in ("palfrey", "uvicorn", "hypercorn", "granian") if find_spec(name)]


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with serve("handlers:app", server=request.param) as running:
        yield running


@pytest.fixture(scope="module", params=SERVERS)
def under_middleware(request: pytest.FixtureRequest) -> Iterator[Server]:
    with serve("handlers:under_middleware", server=request.param) as running:
        yield running


def test_the_answer_is_that_of_a_handler_without_tasks_which_run(server: Server) -> None:
    def answer(url: str) -> tuple[Any, ...]:
        got = httpx2.get(server.url + url, trust_env=False)
        headers = [header for header in got.headers.raw if header[0].lower() != b"date"]
        return got.status_code, got.content, headers

    assert answer("/sync/github") == answer("/plain/github")

    printed = server.wait_for("github processed")
    assert printed.index("fixed on sync") < printed.index("github processed")


@pytest.mark.parametrize("path", ["large", "endless"])
def test_the_client_goes_away_under_the_middleware(path: str, under_middleware: Server) -> None:
    with socket.create_connection(("127.0.0.1", under_middleware.port)) as client:
        client.sendall(f"GET /{path} HTTP/1.1\r\nHost: shop\r\n\r\n".encode())
        assert client.recv(1_000)

    printed = under_middleware.wait_for(f"end of {path} processed")

    order = [printed.index(f"{each} {path}") for each in ("fixed on", "added on", "end of")]
    assert order == sorted(order)
