"""How a program runs on one of the libraries, and what is certain of what it did.

Begin with `run`. A `Run` builds the program's tree of tasks from one library's classes, runs it,
and keeps a log: each entry says what a task did ("starts", "ends", "fails") and its `Place` in the
tree. Two logs cannot be compared entry by entry, because the children of a group race. So
`outcome` splits the log into sequences, one for each child of each group, within which the order is
certain. These must be the same on both libraries, as must the exception that came out and what
became of the scope around the program. A task of a group that fails or cancels would race with its
siblings, so it waits until they all stand still (`Standstill`), and what it does to them is certain
as well.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, defaultdict
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from typing import Any, NamedTuple

import anyio
from anyio import from_thread
from anyio.lowlevel import cancel_shielded_checkpoint, checkpoint
from lilya.background import Task

from ravyn_bg import BackgroundTasks
from tests.equivalence.libraries import CANCELLED, LILYA, OURS, Library
from tests.equivalence.programs import Call, Container, Step, Tree

CONTEXT = ContextVar("CONTEXT", default="")


def run(tree: Tree, library: Library, backend: str) -> Run:
    async def main() -> Run:
        run = Run(library)
        if backend == "asyncio":
            run.host = asyncio.ensure_future(run.go(tree))
            await asyncio.wait([run.host])
            # Those of a thread that it did not wait for.
            await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})
        else:
            await run.go(tree)
        assert anyio.current_time() < run.scope.deadline, "stuck"
        return run

    done = anyio.run(main, backend=backend)
    for thread in threading.enumerate():
        if thread.name == "AnyIO worker thread":
            thread.join()
    return done


class Place(NamedTuple):
    """Where in the program a task stands."""

    name: str  # "0.2.1" is the second child of the third of the whole program's
    sequence: tuple[str, ...]  # the children of groups that it is in: what is in one runs in order
    containers: tuple[str, ...]  # the containers in order around it, up to the next group
    standstill: Standstill  # of the group around it


class Standstill:
    """A group of which all children hold but one; then that one goes on."""

    def __init__(self, missing: int) -> None:
        self.missing, self.all_hold = missing, anyio.Event()

    async def hold(self) -> None:
        self.missing -= 1
        if not self.missing:
            self.all_hold.set()
        try:
            await anyio.sleep_forever()
        finally:
            self.missing += 1
            self.all_hold = anyio.Event()  # the group may run again


class Run:
    def __init__(self, library: Library) -> None:
        self.library = library
        self.tasks: dict[str, Task] = {}
        self.log: list[tuple[Place, tuple[object, ...]]] = []
        self.errors: list[BaseException] = []  # which functions raised
        self.raised: BaseException | None = None
        self.scope = anyio.CancelScope(deadline=anyio.current_time() + 30)
        # What "cancel task" cancels: Trio has nothing but scopes.
        self.host: asyncio.Task[None] | anyio.CancelScope = self.scope

    async def go(self, tree: Tree) -> None:
        task = self.task(tree, Place("0", (), (), Standstill(0)))
        try:
            with self.scope:
                await task()
        except BaseException as error:
            self.raised = error

    def outcome(self) -> tuple[object, ...]:
        """How it ended, and the log of each sequence, where a whole group is one event."""
        sequences: defaultdict[tuple[str, ...], list[object]] = defaultdict(list)
        for place, event in self.log:
            for depth, child in enumerate(place.sequence):
                around, group = sequences[place.sequence[:depth]], child.rpartition(".")[0]
                if around[-1:] != [group]:
                    around.append(group)
            sequences[place.sequence].append((place.name, *event))
        return dict(sequences), shape(self.raised), self.scope.cancelled_caught

    def not_ended(self) -> set[str]:
        """The tasks that began and have neither ended nor failed, as often as they began."""
        count = Counter[str]()
        for place, (event, *_) in self.log:
            count[place.name] += {"starts": 1, "ends": -1, "fails": -1}.get(str(event), 0)
        return {name for name, times in count.items() if times > 0}

    def note(self, place: Place, *event: object) -> None:
        self.log.append((place, event))

    def task(self, tree: Tree, place: Place) -> Task:
        library = LILYA if tree.of_lilya else self.library
        kind: Any = library.task if isinstance(tree, Call) else library.tasks
        if tree.behaviour == "goes on":
            kind = self.library.going_on
        elif tree.behaviour != "plain":
            kind = type("WithCallOfItsOwn", (WithCallOfItsOwn, kind), {})
        if isinstance(tree, Call):
            task: Task = kind(self.function(tree, place, library), place.name, key=1)
        else:
            task = kind(self.children(tree, place), tree.as_group)
        if isinstance(task, WithCallOfItsOwn):
            task.run, task.place, task.behaviour = self, place, tree.behaviour
        self.tasks[place.name] = task
        return task

    def children(self, tree: Container, place: Place) -> list[Task]:
        tasks: list[Task] = []
        inside = place._replace(containers=(place.name, *place.containers))
        if tree.as_group:
            inside = place._replace(containers=(), standstill=Standstill(len(tree.children) - 1))
        for number, child in enumerate(tree.children):
            name = f"{place.name}.{number}"
            sequence = (*place.sequence, name) if tree.as_group else place.sequence
            tasks.append(self.task(child, inside._replace(name=name, sequence=sequence)))
        return tasks

    def function(self, call: Call, place: Place, library: Library) -> Any:
        def starts(*args: object, **kwargs: object) -> None:
            self.note(place, "starts", args, kwargs, CONTEXT.get())

        async def steps() -> None:
            for step in call.steps:
                try:
                    await self.on_loop(step, place)
                except CANCELLED:
                    if not step.error:
                        raise
                self.anywhere(step, place)
            self.note(place, "ends")

        async def is_async(*args: object, **kwargs: object) -> None:
            if call.kind == "returns awaitable":  # which starts in a thread, and on Lilya cannot
                await checkpoint()
            starts(*args, **kwargs)
            await steps()

        def returns_awaitable(*args: object, **kwargs: object) -> Any:
            starts(*args, **kwargs)
            return steps()

        def is_sync(*args: object, **kwargs: object) -> None:
            starts(*args, **kwargs)
            for step in call.steps:
                if "hold" in step.action or "cancel" in step.action:
                    with suppress(*CANCELLED):
                        from_thread.run(self.from_thread, step, place)
                    if self.host is self.scope:  # Trio may let a thread go on before it tells it
                        from_thread.run_sync(int)
                self.anywhere(step, place)
            self.note(place, "ends")

        returns = is_async if library is LILYA else returns_awaitable
        kinds = {"async": is_async, "sync": is_sync, "returns awaitable": returns}
        function: Any = kinds[call.kind]
        function.__module__, function.__qualname__ = "", place.name
        return partial(function, "first") if call.is_partial else function

    async def on_loop(self, step: Step, place: Place) -> None:
        """What a step does on the event loop."""
        if step.action == "pause":
            await checkpoint()
        elif step.action == "await holds":
            await place.standstill.all_hold.wait()
        elif step.action == "hold":
            await place.standstill.hold()
        elif "cancel" in step.action:
            (self.host if step.action == "cancel task" else self.scope).cancel()

    async def from_thread(self, step: Step, place: Place) -> None:
        await self.on_loop(step, place)
        for _ in range(5):  # until all who wait on the event loop know that they are cancelled
            await cancel_shielded_checkpoint()

    def anywhere(self, step: Step, place: Place) -> None:
        """What a step does wherever its function runs."""
        if step.action == "set context":
            CONTEXT.set(place.name)
        elif step.action.startswith("add") and place.containers:
            self.add(step, place)
        elif step.error:
            self.note(place, "fails")
            self.errors.append(step.error(place.name))
            raise self.errors[-1]

    def add(self, step: Step, place: Place) -> None:
        containers = place.containers[step.up :] or place.containers[-1:]
        container: Any = self.tasks[containers[0]]
        name = f"{containers[0]}.{len(container.tasks)}"
        place = place._replace(name=name, containers=containers)
        if step.action == "add":
            container.tasks.append(self.task(step.adds, place))
        else:
            library = OURS if isinstance(container, BackgroundTasks) else LILYA
            container.add_task(self.function(step.adds, place, library), place.name, key=1)
            self.tasks[place.name] = container.tasks[-1]


class WithCallOfItsOwn(Task):
    """A task whose class has a `__call__` of its own, which behaves in one of the odd ways."""

    run: Run
    place: Place
    behaviour: str

    async def __call__(self) -> None:
        self.run.note(self.place, "enters")
        try:
            for _ in range(2 if self.behaviour == "twice" else 1):
                await super().__call__()
        except BaseException as error:
            self.run.note(self.place, "passes", shape(error))
            if self.behaviour != "swallows" or not isinstance(error, Exception):
                raise
        self.run.note(self.place, "leaves")


def shape(error: BaseException | None) -> object:
    if error is None or isinstance(error, CANCELLED):
        return type(error)
    children = [shape(each) for each in getattr(error, "exceptions", ())]
    if "background tasks failed" not in str(error):
        children.sort(key=repr)  # in the order in which they failed, which is a race
    context = None if error.__suppress_context__ else error.__context__
    return type(error), str(error), children, shape(error.__cause__), shape(context)
