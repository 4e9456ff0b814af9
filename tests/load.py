"""Load a real application and count: `python -m tests.load [requests]`, 20,000 by default.

32 requests at a time on loopback, every 20th dropped by the client before its answer. It waits for
the tasks, not for the responses: a server takes a connection's next request before the tasks of
the last one have ended.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import time
from dataclasses import dataclass
from urllib.request import ProxyHandler, build_opener

from tests.servers import SERVED, Server, serve

AT_A_TIME = 32
WARM_UP = 4_000  # requests, for what a server loads and keeps once
PATIENCE = 60.0  # seconds, for what takes a moment


@dataclass
class State:
    """What the server's process holds."""

    ran: list[str]
    memory: int
    threads: int
    sockets: int
    coroutines: int


@dataclass
class Loaded:
    answered: set[int]
    before: State
    first_half: State
    second_half: State
    printed: str

    def times_each_task_ran(self) -> set[int]:
        """Of the requests that were answered."""
        ran = [bytes.fromhex(each) for each in self.second_half.ran]
        return {counts[number] for counts in ran for number in self.answered}

    def most_times_any_task_ran(self) -> int:
        return max(max(bytes.fromhex(each)) for each in self.second_half.ran)

    def failures(self) -> list[int]:
        """The requests whose planted failure was logged, in order."""
        return sorted(
            int(each) for each in re.findall(r"^LookupError: planted (\d+)", self.printed, re.M)
        )


def load(server_name: str, requests: int) -> Loaded:
    os.environ["REQUESTS"] = str(requests + WARM_UP)
    with serve("load:app", server=server_name, cwd=SERVED) as server:
        before = state(server)
        settled(server, asyncio.run(ask(server, range(requests, requests + WARM_UP))), before)
        answered = asyncio.run(ask(server, range(requests // 2)))
        first_half = settled(server, answered, before)
        answered |= asyncio.run(ask(server, range(requests // 2, requests)))
        second_half = settled(server, answered, before)
        printed = server.stop()
    return Loaded(answered, before, first_half, second_half, printed)


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


def settled(server: Server, answered: set[int], before: State) -> State:
    """The state once all tasks of answered requests have run and the connections are gone."""
    deadline = time.monotonic() + PATIENCE
    while True:
        now = state(server)
        ran = [bytes.fromhex(each) for each in now.ran]
        done = all(counts[number] for counts in ran for number in answered)
        if done and (now.sockets, now.coroutines) <= (before.sockets, before.coroutines):
            return now
        if time.monotonic() > deadline:
            return now
        time.sleep(0.05)  # nothing but asking tells


def state(server: Server) -> State:
    with build_opener(ProxyHandler({})).open(server.url + "/state") as answer:
        return State(**json.load(answer))


def main() -> None:
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    for server_name in ("palfrey", "uvicorn"):
        began = time.monotonic()
        loaded = load(server_name, requests)
        before, first, second = loaded.before, loaded.first_half, loaded.second_half
        print(
            f"{server_name}: {len(loaded.answered):,} of {requests:,} requests answered in "
            f"{time.monotonic() - began:.0f} s; each of their tasks ran "
            f"{loaded.times_each_task_ran()} times; {len(loaded.failures())} failures logged; "
            f"memory {first.memory / 2**20:.1f} and {second.memory / 2**20:.1f} MiB after each "
            f"half; {second.threads} threads, {second.sockets - before.sockets} "
            f"sockets and {second.coroutines - before.coroutines} coroutines left over"
        )


if __name__ == "__main__":
    main()
