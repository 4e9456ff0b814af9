"""Failing tasks under the servers that users run, started as users start them."""

from __future__ import annotations

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


def test_a_failing_task_is_named_with_its_traceback_and_so_is_what_is_lost(server: Server) -> None:
    for _ in range(3):  # the next request is answered
        assert post(server, "/pay") == b'{"paid":true}'

    server.wait_for(
        "Background task shop.charge_card failed; 1 later task will not run: shop.say\n"
        "Traceback (most recent call last):\n"
    )
    printed = server.wait_for("ConnectionError: the bank is away\n", times=3)
    assert ", in charge_card" in printed
    assert "4242" not in printed


def test_the_response_is_whole(server: Server) -> None:
    assert post(server, "/streamed") == b"x" * 1_000_000

    server.wait_for("Background task shop.charge_card_sync failed\nTraceback (most recent")


@pytest.mark.parametrize("name", SERVERS)
def test_a_failure_is_printed_where_nothing_configures_logging(name: str) -> None:
    with serve("bare:app", server=name) as server:
        assert post(server, "/") == b"ok"

        printed = server.wait_for("ValueError: list.remove(x): x not in list\n")

    assert "\nBackground task list.remove failed\nTraceback (most recent" in printed
