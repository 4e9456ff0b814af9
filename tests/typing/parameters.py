"""Keyword-only, positional-only and defaulted parameters."""

from ravyn_bg import BackgroundTask, BackgroundTasks


def resize(path: str, *, width: int, height: int = 0) -> None: ...


def move(source: str, target: str = ".", /) -> None: ...


def right(tasks: BackgroundTasks) -> None:
    BackgroundTask(resize, "a.png", width=10)  # right: the keyword-only default left out
    BackgroundTasks(tasks=[BackgroundTask(resize, path="a.png", width=10, height=5)])  # right: all
    tasks.add_task(resize, "a.png", height=5, width=10)  # right: in another order
    BackgroundTask(move, "a", "b")  # right: by position
    BackgroundTasks(tasks=[BackgroundTask(move, "a")])  # right: the positional default left out
    tasks.add_task(move, "a")  # right: the same, added


def wrong(tasks: BackgroundTasks) -> None:
    BackgroundTask(resize, "a.png", 10)  # type: ignore[call-arg]  # wrong: too many
    BackgroundTasks(tasks=[BackgroundTask(resize, "a.png")])  # type: ignore[call-arg]  # wrong: missing
    tasks.add_task(resize, "a.png", width="10")  # type: ignore[arg-type]  # wrong: type by keyword
    BackgroundTask(move, source="a")  # type: ignore[call-arg]  # wrong: positional by keyword
    BackgroundTasks(tasks=[BackgroundTask(move, "a", target="b")])  # type: ignore[call-arg]  # wrong: positional by keyword
    tasks.add_task(move)  # type: ignore[call-arg]  # wrong: missing
    tasks.add_task(move, "a", 5)  # type: ignore[arg-type]  # wrong: type
