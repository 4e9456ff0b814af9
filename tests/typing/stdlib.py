"""Builtins and other functions that are not written in Python."""

import asyncio
import os
import time

from ravyn_bg import BackgroundTask, BackgroundTasks


def right(tasks: BackgroundTasks, log: list[str]) -> None:
    BackgroundTask(print, "sent", "a@b.c", sep=": ", flush=True)  # right: `*args` and keywords
    BackgroundTask(setattr, log, "name", 1)  # right: positional-only parameters
    BackgroundTasks(tasks=[BackgroundTask(log.append, "sent")])  # right: a method of a builtin
    tasks.add_task(os.remove, "a.pdf")  # right: a function written in C
    tasks.add_task(time.sleep, 0.5)  # right: one more
    tasks.add_task(asyncio.sleep, 1)  # right: an async function of the standard library


def wrong(tasks: BackgroundTasks, log: list[str]) -> None:
    BackgroundTask(print, "sent", flsh=True)  # type: ignore[arg-type]  # wrong: no overload
    BackgroundTask(setattr, log, "name")  # type: ignore[call-arg]  # wrong: missing
    BackgroundTasks(tasks=[BackgroundTask(log.append, 42)])  # type: ignore[arg-type]  # wrong: type
    tasks.add_task(log.append)  # type: ignore[call-arg]  # wrong: missing
    tasks.add_task(os.remove)  # type: ignore[call-arg]  # wrong: missing
    tasks.add_task(os.kill, 1, 9, 3)  # type: ignore[call-arg]  # wrong: too many
    tasks.add_task(time.sleep, "1")  # type: ignore[arg-type]  # wrong: type
    tasks.add_task(print("sent"))  # type: ignore[arg-type]  # wrong: called
