"""Plain and async functions: every kind of mistake, for a task and in a container."""

from ravyn_bg import BackgroundTask, BackgroundTasks


def send(to: str, retries: int = 3) -> None: ...
async def ping(url: str, timeout: float) -> None: ...
def count() -> int:
    return 0


def calls(tasks: BackgroundTasks) -> None:
    BackgroundTask(send, "a@b.c")  # right: the default left out
    BackgroundTask(send, retries=5, to="a@b.c")  # right: all by keyword, in another order
    BackgroundTask(ping, "http://b.c", 1.5)  # right: an async function
    BackgroundTasks(tasks=[BackgroundTask(ping, "b.c", timeout=2)])  # right: in a list
    tasks.add_task(send, "a@b.c")  # right: added, the default left out
    tasks.add_task(ping, timeout=1, url="http://b.c")  # right: added, an int for a float
    tasks.add_task(count)  # right: added, no arguments

    BackgroundTask(send)  # wrong: missing
    BackgroundTasks(tasks=[BackgroundTask(ping, timeout=1.0)])  # wrong: missing
    tasks.add_task(ping)  # wrong: missing
    BackgroundTask(send, "a@b.c", 3, "c@d.e")  # wrong: too many
    tasks.add_task(count, 1)  # wrong: too many
    BackgroundTask(send, 42)  # wrong: type
    BackgroundTasks(tasks=[BackgroundTask(send, ["a@b.c"])])  # wrong: type
    tasks.add_task(ping, b"http://b.c", 1.0)  # wrong: type
    BackgroundTask(send, "a@b.c", retries="3")  # wrong: type
    tasks.add_task(send, to=42)  # wrong: type
    BackgroundTask(send, None)  # wrong: type
    BackgroundTask(send, "a@b.c", retry=5)  # wrong: unknown keyword
    tasks.add_task(ping, "http://b.c", 1.0, proxy="d.e")  # wrong: unknown keyword
    BackgroundTask(send, "a@b.c", to="c@d.e")  # wrong: twice
    BackgroundTask(send("a@b.c"))  # wrong: called
    BackgroundTask(ping("http://b.c", 1.0))  # wrong: called
    tasks.add_task(count())  # wrong: called
    BackgroundTask("send", "a@b.c")  # wrong: not callable
    tasks.add_task((send, "a@b.c"))  # wrong: not callable
    BackgroundTask()  # wrong: no function
    BackgroundTask(func=send, to="a@b.c")  # wrong: no function
    tasks.add_task()  # wrong: no function
