"""Where each name is imported from, and names that there are not."""

import lilya.background
from lilya import requests, responses
from typing_extensions import assert_type

import ravyn_bg
from ravyn_bg import BackgroundTask, BackgroundTasks, BackgroundTaskType, background, types
from ravyn_bg.responses import CSVResponse, LilyaResponse


def same(task: BackgroundTask, tasks: BackgroundTasks, either: BackgroundTaskType) -> None:
    assert_type(task, background.BackgroundTask)
    assert_type(tasks, background.BackgroundTasks)
    assert_type(either, types.BackgroundTaskType)
    assert_type(ravyn_bg.Task(print), lilya.background.Task)
    assert_type(background.Tasks(), lilya.background.Tasks)
    assert_type(ravyn_bg.JSONResponse({}), responses.JSONResponse)
    assert_type(ravyn_bg.Response("a"), responses.Response)
    assert_type(LilyaResponse("a"), responses.Response)
    assert_type(CSVResponse([]), responses.CSVResponse)


def takes_request(request: ravyn_bg.Request) -> requests.Request:
    return request


def wrong() -> None:
    print(ravyn_bg.BackgroundTsk)  # type: ignore[attr-defined]  # wrong: no such name
    print(ravyn_bg.post)  # type: ignore[attr-defined]  # wrong: no such name
    print(types.BackgroundTasksType)  # type: ignore[attr-defined]  # wrong: no such name
