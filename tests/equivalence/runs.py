"""How a program runs on one of the libraries, and what is certain of what it did."""

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
            run.host = host = asyncio.ensure_future(run.go(tree))
            await asyncio.wait([host])
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


class Site(NamedTuple):
    """Where in the program a task stands."""

    name: str
    strand: tuple[str, ...]  # a group has one for each child; the order is certain within each
    lines: tuple[str, ...]  # the containers in order around it, within its strand
    standoff: Standoff


class Standoff:
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
        self.log: list[tuple[Site, tuple[object, ...]]] = []
        self.errors: list[BaseException] = []  # which functions raised
        self.raised: BaseException | None = None
        self.scope = anyio.CancelScope(deadline=anyio.current_time() + 30)
        self.host: asyncio.Task[None] | anyio.CancelScope = self.scope

    async def go(self, tree: Tree) -> None:
        task = self.task(tree, Site("0", (), (), Standoff(0)))
        try:
            with self.scope:
                await task()
        except BaseException as error:
            self.raised = error

    def outcome(self) -> tuple[object, ...]:
        """How it ended, and the log of each strand, where a whole group is one event."""
        strands: defaultdict[tuple[str, ...], list[object]] = defaultdict(list)
        for site, what in self.log:
            for depth, child in enumerate(site.strand):
                around, group = strands[site.strand[:depth]], child.rpartition(".")[0]
                if around[-1:] != [group]:
                    around.append(group)
            strands[site.strand].append((site.name, *what))
        return dict(strands), shape(self.raised), self.scope.cancelled_caught

    def not_ended(self) -> set[str]:
        """The tasks that began and have neither ended nor failed, as often as they began."""
        count = Counter[str]()
        for site, (what, *_) in self.log:
            count[site.name] += {"starts": 1, "ends": -1, "fails": -1}.get(str(what), 0)
        return {name for name, times in count.items() if times > 0}

    def note(self, site: Site, *what: object) -> None:
        self.log.append((site, what))

    def task(self, tree: Tree, site: Site) -> Task:
        library = LILYA if tree.of_lilya else self.library
        kind: Any = library.task if isinstance(tree, Call) else library.tasks
        if tree.habit == "goes on":
            kind = self.library.going_on
        elif tree.habit != "plain":
            kind = type("WithHabit", (WithHabit, kind), {})
        if isinstance(tree, Call):
            task: Task = kind(self.function(tree, site, library), site.name, key=1)
        else:
            task = kind(self.children(tree, site), tree.as_group)
        if isinstance(task, WithHabit):
            task.run, task.site, task.habit = self, site, tree.habit
        self.tasks[site.name] = task
        return task

    def children(self, tree: Container, site: Site) -> list[Task]:
        tasks: list[Task] = []
        inside = site._replace(lines=(site.name, *site.lines))
        if tree.as_group:
            inside = site._replace(lines=(), standoff=Standoff(len(tree.children) - 1))
        for number, child in enumerate(tree.children):
            name = f"{site.name}.{number}"
            strand = (*site.strand, name) if tree.as_group else site.strand
            tasks.append(self.task(child, inside._replace(name=name, strand=strand)))
        return tasks

    def function(self, call: Call, site: Site, library: Library) -> Any:
        def starts(*args: object, **kwargs: object) -> None:
            self.note(site, "starts", args, kwargs, CONTEXT.get())

        async def steps() -> None:
            for step in call.steps:
                try:
                    await self.on_loop(step, site)
                except CANCELLED:
                    if not step.error:
                        raise
                self.anywhere(step, site)
            self.note(site, "ends")

        async def is_async(*args: object, **kwargs: object) -> None:
            if call.way == "returns awaitable":  # which starts in a thread, and on Lilya cannot
                await checkpoint()
            starts(*args, **kwargs)
            await steps()

        def returns_awaitable(*args: object, **kwargs: object) -> Any:
            starts(*args, **kwargs)
            return steps()

        def is_sync(*args: object, **kwargs: object) -> None:
            starts(*args, **kwargs)
            for step in call.steps:
                if "hold" in step.what or "cancel" in step.what:
                    with suppress(*CANCELLED):
                        from_thread.run(self.from_thread, step, site)
                    if self.host is self.scope:  # Trio may let a thread go on before it tells it
                        from_thread.run_sync(int)
                self.anywhere(step, site)
            self.note(site, "ends")

        returns = is_async if library is LILYA else returns_awaitable
        ways = {"async": is_async, "sync": is_sync, "returns awaitable": returns}
        function: Any = ways[call.way]
        function.__module__, function.__qualname__ = "", site.name
        return partial(function, "first") if call.is_partial else function

    async def on_loop(self, step: Step, site: Site) -> None:
        """What a step does on the event loop."""
        if step.what == "pause":
            await checkpoint()
        elif step.what == "await holds":
            await site.standoff.all_hold.wait()
        elif step.what == "hold":
            await site.standoff.hold()
        elif "cancel" in step.what:
            (self.host if step.what == "cancel task" else self.scope).cancel()

    async def from_thread(self, step: Step, site: Site) -> None:
        await self.on_loop(step, site)
        for _ in range(5):  # until all who wait on the event loop know that they are cancelled
            await cancel_shielded_checkpoint()

    def anywhere(self, step: Step, site: Site) -> None:
        """What a step does wherever its function runs."""
        if step.what == "set context":
            CONTEXT.set(site.name)
        elif step.what.startswith("add") and site.lines:
            self.add(step, site)
        elif step.error:
            self.note(site, "fails")
            self.errors.append(step.error(site.name))
            raise self.errors[-1]

    def add(self, step: Step, site: Site) -> None:
        lines = site.lines[step.up :] or site.lines[-1:]
        container: Any = self.tasks[lines[0]]
        site = site._replace(name=f"{lines[0]}.{len(container.tasks)}", lines=lines)
        if step.what == "add":
            container.tasks.append(self.task(step.adds, site))
        else:
            library = OURS if isinstance(container, BackgroundTasks) else LILYA
            container.add_task(self.function(step.adds, site, library), site.name, key=1)
            self.tasks[site.name] = container.tasks[-1]


class WithHabit(Task):
    """A task whose class has a `__call__` of its own."""

    run: Run
    site: Site
    habit: str

    async def __call__(self) -> None:
        self.run.note(self.site, "enters")
        try:
            for _ in range(2 if self.habit == "twice" else 1):
                await super().__call__()
        except BaseException as error:
            self.run.note(self.site, "passes", shape(error))
            if self.habit != "swallows" or not isinstance(error, Exception):
                raise
        self.run.note(self.site, "leaves")


def shape(error: BaseException | None) -> object:
    if error is None or isinstance(error, CANCELLED):
        return type(error)
    children = [shape(each) for each in getattr(error, "exceptions", ())]
    if "background tasks failed" not in str(error):
        children.sort(key=repr)  # in the order in which they failed, which is a race
    context = None if error.__suppress_context__ else error.__context__
    return type(error), str(error), children, shape(error.__cause__), shape(context)
