"""Lilya sees the handler as it would be without the parameter that the decorator fills."""

import inspect
from collections.abc import Callable
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

DECORATED: list[Any] = [with_background(injected), with_background(fixed)(plain)]

each_decorated = pytest.mark.parametrize("handler", DECORATED, ids=["injected", "fixed"])


@each_decorated
def test_the_signature(handler: Any) -> None:
    assert inspect.signature(handler) == inspect.signature(plain)


@each_decorated
def test_the_annotations(handler: Any) -> None:
    assert get_type_hints(handler) == get_type_hints(plain)


@each_decorated
@pytest.mark.parametrize("name", ["__name__", "__qualname__", "__module__", "__doc__"])
def test_what_the_handler_is_called(name: str, handler: Any) -> None:
    assert getattr(handler, name) == getattr(plain, name)


@each_decorated
def test_whether_the_handler_is_async(handler: Any) -> None:
    assert inspect.iscoroutinefunction(handler)


def test_the_handler_itself_stays_as_it_was() -> None:
    assert "background_tasks" in inspect.signature(injected).parameters
    assert "background_tasks" in injected.__annotations__


def test_what_others_noted_on_the_handler() -> None:
    def for_role(role: str) -> Callable[[Any], Any]:
        def decorate(handler: Any) -> Any:
            @wraps(handler)
            async def decorated(**kwargs: Any) -> Any:
                return await handler(**kwargs)

            decorated.__name__ = f"{role}_only"
            decorated.role = role  # type: ignore[attr-defined]  # as decorators do
            return decorated

        return decorate

    async def handler(background_tasks: BackgroundTasks) -> None: ...

    handler.lilya_team = "payments"  # type: ignore[attr-defined]
    handler.TEAM = "payments"  # type: ignore[attr-defined]

    decorated: Any = with_background(for_role("admin")(handler))

    assert (decorated.role, decorated.lilya_team) == ("admin", "payments")
    assert decorated.TEAM == "payments"
    assert decorated.__name__ == "admin_only"


def test_what_lilya_notes_on_a_handler_stays_with_the_decorated_one() -> None:
    async def handler(background_tasks: BackgroundTasks) -> None: ...

    @wraps(handler)
    async def between(**kwargs: Any) -> Any:
        return await handler(**kwargs)

    Path("/", with_background(handler))
    Path("/", with_background(between))

    assert vars(handler) == {}


def test_the_name_of_a_partial_handler() -> None:
    def name_of(handler: Any) -> str | None:
        return Path("/{source}", handler).name

    assert name_of(with_background(fixed)(partial(plain, page=2))) == name_of(plain)


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
    "a partial handler": (
        partial(plain, page=2),
        with_background(fixed)(partial(injected, page=2)),
    ),
}


@pytest.mark.parametrize("kind", ALIKE)
def test_the_openapi_document(kind: str, make_client: MakeClient) -> None:
    without, behind = (document(handler, make_client) for handler in ALIKE[kind])

    assert behind == without
    assert "/webhooks/{source}" in without["paths"]


def document(handler: Any, make_client: MakeClient) -> Any:
    app = Lilya(
        routes=[Path("/webhooks/{source}", handler, methods=["GET", "POST"])], enable_openapi=True
    )
    return make_client(app).get("/openapi.json").json()


class InferringBody(Settings):
    infer_body: bool = True
    enforce_return_annotation: bool = True


async def one_from_body(item: Item, background_tasks: BackgroundTasks) -> dict[str, str]:
    return {"item": item.name}


async def two_from_body(
    item: Item, other: Item, background_tasks: BackgroundTasks
) -> dict[str, str]:
    return {"item": item.name, "other": other.name}


@pytest.mark.parametrize(
    ("handler", "body", "answer"),
    [
        (one_from_body, {"name": "a"}, {"item": "a"}),
        (
            two_from_body,
            {"item": {"name": "a"}, "other": {"name": "b"}},
            {"item": "a", "other": "b"},
        ),
    ],
)
def test_inference_of_the_body(
    handler: Any, body: Any, answer: Any, make_client: MakeClient
) -> None:
    app = Lilya(
        routes=[
            Path("/before", handler, methods=["POST"]),  # where Lilya notes what it sees
            Path("/", with_background(handler), methods=["POST"]),
        ],
        settings_module=InferringBody,
    )

    assert make_client(app).post("/", json=body).json() == answer
