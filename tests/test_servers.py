"""Failing tasks under the servers that users run, started as users start them."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from tests.servers import SERVED, Server, serve

SERVERS = ["palfrey", "uvicorn"]


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with serve("shop:app", server=request.param, cwd=SERVED) as running:
        yield running


def post(server: Server, path: str) -> httpx2.Response:
    return httpx2.post(server.url + path, trust_env=False)


def test_a_failing_task_is_named_with_its_traceback_and_so_is_what_is_lost(server: Server) -> None:
    for _ in range(3):  # the next request is answered
        assert post(server, "/pay").json() == {"paid": True}

    server.wait_for(
        "Background task shop.charge_card failed; 1 later task will not run: shop.send_receipt\n"
        "Traceback (most recent call last):\n"
    )
    printed = server.wait_for("ConnectionError: the bank is away\n", times=3)
    assert ", in charge_card" in printed
    assert "4242" not in printed.replace('charge_card, "4242"', "")


def test_the_tasks_behind_it_run_if_asked_for(server: Server) -> None:
    assert post(server, "/pay/on").json() == {"paid": True}

    printed = server.wait_for("receipt sent")
    assert "Background task shop.charge_card failed\n" in printed


@pytest.mark.parametrize("path", ["/large", "/streamed"])
def test_the_response_is_whole(server: Server, path: str) -> None:
    assert post(server, path).content == b"x" * 1_000_000

    server.wait_for("Background task shop.charge_card_sync failed\nTraceback (most recent")


@pytest.mark.parametrize("name", SERVERS)
def test_a_failure_is_printed_where_nothing_configures_logging(name: str) -> None:
    with serve("bare:app", server=name, cwd=SERVED) as server:
        assert post(server, "/").text == "ok"

        printed = server.wait_for("KeyError: 'missing_key'\n")

    assert "\nBackground task bare.charge_card failed\nTraceback (most recent" in printed
