"""However a handler is annotated: at once, as a string, and lazily as from Python 3.14 on.

The handlers are texts, compiled both without and with `from __future__ import annotations`. Some
use names which only a type checker imports; without strings, that works from Python 3.14 on.
"""

import __future__

import inspect
import sys
import typing
from typing import Annotated, Any, get_type_hints

import pydantic
import pytest
from lilya.apps import Lilya
from lilya.conf.global_settings import Settings
from lilya.routing import Path
from typing_extensions import TypeAliasType

import ravyn_bg
from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.conftest import MakeClient
from tests.handlers.conftest import made_async

# As `type Alias = Annotated[BackgroundTasks, "x"]` on Python 3.12.
Alias = TypeAliasType("Alias", Annotated[BackgroundTasks, "x"])
NAMES = {
    **{name: getattr(typing, name) for name in typing.__all__},
    **{name: getattr(ravyn_bg, name) for name in ravyn_bg.__all__},
    "Alias": Alias,
    "BaseModel": pydantic.BaseModel,
    "Injected": BackgroundTasks,
    "made_async": made_async,
}
MODES = {"plain": 0, "strings": __future__.annotations.compiler_flag}
LAZY = [*MODES] if sys.version_info >= (3, 14) else ["strings"]


def module(source: str, mode: str = "strings", *, hidden: bool = False) -> dict[str, Any]:
    """What the text defines, as a script does whose module can be imported nowhere."""
    ran: list[str] = []
    names = {**NAMES, "__name__": "shop", "ran": ran, "fixed": BackgroundTask(ran.append, "fixed")}
    if hidden:
        del names["BackgroundTask"], names["BackgroundTasks"]
    exec(compile(source, "shop.py", "exec", MODES[mode], dont_inherit=True), names)
    return names


class InferringBody(Settings):
    infer_body: bool = True


def post(handler: Any, make_client: MakeClient) -> Any:
    app = Lilya(routes=[Path("/", handler, methods=["POST"])], settings_module=InferringBody)
    return make_client(app).post("/", json={"name": "a"}).json()


FILLED = [
    "background_tasks: BackgroundTasks",
    "background_tasks: 'Injected'",
    "background_tasks: Annotated['BackgroundTasks', 'x']",
    "background_tasks: 'Annotated[BackgroundTasks, 1]'",
    "background_tasks: Alias",
    "*, background_tasks: BackgroundTasks, price: Optional[int] = None",
    "background_tasks: BackgroundTasks, kind: Literal['BackgroundTask'] = 'BackgroundTask'",
]
HIDDEN = [
    "background_tasks: BackgroundTasks",
    "background_tasks: background.BackgroundTasks",
    "background_tasks: '''t.Annotated[\n  bg.BackgroundTasks,\n  'x',\n]'''",
    "*, price: Decimal | None = None, to: 'no expression' = 0, background_tasks: BackgroundTasks",
]
EVERY = [(each, mode, False) for each in FILLED for mode in MODES]
EVERY += [(each, mode, True) for each in HIDDEN for mode in LAZY]


@pytest.mark.parametrize(("parameters", "mode", "hidden"), EVERY)
def test_the_parameter_is_filled(
    parameters: str, mode: str, hidden: bool, make_client: MakeClient
) -> None:
    source = f"async def handler({parameters}): background_tasks.add_task(ran.append, 'added')"
    names = module(source, mode, hidden=hidden)
    decorated = with_background(names["handler"])

    assert post(decorated, make_client) is None

    assert names["ran"] == ["added"]
    seen = {*inspect.signature(decorated).parameters, *decorated.__annotations__}
    assert "background_tasks" not in seen


