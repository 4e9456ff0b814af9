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

    steps: tuple[Step, ...]
    way: str = "async"  # or "sync", or "returns awaitable"
    form: str = "function"  # or "partial", "object", "method"
    keyword: str | None = None
    habit: str = "plain"
    func: str = "given"  # or "replaced"
    of_lilya: bool = False  # Lilya's own class, on `ravyn_bg` too


@dataclass(frozen=True)
class InOrder:
    children: tuple[Tree, ...]
    habit: str = "plain"
    of_lilya: bool = False


@dataclass(frozen=True)
class Group:
    """With a breaker, all children hold until that one fails or cancels; else none of them does."""

    children: tuple[Tree, ...]
    habit: str = "plain"
    of_lilya: bool = False
    breaker: Tree | None = None


Tree = Call | InOrder | Group


@dataclass(frozen=True)
class SetContext:
    value: int


@dataclass(frozen=True)
class Pause:
    """A checkpoint, if the function is async."""


@dataclass(frozen=True)
class Fail:
    error: str


@dataclass(frozen=True)
class Cancel:
    native: bool  # by `asyncio.Task.cancel`, or by a cancel scope around the program


@dataclass(frozen=True)
class Add:
    """Append a task to the container in order that is so many levels up."""

    call: Call
    up: int
    by_add_task: bool


@dataclass(frozen=True)
class Hold:
    """Wait until the group is cancelled, then fail or do not."""

    error: str | None


@dataclass(frozen=True)
class AwaitHolds:
    """Wait until all other children of the group hold, so that what comes next is no race."""


Step = SetContext | Pause | Fail | Cancel | Add | Hold | AwaitHolds

ERRORS: dict[str, Callable[[str], BaseException]] = {
    "ValueError": ValueError,
    "KeyError": KeyError,
    "StopIteration": StopIteration,
    "BaseException": BaseException,
    "ExceptionGroup": lambda message: ExceptionGroup("group", [OSError(message)]),
}
