"""How far tasks fall behind under overload: `python -m benchmarks.behind` (needs `wrk`)."""

from __future__ import annotations

import time

import anyio

from benchmarks.load import SERVERS, get, serving
from benchmarks.packages import OURS

CONNECTIONS = 64
SECONDS = 3


async def main() -> None:
    for server in SERVERS:
        async with serving(server) as url:
            for path in ("Lilya", OURS) * 3:
                await get(f"{url}/forget")
                load = ["--connections", str(CONNECTIONS), "--duration", f"{SECONDS}s"]
                await anyio.run_process(["wrk", "--threads", "1", *load, f"{url}/{path}"])
                began = time.monotonic()
                while (await get(f"{url}/counted"))["underway"]:  # noqa: ASYNC110 - only asking tells
                    await anyio.sleep(0.02)
                print(f"{server}, {path}: {time.monotonic() - began:.1f} s after the last response")


if __name__ == "__main__":
    anyio.run(main)
