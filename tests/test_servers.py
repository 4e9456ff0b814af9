"""Failing tasks under the servers that users run, started as users start them."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from tests.servers import SERVED, Server, serve


@pytest.fixture(scope="module", params=["palfrey", "uvicorn"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with serve("shop:app", server=request.param, cwd=SERVED) as running:
        yield running


def post(server: Server, path: str) -> httpx2.Response:
    return httpx2.post(server.url + path, trust_env=False)


def test_a_failing_task_is_named_with_its_traceback(server: Server) -> None:
    assert post(server, "/pay").json() == {"paid": True}

    server.wait_for(
        "Background task shop.charge_card failed; 1 later task will not run: shop.send_receipt"
    )
    printed = server.wait_for("ConnectionError: the bank is away")
    assert "in charge_card" in printed
    assert "4242" not in printed.replace('charge_card, "4242"', "")


def test_the_tasks_behind_it_run_if_asked_for(server: Server) -> None:
    assert post(server, "/pay/on").json() == {"paid": True}

    printed = server.wait_for("receipt sent")
    assert "Background task shop.charge_card failed\n" in printed


def test_the_next_request_is_answered(server: Server) -> None:
    for path in ("/pay", "/pay/on", "/pay"):
        assert post(server, path).status_code == 200
