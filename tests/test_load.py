"""Load a real application and count: `RAVYN_BG_REQUESTS=20000` for more requests than 400.

32 at a time on loopback, every 20th dropped by the client before its answer. It waits for the
tasks, not for the responses: a server takes a connection's next request before the tasks of the
last one have ended.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from typing import Any, NamedTuple
from urllib.request import ProxyHandler, build_opener

import pytest

from tests.conftest import PATIENCE
from tests.servers import Server, serve

REQUESTS = int(os.environ.get("RAVYN_BG_REQUESTS", "400"))
AT_A_TIME = 32
# What the server's process holds for a request, for as long as its tasks run.
KEPT = ("objects", "descriptors", "coroutines")


class Loaded(NamedTuple):
    answered: set[int]
    before: dict[str, Any]
    after: dict[str, Any]
    printed: str


@pytest.fixture(scope="module", params=["palfrey", "uvicorn"])
def loaded(request: pytest.FixtureRequest) -> Loaded:
    with serve("load:app", server=request.param, REQUESTS=str(REQUESTS)) as server:
        before = state(server)
        answered = asyncio.run(ask(server))
        return Loaded(answered, before, settled(server, answered, before), server.stop())


async def ask(server: Server) -> set[int]:
    """The requests that were answered."""
    waiting = iter(range(REQUESTS))
    answered: set[int] = set()

    async def client() -> None:
        for number in waiting:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"GET /ask/%d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % number)
            await writer.drain()
            if number % 20 != 7:
                answer = await reader.read()
                assert answer.endswith(b'{"number":%d}' % number), answer
                answered.add(number)
            writer.close()

    await asyncio.gather(*(client() for _ in range(AT_A_TIME)))
    return answered


def settled(server: Server, answered: set[int], before: dict[str, Any]) -> dict[str, Any]:
    """The state once all tasks of answered requests have run, and left nothing; or without end."""
    deadline = time.monotonic() + PATIENCE
    while True:
        now = state(server)
        done = all(now["ran"][number] >= 0x100 for number in answered)
        if (
            done and all(now[each] <= before[each] for each in KEPT)
        ) or time.monotonic() > deadline:
            return now
        time.sleep(0.05)  # nothing but asking tells


def state(server: Server) -> dict[str, Any]:
    with build_opener(ProxyHandler({})).open(server.url + "/state") as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def test_every_task_of_every_answered_request_ran_once(loaded: Loaded) -> None:
    ran = loaded.after["ran"]
    assert len(loaded.answered) == REQUESTS * 19 // 20
    assert {ran[number] for number in loaded.answered} == {0x111}
    assert set(ran) <= {0, 0x1, 0x11, 0x111}


def test_nothing_is_left_over(loaded: Loaded) -> None:
    # Objects are counted, not bytes: a thread that starts costs more of these than a leak does.
    assert [each for each in KEPT if loaded.after[each] > loaded.before[each]] == []
    assert loaded.after["threads"] <= 2 + 40  # AnyIO's workers wait a while for more


def test_nothing_is_logged_but_the_planted_failures(loaded: Loaded) -> None:
    planted = re.findall(r"^load\.PlantedError: (\d+)", loaded.printed, re.M)
    failures = {int(number) for number in planted}
    assert failures >= {number for number in loaded.answered if number % 50 == 0}
    assert "never awaited" not in loaded.printed
    assert loaded.printed.count("Background task ") == len(planted) == len(failures)