REFUSED = [
    "later: BackgroundTask",
    "later: BackgroundTaskType",
    "later: BackgroundTasks | None",
    "later: Optional[Annotated['BackgroundTasks', 'x']]",
    "later: list['BackgroundTasks']",
    "later: BackgroundTasks = None",
    "later: BackgroundTasks = BackgroundTasks()",
    "later: BackgroundTasks, /",
    "*later: BackgroundTasks",
    "**later: BackgroundTasks",
]
REFUSED_HIDDEN = [
    "later: BackgroundTasks | None",
    "later: list[BackgroundTasks]",
    "later: bg.BackgroundTask",
]
EVERY_REFUSED = [(each, mode, False) for each in REFUSED for mode in MODES]
EVERY_REFUSED += [(each, mode, True) for each in REFUSED_HIDDEN for mode in LAZY]


@pytest.mark.parametrize(("parameters", "mode", "hidden"), EVERY_REFUSED)
def test_a_parameter_that_no_new_container_can_be_passed_for(
    parameters: str, mode: str, hidden: bool
) -> None:
    handler = module(f"async def handler({parameters}): ...", mode, hidden=hidden)["handler"]
    message = (
        "^handler asks for `.*later.*`, but each request brings a new BackgroundTasks, "
        "passed by name: write `later: BackgroundTasks`, with no default, union, star or `/`.$"
    )
    for decorate in (with_background, with_background(BackgroundTask(print))):
        with pytest.raises(TypeError, match=message):
            decorate(handler)


BELOW = """
@with_background(fixed)
async def handler(item: Item, background_tasks: BackgroundTasks) -> str:
    background_tasks.add_task(ran.append, item.name)
    return type(item).__name__

class Item(BaseModel):
    name: str
"""
ELSEWHERE = """
@with_background(fixed)
@made_async
def handler(background_tasks: Injected) -> str:
    background_tasks.add_task(ran.append, "a")
    return "Item"
"""
NOWHERE = """
@with_background(fixed)
async def handler(price: Decimal = 1, *, other: missing.there = 2) -> Missing:
    ran.append("a")
    return "Item"
"""


@pytest.mark.parametrize("mode", LAZY)
@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize(
    ("source", "ran"),
    [(BELOW, ["fixed", "a"]), (ELSEWHERE, ["fixed", "a"]), (NOWHERE, ["a", "fixed"])],
    ids=["a class that is defined below", "made by another module", "nothing that can be read"],
)
def test_what_cannot_be_read_yet(
    source: str, ran: list[str], mode: str, hidden: bool, make_client: MakeClient
) -> None:
    names = module(source, mode, hidden=hidden)

    assert post(names["handler"], make_client) == "Item"

    assert names["ran"] == ran


@pytest.mark.parametrize("mode", MODES)
def test_a_name_means_what_it_means_to_the_handler(mode: str) -> None:
    source = """
class Task: ...

@with_background
async def handler(
    task: Task, other: "Answers", page: Annotated[int, "from 1"], background_tasks: BackgroundTasks,
    raw: b"int" = 1,
) -> Task: ...
"""
    names = module(source, mode)
    handler = names["handler"]  # `Answers` is a name of `ravyn_bg._handlers` alone

    with pytest.raises(NameError, match="Answers"):
        get_type_hints(handler)
    task, page = names["Task"], Annotated[int, "from 1"]
    notes = {"task": task, "other": "Answers", "page": page, "raw": b"int", "return": task}
    signature = inspect.signature(handler)
    seen = {name: each.annotation for name, each in signature.parameters.items()}
    assert {**seen, "return": signature.return_annotation} == notes
    assert handler.__annotations__ == notes


if sys.version_info >= (3, 12):

    def test_aliases_that_are_statements() -> None:
        source = """
type Tasks = Annotated[BackgroundTasks, "x"]
type Ids = list[Missing]
type Broken = Missing

async def handler(background_tasks: Tasks, ids: Ids | None = None, broken: Broken = 1): ...
"""
        handler = with_background(module(source)["handler"])

        assert [*inspect.signature(handler).parameters] == ["ids", "broken"]
