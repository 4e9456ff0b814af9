"""Mistakes are refused where the handler is decorated, and the message says what to write."""

from __future__ import annotations

import re
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any

import pytest
from lilya.apps import Lilya
from lilya.background import Task as LilyaTask
from lilya.background import Tasks as LilyaTasks
from lilya.contrib.openapi.decorator import openapi
from lilya.decorators import cache, observable
from lilya.routing import WebSocketPath
from lilya.websockets import WebSocket, WebSocketDisconnect
from starlette.background import BackgroundTask as StarletteTask
from starlette.background import BackgroundTasks as StarletteTasks

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.conftest import MakeClient
from tests.handlers.conftest import made_async

bare: Any = with_background  # wrong uses, which a type checker refuses as well
task = BackgroundTask(print, "fixed")
fixed: Any = with_background(task)
both = [bare, fixed]

# Starlette is there in every test run; these where all of the project's tests run.
OTHERS = {"fastapi": "fastapi", "litestar": "litestar.background_tasks", "ravyn": "ravyn"}
FOREIGN = [LilyaTask, LilyaTasks, StarletteTask, StarletteTasks]
FOREIGN += [import_module(OTHERS[each]).BackgroundTasks for each in OTHERS if find_spec(each)]


async def plain(source: str) -> None: ...


async def queued(source: str, background_tasks: BackgroundTasks) -> None: ...


def asking(annotation: Any) -> Any:
    async def handler(later: Any) -> None: ...

    handler.__annotations__["later"] = annotation
    return handler


def above_a_route(another: Any) -> None:
    @fixed  # type: ignore[untyped-decorator]  # as is any that a project has
    @another  # type: ignore[untyped-decorator]
    @Lilya().get("/{source}")
    def handler(source: str) -> None: ...


class Needy(BackgroundTasks):
    def __init__(self, queue: str) -> None:
        super().__init__()


class Chat(WebSocket): ...


NEXT = r": put it next to the function of a handler, or give it BackgroundTasks\(\[\.\.\.\]\)"
IMPORT = "asks for `later: .*`, which is another package's: import it from ravyn_bg"
ROUTE = r"on \w+ stands above the route decorator, which registered the handler without it: put"
SOCKET = "on handler stands on a websocket: tasks run after a response, and a websocket has none"
TWICE = "on plain stands there twice: write it once, with a BackgroundTasks for all fixed tasks[.]"
INTO = "injects a container into @cache or @observable: put it below, next to the function"
ONE = r"^with_background takes a handler, one task, or BackgroundTasks\(\[t1, t2\]\)\.$"
READ = r"^with_background cannot read what partial\(.* takes: partial"
SIGN = r"BackgroundTasks`, or write @with_background\(task\)\."

# What is said, what is decorated, and with what.
WRONG: list[tuple[str, Any, list[Any]]] = [
    (f"on plain finds no tasks: give it .*{SIGN}", lambda: plain, [bare]),
    (rf"'/users' \(str\){NEXT}", lambda: "/users", both),
    (rf"Lilya.__call__ \(Lilya\){NEXT}", Lilya, both),
    (rf"\(staticmethod\){NEXT}", lambda: staticmethod(plain), both),
    (rf"^with_background takes a handler or one task, got Back.*{NEXT}", lambda: task, [fixed]),
    (r"coroutine plain\(...\): pass plain and its arguments, not", lambda: plain("a"), both),
    (r"got BackgroundTask \(type\): make one, BackgroundTask\(", lambda: BackgroundTask, both),
    (READ, lambda: partial(asking(Any), 1, 2), both),
    (rf"\[BackgroundTask\(print, 'fixed'\)\] \(list\){NEXT}", lambda: [task], both),
    (ROUTE, lambda: Lilya().post("/{source}")(made_async(queued)), both),
    *(
        (ROUTE, partial(above_a_route, each), [bare])
        for each in (lambda handler: handler, made_async)
    ),
    ("above @openapi: put it below, next to the", lambda: openapi(summary="Take")(plain), [fixed]),
    (TWICE, lambda: fixed(plain), [fixed]),
    (INTO, lambda: cache()(queued), both),
    (INTO, lambda: observable(send=["x"])(queued), both),
    ("Needy.* missing 1 required positional argument", lambda: asking(Needy), both),
    *((IMPORT, partial(asking, kind), both) for kind in FOREIGN),
    (IMPORT, lambda: asking(StarletteTasks | None), both),
    ("got BackgroundTask.*: import it from ravyn_bg", lambda: StarletteTask(print), [bare]),
    (SOCKET, lambda: asking(Annotated[Chat, "x"]), both),
    (ONE, tuple, [lambda none: bare(*none)]),
    (ONE, lambda: (plain, "x"), [lambda two: bare(*two)]),
    (ONE, lambda: (task, task), [lambda two: bare(*two)]),
]


@pytest.mark.parametrize(("phrase", "make", "decorators"), WRONG, ids=range(len(WRONG)))
def test_what_is_refused(phrase: str, make: Any, decorators: list[Any]) -> None:
    for decorate in decorators:
        with pytest.raises(TypeError, match=phrase) as refused:
            decorate(make())
        assert re.match(r"@?with_background|\w+ asks for|.*Needy", str(refused.value))


def test_a_websocket_that_no_annotation_tells_of(make_client: MakeClient) -> None:
    @with_background(task)
    async def handler(websocket: Any) -> None: ...

    client: Any = make_client(Lilya(routes=[WebSocketPath("/", handler)]))

    with pytest.raises(WebSocketDisconnect) as closed, client.websocket_connect("/"):
        raise AssertionError

    assert re.search(SOCKET, closed.value.reason or "")
