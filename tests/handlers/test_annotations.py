"""However a handler is annotated: at once, as a string, and lazily as from Python 3.14 on.

The handlers are texts, compiled both without and with `from __future__ import annotations`. Some
use names which only a type checker imports; without strings, that works from Python 3.14 on.
"""

import __future__

import inspect
import sys
import typing
from functools import wraps
from types import ModuleType
from typing import Annotated, Any, get_type_hints

import pydantic
import pytest
from lilya.apps import Lilya
from lilya.conf.global_settings import Settings
from lilya.controllers import Controller
from lilya.routing import Path
from typing_extensions import TypeAliasType

import ravyn_bg
from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.conftest import MakeClient
from tests.handlers.conftest import EqualToAll, made_async

Described = Annotated[BackgroundTasks, "what runs after the response"]
Alias = TypeAliasType("Alias", Described)  # as `type Alias = Described` on Python 3.12
NAMES = {
    **{name: getattr(typing, name) for name in typing.__all__},
    **{name: getattr(ravyn_bg, name) for name in ravyn_bg.__all__},
    "Alias": Alias,
    "BaseModel": pydantic.BaseModel,
    "Controller": Controller,
    "Described": Described,
    "EqualToAll": EqualToAll,
    "FORWARDREF": {"annotation_format": 3} if sys.version_info >= (3, 14) else {},
    "Injected": BackgroundTasks,
    "fixed": BackgroundTask(print, "fixed"),
    "made_async": made_async,
    "ravyn_bg": ravyn_bg,
    "with_background": with_background,
    "wraps": wraps,
}
MODES = {"plain": 0, "strings": __future__.annotations.compiler_flag}
LAZY = [*MODES] if sys.version_info >= (3, 14) else ["strings"]


def module(source: str, mode: str = "strings", *, hidden: bool = False) -> dict[str, Any]:
    """What the text defines, as a module that is called `shop`."""
    shop = sys.modules["shop"] = ModuleType("shop")
    names = vars(shop)
    names.update(NAMES)
    if hidden:
        del names["BackgroundTask"], names["BackgroundTasks"]
    exec(compile(source, "shop.py", "exec", MODES[mode], dont_inherit=True), names)
    return names


class InferringBody(Settings):
    infer_body: bool = True


def post(handler: Any, make_client: MakeClient, **sent: Any) -> Any:
    methods = None if isinstance(handler, type) else ["POST"]  # a controller has its own
    settings = InferringBody if sent else Settings
    app = Lilya(routes=[Path("/", handler, methods=methods)], settings_module=settings)
    return make_client(app).post("/", **sent)


FILLED = [
    "background_tasks: BackgroundTasks",
    "later: BackgroundTasks",
    "background_tasks: Injected",
    "background_tasks: 'Injected'",
    "background_tasks: ravyn_bg.BackgroundTasks",
    "background_tasks: 'BackgroundTasks'",
    "background_tasks: Annotated[BackgroundTasks, 'x', 'y']",
    "background_tasks: Annotated['BackgroundTasks', 'x']",
    "background_tasks: 'Annotated[BackgroundTasks, 1]'",
    "background_tasks: Described",
    "background_tasks: Annotated[Described, 'x']",
    "background_tasks: Alias",
    "*, background_tasks: BackgroundTasks",
    "background_tasks: BackgroundTasks, other: Optional[str] = None",
    "background_tasks: BackgroundTasks, other: Literal['BackgroundTask'] = 'BackgroundTask'",
]
HIDDEN = [
    "background_tasks: BackgroundTasks",
    "background_tasks: background.BackgroundTasks",
    "background_tasks: 'BackgroundTasks'",
    "background_tasks: Annotated[BackgroundTasks, 'x', 'y']",
    "background_tasks: Annotated[\n  BackgroundTasks,\n  'x',\n]",
    "background_tasks: t.Annotated[bg.BackgroundTasks, 'x']",
    "background_tasks: BackgroundTasks, price: Decimal | None = None",
    "price: 'not an expression' = 0, *, background_tasks: BackgroundTasks",
]
EVERY = [(each, mode, False) for each in FILLED for mode in MODES]
EVERY += [(each, mode, True) for each in HIDDEN for mode in LAZY]


@pytest.mark.parametrize(("parameters", "mode", "hidden"), EVERY)
def test_the_parameter_is_filled(
    parameters: str,
    mode: str,
    hidden: bool,
    make_client: MakeClient,
    capfd: pytest.CaptureFixture[str],
) -> None:
    name = "later" if "later" in parameters else "background_tasks"
    source = f"async def handler({parameters}) -> None: {name}.add_task(print)"
    decorated = with_background(module(source, mode, hidden=hidden)["handler"])

    assert post(decorated, make_client).status_code == 200
    assert capfd.readouterr().out == "\n"
    assert name not in {*inspect.signature(decorated).parameters, *decorated.__annotations__}


def test_a_name_of_the_function_around_the_handler() -> None:
    import ravyn_bg as imported_here

    async def handler(background_tasks: imported_here.BackgroundTasks) -> None: ...

    assert str(inspect.signature(with_background(handler))) == "() -> None"


