"""Parameters that have a name which `BackgroundTask` or `add_task` uses itself."""

from ravyn_bg import BackgroundTask, BackgroundTasks


def apply(func: str, times: int = 1) -> None: ...


def rename(self: str, to: str) -> None: ...


async def spawn(args: list[str], kwargs: dict[str, str]) -> None: ...


def plan(tasks: int, at: str) -> None: ...


def right(tasks: BackgroundTasks) -> None:
    BackgroundTask(apply, "a")  # right: `func` by position
    BackgroundTask(apply, func="a")  # right: `func` by keyword
    BackgroundTasks(tasks=[BackgroundTask(apply, times=2, func="a")])  # right: in a list
    tasks.add_task(apply, func="a")  # right: added
    BackgroundTask(rename, self="a", to="b")  # right: `self` by keyword
    BackgroundTasks(tasks=[BackgroundTask(rename, self="a", to="b")])  # right: in a list
    tasks.add_task(rename, to="b", self="a")  # right: added
    BackgroundTask(spawn, args=["a"], kwargs={"b": "c"})  # right: `args` and `kwargs` by keyword
    tasks.add_task(spawn, args=["a"], kwargs={})  # right: added
    BackgroundTasks(tasks=[BackgroundTask(plan, tasks=2, at="noon")])  # right: `tasks`
    tasks.add_task(plan, tasks=2, at="noon")  # right: added


def wrong(tasks: BackgroundTasks) -> None:
    BackgroundTask(apply, func=42)  # type: ignore[arg-type]  # wrong: type by keyword
    BackgroundTasks(tasks=[BackgroundTask(apply, "a", func="b")])  # type: ignore[misc]  # wrong: twice
    tasks.add_task(apply, times=2)  # type: ignore[call-arg]  # wrong: missing
    BackgroundTask(rename, self="a")  # type: ignore[call-arg]  # wrong: missing
    tasks.add_task(rename, self=1, to="b")  # type: ignore[arg-type]  # wrong: type by keyword
    BackgroundTask(spawn, args=["a"])  # type: ignore[call-arg]  # wrong: missing
    BackgroundTasks(tasks=[BackgroundTask(spawn, args="a", kwargs={})])  # type: ignore[arg-type]  # wrong: type by keyword
    tasks.add_task(plan, tasks=[1], at="noon")  # type: ignore[arg-type]  # wrong: type by keyword
    tasks.add_task(plan, tasks=2, at="noon", func=plan)  # type: ignore[call-arg]  # wrong: unknown keyword
