"""Lambdas."""

from ravyn_bg import BackgroundTask, BackgroundTasks


def send(to: str, retries: int = 3) -> None: ...


async def ping(url: str, timeout: float) -> None: ...


def right(tasks: BackgroundTasks, addresses: list[str]) -> None:
    BackgroundTask(lambda: send("a@b.c"))  # right: no parameters
    BackgroundTasks(tasks=[BackgroundTask(lambda: ping("http://b.c", 1.0))])  # right: a coroutine
    tasks.add_task(lambda: send(addresses[0]))  # right: closes over a variable
    for to in addresses:
        tasks.add_task(lambda to=to: send(to))  # type: ignore[misc]  # right: keeps the variable of a loop


def wrong(tasks: BackgroundTasks) -> None:
    BackgroundTask(lambda: send("a@b.c"), "c@d.e")  # type: ignore[arg-type, misc]  # wrong: too many
    BackgroundTasks(tasks=[BackgroundTask(lambda: send(42))])  # type: ignore[arg-type]  # wrong: type
    tasks.add_task(lambda: ping("http://b.c", "1"))  # type: ignore[arg-type]  # wrong: type
    tasks.add_task(lambda: ping("http://b.c", 1.0), timeout=2.0)  # type: ignore[arg-type, misc]  # wrong: unknown keyword