REFUSED = [
    "background_task: BackgroundTask",
    "background_task: Task",
    "background_tasks: BackgroundTaskType",
    "background_tasks: BackgroundTasks | None",
    "background_tasks: Optional['BackgroundTasks']",
    "background_tasks: Annotated[BackgroundTasks, 'x'] | None",
    "background_tasks: list['BackgroundTasks']",
    "background_tasks: type[BackgroundTasks]",
    "background_tasks: BackgroundTasks = BackgroundTasks()",
    "background_tasks: BackgroundTasks = None",
    "background_tasks: BackgroundTasks = EqualToAll()",
    "background_tasks: BackgroundTasks, /",
    "*background_tasks: BackgroundTasks",
    "**background_tasks: BackgroundTasks",
]
REFUSED_HIDDEN = [
    "background_tasks: BackgroundTasks | None",
    "background_tasks: list[BackgroundTasks]",
    "background_task: bg.BackgroundTask",
]
EVERY_REFUSED = [(each, mode, False) for each in REFUSED for mode in MODES]
EVERY_REFUSED += [(each, mode, True) for each in REFUSED_HIDDEN for mode in LAZY]


@pytest.mark.parametrize(("parameters", "mode", "hidden"), EVERY_REFUSED)
def test_a_parameter_that_no_new_container_can_be_passed_for(
    parameters: str, mode: str, hidden: bool
) -> None:
    handler = module(f"async def handler({parameters}): ...", mode, hidden=hidden)["handler"]
    name = parameters.strip("*").partition(":")[0]

    for decorate in (with_background, with_background(BackgroundTask(print))):
        with pytest.raises(
            TypeError,
            match=rf"^handler asks for `.*{name}.*`, but each request brings a new "
            rf"BackgroundTasks, passed by name: write `{name}: BackgroundTasks`, with no default",
        ):
            decorate(handler)


PROGRAMS = {
    "a class that is defined below": (
        "a\n",
        """
@with_background
async def handler(item: Item, background_tasks: BackgroundTasks) -> str:
    background_tasks.add_task(print, item.name)
    return type(item).__name__

class Item(BaseModel):
    name: str
""",
    ),
    "a class that is defined below, fixed": (
        "a\nfixed\n",
        """
@with_background(fixed)
async def handler(item: Item) -> str:
    print(item.name)
    return type(item).__name__

class Item(BaseModel):
    name: str
""",
    ),
    "its own class": (
        "fixed\nadded\n",
        """
class handler(Controller):
    @with_background(fixed)
    async def post(self: handler, background_tasks: BackgroundTasks) -> str:
        background_tasks.add_task(print, "added")
        return "Item"
""",
    ),
    "a decorator that notes the signature": (
        "noted\n",
        """
import inspect

def noting(handler):
    @wraps(handler)
    async def decorated(**kwargs):
        return await handler(**kwargs)
    decorated.__signature__ = inspect.signature(handler, **FORWARDREF)
    return decorated

@with_background
@noting
async def handler(background_tasks: BackgroundTasks) -> str:
    background_tasks.add_task(print, "noted")
    return "Item"
""",
    ),
    "a decorator of another module": (
        "added\n",
        """
@with_background
@made_async
def handler(background_tasks: Injected) -> str:
    background_tasks.add_task(print, "added")
    return "Item"
""",
    ),
    "nothing that can be read, fixed": (
        "fixed\n",
        """
@with_background(fixed)
async def handler(price: Decimal = 1, *, other: missing.there = 2) -> Missing:
    return "Item"
""",
    ),
}


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("mode", LAZY)
@pytest.mark.parametrize("hidden", [False, True])
def test_what_cannot_be_read_yet(
    program: str,
    mode: str,
    hidden: bool,
    make_client: MakeClient,
    capfd: pytest.CaptureFixture[str],
) -> None:
    printed, source = PROGRAMS[program]
    handler = module(source, mode, hidden=hidden)["handler"]

    assert post(handler, make_client, json={"name": "a"}).json() == "Item"

    assert capfd.readouterr().out == printed


def test_a_script_whose_module_is_there_no_more(make_client: MakeClient) -> None:
    text = "class Item(BaseModel):\n  name: str\nasync def handler(item: Item): return item.name"
    decorated = with_background(BackgroundTask(print))(module(text)["handler"])
    del sys.modules["shop"]

    assert post(decorated, make_client, json={"name": "a"}).json() == "a"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("decorate", ["with_background", "with_background(fixed)"])
def test_a_name_means_what_it_means_to_the_handler(decorate: str, mode: str) -> None:
    names = module(
        f"""
class Task: ...

@{decorate}
async def handler(
    task: Task, other: "Answers", page: Annotated[int, "from 1"], background_tasks: BackgroundTasks
) -> None: ...
""",
        mode,
    )
    handler = names["handler"]  # `Answers` is a name of `ravyn_bg._handlers` alone

    with pytest.raises(NameError, match="Answers"):
        get_type_hints(handler)
    notes = {
        "task": names["Task"],
        "other": "Answers",
        "page": Annotated[int, "from 1"],
        "return": None,
    }
    signature = inspect.signature(handler)
    seen = {name: each.annotation for name, each in signature.parameters.items()}
    assert {**seen, "return": signature.return_annotation} == notes
    assert handler.__annotations__ == notes


if sys.version_info >= (3, 12):

    @pytest.mark.parametrize("mode", MODES)
    def test_aliases_that_are_statements(mode: str) -> None:
        handler = module(ALIASES, mode)["handler"]

        assert [*inspect.signature(with_background(handler)).parameters] == ["ids", "broken"]


ALIASES = """
type Tasks = Annotated[BackgroundTasks, "x"]
type Ids = list[Missing]
type Broken = Missing

async def handler(background_tasks: Tasks, ids: Ids | None = None, broken: Broken = 1) -> None:
    background_tasks.add_task(print)
"""
