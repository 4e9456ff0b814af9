"""The application of `test_load`: it counts how often each task of each request ran."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from array import array

from lilya.apps import Lilya
from lilya.responses import Response

from ravyn_bg import BackgroundTasks, JSONResponse

# For each request a hexadecimal digit for each of its tasks: 0x111 if each ran once.
ran = array("H", bytes(2 * int(os.environ["REQUESTS"])))


class PlantedError(LookupError): ...


# What a request makes, beside all objects of this package: none is to be there when its tasks have
# ended.
MADE = (Response, PlantedError)


def is_made_by_a_request(kind: type) -> bool:
    return issubclass(kind, MADE) or str(kind.__module__).startswith("ravyn_bg.")


def count(task: int, number: int) -> None:
    ran[number] += 16**task


async def count_async(task: int, number: int) -> None:
    await asyncio.sleep(0)
    count(task, number)


def count_and_fail(task: int, number: int) -> None:
    count(task, number)
    raise PlantedError(number)


app = Lilya()


@app.get("/ask/{number:int}")
async def ask(number: int) -> JSONResponse:
    tasks = BackgroundTasks(continue_on_error=True)
    tasks.add_task(count, 0, number)
    tasks.add_task(count_and_fail if number % 50 == 0 else count, 1, number)
    tasks.add_task(count_async, 2, number)
    return JSONResponse({"number": number}, background=tasks)


@app.get("/state")
async def state() -> dict[str, object]:
    gc.collect()
    return {
        "ran": ran.tolist(),
        "threads": threading.active_count(),
        "objects": sum(is_made_by_a_request(type(each)) for each in gc.get_objects()),
        "descriptors": len(os.listdir("/proc/self/fd")),
        "coroutines": len(asyncio.all_tasks()),
    }
