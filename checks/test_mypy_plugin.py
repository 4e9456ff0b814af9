"""The plugin for mypy: it says of a task what mypy says of the direct call, however mypy is run."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pytest

from checks.checkers import output

# A function, its arguments, and the direct call where it is not `function(arguments)`. What a right
# call is stands in `checks/typing`.
WRONG = """
send | 42
send | "a@b.c", retry=1
send | "a@b.c", 1, 2
send |
send | unknown, 1.5
unknown.send | 1
text and send | 1 | (text and send)(1)
text_or_none.upper |
untyped | 1
Abstract |
store | 1
store | 1, table=[]
store | unknown, table=1
kept | "2"
kept | retries="2"
kept_store | table=2 | store(1, table=2)
partial(send, "a@b.c") | "2"
partial(send, unknown) | "2"
partial(mail) | "a@b.c", subject=5
partial(mail, subject=5) | "a@b.c"
partial(store, 1) | table=2 | store(1, table=2)
partial(store, unknown) | table=2 | store(unknown, table=2)
partial(partial(send), "a@b.c") | "2" | partial(send)("a@b.c", "2")
kinds | None
either | 1
put | "a", [1]
log.sort | key=lambda line: line.nope
prices.update | {"a": ["b"]}
to_thread | send, 42
run_sync | send, "a@b.c", limiter=5
"""
CONTEXT = """
from abc import ABC, abstractmethod
from asyncio import to_thread
from collections.abc import Callable
from functools import partial
from typing import TypeVar, overload
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from ravyn_bg import BackgroundTask, BackgroundTasks

T = TypeVar("T")
def send(to: str, retries: int = 3) -> None: ...
def mail(to: str, *, subject: str = "") -> None: ...
def put(item: T, into: list[T]) -> None: ...
def untyped(to): ...  # type: ignore[no-untyped-def]
@overload
def store(key: str) -> None: ...
@overload
def store(key: int, *, table: str) -> None: ...
def store(key: str | int, *, table: str = "") -> None: ...
class Abstract(ABC):
    @abstractmethod
    def send(self) -> None: ...

def calls(
    tasks: BackgroundTasks, text: str, text_or_none: str | None, log: list[str],
    prices: dict[str, list[float]], kinds: type[int] | type[float], limiter: CapacityLimiter,
    either: Callable[[str], None] | Callable[[bytes], None],
) -> None:
    kept, kept_store = partial(send, "a@b.c"), partial(store, 1)
"""


def test_says_of_a_task_what_mypy_says_of_the_direct_call(tmp_path: Path) -> None:
    calls, lines = WRONG.strip().splitlines(), CONTEXT.splitlines()
    start = len(lines) + 1
    for call in calls:
        func, arguments, *direct = (part.strip() for part in f"{call} ".split("| "))
        given = f"{func}, {arguments}" if arguments else func
        lines += [f"    {direct[0] if direct else f'{func}({arguments})'}"]
        lines += [f"    BackgroundTask({given})", f"    tasks.add_task({given})"]
    (tmp_path / "calls.py").write_text("\n".join(lines))
    said = complaints(mypy(tmp_path, "--disable-error-code=unused-coroutine"), lines)
    for place, call in enumerate(calls):
        of_direct, of_task, of_added = (said[start + 3 * place + form] for form in range(3))
        assert (call, of_task, of_added) == (call, of_direct, of_direct)
        assert of_task, call


SHOP = """
from functools import partial
from typing import overload

def send(to: str, retries: int | None = None) -> None: ...
@overload
def store(key: str) -> None: ...
@overload
def store(key: int, *, table: str) -> None: ...
def store(key: str | int, *, table: object = "") -> None: ...
kept, kept_store = partial(send, "a@b.c"), partial(store, 1)
"""
ORDERS = """
from functools import partial
from ravyn_bg import BackgroundTasks
from shop import kept, kept_store, send, store

def add_tasks(tasks: BackgroundTasks) -> None:
    tasks.add_task(send, "a@b.c", 1)
    tasks.add_task(kept, 1)
    tasks.add_task(kept_store, table="a")
    tasks.add_task(partial(store, 1), table="a")
