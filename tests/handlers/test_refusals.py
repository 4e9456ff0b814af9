"""Mistakes are refused where the handler is decorated, and the message says what to write."""

# No `from __future__ import annotations`: the handlers are annotated with what is imported here.

import functools
import re
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any

import pytest
import starlette.background
from lilya import background as lilya
from lilya.apps import Lilya
from lilya.contrib.openapi.decorator import openapi
from lilya.decorators import cache, observable
from lilya.routing import WebSocketPath
from lilya.websockets import WebSocket, WebSocketDisconnect

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.conftest import MakeClient
from tests.handlers.conftest import Ask

decorate: Any = with_background  # wrong uses, which a type checker refuses as well
task = BackgroundTask(print, "fixed")
fixed: Any = with_background(task)


async def plain(source: str) -> dict[str, str]:
    return {"source": source}


async def queued(source: str, background_tasks: BackgroundTasks) -> dict[str, str]:
    return {"source": source}


def bare(handler: Any) -> Any:
    """The same function over again, for a decorator that leaves a mark on it."""

    @functools.wraps(handler)
    async def copy(*args: Any, **kwargs: Any) -> Any:
        return await handler(*args, **kwargs)

    return copy


def noted(name: str, value: Any = None) -> Any:
    async def handler() -> None: ...

    setattr(handler, name, value or handler)
    return handler


class Needy(BackgroundTasks):
    def __init__(self, queue: str) -> None:
        super().__init__()


class Chat(WebSocket): ...


untyped: Any = plain


def asking(annotation: Any) -> Any:
    async def handler(later: Any) -> None: ...

    handler.__annotations__["later"] = annotation
    return handler


class Endpoint:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


# Starlette is there in every test run; the others where all of the project's tests run.
FOREIGN: list[Any] = [starlette.background.BackgroundTasks, starlette.background.BackgroundTask]
FOREIGN += [lilya.Tasks, lilya.Task]
for each in ("fastapi", "litestar.background_tasks", "ravyn"):
    if find_spec(each.partition(".")[0]):
        FOREIGN.append(import_module(each).BackgroundTasks)
IMPORT = "asks for `later: .*`, which is another package's: import it from ravyn_bg"
ABOVE_ROUTE = "above the route decorator, which has registered .* put it below, next to the func"
SOCKET = "on handler stands on a websocket: tasks run after a response, and a websocket has none"

# A function that makes the handler, what decorates it, and a key phrase of what is said.
WRONG: list[tuple[Any, list[Any], str]] = [
    (lambda: plain, [decorate], r"plain, which asks for no tasks: .* or write @with_background\(t"),
    (lambda: None, [decorate, fixed], r"got None \(NoneType\): put it next to the function of"),
    (lambda: "/users", [decorate, fixed], r"got '/users' \(str\): put it next to the function"),
    (lambda: len, [decorate, fixed], r"got len \(builtin_function_or_method\): put it next"),
    (lambda: Endpoint, [decorate, fixed], r"got Endpoint \(type\): put it next to the function"),
    (Endpoint, [decorate, fixed], r"got Endpoint.__call__ \(Endpoint\): put it next to"),
    (lambda: plain("a"), [decorate, fixed], r"got the coroutine plain\(...\): pass plain and its"),
    (
        lambda: staticmethod(plain),
        [decorate, fixed],
        r"\(staticmethod\): put it next to",
    ),
    (
        lambda: classmethod(untyped),
        [decorate, fixed],
        r"\(classmethod\): put it next to",
    ),
    (lambda: [task], [decorate, fixed], r"\(list\): .* give it BackgroundTasks\(\[\.\.\.\]\)"),
    (
        lambda: BackgroundTask,
        [decorate],
        r"got BackgroundTask \(type\): make one, BackgroundTask\(",
    ),
    (lambda: task, [fixed], r"^with_background got BackgroundTask"),
    (lambda: noted("__signature__", "none"), [decorate, fixed], "cannot read what handler takes: "),
    (
        lambda: noted("__wrapped__"),
        [decorate, fixed],
        "cannot read what handler takes: wrapper loop",
    ),
    (lambda: Lilya().get("/{source}")(bare(plain)), [fixed], ABOVE_ROUTE),
    (lambda: Lilya().post("/{source}")(bare(queued)), [decorate, fixed], ABOVE_ROUTE),
    (lambda: bare(Lilya().get("/{source}")(bare(plain))), [fixed], ABOVE_ROUTE),
    (lambda: openapi(summary="Take")(plain), [fixed], "stands above @openapi: put it below"),
    (lambda: fixed(plain), [fixed], "there twice: write it once, with a BackgroundTasks for all"),
    (lambda: cache()(queued), [decorate], "injects a container into @cache or @observable: put"),
    (lambda: observable(send=["x"])(queued), [decorate], "injects a container into @cache or @obs"),
    (lambda: asking(Needy), [decorate, fixed], "Needy.* missing 1 required"),
    *((functools.partial(asking, kind), [decorate, fixed], IMPORT) for kind in FOREIGN),
    (lambda: asking(FOREIGN[0] | None), [decorate, fixed], IMPORT),
    (lambda: asking(WebSocket), [decorate, fixed], SOCKET),
    (lambda: asking(Chat), [decorate, fixed], SOCKET),
    (lambda: asking(Annotated[WebSocket, "x"]), [decorate, fixed], SOCKET),
    (
        lambda: starlette.background.BackgroundTask(print),
        [decorate],
        "got .*: import it from ravyn_bg",
    ),
    (lambda: starlette.background.BackgroundTasks(), [decorate], "import it from ravyn_bg.$"),
]


@pytest.mark.parametrize(("make", "decorators", "phrase"), WRONG, ids=[each[2] for each in WRONG])
def test_what_is_refused(make: Any, decorators: list[Any], phrase: str) -> None:
    for decorator in decorators:
        with pytest.raises(TypeError, match=phrase) as refused:
            decorator(make())

        assert str(refused.value).endswith(".") or re.search("cannot read|missing", phrase)


@pytest.mark.parametrize("given", [(), (plain, "x"), (task, task)], ids=["none", "text", "tasks"])
def test_other_than_one_argument(given: Any) -> None:
    with pytest.raises(TypeError, match=r"takes one argument: .* BackgroundTasks\(\[t1, t2\]\)\.$"):
        decorate(*given)


def test_a_websocket_that_no_annotation_tells_of(make_client: MakeClient) -> None:
    async def handler(websocket: Any) -> None: ...

    client: Any = make_client(Lilya(routes=[WebSocketPath("/", fixed(handler))]))

    with pytest.raises(WebSocketDisconnect) as closed, client.websocket_connect("/"):
        raise AssertionError

    assert re.search(SOCKET, closed.value.reason or "")


class NotToBeShown:
    def __repr__(self) -> str:
        raise AssertionError


@pytest.mark.parametrize("default", ["where the websocket listens", NotToBeShown()], ids=type)
def test_what_only_speaks_of_websockets_is_served(default: Any, ask: Ask) -> None:
    async def handler(websocket: str, websocket_url: Any = default) -> str:
        return websocket

    assert ask(fixed(handler), "/7", route="/{websocket}").json() == "7"
