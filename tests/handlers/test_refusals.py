"""Mistakes are refused where the handler is decorated, and the message says what to write."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from typing import Any, Optional

import pytest
from lilya.apps import Lilya
from lilya.contrib.openapi.decorator import openapi
from lilya.decorators import cache, observable
from lilya.websockets import WebSocket

from ravyn_bg import (
    BackgroundTask,
    BackgroundTasks,
    BackgroundTaskType,
    Task,
    with_background,
)
from tests.handlers.conftest import EqualToAll

decorate: Any = with_background  # wrong uses, which a type checker refuses as well
fixed = BackgroundTask(print, "fixed")


def refused(message: str) -> Any:
    return pytest.raises(TypeError, match=f"^{re.escape(message)}$")


async def plain(source: str) -> dict[str, str]:
    return {"source": source}


async def queued(source: str, background_tasks: BackgroundTasks) -> dict[str, str]:
    return {"source": source}


async def without_signature() -> None: ...


without_signature.__signature__ = "none"  # type: ignore[attr-defined]  # wrong on purpose


async def wrapping_itself() -> None: ...


wrapping_itself.__wrapped__ = wrapping_itself  # type: ignore[attr-defined]  # wrong on purpose


@pytest.mark.parametrize("handler", [without_signature, wrapping_itself])
def test_a_handler_whose_parameters_cannot_be_read(handler: Any) -> None:

    for decorator in (decorate, with_background(fixed)):
        with pytest.raises(
            TypeError, match=rf"^with_background cannot read what {handler.__name__} takes: "
        ):
            decorator(handler)


def test_a_handler_that_asks_for_no_tasks() -> None:
    with refused(
        "@with_background stands on plain, which asks for no tasks: give it a parameter "
        "`background_tasks: BackgroundTasks`, or write @with_background(task)."
    ):
        with_background(plain)


async def one_task(background_task: BackgroundTask) -> None: ...


async def one_or_more(background_tasks: BackgroundTaskType) -> None: ...


async def perhaps(background_tasks: BackgroundTasks | None) -> None: ...


async def optional(
    background_tasks: Optional[BackgroundTasks],  # noqa: UP045  # the older way, too
) -> None: ...


async def several(background_tasks: list[BackgroundTasks]) -> None: ...


async def the_class(background_tasks: type[BackgroundTasks]) -> None: ...


async def lilyas_task(background_task: Task) -> None: ...


async def with_default(background_tasks: BackgroundTasks = BackgroundTasks()) -> None: ...  # noqa: B008  # wrong on purpose


async def with_none(background_tasks: BackgroundTasks = None) -> None: ...  # type: ignore[assignment]  # wrong on purpose


async def with_odd_default(background_tasks: BackgroundTasks = EqualToAll()) -> None: ...  # type: ignore[assignment]  # noqa: B008  # wrong on purpose


async def by_position(background_tasks: BackgroundTasks, /) -> None: ...


async def any_number(*background_tasks: BackgroundTasks) -> None: ...


async def any_names(**background_tasks: BackgroundTasks) -> None: ...


@pytest.mark.parametrize(
    "handler",
    [
        one_task,
        one_or_more,
        perhaps,
        optional,
        several,
        the_class,
        lilyas_task,
        with_default,
        with_none,
        with_odd_default,
        by_position,
        any_number,
        any_names,
    ],
)
@pytest.mark.parametrize("decorator", [with_background, with_background(fixed)])
def test_a_parameter_that_no_new_container_can_be_passed_for(decorator: Any, handler: Any) -> None:
    (parameter,) = inspect.signature(handler).parameters.values()

    with refused(
        f"{handler.__name__} asks for `{parameter}`, but what each request brings is a new "
        f"BackgroundTasks, passed by name: write `{parameter.name}: BackgroundTasks`, with no "
        "default, no union and no star, and not before a `/`."
    ):
        decorator(handler)


async def coroutine_function() -> None: ...


class Handlers:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


@pytest.mark.parametrize("decorator", [decorate, with_background(fixed)])
@pytest.mark.parametrize(
    ("make", "shown"),
    [
        (lambda: None, "None (NoneType)"),
        (lambda: "/users", "'/users' (str)"),
        (lambda: 3, "3 (int)"),
        (lambda: Handlers, "Handlers (type)"),
        (Handlers, "Handlers.__call__ (Handlers)"),
        (coroutine_function, "the coroutine coroutine_function(...)"),
        (lambda: staticmethod(plain), "plain (staticmethod)"),
        (lambda: len, "len (builtin_function_or_method)"),
    ],
)
def test_what_is_neither_handler_nor_task(
    make: Callable[[], Any], shown: str, decorator: Any
) -> None:
    with pytest.raises(TypeError, match=rf"^with_background got {re.escape(shown)}: .+\.$"):
        decorator(make())


def test_a_list_of_tasks() -> None:
    with pytest.raises(TypeError, match=r"^with_background got .*BackgroundTasks\(\[\.\.\.\]\)"):
        decorate([fixed])


def test_the_class_of_tasks() -> None:
    with pytest.raises(TypeError, match=r"^with_background got BackgroundTask \(type\): make one,"):
        decorate(BackgroundTask)


def test_nothing_at_all() -> None:
    with pytest.raises(TypeError, match="argument"):
        decorate()


def test_a_task_where_the_handler_belongs() -> None:
    with pytest.raises(TypeError, match=r"^with_background got "):
        decorate(fixed)(fixed)


@pytest.mark.parametrize("verb", ["get", "post"])
@pytest.mark.parametrize("handler", [plain, queued])
def test_above_the_decorator_of_a_route(handler: Any, verb: str) -> None:
    registered = getattr(Lilya(), verb)("/{source}")(copied(handler))

    with refused(
        f"@with_background on {handler.__name__} stands above the route decorator, which has "
        "registered the handler without it: put it below, next to the function."
    ):
        with_background(fixed)(registered)


def test_above_openapi() -> None:
    with refused(
        "@with_background on plain stands above @openapi: put it below, next to the function."
    ):
        with_background(fixed)(openapi(summary="Take")(plain))


def test_above_a_decorator_that_stands_above_a_route() -> None:
    registered = Lilya().get("/{source}")(copied(plain))

    @functools.wraps(registered)
    async def between(source: str) -> Any:
        return await registered(source)

    with pytest.raises(TypeError, match="above the route decorator"):
        with_background(fixed)(between)


def test_twice_on_one_handler() -> None:
    with refused(
        "@with_background on plain stands there twice: write it once, with a BackgroundTasks for "
        "all fixed tasks."
    ):
        with_background(fixed)(with_background(fixed)(plain))


@pytest.mark.parametrize("between", [cache(), observable(send=["webhook"])])
def test_above_a_decorator_that_would_pass_on_the_container(between: Any) -> None:
    with refused(
        "@with_background on queued injects a container into @cache or @observable: put it below, "
        "next to the function."
    ):
        with_background(between(queued))


async def chat(websocket: WebSocket, background_tasks: BackgroundTasks) -> None: ...


async def chat_without_tasks(connection: WebSocket) -> None: ...


@pytest.mark.parametrize(
    ("decorator", "handler"),
    [
        (with_background, chat),
        (with_background(fixed), chat_without_tasks),
    ],
)
def test_a_websocket_which_has_no_response(decorator: Any, handler: Any) -> None:
    with refused(
        f"@with_background on {handler.__name__} stands on a websocket: tasks run after a "
        "response, and a websocket has none."
    ):
        decorator(handler)


class NotToBeShown:
    def __repr__(self) -> str:
        raise AssertionError


@pytest.mark.parametrize(
    "default", ["where the websocket listens", NotToBeShown()], ids=["text", "not to be shown"]
)
def test_what_only_speaks_of_websockets_is_none(default: Any) -> None:
    async def handler(websocket_url: str = default) -> None: ...

    with_background(fixed)(handler)


def copied(handler: Any) -> Any:
    """The same function over again, for a decorator that leaves a mark on it."""

    @functools.wraps(handler)
    async def copy(*args: Any, **kwargs: Any) -> Any:
        return await handler(*args, **kwargs)

    return copy
