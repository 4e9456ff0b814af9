# mypy: allow-untyped-defs, allow-untyped-calls
# pyright: basic, reportUnusedCoroutine=false
"""`with_background(task)` on handlers whose own types are `Any`, in part or whole.

In a call that fits several overloads because of an `Any`, mypy takes none of them.
"""

from typing import Any

from lilya.controllers import Controller
from typing_extensions import assert_type

from ravyn_bg import BackgroundTask, Response, with_background

fixed = with_background(BackgroundTask(print))


@fixed
def anything(source: str) -> Any:
    return source


@fixed
async def anything_later(source: str) -> Any:
    return source


@fixed
def data(source: str) -> dict[str, Any]:
    return {"source": source}


@fixed
async def data_later(source: str) -> dict[str, Any]:
    return {"source": source}


@fixed
def bare(source):  # pyrefly: ignore[implicit-any-parameter]
    return source


@fixed
async def bare_later(source):  # pyrefly: ignore[implicit-any-parameter]
    return source


class Orders(Controller):
    @fixed
    async def get(self, number: int) -> dict[str, Any]:
        return {"number": number}


async def still_typed(orders: Orders) -> None:
    assert_type(anything("a"), Any)
    assert_type(await anything_later("a"), Any)
    assert_type(data("a"), dict[str, Any] | Response)
    assert_type(await data_later("a"), dict[str, Any] | Response)
    assert_type(await orders.get(1), dict[str, Any] | Response)
    bare("a")  # right: one parameter
    await bare_later(source="a")  # right: async
    anything(1)  # wrong: type
    await anything_later(1)  # wrong: type
    data(sorce="a")  # wrong: unknown keyword
    await data_later()  # wrong: missing
    await orders.get("a")  # wrong: type
    bare("a", "b")  # wrong: too many
    await bare_later()  # wrong: missing
