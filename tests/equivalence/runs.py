"""How a program runs on one of the libraries, and what is certain of what it did."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from types import MethodType
from typing import Any, NamedTuple

import anyio
from anyio import from_thread
from anyio.lowlevel import checkpoint
from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.equivalence.libraries import CANCELLED, LILYA, OURS, Library, as_lilya_takes_it
from tests.equivalence.programs import ERRORS, Add, Call, Container, Program, Step, Tree

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
        self.errors: list[BaseException] = []  # which functions raised
        self.certain = True  # that each of them is reported
        self.scope = anyio.CancelScope(deadline=anyio.current_time() + 30)
        self.host: asyncio.Task[None] | None = None
        self.deliveries: list[asyncio.Task[None]] = []
        self.raised: BaseException | None = None

    async def go(self, program: Program) -> None:
        task = self.task(program.tree, Site("0"))
        self.runs(task)
        try:
            with self.scope:
                if program.cancelled_first:
                    self.scope.cancel()
                await task()
        except BaseException as error:
            self.raised = error

    def outcome(self) -> Outcome:
        return Outcome(strands(self.log), shape(self.raised), self.scope.cancelled_caught)

    def never_began(self) -> set[str]:
        """The tasks of ours that never began; forgets all tasks."""
        ours = {name for name, each in self.tasks.items() if isinstance(each, BackgroundTask)}
        self.tasks.clear()
        self.errors.clear()
        self.raised = None
        return ours - self.begun()

    def begun(self) -> set[str]:
        return {site.name for site, what in self.log if what[0] == "starts"}

    def note(self, site: Site, *what: object) -> None:
        self.log.append((site, what))

    def runs(self, task: Task, home: Tasks | None = None) -> None:
        """Nobody need see a task of Lilya's fail, unless a container of ours runs it."""
        if not isinstance(task, (BackgroundTask, Tasks)):
            is_ours = isinstance(home, BackgroundTasks) and getattr(home, "habit", "") != "loops"
            self.certain &= is_ours and type(task) is Task

    def task(self, tree: Tree, site: Site) -> Task:
        library = LILYA if tree.of_lilya else self.library
        make: Any = self.call if isinstance(tree, Call) else self.container
        task: Task = make(tree, site, library)
        self.tasks[site.name] = task
        return task

    def container(self, tree: Container, site: Site, library: Library) -> Tasks:
        children, tasks = tree.children, list[Task]()
        inside = site._replace(lines=(site.name, *site.lines))
        if tree.breaker:
            children += (tree.breaker,)
            inside = inside._replace(standoff=Standoff(len(children)))
            tasks.append(Task(inside.standoff.watch))  # type: ignore[union-attr]  # as set
        elif tree.as_group:
            inside = inside._replace(standoff=None)
        for number, child in enumerate(children):
            at = inside._replace(name=f"{site.name}.{number}")
            if tree.as_group:
                at = at._replace(strand=(*site.strand, at.name), lines=())
            tasks.append(self.task(child, at))
        kind: Callable[..., Tasks] = self.with_habit(library.tasks, tree, site)
        if tree.habit == "goes on":
            kind = self.library.going_on
        container = kind(tasks, tree.as_group)
        for task in tasks:
            self.runs(task, container)
        return container

    def call(self, call: Call, site: Site, library: Library) -> Task:
        function, keywords = self.function(call, site, library)
        kind = self.with_habit(library.task, call, site)
        if call.func == "given":
            return kind(function, site.name, **keywords)  # type: ignore[no-any-return]
        task: Any = kind(print, "replaced")
        task.func = function if isinstance(task, BackgroundTask) else Task(function).func
        task.args, task.kwargs = (site.name,), keywords
        return task  # type: ignore[no-any-return]  # `Any`, for what is set on it

    def with_habit(self, kind: type[Any], tree: Tree, site: Site) -> type[Any]:
        if tree.habit == "plain":
            return kind
        marks = {"run": self, "site": site, "habit": tree.habit}
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

        def returns_awaitable(*args: object, **kwargs: object) -> Any:
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
        keywords = {call.keyword: 1} if call.keyword else {}
        if library is OURS:
            return function, keywords
        return as_lilya_takes_it(function, call.way == "returns awaitable", keywords), {}

    async def take(self, step: Step | Add, site: Site) -> None:
        if isinstance(step, Step) and step.what == "pause":
            await checkpoint()
        elif isinstance(step, Step) and step.what.startswith("cancel"):
            self.cancel(step)
        elif isinstance(step, Step) and step.what == "await holds" and site.standoff:
            await site.standoff.join().all_hold.wait()
        elif isinstance(step, Step) and step.what == "hold" and site.standoff:
            site.standoff.arrive()
            try:
                await anyio.sleep_forever()
            except CANCELLED:
                if not step.error:
                    raise
                raise self.error(step.error, site) from None
        else:
            self.take_anywhere(step, site)

    def take_in_thread(self, step: Step | Add, site: Site) -> None:
        if isinstance(step, Step) and step.what.startswith("cancel"):
            wait(from_thread.run_sync(self.cancel, step))
        elif isinstance(step, Step) and step.what == "await holds" and site.standoff:
            wait(from_thread.run_sync(site.standoff.join).all_hold_for_threads)
        elif isinstance(step, Step) and step.what == "hold" and site.standoff:
            from_thread.run_sync(site.standoff.arrive)
            wait(site.standoff.cancelled)
            if step.error:
                raise self.error(step.error, site)
        else:
            self.take_anywhere(step, site)

    def take_anywhere(self, step: Step | Add, site: Site) -> None:
        if isinstance(step, Add):
            if site.lines:
                self.add(step, site)
        elif step.what == "set context":
            CONTEXT.set(step.value)
        elif step.what == "fail" and step.error:
            raise self.error(step.error, site)

    def add(self, step: Add, site: Site) -> None:
        lines = site.lines[step.up :] or site.lines[-1:]
        container = self.tasks[lines[0]]
        assert isinstance(container, Tasks)
        site = Site(f"{lines[0]}.{len(container.tasks)}", site.strand, lines)
        if step.by_add_task:
            library = OURS if isinstance(container, BackgroundTasks) else LILYA
            function, keywords = self.function(step.call, site, library)
            container.add_task(function, site.name, **keywords)
        else:
            container.tasks.append(self.task(step.call, site))
        self.tasks[site.name] = container.tasks[-1]
        self.runs(container.tasks[-1], container)

    def cancel(self, step: Step) -> threading.Event:
        """Cancel, and give what is set when those who wait on the event loop know it."""
        delivered = threading.Event()
        if step.what == "cancel task" and self.host:
            self.host.cancel()
            self.deliveries.append(asyncio.ensure_future(set_soon(delivered)))
        else:
            self.scope.cancel()
            delivered.set()
        return delivered

    def error(self, name: str, site: Site) -> BaseException:
        self.note(site, "fails")
        self.errors.append(ERRORS[name](site.name))
        return self.errors[-1]


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
                raise
        self.run.note(self.site, "leaves")


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
    return (
        type(error),
        str(error),
        children,
        shape(error.__cause__),
        shape(None if error.__suppress_context__ else error.__context__),
    )


async def set_soon(event: threading.Event) -> None:
    for _ in range(5):
        await asyncio.sleep(0)
    event.set()


def wait(event: threading.Event) -> None:
    assert event.wait(10), "stuck"
