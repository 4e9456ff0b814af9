"""What `BackgroundTasks(...)` takes."""

from ravyn_bg import BackgroundTask, BackgroundTasks


def send(to: str) -> None: ...


async def ping(url: str, timeout: float) -> None: ...


def close() -> None: ...


def right(task: BackgroundTask, more: list[BackgroundTask]) -> None:
    BackgroundTasks()  # right: none yet
    BackgroundTasks(None)  # right: the same
    BackgroundTasks([task], True)  # right: all by position
    BackgroundTasks(tasks=more, as_group=True)  # right: all by keyword
    BackgroundTasks(more)  # right: a list that was made before
    BackgroundTasks((task, task))  # right: a tuple
    BackgroundTasks(tasks=[*more, BackgroundTask(close)])  # right: a list unpacked in another
    BackgroundTasks(tasks=[BackgroundTasks(more), task])  # right: a container in a container
    different = [BackgroundTask(send, "a@b.c"), BackgroundTask(ping, "b.c", 1.0)]
    BackgroundTasks(tasks=different)  # right: tasks of different signatures
    BackgroundTasks(tasks=[BackgroundTask(send, to) for to in ("a", "b")])  # right: made in a loop
    BackgroundTasks(tasks=(BackgroundTask(send, to) for to in ("a", "b")))  # right: a generator
    BackgroundTasks([task], continue_on_error=True)  # right: goes on after a failure


def wrong(tasks: BackgroundTasks, task: BackgroundTask) -> None:
    BackgroundTasks(tasks=[close])  # type: ignore[list-item]  # wrong: no task
    BackgroundTasks([close, ping])  # type: ignore[list-item]  # wrong: no task
    BackgroundTasks(tasks=[task, close])  # type: ignore[list-item]  # wrong: no task
    BackgroundTasks(close, task)  # type: ignore[arg-type]  # wrong: no tasks
    BackgroundTasks(tasks=task)  # type: ignore[arg-type]  # wrong: no tasks
    BackgroundTasks("tasks")  # type: ignore[arg-type]  # wrong: no tasks
    BackgroundTasks(42)  # type: ignore[arg-type]  # wrong: no tasks
    BackgroundTasks(tasks=lambda: [task])  # type: ignore[arg-type]  # wrong: no tasks
    BackgroundTasks(tasks=[None])  # type: ignore[list-item]  # wrong: no task
    BackgroundTasks(tasks=[(send, "a@b.c")])  # type: ignore[list-item]  # wrong: no task
    BackgroundTasks(tasks=[BackgroundTask])  # type: ignore[list-item]  # wrong: no task
    BackgroundTasks(tasks=[send("a@b.c")])  # type: ignore[func-returns-value, list-item]  # wrong: called
    BackgroundTasks(tasks=[task, ping("http://b.c", 1.0)])  # type: ignore[list-item]  # wrong: called
    BackgroundTasks(tasks=ping("http://b.c", 1.0))  # type: ignore[arg-type]  # wrong: called
    BackgroundTasks(tasks=[task], as_group="yes")  # type: ignore[arg-type]  # wrong: no flag
    BackgroundTasks(tasks=[task], as_group=1)  # type: ignore[arg-type]  # wrong: no flag
    BackgroundTasks(tasks=[task], as_group=None)  # type: ignore[arg-type]  # wrong: no flag
    BackgroundTasks([task], continue_on_error="yes")  # type: ignore[arg-type]  # wrong: no flag
    BackgroundTasks(tasks=[task], group=True)  # type: ignore[call-arg]  # wrong: unknown keyword
    BackgroundTasks([task], True, True)  # type: ignore[call-arg]  # wrong: too many
    tasks.tasks.append(close)  # type: ignore[arg-type]  # wrong: no task
    tasks.add_task([task])  # type: ignore[arg-type]  # wrong: not callable
