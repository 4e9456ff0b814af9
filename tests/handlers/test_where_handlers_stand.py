"""On every kind of route, and on every kind of handler that Lilya has."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import wrapt
from lilya.apps import ChildLilya, Lilya
from lilya.controllers import Controller
from lilya.requests import Request
from lilya.routing import Include, Path

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.conftest import MakeClient
from tests.handlers.conftest import Ask, Written, made_async

done: list[str] = []

fixed = BackgroundTask(done.append, "fixed")


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    done.clear()


def plain(name: str, background_tasks: BackgroundTasks) -> dict[str, str]:
    background_tasks.add_task(done.append, f"greeted {name}")
    return {"hello": name}


def test_in_every_kind_of_route(written: Written, make_client: MakeClient) -> None:
    greet: Any = with_background(fixed)(written(plain))
    routes = [Path("/{name}", greet)]
    app = Lilya(
        routes=[
            Path("/path/{name}", greet),
            Include("/include", routes=[Include("/", routes=routes)]),
            Include("/child", app=ChildLilya(routes=routes)),
        ]
    )
    app.add_route("/added/{name}", greet, ["GET"])
    app.get("/get/{name}")(greet)
    client = make_client(app)

    for place in ("path", "include", "child", "added", "get"):
        assert client.get(f"/{place}/ada").json() == {"hello": "ada"}

    assert done == ["fixed", "greeted ada"] * 5


class Greeter(str):
    def greet(self, name: str, background_tasks: BackgroundTasks) -> dict[str, str]:
        return {self: plain(name, background_tasks)["hello"]}

    @classmethod
    @with_background(fixed)
    def of_class(cls, name: str, background_tasks: BackgroundTasks) -> dict[str, str]:
        return plain(name, background_tasks)


@wrapt.decorator
def passing_on(handler: Any, instance: Any, args: Any, kwargs: Any) -> Any:
    return handler(*args, **kwargs)


HANDLERS: dict[str, Callable[[], Any]] = {
    "bound method": lambda: with_background(fixed)(Greeter("hello").greet),
    "class method": lambda: Greeter.of_class,
    "partial of a bound method": lambda: with_background(fixed)(partial(Greeter("hello").greet)),
    "another decorator below": lambda: with_background(fixed)(passing_on(plain)),
    "another decorator below, async": lambda: with_background(fixed)(passing_on(made_async(plain))),
}


@pytest.mark.parametrize("handler", HANDLERS)
def test_on_every_kind_of_handler(handler: str, make_client: MakeClient) -> None:
    client = make_client(Lilya(routes=[Path("/{name}", HANDLERS[handler]())]))

    assert client.get("/ada").json() == {"hello": "ada"}

    assert done == ["fixed", "greeted ada"]


class Greetings(Controller):
    @with_background
    async def get(self, request: Request, background_tasks: BackgroundTasks) -> str:
        background_tasks.add_task(done.append, f"{type(self).__name__} got")
        return request.method

    @with_background(fixed)
    def post(self) -> str:
        return "POST"


class Polite(Greetings):
    async def get(self, request: Request) -> Any:  # type: ignore[override]  # as Lilya sees it
        response: Any = await super().get(request)  # type: ignore[call-arg]  # as Lilya calls it
        response.headers["x-polite"] = "1"
        return response


def test_on_the_methods_of_a_controller(make_client: MakeClient) -> None:
    client = make_client(Lilya(routes=[Path("/", Greetings), Path("/polite", Polite)]))

    assert (client.get("/").json(), client.post("/").json()) == ("GET", "POST")
    assert client.get("/polite").headers["x-polite"] == "1"

    assert done == ["Greetings got", "fixed", "Polite got"]


def test_a_handler_runs_where_lilya_runs_it(written: Written, ask: Ask) -> None:
    threads: list[threading.Thread] = []

    async def on_the_event_loop() -> None:
        threads.append(threading.current_thread())

    @with_background(BackgroundTask(on_the_event_loop))
    @written
    def handler() -> None:
        threads.append(threading.current_thread())

    ask(handler)

    in_handler, on_loop = threads
    assert (in_handler is on_loop) == (written is made_async)


async def of_a_module(name: str) -> dict[str, str]:
    return {"hello": name}


@pytest.mark.parametrize("is_of_a_module", [True, False])
def test_one_handler_with_tasks_and_without(is_of_a_module: bool, make_client: MakeClient) -> None:
    async def of_a_function(name: str) -> dict[str, str]:
        return {"hello": name}

    bare = of_a_module if is_of_a_module else of_a_function
    app = Lilya(routes=[Path("/before/{name}", bare)])
    app.get("/plain/{name}")(bare)
    app.get("/twice/{name}")(app.get("/with/{name}")(with_background(fixed)(bare)))
    app.get("/after/{name}")(bare)
    client = make_client(app)

    for place in ("before", "plain", "with", "after", "twice"):
        assert client.get(f"/{place}/ada").json() == {"hello": "ada"}

    assert done == ["fixed", "fixed"]
