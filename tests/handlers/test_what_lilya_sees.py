"""Lilya sees the handler as it would be without the parameter that the decorator fills."""

import inspect
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, get_type_hints

import pydantic
import pytest
from lilya.apps import Lilya
from lilya.conf.global_settings import Settings
from lilya.contrib.openapi.decorator import openapi
from lilya.params import Query
from lilya.routing import Path

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.conftest import MakeClient

fixed = BackgroundTask(print, "fixed")


class Item(pydantic.BaseModel):
    name: str


async def plain(source: str, *, page: Any = Query(default=1, cast=int)) -> dict[str, str]:
    """Take what a source sends."""
    return {source: str(page)}


async def injected(
    source: str, background_tasks: BackgroundTasks, *, page: Any = Query(default=1, cast=int)
) -> dict[str, str]:
    """Take what a source sends."""
    return {source: str(page)}


injected.__name__, injected.__qualname__ = plain.__name__, plain.__qualname__


@pytest.mark.parametrize("kind", ["a handler", "a handler with a fixed task"])
def test_what_a_handler_is(kind: str) -> None:
    _, handler = ALIKE[kind]()
    assert inspect.signature(handler) == inspect.signature(plain)
    assert get_type_hints(handler) == get_type_hints(plain)
    assert inspect.iscoroutinefunction(handler)
    for name in ("__name__", "__qualname__", "__module__", "__doc__"):
        assert getattr(handler, name) == getattr(plain, name)


def test_what_others_noted_on_a_handler_stays_and_nothing_else_is_noted() -> None:
    async def handler(background_tasks: BackgroundTasks) -> None: ...

    @wraps(handler)
    async def for_admins(**kwargs: Any) -> Any:
        return await handler(**kwargs)

    notes = {"__name__": "admins_only", "role": "admin", "lilya_team": "payments"}
    for name, note in notes.items():
        setattr(for_admins, name, note)

    decorated = with_background(for_admins)
    Path("/", decorated)  # where Lilya notes what it sees

    assert {name: getattr(decorated, name) for name in notes} == notes
    assert vars(handler) == {}
    assert [*handler.__annotations__] == ["background_tasks", "return"]


described = openapi(summary="Take", query={"page": {"schema": {"type": "integer"}}})


def signed(handler: Any) -> Any:
    @wraps(handler)
    async def decorated(*args: Any, **kwargs: Any) -> Any:
        return await handler(*args, **kwargs)

    decorated.__signature__ = inspect.signature(handler)  # type: ignore[attr-defined]  # PEP 362
    return decorated


ALIKE: dict[str, Callable[[], tuple[Any, Any]]] = {
    "a handler": lambda: (plain, with_background(injected)),
    "a handler with a fixed task": lambda: (plain, with_background(fixed)(plain)),
    "a described handler": lambda: (described(plain), described(with_background(injected))),
    "one that a decorator signed": lambda: (plain, with_background(signed(injected))),
    "a partial": lambda: (partial(plain, page=2), with_background(partial(injected, page=2))),
}


@pytest.mark.parametrize("kind", ALIKE)
def test_the_openapi_document_and_the_name_of_the_route(kind: str, make_client: MakeClient) -> None:
    def seen(handler: Any) -> list[Any]:
        path = Path("/webhooks/{source}", handler, methods=["GET", "POST"])
        client = make_client(Lilya(routes=[path], enable_openapi=True))
        document = client.get("/openapi.json").json()
        assert "/webhooks/{source}" in document["paths"]
        return [document, path.name, client.get("/webhooks/github?page=3").json()]

    without, behind = map(seen, ALIKE[kind]())

    assert behind == without


class InferringBody(Settings):
    infer_body: bool = True
    enforce_return_annotation: bool = True


async def names(item: Item, other: Item, background_tasks: BackgroundTasks) -> list[str]:
    return [item.name, other.name]


def test_inference_of_the_body(make_client: MakeClient) -> None:
    before = Path("/before", names, methods=["POST"])  # where Lilya notes what it sees
    path = Path("/", with_background(names), methods=["POST"])
    client = make_client(Lilya(routes=[before, path], settings_module=InferringBody))

    body = {"item": {"name": "a"}, "other": {"name": "b"}}
    assert client.post("/", json=body).json() == ["a", "b"]
