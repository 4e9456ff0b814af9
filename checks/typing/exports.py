"""Where each name comes from, of which type it and what it holds are, and names there are not."""

from collections.abc import Callable
from typing import Any

import lilya.background
from lilya import requests, responses
from typing_extensions import assert_type

import ravyn_bg
from ravyn_bg import BackgroundTask, BackgroundTasks, BackgroundTaskType, background, types
from ravyn_bg.responses import CSVResponse, LilyaResponse


def same(either: BackgroundTaskType, request: ravyn_bg.Request) -> None:
    assert_type(request, requests.Request)
    assert_type(BackgroundTask(print), background.BackgroundTask)
    assert_type(BackgroundTasks(), ravyn_bg.background.BackgroundTasks)
    assert_type(either, ravyn_bg.types.BackgroundTaskType)
    assert_type(ravyn_bg.Task(print), BackgroundTask)
    assert_type(ravyn_bg.JSONResponse({}), responses.JSONResponse)
    assert_type(ravyn_bg.JSONResponse({}).background, lilya.background.Task | None)
    assert_type(LilyaResponse("a"), responses.Response)
    assert_type(CSVResponse([]), responses.CSVResponse)


async def of_both(task: BackgroundTask, tasks: BackgroundTasks) -> None:
    assert_type(task.func, Callable[..., Any])
    assert_type(task.args, tuple[Any, ...])
    assert_type(task.kwargs, dict[str, Any])
    assert_type(await task(), None)
    assert_type(tasks.tasks, list[BackgroundTask])
    assert_type(tasks.continue_on_error, bool)
    assert tasks.tasks[0].func is print  # right: its tasks are ours
    assert_type(tasks.add_task(print, "a"), None)
    assert_type(await tasks(), None)
    print(ravyn_bg.BackgroundTsk)  # wrong: no such name
    print(ravyn_bg.post)  # wrong: no such name
    print(types.BackgroundTasksType)  # wrong: no such name
