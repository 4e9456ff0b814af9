"""How a program runs on one of the libraries, and what is certain of what it did."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import partial
from types import MethodType
from typing import Any, NamedTuple

import anyio
from anyio import from_thread
from anyio.lowlevel import checkpoint
from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTasks
from tests.equivalence.libraries import CANCELLED, LILYA, OURS, Library
from tests.equivalence.programs import (
    ERRORS,
    Add,
    AwaitHolds,
    Call,
    Cancel,
    Fail,
    Group,
    Hold,
    InOrder,
    Pause,
    Program,
    SetContext,
    Step,
    Tree,
)
from tests.equivalence.reports import Expected

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup

CONTEXT = ContextVar("CONTEXT", default=0)


def run(program: Program, library: Library, backend: str) -> Run:
    async def main() -> Run:
        run = Run(library)
        if backend == "asyncio":
            run.host = asyncio.ensure_future(run.go(program))
            await asyncio.wait([run.host])
            await asyncio.gather(*run.deliveries)
        else:
            await run.go(program)
        assert anyio.current_time() < run.scope.deadline, "stuck"
        return run

    done = anyio.run(main, backend=backend)
    for thread in threading.enumerate():
        if thread.name == "AnyIO worker thread":
            thread.join()
    return done


class Outcome(NamedTuple):
    strands: dict[Strand, list[object]]
    raised: object
    cancelled: bool


class Site(NamedTuple):
    """Where in the program a task stands."""

    name: str
    strand: Strand = ()
    lines: tuple[str, ...] = ()  # the containers in order around it, within its strand
    standoff: Standoff | None = None


Strand = tuple[str, ...]  # A group has one for each child. The order is certain within each.


class Standoff:
    """A group of which all children hold but one; then that one goes on."""

    def __init__(self, holds: int) -> None:
        self.holds = self.coming = holds
        self.all_hold, self.all_hold_for_threads = anyio.Event(), threading.Event()
        self.cancelled = threading.Event()

    def join(self) -> Standoff:
        if self.cancelled.is_set():  # the group runs again
            self.__init__(self.holds)  # type: ignore[misc]  # as new
        return self

    def arrive(self) -> None:
        self.join().coming -= 1
        if self.coming == 0:
            self.all_hold.set()
            self.all_hold_for_threads.set()

    async def watch(self) -> None:
        self.arrive()
        try:
            await anyio.sleep_forever()
        finally:
            self.cancelled.set()


class Run:
    def __init__(self, library: Library) -> None:
        self.library = library
        self.tasks: dict[str, Task] = {}
        self.log: list[tuple[Site, tuple[object, ...]]] = []
        self.expected = Expected()
        self.scope = anyio.CancelScope(deadline=anyio.current_time() + 30)
        self.host: asyncio.Task[None] | None = None
        self.deliveries: list[asyncio.Task[None]] = []
        self.raised: BaseException | None = None

    async def go(self, program: Program) -> None:
        task = self.task(program.tree, Site("0"))
        self.expected.runs_by_itself(task)
        try:
            with self.scope:
                if program.cancelled_first:
                    self.scope.cancel()
                await task()
        except BaseException as error:
            self.raised = error

    def outcome(self) -> Outcome:
        return Outcome(strands(self.log), shape(self.raised), self.scope.cancelled_caught)

    def note(self, site: Site, *what: object) -> None:
        self.log.append((site, what))

    def task(self, tree: Tree, site: Site) -> Task:
        library = LILYA if tree.of_lilya else self.library
        if isinstance(tree, Call):
            return self.call(tree, site, library)
        if isinstance(tree, InOrder):
            inside = site._replace(lines=(site.name, *site.lines))
            sites = [inside._replace(name=f"{site.name}.{n}") for n in range(len(tree.children))]
            tasks = [self.task(child, at) for child, at in zip(tree.children, sites, strict=True)]
            return self.container(tree, site, library, tasks)
        return self.group(tree, site, library)

    def group(self, tree: Group, site: Site, library: Library) -> Tasks:
        children, standoff = tree.children, None
        tasks: list[Task] = []
        if tree.breaker:
            children += (tree.breaker,)
            standoff = Standoff(len(children))
            tasks.append(Task(standoff.watch))
            self.expected.know(tasks[0], "tests.equivalence.runs.Standoff.watch", "plain")
        for number, child in enumerate(children):
            name = f"{site.name}.{number}"
            tasks.append(self.task(child, Site(name, (*site.strand, name), (), standoff)))
        return self.container(tree, site, library, tasks, True)

    def container(
        self, tree: InOrder | Group, site: Site, library: Library, tasks: list[Task], *flags: bool
    ) -> Tasks:
        kind: Callable[..., Tasks] = self.with_habit(library.tasks, tree, site)
        if tree.habit == "goes on":
            kind = self.library.going_on
        container = kind(tasks, *flags)
        self.know(container, tree, site, "program.{}.__call__")
        for task in tasks:
            self.expected.know_home(task, container)
        return container

    def call(self, call: Call, site: Site, library: Library) -> Task:
        function, keywords = self.function(call, site, library)
        kind = self.with_habit(library.task, call, site)
        task: Task = kind(function, site.name, **keywords)
        if call.func == "replaced":
            other, task = task, kind(print, "replaced")
            task.func, task.args, task.kwargs = other.func, other.args, other.kwargs
        self.know(task, call, site, reported(call, library))
        return task

    def know(self, task: Task, tree: Tree, site: Site, name: str) -> None:
        self.tasks[site.name] = task
        self.expected.know(task, name.format(site.name), tree.habit)

    def with_habit(self, kind: type[Any], tree: Tree, site: Site) -> type[Any]:
        if tree.habit == "plain":
            return kind
        marks = {"__module__": "program", "run": self, "site": site, "habit": tree.habit}
        return type(site.name, (WithHabit, kind), marks)

    def function(
        self, call: Call, site: Site, library: Library
    ) -> tuple[Callable[..., Any], dict[str, int]]:
        def starts(*args: object, **kwargs: object) -> None:
            self.note(site, "starts", args, kwargs, CONTEXT.get())

        async def steps() -> None:
            for step in call.steps:
                await self.take(step, site)
            self.note(site, "ends")

        def in_thread(*args: object, **kwargs: object) -> None:
            starts(*args, **kwargs)
            for step in call.steps:
                self.take_in_thread(step, site)
            self.note(site, "ends")

        async def on_loop(*args: object, **kwargs: object) -> None:
            starts(*args, **kwargs)
            await steps()

        def returns_awaitable(*args: object, **kwargs: object) -> Awaitable[None]:
            starts(*args, **kwargs)
            return steps()

        ways = {"async": on_loop, "sync": in_thread, "returns awaitable": returns_awaitable}
        function: Any = ways[call.way]
        function.__module__, function.__qualname__ = "program", site.name
        if call.form == "partial":
            function = partial(function, "first")
        elif call.form == "method":
            function = MethodType(function, Site)  # of a class, which does not change its name
        elif call.form == "object":
            body = {"__module__": "program", "__call__": staticmethod(function)}
            function = type(site.name, (), body)()
        if call.way == "returns awaitable":
            function = library.awaits_returned(function)
        return library.any_keyword(function, {call.keyword: 1} if call.keyword else {})

    async def take(self, step: Step, site: Site) -> None:
        if isinstance(step, Pause):
            await checkpoint()
        elif isinstance(step, Cancel):
            self.cancel(step)
        elif isinstance(step, AwaitHolds) and site.standoff:
            await site.standoff.join().all_hold.wait()
        elif isinstance(step, Hold) and site.standoff:
            site.standoff.arrive()
            try:
                await anyio.sleep_forever()
            except CANCELLED:
                if not step.error:
                    raise
                raise self.error(step.error, site) from None
        else:
            self.take_anywhere(step, site)

    def take_in_thread(self, step: Step, site: Site) -> None:
        if isinstance(step, Cancel):
            wait(from_thread.run_sync(self.cancel, step))
        elif isinstance(step, AwaitHolds) and site.standoff:
            wait(from_thread.run_sync(site.standoff.join).all_hold_for_threads)
        elif isinstance(step, Hold) and site.standoff:
            from_thread.run_sync(site.standoff.arrive)
            wait(site.standoff.cancelled)
            if step.error:
                raise self.error(step.error, site)
        else:
            self.take_anywhere(step, site)

    def take_anywhere(self, step: Step, site: Site) -> None:
        if isinstance(step, SetContext):
            CONTEXT.set(step.value)
        elif isinstance(step, Fail):
            raise self.error(step.error, site)
        elif isinstance(step, Add) and site.lines:
            self.add(step, site)

    def add(self, step: Add, site: Site) -> None:
        lines = site.lines[step.up :] or site.lines[-1:]
        container = self.tasks[lines[0]]
        assert isinstance(container, Tasks)
        site = Site(f"{lines[0]}.{len(container.tasks)}", site.strand, lines)
        if step.by_add_task:
            library = OURS if isinstance(container, BackgroundTasks) else LILYA
            function, keywords = self.function(step.call, site, library)
            container.add_task(function, site.name, **keywords)
            self.know(container.tasks[-1], step.call, site, reported(step.call, library))
        else:
            container.tasks.append(self.task(step.call, site))
        self.expected.know_home(container.tasks[-1], container)

    def cancel(self, step: Cancel) -> threading.Event:
        """Cancel, and give what is set when those who wait on the event loop know it."""
        delivered = threading.Event()
        if step.native and self.host:
            self.host.cancel()
            self.deliveries.append(asyncio.ensure_future(set_soon(delivered)))
        else:
            self.scope.cancel()
            delivered.set()
        return delivered

    def error(self, name: str, site: Site) -> BaseException:
        self.note(site, "fails")
        self.expected.fails(self.tasks[site.name])
        return ERRORS[name](site.name)


class WithHabit(Task):
    """A task whose class has a `__call__` of its own."""

    run: Run
    site: Site
    habit: str

    async def __call__(self) -> None:
        self.run.note(self.site, "enters")
        try:
            if self.habit == "loops" and isinstance(self, Tasks):
                for task in self.tasks:
                    await task()
            else:
                await super().__call__()
            if self.habit == "twice":
                await super().__call__()
        except BaseException as error:
            self.run.note(self.site, "passes", shape(error))
            if self.habit != "swallows" or not isinstance(error, Exception):
                self.run.expected.leaves(self, error)
                raise
        self.run.note(self.site, "leaves")


def reported(call: Call, library: Library) -> str:
    """The name in reports, where Lilya's wrapper around a sync function hides the function's."""
    if library is LILYA and call.way == "sync":
        return "lilya.concurrency.AsyncCallable.__call__"
    return "program.{}.__call__" if call.form == "object" else "program.{}"


def strands(log: list[tuple[Site, tuple[object, ...]]]) -> dict[Strand, list[object]]:
    """The log of each strand, where a whole group is one event."""
    found: dict[Strand, list[object]] = {}
    for site, what in log:
        for depth in range(len(site.strand) + 1):
            events = found.setdefault(site.strand[:depth], [])
            if depth == len(site.strand):
                events.append((site.name, *what))
            elif events[-1:] != [group := site.strand[depth].rpartition(".")[0]]:
                events.append(group)
    return found


def shape(error: BaseException | None) -> object:
    if error is None or isinstance(error, CANCELLED):
        return type(error)
    children: list[object] = []
    if isinstance(error, BaseExceptionGroup):
        children = [shape(child) for child in error.exceptions]
        if not error.message.endswith("background tasks failed"):
            children.sort(key=repr)  # in the order in which they failed, which is a race
    return type(error), str(error), children, shape(error.__cause__), shape(error.__context__)


async def set_soon(event: threading.Event) -> None:
    for _ in range(5):
        await asyncio.sleep(0)
    event.set()


def wait(event: threading.Event) -> None:
    assert event.wait(10), "stuck"
