"""What a failing task leaves in the output of a server that was started as users start it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.conftest import PATIENCE
from tests.servers import Server, serve

BOTH = ["palfrey", "uvicorn"]
HERE = Path(__file__).parent


@pytest.fixture(scope="module", params=BOTH)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with serve("served:app", server=request.param, cwd=HERE) as running:
        yield running


def ask(server: Server, url: str, **params: str) -> httpx2.Response:
    return httpx2.get(server.url + url, params=params, trust_env=False, timeout=PATIENCE)


@pytest.mark.parametrize("func", ["charge_card", "charge_card_async"])
def test_the_name_and_the_traceback_are_printed(server: Server, func: str) -> None:
    before = len(server.output())
    assert ask(server, "/alone-async" if func.endswith("async") else "/alone").json() == {
        "ok": True
    }

    server.wait_for(f"Background task served.{func} failed\n")
    ask(server, "/fine/1")
    printed = server.wait_for("Receipt 1 sent\n")[before:]
    _, report = printed.split(f"Background task served.{func} failed\n")
    lines = report.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert f", in {func}" in report
    assert "KeyError: 'missing_key'" in lines


@pytest.mark.parametrize("name", BOTH)
def test_they_are_printed_where_nothing_configures_logging(name: str) -> None:
    with serve("served_bare:app", server=name, cwd=HERE) as server:
        assert ask(server, "/").text == "ok"

        printed = server.wait_for("KeyError: 'missing_key'\n")

    assert "\nBackground task served_bare.charge_card failed\nTraceback (most recent" in printed


def test_the_tasks_behind_it_are_named_and_do_not_run(server: Server) -> None:
    ask(server, "/stops/21")
    server.wait_for("charge_card failed; 1 later task will not run: served.send_receipt\n")

    ask(server, "/fine/22")
    assert "Receipt 21 sent" not in server.wait_for("Receipt 22 sent\n")


def test_the_tasks_behind_it_run_with_continue_on_error(server: Server) -> None:
    ask(server, "/goes-on/31")

    server.wait_for("Receipt 31 sent\n")


@pytest.mark.parametrize("url", ["/large", "/streamed"])
def test_the_response_is_whole(server: Server, url: str) -> None:
    assert ask(server, url).content == b"x" * 1_000_000


def test_the_server_answers_the_next_requests(server: Server) -> None:
    for number in (41, 42, 43):
        assert ask(server, "/alone").json() == {"ok": True}
        assert ask(server, f"/stops/{number}").json() == {"ok": True}
        assert ask(server, f"/fine/{number}").json() == {"ok": True}
        server.wait_for(f"Receipt {number} sent\n")


@pytest.mark.parametrize("url", ["/held", "/held-async"])
@pytest.mark.parametrize("name", BOTH)
def test_on_sigterm_the_tasks_of_an_answered_request_run_to_their_end(
    name: str, url: str, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    opened = os.open(gate, os.O_RDWR)
    with serve("served:app", server=name, cwd=HERE) as server:
        assert ask(server, url, gate=str(gate)).json() == {"ok": True}
        server.wait_for("Held\n")
        server.process.send_signal(signal.SIGTERM)
        server.wait_for("Shutting down")
        os.write(opened, b"go\n")
        server.process.wait(PATIENCE)
        printed = server.stop()
    os.close(opened)

    shutdown = printed.index("Shutting down")
    assert shutdown < printed.index("Let go") < printed.index("Receipt 1 sent")
    assert server.process.returncode in (0, -signal.SIGTERM)
