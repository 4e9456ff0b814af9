"""On every kind of route, and on every kind of handler that Lilya has."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import pytest
from lilya.apps import ChildLilya, Lilya
from lilya.controllers import Controller
from lilya.requests import Request
from lilya.routing import Include, Path, Router

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.conftest import MakeClient
from tests.handlers.conftest import Ask

done: list[str] = []

fixed = BackgroundTask(done.append, "fixed")


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    done.clear()


@with_background(fixed)
async def greet(name: str, background_tasks: BackgroundTasks) -> dict[str, str]:
    background_tasks.add_task(done.append, f"greeted {name}")
    return {"hello": name}


@with_background(fixed)
def greet_from_thread(name: str, background_tasks: BackgroundTasks) -> dict[str, str]:
    background_tasks.add_task(done.append, f"greeted {name}")
    return {"hello": name}


@pytest.mark.parametrize("handler", [greet, greet_from_thread])
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_below_the_decorator_of_a_route(method: str, handler: Any, make_client: MakeClient) -> None:
    app = Lilya()
    getattr(app, method)("/greet/{name}")(handler)

    response = make_client(app).request(method, "/greet/ada")

    assert response.json() == {"hello": "ada"}
    assert done == ["fixed", "greeted ada"]


def routed() -> Lilya:
    app = Lilya()
    app.route("/greet/{name}", methods=["GET"])(greet)
    return app


def added(handler: Any) -> Lilya:  # `Any`, as Lilya takes more handlers than its types say
    app = Lilya()
    app.add_route("/greet/{name}", handler, methods=["GET"])
    return app


ROUTES: dict[str, list[Any]] = {
    "Path": [Path("/greet/{name}", greet)],
    "Include": [Include("/greet", routes=[Include("/", routes=[Path("/{name}", greet)])])],
    "ChildLilya": [Include("/greet", app=ChildLilya(routes=[Path("/{name}", greet)]))],
    "Router": [Include("/greet", app=Router(routes=[Path("/{name}", greet)]))],
    "app.route": routed().routes,
    "app.add_route": added(greet).routes,
}


@pytest.mark.parametrize("route", ROUTES)
def test_in_every_kind_of_route(route: str, make_client: MakeClient) -> None:
    client = make_client(Lilya(routes=ROUTES[route]))

    assert client.get("/greet/ada").json() == {"hello": "ada"}

    assert done == ["fixed", "greeted ada"]


class Greetings(Controller):
    """Methods of a controller are decorated one by one."""

    @with_background
    async def get(self, request: Request, background_tasks: BackgroundTasks) -> str:
        background_tasks.add_task(done.append, f"{type(self).__name__} got")
        return request.method

    @with_background(fixed)
    def post(self, background_tasks: BackgroundTasks) -> str:
        background_tasks.add_task(done.append, f"{type(self).__name__} was posted to")
        return "POST"

    async def put(self) -> str:
        return "PUT"


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("GET", ["Greetings got"]),
        ("POST", ["fixed", "Greetings was posted to"]),
        ("PUT", []),
        ("HEAD", []),
    ],
)
def test_on_the_methods_of_a_controller(
    method: str, expected: list[str], make_client: MakeClient
) -> None:
    client = make_client(Lilya(routes=[Path("/", Greetings)]))

    response = client.request(method, "/")

    assert response.text == ("" if method == "HEAD" else f'"{method}"')
    assert done == expected


class Greeter:
    def __init__(self, greeting: str) -> None:
        self.greeting = greeting

    @with_background(fixed)
    async def greet(self, name: str, background_tasks: BackgroundTasks) -> dict[str, str]:
        background_tasks.add_task(done.append, f"greeted {name}")
        return {self.greeting: name}

    async def plain(self, name: str, background_tasks: BackgroundTasks) -> dict[str, str]:
        background_tasks.add_task(done.append, f"greeted {name}")
        return {self.greeting: name}

    @staticmethod
    @with_background(fixed)
    def static(name: str, background_tasks: BackgroundTasks) -> dict[str, str]:
        background_tasks.add_task(done.append, f"greeted {name}")
        return {"hello": name}

    @classmethod
    @with_background(fixed)
    def of_class(cls, name: str, background_tasks: BackgroundTasks) -> dict[str, str]:
        background_tasks.add_task(done.append, f"greeted {name}")
        return {"hello": name}


async def say(greeting: str, name: str, background_tasks: BackgroundTasks) -> dict[str, str]:
    background_tasks.add_task(done.append, f"greeted {name}")
    return {greeting: name}


@pytest.mark.parametrize(
    "handler",
    [
        Greeter("hello").greet,
        with_background(fixed)(Greeter("hello").plain),
        Greeter.static,
        Greeter.of_class,
        with_background(fixed)(partial(say, "hello")),
    ],
    ids=["method", "bound method", "static method", "class method", "partial"],
)
def test_on_every_kind_of_handler(handler: Any, ask: Ask) -> None:
    assert ask(handler, "/ada", route="/{name}").json() == {"hello": "ada"}

    assert done == ["fixed", "greeted ada"]


def test_a_sync_handler_runs_in_a_worker_thread(ask: Ask) -> None:
    threads: list[threading.Thread] = []

    async def on_the_event_loop() -> None:
        threads.append(threading.current_thread())

    @with_background(BackgroundTask(on_the_event_loop))
    def handler() -> None:
        threads.append(threading.current_thread())

    ask(handler)

    in_worker, on_loop = threads
    assert in_worker is not on_loop


def test_an_async_handler_runs_on_the_event_loop(ask: Ask) -> None:
    threads: list[threading.Thread] = []

    async def on_the_event_loop() -> None:
        threads.append(threading.current_thread())

    @with_background(BackgroundTask(on_the_event_loop))
    async def handler() -> None:
        await on_the_event_loop()

    ask(handler)

    in_handler, on_loop = threads
    assert in_handler is on_loop


def test_one_handler_on_several_routes(make_client: MakeClient) -> None:
    app = Lilya()
    app.get("/first/{name}")(app.post("/second/{name}")(greet))
    client = make_client(app)

    client.get("/first/ada")
    client.post("/second/bob")

    assert done == ["fixed", "greeted ada", "fixed", "greeted bob"]


def test_one_handler_with_tasks_and_without(make_client: MakeClient) -> None:
    async def plain(name: str) -> dict[str, str]:
        return {"hello": name}

    app = Lilya(
        routes=[
            Path("/before/{name}", plain),
            Path("/with/{name}", with_background(fixed)(plain)),
            Path("/after/{name}", plain),
        ]
    )
    client = make_client(app)

    answers = [client.get(f"/{where}/ada").json() for where in ("before", "with", "after")]

    assert answers == [{"hello": "ada"}] * 3
    assert done == ["fixed"]
