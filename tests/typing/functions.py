"""Plain and async functions: every kind of mistake, in each of the three places for a call."""

from ravyn_bg import BackgroundTask, BackgroundTasks


def send(to: str, retries: int = 3) -> None: ...


async def ping(url: str, timeout: float) -> None: ...


def count() -> int:
    return 0


def right(tasks: BackgroundTasks) -> None:
    BackgroundTask(send, "a@b.c")  # right: the default left out
    BackgroundTask(send, "a@b.c", 5)  # right: all by position
    BackgroundTask(send, "a@b.c", retries=5)  # right: one by keyword
    BackgroundTask(send, retries=5, to="a@b.c")  # right: all by keyword, in another order
    BackgroundTask(ping, "http://b.c", 1.5)  # right: an async function
    BackgroundTask(count)  # right: no arguments, and a result that nobody takes
    BackgroundTasks(tasks=[BackgroundTask(send, to="a@b.c")])  # right: in a list, sync
    BackgroundTasks(tasks=[BackgroundTask(ping, "b.c", timeout=2)])  # right: in a list, async
    tasks.add_task(send, "a@b.c")  # right: added, the default left out
    tasks.add_task(ping, "http://b.c", timeout=0.5)  # right: added, an async function
    tasks.add_task(ping, timeout=1, url="http://b.c")  # right: added, an int for a float
    tasks.add_task(count)  # right: added, no arguments


def wrong(tasks: BackgroundTasks) -> None:
    BackgroundTask(send)  # type: ignore[call-arg]  # wrong: missing
    BackgroundTask(ping, "http://b.c")  # type: ignore[call-arg]  # wrong: missing
    BackgroundTasks(tasks=[BackgroundTask(ping, timeout=1.0)])  # type: ignore[call-arg]  # wrong: missing
    tasks.add_task(send, retries=5)  # type: ignore[call-arg]  # wrong: missing
    tasks.add_task(ping)  # type: ignore[call-arg]  # wrong: missing

    BackgroundTask(send, "a@b.c", 3, "c@d.e")  # type: ignore[call-arg]  # wrong: too many
    BackgroundTask(count, 1)  # type: ignore[call-arg]  # wrong: too many
    BackgroundTasks(tasks=[BackgroundTask(ping, "http://b.c", 1.0, True)])  # type: ignore[call-arg]  # wrong: too many
    tasks.add_task(count, 1)  # type: ignore[call-arg]  # wrong: too many

    BackgroundTask(send, 42)  # type: ignore[arg-type]  # wrong: type
    BackgroundTask(ping, "http://b.c", "1")  # type: ignore[arg-type]  # wrong: type
    BackgroundTasks(tasks=[BackgroundTask(send, ["a@b.c"])])  # type: ignore[arg-type]  # wrong: type
    tasks.add_task(ping, b"http://b.c", 1.0)  # type: ignore[arg-type]  # wrong: type

    BackgroundTask(send, "a@b.c", retries="3")  # type: ignore[arg-type]  # wrong: type by keyword
    BackgroundTasks(tasks=[BackgroundTask(ping, url="b.c", timeout="1")])  # type: ignore[arg-type]  # wrong: type by keyword
    tasks.add_task(send, to=42)  # type: ignore[arg-type]  # wrong: type by keyword

    BackgroundTask(send, None)  # type: ignore[arg-type]  # wrong: None
    BackgroundTasks(tasks=[BackgroundTask(ping, "http://b.c", None)])  # type: ignore[arg-type]  # wrong: None
    tasks.add_task(ping, "http://b.c", timeout=None)  # type: ignore[arg-type]  # wrong: None

    BackgroundTask(send, "a@b.c", retry=5)  # type: ignore[call-arg]  # wrong: unknown keyword
    BackgroundTasks(tasks=[BackgroundTask(count, of="mails")])  # type: ignore[call-arg]  # wrong: unknown keyword
    tasks.add_task(ping, "http://b.c", 1.0, proxy="d.e")  # type: ignore[call-arg]  # wrong: unknown keyword

    BackgroundTask(send, "a@b.c", to="c@d.e")  # type: ignore[misc]  # wrong: twice
    BackgroundTasks(tasks=[BackgroundTask(ping, "http://b.c", 1.0, timeout=2.0)])  # type: ignore[misc]  # wrong: twice
    tasks.add_task(send, "a@b.c", 3, retries=5)  # type: ignore[misc]  # wrong: twice

    BackgroundTask(send("a@b.c"))  # type: ignore[arg-type, func-returns-value]  # wrong: called
    BackgroundTask(ping("http://b.c", 1.0))  # type: ignore[arg-type]  # wrong: called
    BackgroundTask(count())  # type: ignore[arg-type]  # wrong: called
    BackgroundTasks(tasks=[BackgroundTask(send("a@b.c"))])  # type: ignore[arg-type, func-returns-value]  # wrong: called
    tasks.add_task(send("a@b.c"))  # type: ignore[arg-type, func-returns-value]  # wrong: called
    tasks.add_task(ping("http://b.c", 1.0))  # type: ignore[arg-type]  # wrong: called

    BackgroundTask("send", "a@b.c")  # type: ignore[arg-type]  # wrong: not callable
    BackgroundTask(None)  # type: ignore[arg-type]  # wrong: not callable
    BackgroundTasks(tasks=[BackgroundTask(42)])  # type: ignore[arg-type]  # wrong: not callable
    tasks.add_task((send, "a@b.c"))  # type: ignore[arg-type]  # wrong: not callable

    BackgroundTask()  # type: ignore[call-arg]  # wrong: no function
    tasks.add_task()  # type: ignore[call-arg]  # wrong: no function
    BackgroundTask(func=send, to="a@b.c")  # type: ignore[call-arg]  # wrong: no function
    tasks.add_task(func=count)  # type: ignore[call-arg]  # wrong: no function
