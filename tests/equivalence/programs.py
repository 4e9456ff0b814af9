"""What a program of tasks is made of."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

if sys.version_info < (3, 11):
    from exceptiongroup import ExceptionGroup


@dataclass(frozen=True)
class Program:
    tree: Tree
    cancelled_first: bool = False


@dataclass(frozen=True)
class Call:
    """A task whose function takes these steps."""

    steps: tuple[Step | Add, ...]
    way: str = "async"  # or "sync", or "returns awaitable"
    form: str = "function"  # or "partial", "object", "method"
    keyword: str | None = None
    habit: str = "plain"
    func: str = "given"  # or "replaced"
    of_lilya: bool = False  # Lilya's own class, on `ravyn_bg` too


@dataclass(frozen=True)
class Container:
    """With a breaker, all children hold until that one fails or cancels; else none of them does."""

    children: tuple[Tree, ...]
    habit: str = "plain"
    of_lilya: bool = False
    as_group: bool = False
    breaker: Tree | None = None


Tree = Call | Container


@dataclass(frozen=True)
class Step:
    """What a function does.

    "pause": a checkpoint, if it is async. "cancel": by a scope around the program; "cancel task":
    by asyncio's `Task.cancel`. "await holds": wait until all other children of the group hold, so
    that what comes next is no race. "hold": until the group is cancelled, then fail or do not.
    """

    what: str  # one of these, or "fail", "set context"
    error: str | None = None
    value: int = 0


@dataclass(frozen=True)
class Add:
    """Append a task to the container in order that is so many levels up."""

    call: Call
    up: int
    by_add_task: bool


ERRORS: dict[str, Callable[[str], BaseException]] = {
    "ValueError": ValueError,
    "KeyError": KeyError,
    "StopIteration": StopIteration,
    "BaseException": BaseException,
    "ExceptionGroup": lambda message: ExceptionGroup("group", [OSError(message)]),
}
