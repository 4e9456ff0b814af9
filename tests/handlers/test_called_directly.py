"""A decorated handler is still a function, which a test of its own may call."""

from __future__ import annotations

import pytest

from ravyn_bg import BackgroundTasks, with_background

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
