"""A decorated handler is still a function, which a test of its own may call."""

from __future__ import annotations

from typing import Any, cast

import pytest

from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse, with_background

pytestmark = pytest.mark.anyio


@with_background
async def webhook(source: str, background_tasks: BackgroundTasks) -> dict[str, str]:
    background_tasks.add_task(print, source)
    return {"status": "queued"}


async def test_the_caller_may_bring_the_container_by_name() -> None:
    tasks = BackgroundTasks()

    assert await webhook("github", background_tasks=tasks) == {"status": "queued"}

    (task,) = tasks.tasks
    assert task.args == ("github",)


async def test_the_caller_may_bring_the_container_by_position() -> None:
    tasks = BackgroundTasks()

    assert await webhook("github", tasks) == {"status": "queued"}

    (task,) = tasks.tasks
    assert task.args == ("github",)


async def test_the_caller_may_bring_one_of_two_containers() -> None:
    async def handler(mails: BackgroundTasks, logs: BackgroundTasks) -> JSONResponse:
        mails.add_task(print, "mail")
        logs.add_task(print, "log")
        return JSONResponse({})

    brought, decorated = BackgroundTasks(), cast("Any", with_background(handler))

    response = await decorated(brought)

    assert [task.args for task in brought.tasks] == [("mail",)]
    assert [task.args for task in response.background.tasks] == [("log",)]


async def test_a_single_task_is_the_background_itself() -> None:
    task = BackgroundTask(print)

    @with_background(task)
    async def handler() -> JSONResponse:
        return JSONResponse({})

    response = await handler()

    assert response.background is task
