"""Load a real application and count: `python -m tests.load [requests]`, 20,000 by default.

32 requests at a time on loopback, every 20th dropped by the client before its answer. It waits for
the tasks, not for the responses: a server takes a connection's next request before the tasks of
the last one have ended.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from typing import Any, NamedTuple
from urllib.request import ProxyHandler, build_opener

from tests.conftest import PATIENCE
from tests.servers import Server, serve

AT_A_TIME = 32
# What the server's process holds for a request, for as long as its tasks run.
KEPT = ("objects", "descriptors", "coroutines")


class Loaded(NamedTuple):
    answered: set[int]
    before: dict[str, Any]
    half: dict[str, Any]
    after: dict[str, Any]
    printed: str

    def left_over(self) -> dict[str, int]:
        return {each: self.after[each] - self.before[each] for each in KEPT}

    def failures(self) -> list[int]:
        """The requests whose planted failure was logged, in order."""
        return sorted(map(int, re.findall(r"^load\.PlantedError: (\d+)", self.printed, re.M)))


def load(server_name: str, requests: int) -> Loaded:
    with serve("load:app", server=server_name, REQUESTS=str(requests)) as server:
        before = state(server)
        answered = asyncio.run(ask(server, range(requests // 2)))
        half = settled(server, answered, before)
        answered |= asyncio.run(ask(server, range(requests // 2, requests)))
        after = settled(server, answered, before)
        return Loaded(answered, before, half, after, server.stop())


async def ask(server: Server, numbers: range) -> set[int]:
    """The requests that were answered, of those asked, 32 at a time."""
    waiting = iter(numbers)
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
        if done and all(now[each] <= before[each] for each in KEPT):
            return now
        if time.monotonic() > deadline:
            return now
        time.sleep(0.05)  # nothing but asking tells


def state(server: Server) -> dict[str, Any]:
    with build_opener(ProxyHandler({})).open(server.url + "/state") as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def main() -> None:
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    for server_name in ("palfrey", "uvicorn"):
        loaded = load(server_name, requests)
        half, after = (each["memory"] / 2**20 for each in (loaded.half, loaded.after))
        print(
            f"{server_name}: {len(loaded.answered):,} of {requests:,} requests answered; tasks ran "
            f"{ {hex(loaded.after['ran'][each]) for each in loaded.answered} } times; "
            f"{len(loaded.failures())} failures logged; memory {half:.1f} and {after:.1f} MiB "
            f"after each half; {loaded.after['threads']} threads; left over: {loaded.left_over()}"
        )


if __name__ == "__main__":
    main()
