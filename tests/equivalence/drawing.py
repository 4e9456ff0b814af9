"""How Hypothesis draws a program: one whose outcome is certain, however its threads race."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TypeVar

from hypothesis import strategies as st

from tests.equivalence.programs import ERRORS, Add, Call, Container, Program, Step, Tree

T = TypeVar("T")
Steps = tuple[Step, ...]

HABITS = ("plain",) * 5 + ("wraps", "swallows", "twice")
CALLS = [
    Call((), *each)
    for each in product(
        ["async", "sync", "returns awaitable"],
        ["function", "partial", "object", "method"],
        [None, None, "func", "self"],
        HABITS,
        ["given", "replaced"],
        [False, True],
    )
    # Lilya's own task drops the awaitable, here too.
    if each[0] != "returns awaitable" or not each[-1]
]
BASIC: Steps = (Step("pause"), Step("set context", value=1), Step("set context", value=2))
FAIL: Steps = tuple(Step("fail", error) for error in ERRORS)
CANCEL: Steps = (Step("cancel"), Step("cancel task")) * 2
HOLD: Steps = tuple(Step("hold", error) for error in (None, *ERRORS))


@st.composite
def programs(draw: st.DrawFn) -> Program:
    drawing = Drawing(draw)
    tree = drawing.tree(3, FAIL + CANCEL)
    return Program(tree, cancelled_first=drawing.one_in(4))


class Drawing:
    # Made once, since Hypothesis looks at each of their elements.
    calls = st.sampled_from(CALLS)
    basic_steps = st.lists(st.sampled_from(BASIC), max_size=3)

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def one_of(self, *choices: T) -> T:
        return choices[self.draw(st.integers(0, len(choices) - 1))]

    def one_in(self, number: int) -> bool:
        return self.one_of(*[False] * (number - 1), True)

    def tree(self, depth: int, ends: Steps) -> Tree:
        """A task or a container, in which functions may end in one of these ways."""
        kind = self.one_of("leaf", "row", "in order", "group") if depth else "leaf"
        if kind == "leaf":
            return self.leaf(ends)
        if kind == "row":  # what shares one thread
            leaves = [self.leaf(ends) for _ in range(self.one_of(2, 3, 4))]
            return Container(tuple(replace(each, way="sync", habit="plain") for each in leaves))
        habit, of_lilya = self.one_of(*HABITS), self.one_in(4)
        if kind == "in order":
            habit = self.one_of(habit, habit, "loops", "goes on")
            return Container(self.trees(depth - 1, ends), habit, of_lilya)
        if not ends:
            return Container(self.trees(depth - 1, ()), habit, of_lilya, True)
        if self.one_in(2):  # where a task may fail without a race, but not cancel
            return Container(self.trees(depth - 1, FAIL), "goes on", as_group=True)
        await_holds = Call((Step("await holds"),), self.one_of("async", "sync"))
        breaker = Container((await_holds, self.tree(depth - 1, ends), Call((self.one_of(*FAIL),))))
        held = [self.held(depth - 1) for _ in range(self.one_of(0, 1, 2, 3))]
        return Container(tuple(held), habit, of_lilya, True, breaker)

    def leaf(self, ends: Steps) -> Call:
        end = [self.one_of(*ends)] if ends and self.one_in(2) else []
        return self.call(*end, *([self.add()] if self.one_in(3) else []))

    def trees(self, depth: int, ends: Steps) -> tuple[Tree, ...]:
        return tuple(self.tree(depth, ends) for _ in range(self.one_of(0, 1, 2, 3, 4)))

    def held(self, depth: int) -> Tree:
        """What holds until the group is cancelled, among tasks that end well."""
        before, after = self.trees(depth, ()), self.trees(depth, ())
        return Container((*before, self.call(self.one_of(*HOLD)), *after))

    def add(self) -> Add:
        call, up, by_add_task = self.call(), self.one_of(0, 1, 2), self.one_in(2)
        if by_add_task:  # which takes a function, and may be of Lilya's container
            call = replace(call, way=self.one_of("async", "sync"), habit="plain")
        return Add(call, up, by_add_task)

    def call(self, *steps: Step | Add) -> Call:
        """A task that takes these steps, among some more."""
        more = self.draw(self.basic_steps)
        before = self.one_of(*range(len(more) + 1))
        return replace(self.draw(self.calls), steps=(*more[:before], *steps, *more[before:]))
