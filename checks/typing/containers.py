"""What `BackgroundTasks(...)` takes, and the `background` of a response."""

from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse


def send(to: str) -> None: ...
async def ping(url: str) -> None: ...
def clean() -> int:
    return 0


async def close() -> None: ...


def calls(tasks: BackgroundTasks, task: BackgroundTask, more: list[BackgroundTask]) -> None:
    BackgroundTasks()  # right: none yet
    BackgroundTasks([task], True)  # right: all by position
    BackgroundTasks(tasks=more, as_group=True)  # right: a list that was made before
    BackgroundTasks(tasks=[BackgroundTasks(more), task])  # right: a container in a container
    BackgroundTasks(tasks=[BackgroundTask(send, "a"), BackgroundTask(ping, "b")])  # right: mixed
    BackgroundTasks(tasks=(BackgroundTask(send, to) for to in ("a", "b")))  # right: a generator
    BackgroundTasks([task], continue_on_error=True)  # right: goes on after a failure
    BackgroundTasks([clean, close, lambda: send("a"), task])  # right: functions without arguments
    tasks.tasks += more  # right: a list like any other
    JSONResponse({"a": 1}, background=tasks)  # right: a container
    JSONResponse({"a": 1}, background=more[0] if more else None)  # right: a task or none

    BackgroundTasks(tasks=[task, send])  # wrong: type
    BackgroundTasks([ping])  # wrong: type
    BackgroundTasks([clean()])  # wrong: called
    BackgroundTasks([close()])  # wrong: called
    BackgroundTasks(tasks=[(send, "a@b.c")])  # wrong: type
    BackgroundTasks(tasks=task)  # wrong: type
    BackgroundTasks(tasks=[send("a@b.c")])  # wrong: called
    BackgroundTasks(tasks=[BackgroundTask(send, ["a@b.c"])])  # wrong: type
    BackgroundTasks(tasks=[task], as_group="yes")  # wrong: type
    BackgroundTasks([task], continue_on_error=None)  # wrong: type
    BackgroundTasks(tasks=[task], group=True)  # wrong: unknown keyword
    BackgroundTasks([task], True, True)  # wrong: too many
    tasks.tasks.append(send)  # wrong: type
    tasks.add_task([task])  # wrong: not callable
    JSONResponse({"a": 1}, background=send)  # wrong: type
    JSONResponse({"a": 1}, background=[task])  # wrong: type
    JSONResponse({"a": 1}, background=send(""))  # wrong: called | None: pyright, ty, pyrefly