"""


@pytest.mark.parametrize(
    "command",
    [
        ["mypy", "--sqlite-cache"],
        ["mypy", "--no-sqlite-cache"],
        ["mypy", "--num-workers=2"],
        ["dmypy", "--status-file=dmypy.json", "run", "--"],
    ],
    ids=lambda command: command[1],
)
def test_knows_what_an_earlier_run_has_found(command: list[str], tmp_path: Path) -> None:
    wrong_orders = ORDERS.replace('"a"', "None").replace("1)\n", '"1")\n')
    wrong_shop = SHOP.replace("retries: int", "retries: bytes").replace("table: str", "table: int")
    steps = (SHOP, ORDERS), (SHOP, wrong_orders), (SHOP, ORDERS), (wrong_shop, ORDERS)
    try:
        for shop, orders in steps:
            (tmp_path / "shop.py").write_text(shop)
            (tmp_path / "orders.py").write_text(orders)
            said = complaints(mypy(tmp_path, command=command), orders.splitlines())
            assert sorted(said) == ([] if (shop, orders) == steps[0] else [7, 8, 9, 10])
    finally:
        if command[0] == "dmypy":
            output([*command[:2], "stop"], tmp_path)


DJANGO = "mypy_django_plugin.main"
MODELS = """
from django.db.models import CharField, Model
from pydantic import BaseModel
from ravyn_bg import BackgroundTasks

class Note(BaseModel):
    number: int
class Order(Model):
    name = CharField(max_length=9)

def add_tasks(tasks: BackgroundTasks) -> None:
    Note(number="1")
    tasks.add_task(Note, number="1")
    Order.objects.create(nam="a")
    tasks.add_task(Order.objects.create, nam="a")
    Order.objects.filter(name="a").update(nam="b")
    tasks.add_task(Order.objects.filter(name="a").update, nam="b")
    tasks.add_task(Order.objects.create, name="a")
"""


@pytest.mark.parametrize(
    "plugins",
    [f"ravyn_bg.mypy, pydantic.mypy, {DJANGO}", f"{DJANGO}, pydantic.mypy, ravyn_bg.mypy"],
)
def test_has_other_plugins_judge_what_they_judge_in_direct_calls(
    plugins: str, tmp_path: Path
) -> None:
    settings = "\n[pydantic-mypy]\ninit_typed = true\n"
    settings += "[mypy.plugins.django-stubs]\ndjango_settings_module = shop.settings\n"
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    (tmp_path / "shop" / "settings.py").write_text("INSTALLED_APPS = ['shop']\nSECRET_KEY = 'a'")
    (tmp_path / "shop" / "models.py").write_text(MODELS)
    printed = mypy(tmp_path, plugins=plugins + settings, PYTHONPATH=".")
    said = complaints(printed, MODELS.splitlines())
    assert len(said) == 6
    for direct in (12, 14, 16):
        assert said[direct] == said[direct + 1]


# Run with the plugin as it is, and where a part of mypy is not as it expects.
UNEXPECTED = """
from unittest.mock import patch
import mypy.api
import ravyn_bg.mypy
code = '''
from functools import partial
from ravyn_bg import BackgroundTask
def send(to: str, retries: int = 3) -> None: ...
BackgroundTask(send, 5); BackgroundTask(partial(send, "a@b.c"), "1")
'''
for part in ("__doc__", "checker", "get_type_vars", "nodes", "types"):
    with patch.object(ravyn_bg.mypy, part, None):
        print(mypy.api.run(["-c", f"{code}# {part}"])[0])
"""


def test_does_nothing_where_mypy_is_not_as_it_expects(tmp_path: Path) -> None:
    (tmp_path / "run.py").write_text(UNEXPECTED)
    (tmp_path / "mypy.ini").write_text("[mypy]\nplugins = ravyn_bg.mypy\n")
    said = re.findall(r"error: (.+)", output(["run"], tmp_path, Path(sys.executable)))
    of_send = 'Argument 1 to "send" has incompatible type "int"; expected "str"  [arg-type]'
    of_partial = 'Argument 1 to "send" has incompatible type "str"; expected "int"  [arg-type]'
    by_mypy_alone = of_send.replace('1 to "send"', '2 to "BackgroundTask"')
    assert said == [of_send, of_partial, *[by_mypy_alone] * 4]


COMPLAINT = re.compile(r"^\S+\.py:(\d+):(\d+):\d+:(\d+): (?:error|note): (.+)$", re.MULTILINE)


def mypy(
    directory: Path,
    *options: str,
    command: Sequence[str] = ("mypy",),
    plugins: str = "ravyn_bg.mypy",
    **environment: str,
) -> str:
    (directory / "mypy.ini").write_text(f"[mypy]\nstrict = true\nplugins = {plugins}\n")
    return output([*command, "--show-error-end", *options, "."], directory, None, **environment)


def complaints(printed: str, lines: Sequence[str]) -> dict[int, set[tuple[str, str]]]:
    """Of each line, about which part of it mypy complains, and how; "" stands for all of it."""
    found: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for line, start, end, message in COMPLAINT.findall(printed):
        statement = lines[int(line) - 1]
        part = statement[int(start) - 1 : int(end)]
        found[int(line)].add(("" if part == statement.strip() else part, message))
    return found
