"""How far tasks fall behind under overload: `python -m benchmarks.behind` (needs `wrk`)."""

from __future__ import annotations

import time

import anyio

from benchmarks.load import SERVERS, ended, loaded, serving
from benchmarks.packages import OURS

CONNECTIONS = 64
SECONDS = 3


async def main() -> None:
    for server in SERVERS:
        async with serving(server) as url:
            for path in ("Lilya", OURS) * 3:
                await loaded(url, path, CONNECTIONS, SECONDS)
                began = time.monotonic()
                await ended(url)
                print(f"{server}, {path}: {time.monotonic() - began:.1f} s after the last response")


if __name__ == "__main__":
    anyio.run(main)
