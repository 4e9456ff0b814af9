"""What becomes of the task of a client that goes away, by server: `python -m checks.test_gone`."""

from __future__ import annotations

import socket
import tempfile
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.servers import serve

SERVERS = [name for name in ("palfrey", "uvicorn", "hypercorn", "granian") if find_spec(name)]
WAYS = ("answer", "stream")
DOCUMENT = Path(__file__).parents[1] / "docs" / "servers.md"


def row(server: str, app: str = "app") -> str:
    with tempfile.TemporaryDirectory() as folder:
        gate = Path(folder, "gate")
        with serve(f"shop:{app}", server=server, GATE=str(gate)) as running:
            with ExitStack() as clients:
                for way in WAYS:
                    client = socket.create_connection(("127.0.0.1", running.port))
                    clients.enter_context(client)
                    client.sendall(f"GET /{way} HTTP/1.1\r\nHost: shop\r\n\r\n".encode())
                    if way == "stream":
                        client.recv(1)
                running.wait_for("asked", times=len(WAYS))
            gate.touch()
            printed = running.wait_for(" ran", times=len(WAYS))  # as what never did says, too
    cells = ["runs" if f"the task behind the {way} ran" in printed else "**lost**" for way in WAYS]
    return f"| {server.title()} | {' | '.join(cells)} |"


@pytest.mark.parametrize("server", SERVERS)
def test_what_becomes_of_a_task_is_as_the_table_says(server: str) -> None:
    assert row(server) in DOCUMENT.read_text().splitlines()


@pytest.mark.parametrize("server", SERVERS)
def test_under_the_middleware_it_runs(server: str) -> None:
    assert row(server, "under_middleware") == f"| {server.title()} | runs | runs |"


if __name__ == "__main__":
    print(*map(row, SERVERS), sep="\n")
