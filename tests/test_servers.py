"""Tasks that fail, and that still run at shutdown, under the servers that users run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path

import httpx2
import pytest

from tests.servers import Server, serve

REQUESTS = 50  # which a server has answered when it is told to stop


@pytest.fixture(scope="module", params=["palfrey", "uvicorn"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with serve("shop:app", server=request.param) as running:
        yield running


def post(server: Server, path: str) -> bytes:
    return httpx2.post(server.url + path, trust_env=False, verify=False).content


def record(task: str, where: str, lost: str = "") -> str:
    """A pattern for what stands in the log."""
    place = rf"\(queued at /\S+/\w+\.py:\d+ in {where}\)"
    return rf"Background task {re.escape(task)} failed {place}{lost}\nTraceback \(most recent"


def test_a_failing_task_is_named_with_its_traceback_and_so_is_what_is_lost(server: Server) -> None:
    for _ in range(3):  # the next request is answered
        assert post(server, "/pay") == b'{"paid":true}'

    printed = server.wait_for("ConnectionError: the bank is away\n", times=3)
    lost = "; 1 later task will not run: shop.say"
    assert re.search(record("shop.charge_card", "pay", lost), printed)
    assert ", in charge_card\n" in printed
    assert "4242" not in printed


def test_the_response_is_whole(server: Server) -> None:
    assert post(server, "/streamed") == b"x" * 1_000_000

    printed = server.wait_for(", in charge_card_sync\n")
    assert re.search(record("shop.charge_card_sync", "streamed"), printed)


@pytest.mark.parametrize("name", ["palfrey", "uvicorn"])
def test_all_tasks_of_answered_requests_end(name: str, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with serve("shop:app", server=name, GATE=str(gate)) as server:
        with ExitStack() as clients:
            for number in range(REQUESTS):
                client = clients.enter_context(closing(HTTPConnection("127.0.0.1", server.port)))
                client.request("POST", f"/slow/{number}")
                assert client.getresponse().read() == b'{"number":%d}' % number
            server.wait_for(" began\n", times=REQUESTS)

            server.process.terminate()
            server.wait_for("Shutting down")
            gate.touch()
        printed = server.stop()  # Palfrey waits some seconds for clients that do not hang up

    for word in ("task (.*) ended", "after (.*)"):
        assert {*map(int, re.findall(word, printed))} == set(range(REQUESTS))
