"""Lilya sees the handler as it would be without the parameter that the decorator fills."""

import inspect
from functools import partial, wraps
from typing import Any, get_type_hints

import pydantic
import pytest
from lilya.apps import Lilya
from lilya.conf.global_settings import Settings
from lilya.contrib.openapi.datastructures import OpenAPIResponse
from lilya.contrib.openapi.decorator import openapi
from lilya.controllers import Controller
from lilya.params import Query
from lilya.requests import Request
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


@pytest.mark.parametrize("handler", [with_background(injected), with_background(fixed)(plain)])
def test_what_a_handler_is(handler: Any) -> None:
    assert inspect.signature(handler) == inspect.signature(plain)
    assert get_type_hints(handler) == get_type_hints(plain)
    assert inspect.iscoroutinefunction(handler)
    for name in ("__name__", "__qualname__", "__module__", "__doc__"):
        assert getattr(handler, name) == getattr(plain, name)


def test_the_handler_itself_stays_as_it_was() -> None:
    async def handler(background_tasks: BackgroundTasks) -> None: ...

    @wraps(handler)
    async def between(**kwargs: Any) -> Any:
        return await handler(**kwargs)

    Path("/", with_background(handler))  # where Lilya notes what it sees
    Path("/", with_background(between))

    assert vars(handler) == {}
    assert "background_tasks" in inspect.signature(handler).parameters
    assert "background_tasks" in handler.__annotations__


def test_what_others_noted_on_the_handler() -> None:
    async def handler(background_tasks: BackgroundTasks) -> None: ...

    @wraps(handler)
    async def for_admins(**kwargs: Any) -> Any:
        return await handler(**kwargs)

    notes = {"__name__": "admins_only", "role": "admin", "lilya_team": "payments"}
    vars(for_admins).update({"role": "admin", "lilya_team": "payments"})
    for_admins.__name__ = "admins_only"

    decorated = with_background(for_admins)

    assert {name: getattr(decorated, name) for name in notes} == notes


class Plain(Controller):
    async def get(self, request: Request) -> str:
        return request.method

    async def post(self, item: Item) -> str:
        return item.name


class Decorated(Controller):
    @with_background
    async def get(self, request: Request, background_tasks: BackgroundTasks) -> str:
        return request.method

    @with_background(fixed)
    async def post(self, item: Item, background_tasks: BackgroundTasks) -> str:
        return item.name


def described(handler: Any) -> Any:
    return openapi(
        summary="Take what a source sends",
        tags=["webhooks"],
        query={"page": {"default": 1, "schema": {"type": "integer"}}},
        responses={201: OpenAPIResponse(model=Item)},
    )(handler)


ALIKE: dict[str, tuple[Any, Any]] = {
    "a handler": (plain, with_background(injected)),
    "a handler with a fixed task": (plain, with_background(fixed)(plain)),
    "a described handler": (described(plain), described(with_background(injected))),
    "a controller": (Plain, Decorated),
    "a partial": (partial(plain, page=2), with_background(fixed)(partial(injected, page=2))),
}


@pytest.mark.parametrize("kind", ALIKE)
def test_the_openapi_document_and_the_name_of_the_route(kind: str, make_client: MakeClient) -> None:
    def document(handler: Any) -> tuple[Any, str | None]:
        path = Path("/webhooks/{source}", handler, methods=["GET", "POST"])
        client = make_client(Lilya(routes=[path], enable_openapi=True))
        return client.get("/openapi.json").json(), path.name

    (without, name), (behind, name_behind) = map(document, ALIKE[kind])

    assert behind == without
    assert "/webhooks/{source}" in without["paths"]
    assert name_behind == name or kind == "a controller"


class InferringBody(Settings):
    infer_body: bool = True
    enforce_return_annotation: bool = True


async def one(item: Item, background_tasks: BackgroundTasks) -> dict[str, str]:
    return {"item": item.name}


async def two(item: Item, other: Item, background_tasks: BackgroundTasks) -> dict[str, str]:
    return {"item": item.name, "other": other.name}


@pytest.mark.parametrize(
    ("handler", "body"),
    [(one, {"name": "a"}), (two, {"item": {"name": "a"}, "other": {"name": "b"}})],
)
def test_inference_of_the_body(handler: Any, body: Any, make_client: MakeClient) -> None:
    before = Path("/before", handler, methods=["POST"])  # where Lilya notes what it sees
    path = Path("/", with_background(handler), methods=["POST"])
    client = make_client(Lilya(routes=[before, path], settings_module=InferringBody))

    answer = {"item": "a", "other": "b"} if handler is two else {"item": "a"}
    assert client.post("/", json=body).json() == answer
