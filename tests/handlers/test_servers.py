"""From end to end, under the servers that users run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.servers import Server, serve


@pytest.fixture(scope="module", params=["palfrey", "uvicorn"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with serve("served:app", server=request.param, cwd=Path(__file__).parent) as running:
        yield running


def ask(server: Server, method: str, url: str) -> httpx2.Response:
    return httpx2.request(method, server.url + url, trust_env=False)


def test_a_fixed_task(server: Server) -> None:
    assert ask(server, "POST", "/users?name=ada").json() == {"created": "ada"}

    server.wait_for("Request to /users completed")


def test_an_added_task(server: Server) -> None:
    assert ask(server, "POST", "/webhooks/github").json() == {"status": "queued"}

    server.wait_for("Event of github processed")


def test_a_sync_handler_with_both(server: Server) -> None:
    assert ask(server, "GET", "/sync/gitlab").json() == {"created": "ada"}

    printed = server.wait_for("Event of gitlab processed")
    assert printed.index("Request to /sync") < printed.index("Event of gitlab")


def test_a_stream(server: Server) -> None:
    assert ask(server, "GET", "/stream").text == "ab"

    server.wait_for("Event of stream processed")


def test_no_task_after_head(server: Server) -> None:
    assert ask(server, "HEAD", "/sync/head").status_code == 200

    ask(server, "GET", "/sync/behind")
    assert "Event of head" not in server.wait_for("Event of behind processed")


def test_the_answer_is_that_of_a_handler_without_tasks(server: Server) -> None:
    plain, behind = ask(server, "GET", "/plain"), ask(server, "GET", "/sync/compared")

    def headers(response: httpx2.Response) -> list[tuple[bytes, bytes]]:
        return [header for header in response.headers.raw if header[0].lower() != b"date"]

    assert (behind.status_code, behind.content) == (plain.status_code, plain.content)
    assert headers(behind) == headers(plain)


def test_a_task_that_fails_is_named_and_the_answer_is_out(server: Server) -> None:
    assert ask(server, "GET", "/failing").json() == {"created": "ada"}

    server.wait_for(
        "Background task served.fails failed; 1 later task will not run: served.process_event"
    )
    server.wait_for("LookupError: no such thing")
