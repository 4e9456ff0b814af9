"""What a run held is free when it has ended: arguments, containers and exceptions."""

from __future__ import annotations

import asyncio
import gc
import logging
import weakref
from contextlib import suppress
from typing import Any

import anyio
import pytest

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.failures.tasks import TaskError

pytestmark = pytest.mark.anyio


class Upload: ...


@pytest.mark.parametrize("goes_on", [False, True], ids=["stops", "goes on"])
@pytest.mark.parametrize("as_group", [False, True], ids=["in order", "as group"])
async def test_a_container_that_failed_is_free_without_the_collector(
    as_group: bool, goes_on: bool
) -> None:
    async def fail(upload: Upload) -> None:
        raise TaskError

    logging.getLogger("ravyn_bg").disabled = True  # pytest keeps records
    gc.collect()
    gc.disable()
    try:
        upload = Upload()
        kept = weakref.ref(upload)
        tasks = BackgroundTasks([BackgroundTask(fail, upload)], as_group, continue_on_error=goes_on)
        with suppress(Exception):
            await tasks()
        del tasks, upload
        assert kept() is None
    finally:
        gc.enable()
        logging.getLogger("ravyn_bg").disabled = False


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_long_lived_task_that_a_task_started_keeps_nothing() -> None:
    started: list[asyncio.Task[Any]] = []

    async def start(upload: Upload) -> None:
        async def handle_failures() -> None:
            while True:
                await asyncio.sleep(0)
                with suppress(TaskError):
                    await BackgroundTask(fail, Upload())()

        started.append(asyncio.ensure_future(handle_failures()))

    async def fail(upload: Upload) -> None:
        uploads.append(weakref.ref(upload))
        raise TaskError

    uploads: list[weakref.ref[Upload]] = []
    logging.getLogger("ravyn_bg").disabled = True
    upload = Upload()
    kept = weakref.ref(upload)
    await BackgroundTasks([BackgroundTask(start, upload)])()
    del upload
    while len(uploads) < 5:
        await anyio.lowlevel.checkpoint()
    started[0].cancel()
    gc.collect()
    logging.getLogger("ravyn_bg").disabled = False

    assert kept() is None
    assert [each for each in uploads if each() is not None] == []
