"""Failing tasks under the servers that users run, started as users start them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx2
import pytest

from tests.servers import Server, serve

SERVERS = ["palfrey", "uvicorn"]


@pytest.fixture(scope="module", params=SERVERS)
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


@pytest.mark.parametrize("name", SERVERS)
def test_a_failure_is_printed_where_nothing_configures_logging(name: str) -> None:
    with serve("bare:app", server=name) as server:
        assert post(server, "/") == b"ok"

        printed = server.wait_for("ValueError: list.remove(x): x not in list\n")

    assert re.search(record("list.remove", "app"), printed)
