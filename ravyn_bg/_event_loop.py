"""What a trip to a worker thread needs to know of the event loop."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

from anyio import WouldBlock
from anyio.to_thread import current_default_thread_limiter

if TYPE_CHECKING:
    from anyio import CapacityLimiter  # slower to load than all of `ravyn_bg`


def cancelling() -> Callable[[], int]:
    """How often asyncio has been asked to cancel the current task, for a thread to look at."""
    return getattr(asyncio_task(), "cancelling", int)  # not before Python 3.11


def default_limiter() -> CapacityLimiter | None:
    """AnyIO's default limiter for `to_thread.run_sync`; `None`, off asyncio, for AnyIO to find it.

    AnyIO takes longer to find it, and gives the event loop a turn when it has taken a free token:
    together a sixth of what a call in a thread costs.
    """
    if not (task := asyncio_task()):
        return None
    loop = task.get_loop()
    try:
        limiter = limiters[loop]
    except KeyError:
        limiter = limiters[loop] = current_default_thread_limiter()
    return cast("CapacityLimiter", TakenAtOnce(limiter)) if limiter.available_tokens else limiter


limiters: WeakKeyDictionary[Any, CapacityLimiter] = WeakKeyDictionary()


class TakenAtOnce:
    """A limiter that gives a token without a turn of the event loop if one is free."""

    def __init__(self, limiter: CapacityLimiter) -> None:
        self.limiter = limiter

    async def __aenter__(self) -> None:
        try:
            self.limiter.acquire_nowait()
        except WouldBlock:
            pass  # waiting here would keep the exception, and what it refers to, for as long
        else:
            return
        await self.limiter.acquire()

    async def __aexit__(self, *_: object) -> None:
        self.limiter.release()


def asyncio_task() -> Any:
    asyncio: Any = sys.modules.get("asyncio")  # not loaded under Trio, perhaps
    try:
        return asyncio.current_task()
    except (AttributeError, RuntimeError):
        return None
