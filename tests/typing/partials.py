"""`functools.partial`."""

from functools import partial

from ravyn_bg import BackgroundTask, BackgroundTasks


def send(to: str, retries: int = 3) -> None: ...


async def ping(url: str, timeout: float) -> None: ...


def right(tasks: BackgroundTasks) -> None:
    BackgroundTask(partial(send, "a@b.c"))  # right: nothing more to give
    BackgroundTask(partial(send, retries=1), "a@b.c")  # right: the rest by position
    BackgroundTasks(tasks=[BackgroundTask(partial(ping, "b.c"), timeout=1.0)])  # right: by keyword
    tasks.add_task(partial(ping, timeout=1.0), "http://b.c")  # right: an async function
    tasks.add_task(partial(send, retries=1), "a@b.c", retries=2)  # right: given anew


def wrong(tasks: BackgroundTasks) -> None:
    BackgroundTask(partial(send, 42))  # type: ignore[arg-type]  # wrong: type
    BackgroundTask(partial(send, "a@b.c"), "3")  # pyright: ignore[reportArgumentType]  # wrong: type
    BackgroundTasks(tasks=[BackgroundTask(partial(ping, "http://b.c"))])  # pyright: ignore[reportCallIssue]  # wrong: missing
    tasks.add_task(partial(send, "a@b.c"), 1, 2)  # pyright: ignore[reportCallIssue]  # wrong: too many
    tasks.add_task(partial(send, "a@b.c"), retry=1)  # pyright: ignore[reportCallIssue]  # wrong: unknown keyword
    tasks.add_task(partial(ping, "http://b.c"), timeout="1")  # pyright: ignore[reportArgumentType]  # wrong: type by keyword
    tasks.add_task(partial(send, "a@b.c")())  # type: ignore[arg-type]  # wrong: called
