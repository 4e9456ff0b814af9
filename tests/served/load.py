"""The application that `tests/load.py` loads: it counts how often each task of each request ran."""

from __future__ import annotations

import asyncio
import gc
import os
import threading

from lilya.apps import Lilya

from ravyn_bg import BackgroundTasks, JSONResponse

REQUESTS = int(os.environ["REQUESTS"])
ran = [bytearray(REQUESTS) for _ in range(3)]

loop: asyncio.AbstractEventLoop


async def remember_the_loop() -> None:
    global loop
    loop = asyncio.get_running_loop()


app = Lilya(on_startup=[remember_the_loop])


def count(task: int, number: int) -> None:
    ran[task][number] += 1


async def count_async(task: int, number: int) -> None:
    await asyncio.sleep(0)
    count(task, number)


def count_and_fail(task: int, number: int) -> None:
    count(task, number)
    raise LookupError(f"planted {number}")


@app.get("/ask/{number:int}")
async def ask(number: int) -> JSONResponse:
    tasks = BackgroundTasks(continue_on_error=True)
    tasks.add_task(count, 0, number)
    tasks.add_task(count_and_fail if number % 50 == 0 else count, 1, number)
    tasks.add_task(count_async, 2, number)
    return JSONResponse({"number": number}, background=tasks)


@app.get("/state")
def state() -> dict[str, object]:
    gc.collect()
    with open("/proc/self/statm") as memory:
        pages = int(memory.read().split()[1])
    return {
        "ran": [each.hex() for each in ran],
        "memory": pages * os.sysconf("SC_PAGE_SIZE"),
        "threads": threading.active_count(),
        "sockets": sum("socket" in target(each) for each in os.listdir("/proc/self/fd")),
        "coroutines": len(asyncio.all_tasks(loop)),
    }


def target(descriptor: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except FileNotFoundError:  # that of the listing itself
        return ""
