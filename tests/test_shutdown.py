"""What becomes of running tasks when a server is told to stop."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from tests.servers import SERVED, Server, serve

REQUESTS = 50


@pytest.fixture(params=["palfrey", "uvicorn"])
def server(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    monkeypatch.setenv("GATE", str(tmp_path / "gate"))
    with serve("shop:app", server=request.param, cwd=SERVED) as running:
        yield running


def test_all_tasks_of_answered_requests_end(server: Server, tmp_path: Path) -> None:
    with ExitStack() as clients:
        for number in range(REQUESTS):
            client = clients.enter_context(httpx2.Client(trust_env=False))
            assert client.post(f"{server.url}/slow/{number}").json() == {"number": number}
        for number in range(REQUESTS):
            server.wait_for(f"task {number} began")

        server.process.terminate()
        server.wait_for(STOPPING)
        (tmp_path / "gate").touch()
        printed = server.stop()

    assert numbers("task (\\d+) ended", printed) == set(range(REQUESTS))
    assert numbers("after (\\d+)", printed) == set(range(REQUESTS))


STOPPING = "Shutting down"


def numbers(pattern: str, printed: str) -> set[int]:
    return {int(found) for found in re.findall(pattern, printed)}
