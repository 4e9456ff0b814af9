"""From end to end, under the servers that users run."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.servers import Server, serve

SERVERS = [name for name in ("palfrey", "uvicorn", "hypercorn", "granian") if find_spec(name)]


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with serve("served:app", server=request.param, cwd=Path(__file__).parent) as running:
        yield running


def test_the_answer_is_that_of_a_handler_without_tasks_which_run(server: Server) -> None:
    def answer(url: str) -> tuple[Any, ...]:
        got = httpx2.get(server.url + url, trust_env=False)
        headers = [header for header in got.headers.raw if header[0].lower() != b"date"]
        return got.status_code, got.content, headers

    assert answer("/sync/github") == answer("/plain/github")

    printed = server.wait_for("github processed")
    assert printed.index("fixed on sync") < printed.index("github processed")
