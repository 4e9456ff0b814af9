"""However the parameter is annotated, in a module whose annotations are evaluated.

`test_annotations_as_strings` has the same for a module whose annotations are not.
"""

import inspect
from typing import Annotated, Any, Optional

import pytest
from typing_extensions import TypeAliasType

import ravyn_bg
from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.handlers.conftest import Ask

Injected = BackgroundTasks
Described = Annotated[BackgroundTasks, "what runs after the response"]
Alias = TypeAliasType("Alias", Described)  # as `type Alias = Described` from Python 3.12 on


async def by_name(background_tasks: BackgroundTasks) -> None:
    background_tasks.add_task(print)


async def by_another_name(background_tasks: Injected) -> None:
    background_tasks.add_task(print)


async def by_module(background_tasks: ravyn_bg.BackgroundTasks) -> None:
    background_tasks.add_task(print)


async def as_a_string(background_tasks: "BackgroundTasks") -> None:
    background_tasks.add_task(print)


async def described(background_tasks: Annotated[BackgroundTasks, "x", "y"]) -> None:
    background_tasks.add_task(print)


async def described_elsewhere(background_tasks: Described) -> None:
    background_tasks.add_task(print)


async def described_twice(background_tasks: Annotated[Described, "x"]) -> None:
    background_tasks.add_task(print)


async def by_alias(background_tasks: Alias) -> None:
    background_tasks.add_task(print)


async def described_string(background_tasks: "Annotated[BackgroundTasks, 'x']") -> None:
    background_tasks.add_task(print)


async def description_of_a_string(background_tasks: Annotated["BackgroundTasks", "x"]) -> None:
    background_tasks.add_task(print)


async def keyword_only(*, background_tasks: BackgroundTasks) -> None:
    background_tasks.add_task(print)


async def under_any_name(later: BackgroundTasks) -> None:
    later.add_task(print)


async def beside_optional(
    background_tasks: BackgroundTasks,
    other: Optional[str] = None,  # noqa: UP045  # the older way, too
) -> None:
    background_tasks.add_task(print)


HANDLERS = [
    by_name,
    by_another_name,
    by_module,
    as_a_string,
    described,
    described_elsewhere,
    described_twice,
    by_alias,
    described_string,
    description_of_a_string,
    keyword_only,
    under_any_name,
    beside_optional,
]


@pytest.mark.parametrize("handler", HANDLERS)
def test_the_parameter_is_filled(handler: Any, ask: Ask, capfd: pytest.CaptureFixture[str]) -> None:
    assert ask(with_background(handler)).status_code == 200

    assert capfd.readouterr().out == "\n"


@pytest.mark.parametrize("handler", HANDLERS)
def test_lilya_does_not_see_the_parameter(handler: Any) -> None:
    seen = with_background(handler)

    assert not {"background_tasks", "later"} & {*inspect.signature(seen).parameters}
    assert not {"background_tasks", "later"} & {*seen.__annotations__}


async def perhaps(
    background_tasks: Optional["BackgroundTasks"],
) -> None: ...


async def perhaps_described(background_tasks: Annotated[BackgroundTasks, "x"] | None) -> None: ...


async def several(background_tasks: list["BackgroundTasks"]) -> None: ...


@pytest.mark.parametrize("handler", [perhaps, perhaps_described, several])
def test_what_is_refused_plain_is_refused_nested(handler: Any) -> None:
    for decorator in (with_background, with_background(BackgroundTask(print))):
        with pytest.raises(TypeError, match="write `background_tasks: BackgroundTasks`"):
            decorator(handler)
