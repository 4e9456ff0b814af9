"""Programs of tasks, and how one is drawn whose outcome is certain, however its threads race."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from hypothesis import strategies as st

from tests.equivalence.libraries import group

T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """A task whose function takes these steps."""

    steps: tuple[Step, ...]
    kind: str = "async"  # or "sync", or "returns awaitable"
    is_partial: bool = False
    behaviour: str = "plain"
    of_lilya: bool = False  # Lilya's own class, on `ravyn_bg` too


@dataclass(frozen=True)
class Container:
    children: tuple[Tree, ...]
    behaviour: str = "plain"  # or "goes on", as under `continue_on_error`, or one of those below
    of_lilya: bool = False
    as_group: bool = False


@dataclass(frozen=True)
class Step:
    """What a function does, which may end in an error.

    "pause": a checkpoint, if it is async. "await holds": wait until all other children of the group
    hold, so that what comes next is no race. "hold": until the group is cancelled. "cancel": by a
    scope around the program; "cancel task": by asyncio's `Task.cancel`. "add", or "add_task": to
    the container in order that is so many levels up.
    """

    action: str  # one of these, or "fail", "set context"
    error: Callable[[str], BaseException] | None = None
    adds: Call = Call(())
    up: int = 0


Tree = Call | Container
Steps = tuple[Step, ...]
ERRORS = (ValueError, KeyError, StopIteration, BaseException, group)
FAIL: Steps = tuple(Step("fail", error) for error in ERRORS)
HOLD: Steps = (Step("hold"), *(Step("hold", error) for error in ERRORS))
CANCEL: Steps = (Step("cancel"), Step("cancel task")) * 2
BASIC: tuple[Steps, ...] = ((), (Step("pause"),), (Step("set context"),))
# Of the `__call__` of a class of tasks.
BEHAVIOURS = ("plain",) * 5 + ("wraps", "swallows", "twice")


class Drawing:
    """Takes a byte for each choice, which is quicker than to ask Hypothesis each time.

    When none is left it takes the first choice, with which a program soon ends.
    """

    def __init__(self, data: bytes) -> None:
        self.data = iter(data)
        self.mixed = self.one_in(2)

    def one_of(self, *choices: T) -> T:
        return choices[next(self.data, 0) % len(choices)]

    def one_in(self, number: int) -> bool:
        return self.one_of(*[False] * (number - 1), True)

    def tree(self, depth: int, ends: Steps) -> Tree:
        """A task or a container, in which functions may end in one of these ways."""
        kind = self.one_of("leaf", "row", "in order", "group") if depth else "leaf"
        if kind == "leaf":
            return self.leaf(ends)
        if kind == "row":  # what shares one thread
            leaves = [self.leaf(ends) for _ in range(self.one_of(2, 3, 4))]
            plain = (replace(each, kind="sync", behaviour="plain") for each in leaves)
            return Container(tuple(plain))
        behaviour, of_lilya = self.one_of(*BEHAVIOURS), self.of_lilya()
        if kind == "in order":
            behaviour = self.one_of(behaviour, behaviour, "goes on")
            return Container(self.trees(depth - 1, ends), behaviour, of_lilya)
        if not ends:
            return Container(self.trees(depth - 1, ()), behaviour, of_lilya, True)
        if self.one_in(2):  # where a task may fail without a race, but not cancel
            return Container(self.trees(depth - 1, FAIL), "goes on", as_group=True)
        # Where one may do both: all others hold until it does, which the last child sees to.
        await_holds = Call((Step("await holds"),), self.one_of("async", "sync"))
        last = Container((await_holds, self.tree(depth - 1, ends), Call((self.one_of(*FAIL),))))
        held = (self.held(depth - 1) for _ in range(self.one_of(1, 2, 3)))
        return Container((*held, last), behaviour, of_lilya, True)

    def trees(self, depth: int, ends: Steps) -> tuple[Tree, ...]:
        return tuple(self.tree(depth, ends) for _ in range(self.one_of(0, 1, 2, 3, 4)))

    def held(self, depth: int) -> Tree:
        """What holds until the group is cancelled, among tasks that end well."""
        before, after = self.trees(depth, ()), self.trees(depth, ())
        return Container((*before, self.call(self.one_of(*HOLD)), *after))

    def leaf(self, ends: Steps) -> Call:
        adds = [self.add()] if self.one_in(3) else []
        return self.call(*adds, *([self.one_of(*ends)] if ends and self.one_in(2) else []))

    def add(self) -> Step:
        return Step(self.one_of("add", "add_task"), adds=self.call(), up=self.one_of(0, 1, 2))

    def call(self, *steps: Step) -> Call:
        """A task that takes these steps, among some more."""
        steps = (*self.one_of(*BASIC), *steps, *self.one_of(*BASIC))
        kind = self.one_of("async", "sync", "returns awaitable")
        # Lilya's own task drops the awaitable, here too.
        of_lilya = self.of_lilya() and kind != "returns awaitable"
        return Call(steps, kind, self.one_in(3), self.one_of(*BEHAVIOURS), of_lilya)

    def of_lilya(self) -> bool:
        return self.mixed and self.one_in(3)


data = st.binary(min_size=300, max_size=300)
programs = data.map(lambda data: Drawing(data).tree(3, FAIL + CANCEL))
