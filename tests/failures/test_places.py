"""Each record is located where its task was built, outside of the package."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import re
from collections.abc import Callable
from typing import Any

import pytest
from lilya.background import Task

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.failures.tasks import error_of, fail
from tests.reports import Records

pytestmark = pytest.mark.anyio


def send(to: str = "") -> None: ...


class Mail(BackgroundTask):
    def __init__(self, to: str) -> None:
        super().__init__(send, to)


class UrgentMail(Mail):
    def __init__(self) -> None:
        super().__init__("a@b.c")


@dataclasses.dataclass(repr=False)
class Letter(BackgroundTask):
    to: str

    def __post_init__(self) -> None:
        super().__init__(send, self.to)


class Mails(BackgroundTasks):
    def __init__(self) -> None:
        super().__init__()
        self.add_task(send)

    def add_task(self, func: Any, *args: Any, **kwargs: Any) -> None:
        super().add_task(func, *args, **kwargs)


def line() -> int:
    """The line that calls this."""
    return inspect.stack(0)[1].lineno


def directly() -> tuple[int, Any]:
    return line(), BackgroundTask(send, "a@b.c")


def added() -> tuple[int, Any]:
    tasks = BackgroundTasks()
    return line(), tasks.add_task(send, "a@b.c")  # type: ignore[func-returns-value]


def through_a_subclass() -> tuple[int, Any]:
    return line(), UrgentMail()


def through_a_dataclass() -> tuple[int, Any]:
    return line(), Letter("a@b.c")


def by_a_container_of_a_subclass() -> tuple[int, Any]:
    return line(), Mails()


BUILDS: list[Callable[[], tuple[int, Any]]] = [directly, added, through_a_subclass]
BUILDS += [through_a_dataclass, by_a_container_of_a_subclass]


@pytest.mark.parametrize("build", BUILDS)
def test_it_is_the_line_of_the_user_that_built_the_task(
    build: Callable[[], tuple[int, Any]], told: Records
) -> None:
    expected = build()[0]

    [record] = told
    assert (record.pathname, record.lineno, record.funcName) == (__file__, expected, build.__name__)
    text = f"Background task {__name__}.send never ran (queued at {__file__}:{expected} in "
    assert record.getMessage() == f"{text}{build.__name__})"


def test_a_class_of_ones_own_that_builds_a_task_is_a_place(told: Records) -> None:
    class Order:
        def __init__(self) -> None:
            self.confirmation = UrgentMail()

    Order()
    assert [each.funcName for each in told] == ["__init__"]
    assert told[0].lineno == Order.__init__.__code__.co_firstlineno + 1


async def test_a_line_of_several_and_of_a_long_function(told: Records) -> None:
    source = "\n".join([*["x = 0"] * 500, "task = BackgroundTask(", "    fail,", ")"])
    names: dict[str, Any] = {"BackgroundTask": BackgroundTask, "fail": fail}
    exec(compile(source, "shop.py", "exec"), names)
    await error_of(names["task"])

    assert (told[0].pathname, told[0].lineno, told[0].funcName) == ("shop.py", 501, "<module>")


async def test_what_has_no_place_of_its_own_has_that_of_its_container(told: Records) -> None:
    pickled = pickle.loads(pickle.dumps(BackgroundTask(fail)))
    await error_of(BackgroundTasks([Task(fail)]))
    await error_of(BackgroundTasks([pickled]))
    await error_of(pickled)

    assert [each.funcName for each in told] == [*[told[0].funcName] * 2, "(unknown function)"]
    assert "queued at" not in told[2].getMessage()


async def test_the_record_of_a_container_has_the_place_of_that(told: Records) -> None:
    inner = BackgroundTasks([fail])
    here, outer = line(), BackgroundTasks([inner, send])
    await error_of(outer)

    assert [each.lineno for each in told] == [here - 1, here]


@pytest.mark.parametrize(
    ("names", "summary"),
    [
        (["a", "b", "a", "b", "c"], r"5 later tasks will not run: a ×2, b ×2, c$"),
        ([f"f{n}" for n in range(50)], r"50 later tasks will not run: f0, f1, .*f19, …$"),
        ([str(n) + "ü" * 150 for n in range(9)], r"9 later tasks will not run: 0ü.*…$"),
    ],
)
async def test_a_message_stays_small_and_the_list_of_names_is_whole(
    names: list[str], summary: str, told: Records
) -> None:
    def named(name: str) -> Any:
        def function() -> None: ...

        function.__module__, function.__qualname__ = "", name
        return function

    functions = {name: named(name) for name in names}
    await error_of(BackgroundTasks([fail, *(functions[each] for each in names)]))

    assert re.search(summary, told[0].getMessage())
    assert len(told[0].getMessage().encode()) <= 1_000
    assert told.lost == [[each[:150] for each in names]]


@pytest.mark.parametrize(
    "copies", [copy.copy, copy.deepcopy, lambda task: pickle.loads(pickle.dumps(task))]
)
@pytest.mark.parametrize("runs", ["the original", "the copy"])
async def test_of_a_task_and_its_copy_only_one_is_to_run(
    copies: Callable[[Any], Any], runs: str, told: Records
) -> None:
    original = BackgroundTask(send, "a@b.c")
    copied = copies(original)
    assert (copied.func, copied.args, repr(copied)) == (send, ("a@b.c",), repr(original))
    await {"the original": original, "the copy": copied}[runs]()
    del original, copied

    assert told == []
