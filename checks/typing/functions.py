"""Functions: every kind of mistake, for a task and in a container; helpers with a `ParamSpec`."""

import sys
from collections.abc import Callable
from typing import Concatenate, ParamSpec

from ravyn_bg import BackgroundTask, BackgroundTasks

P = ParamSpec("P")


def send(to: str, retries: int = 3) -> None: ...
async def ping(url: str, timeout: float) -> None: ...
def in_session(func: Callable[Concatenate[str, P], object]) -> Callable[P, object]:
    raise NotImplementedError


@in_session
def insert(session: str, row: int) -> None: ...


def calls(tasks: BackgroundTasks) -> None:
    BackgroundTask(send, "a@b.c")  # right: the default left out
    BackgroundTask(send, retries=5, to="a@b.c")  # right: all by keyword, in another order
    BackgroundTask(ping, "http://b.c", 1.5)  # right: an async function
    tasks.add_task(ping, timeout=1, url="http://b.c")  # right: added, an int for a float
    BackgroundTask(func=send, to="a@b.c")  # right: the function by its name, as in Lilya
    tasks.add_task(func=ping, url="http://b.c", timeout=1.0)  # right: added, by its name
    tasks.add_task(insert, row=8)  # right: the first parameter is given by the decorator
    tasks.add_task(sys.exit)  # right: what is behind it is reached, though it never returns

    BackgroundTask(send)  # wrong: missing
    tasks.add_task(ping)  # wrong: missing
    BackgroundTask(send, "a@b.c", 3, "c@d.e")  # wrong: too many
    tasks.add_task(insert, 7, 8)  # wrong: too many
    BackgroundTask(send, 42)  # wrong: type
    tasks.add_task(ping, b"http://b.c", 1.0)  # wrong: type
    tasks.add_task(send, to=None)  # wrong: type
    BackgroundTask(send, "a@b.c", retry=5)  # wrong: unknown keyword
    tasks.add_task(ping, "http://b.c", 1.0, proxy="d.e")  # wrong: unknown keyword
    BackgroundTask(send, "a@b.c", to="c@d.e")  # wrong: twice
    BackgroundTask(send("a@b.c"))  # wrong: called
    tasks.add_task(ping("http://b.c", 1.0))  # wrong: called
    BackgroundTask("send", "a@b.c")  # wrong: not callable
    tasks.add_task((send, "a@b.c"))  # wrong: not callable
    BackgroundTask()  # wrong: no function
    BackgroundTask(func=send)  # wrong: missing | func by name: pyrefly
    tasks.add_task(func=send, to=1)  # wrong: type | func by name: pyrefly
    tasks.add_task()  # wrong: no function


def later(
    tasks: BackgroundTasks, func: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs
) -> None:
    tasks.add_task(func, *args, **kwargs)  # right: all that there is, passed on
    tasks.add_task(func, *args)  # wrong: missing
    later(tasks, send, "a@b.c", retries=2)  # right: through a helper
    later(tasks, send, 1)  # wrong: type
    tasks.add_task(later, tasks, send, "a@b.c")  # right: the helper as a task
    tasks.add_task(later, tasks, send, 1)  # wrong: type | two ParamSpecs: pyrefly
