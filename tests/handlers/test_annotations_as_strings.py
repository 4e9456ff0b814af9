"""In a module whose annotations are strings, some of them of names for type checkers alone."""

from __future__ import annotations

import inspect
import runpy
from pathlib import Path as File
from typing import TYPE_CHECKING, Annotated, Any

import pydantic
import pytest
from lilya.apps import Lilya
from lilya.conf.global_settings import Settings
from lilya.routing import Path

import ravyn_bg
from ravyn_bg import BackgroundTask, with_background
from tests.conftest import MakeClient
from tests.handlers.conftest import Ask

if TYPE_CHECKING:
    import typing as t
    from decimal import Decimal

    from lilya.requests import Request

    import ravyn_bg as bg
    from ravyn_bg import BackgroundTasks, background


async def by_name(background_tasks: BackgroundTasks) -> None:
    background_tasks.add_task(print)


async def by_module(background_tasks: background.BackgroundTasks) -> None:
    background_tasks.add_task(print)


async def by_module_that_is_there(background_tasks: ravyn_bg.BackgroundTasks) -> None:
    background_tasks.add_task(print)


async def twice_a_string(background_tasks: "BackgroundTasks") -> None:  # noqa: UP037
    background_tasks.add_task(print)


async def described(background_tasks: Annotated[BackgroundTasks, "x", "y"]) -> None:
    background_tasks.add_task(print)


async def described_over_lines(
    background_tasks: Annotated[
        BackgroundTasks,
        "x",
    ],
) -> None:
    background_tasks.add_task(print)


async def described_by_name(background_tasks: t.Annotated[bg.BackgroundTasks, "x"]) -> None:
    background_tasks.add_task(print)


async def beside_what_cannot_be_read(
    background_tasks: BackgroundTasks, request: Request, price: Decimal | None = None
) -> None:
    background_tasks.add_task(print)


HANDLERS = [
    by_name,
    by_module,
    by_module_that_is_there,
    twice_a_string,
    described,
    described_over_lines,
    described_by_name,
    beside_what_cannot_be_read,
]


@pytest.mark.parametrize("handler", HANDLERS)
def test_the_parameter_is_filled(handler: Any, ask: Ask, capfd: pytest.CaptureFixture[str]) -> None:
    decorated = with_background(handler)

    assert ask(decorated).status_code == 200
    assert capfd.readouterr().out == "\n"
    assert "background_tasks" not in inspect.signature(decorated).parameters


def test_a_name_of_the_function_around_the_handler(
    ask: Ask, capfd: pytest.CaptureFixture[str]
) -> None:
    import ravyn_bg as imported_here

    @with_background
    async def handler(background_tasks: imported_here.BackgroundTasks) -> None:
        background_tasks.add_task(print)

    ask(handler)

    assert capfd.readouterr().out == "\n"


async def perhaps(background_tasks: BackgroundTasks | None) -> None: ...


async def several(background_tasks: list[BackgroundTasks]) -> None: ...


async def one(background_task: bg.BackgroundTask) -> None: ...


@pytest.mark.parametrize("handler", [perhaps, several, one])
def test_what_is_refused_when_it_can_be_read_is_refused_when_it_cannot(handler: Any) -> None:
    (name,) = inspect.signature(handler).parameters
    for decorate in (with_background, with_background(BackgroundTask(print))):
        with pytest.raises(TypeError, match=f"write `{name}: BackgroundTasks`"):
            decorate(handler)


def test_what_is_said_of_other_parameters_is_kept() -> None:
    async def handler(page: Annotated[int, "from 1 on"]) -> None: ...

    decorated = with_background(BackgroundTask(print))(handler)

    assert decorated.__annotations__ == {"page": Annotated[int, "from 1 on"], "return": None}


class Item(pydantic.BaseModel):
    name: str


class InferringBody(Settings):
    infer_body: bool = True


async def kind_of_body(item: Item) -> str:
    return type(item).__name__


@with_background(BackgroundTask(print))
async def kind_of_body_with_task(item: Item) -> str:
    return type(item).__name__


@pytest.mark.parametrize("loaded", ["imported", "run as a script"])
def test_other_annotations_are_read_where_they_were_written(
    loaded: str, make_client: MakeClient
) -> None:
    # A script's module may be in `sys.modules` no more when its handlers are put on routes.
    module = globals() if loaded == "imported" else runpy.run_path(str(File(__file__)))

    def kind(name: str) -> Any:
        app = Lilya(
            routes=[Path("/", module[name], methods=["POST"])], settings_module=InferringBody
        )
        return make_client(app).post("/", json={"name": "a"}).json()

    assert kind("kind_of_body_with_task") == kind("kind_of_body")
