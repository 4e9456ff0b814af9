"""What a task calls: an async callable as it is, any other in a worker thread."""

from __future__ import annotations

from collections.abc import Callable
from inspect import CO_ITERABLE_COROUTINE
from types import GeneratorType
from typing import Any

from anyio import to_thread
from lilya.compat import is_async_callable
from lilya.concurrency import AsyncCallable

from ravyn_bg._event_loop import default_limiter


class InThread:
    """A sync callable, called in a worker thread; what it returns is awaited if it can be."""

    __slots__ = ("__wrapped__",)

    def __init__(self, func: Callable[..., Any]) -> None:
        self.__wrapped__ = func

    async def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        (result,) = await to_thread.run_sync(
            boxed, self.__wrapped__, args, kwargs, limiter=default_limiter()
        )
        return await result if is_awaitable(result) else result


def boxed(func: Callable[..., Any], args: Any, kwargs: Any) -> tuple[Any]:
    # In a tuple, because Trio refuses a coroutine as the result of a function run in a thread.
    return (func(*args, **kwargs),)


def is_async(func: Any) -> bool:
    """Whether calling `func` gives something to await, as far as can be told without calling it."""
    kind = type(func)
    if issubclass(kind, type):  # calling a class makes an instance, however async that is to call
        return False
    try:
        return kind is AsyncCallable or is_async_callable(func)
    except Exception:  # an object that lies about itself: calling it will tell
        return False


def is_awaitable(result: Any) -> bool:
    if result is None:
        return False
    kind = type(result)  # as `await` does: a result may lie about its class
    if kind is GeneratorType:
        return bool(result.gi_code.co_flags & CO_ITERABLE_COROUTINE)
    return any("__await__" in vars(each) for each in type.mro(kind))
