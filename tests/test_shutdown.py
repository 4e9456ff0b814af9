"""What becomes of running tasks when a server is told to stop."""

from __future__ import annotations

import re
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.servers import serve

REQUESTS = 50


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
