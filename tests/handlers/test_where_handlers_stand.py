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
from tests.handlers.conftest import Ask, Written

done: list[str] = []

fixed = BackgroundTask(done.append, "fixed")


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    done.clear()


def plain(name: str, background_tasks: BackgroundTasks) -> dict[str, str]:
    background_tasks.add_task(done.append, f"greeted {name}")
    return {"hello": name}


@with_background(fixed)
async def greet(name: str, background_tasks: BackgroundTasks) -> dict[str, str]:
    return plain(name, background_tasks)


ROUTES: dict[str, list[Any]] = {
    "Path": [Path("/greet/{name}", greet)],
    "Include": [Include("/greet", routes=[Include("/", routes=[Path("/{name}", greet)])])],
    "ChildLilya": [Include("/greet", app=ChildLilya(routes=[Path("/{name}", greet)]))],
    "Router": [Include("/greet", app=Router(routes=[Path("/{name}", greet)]))],
}


@pytest.mark.parametrize("kind", [*ROUTES, "app.route", "app.add_route"])
def test_in_every_kind_of_route(kind: str, make_client: MakeClient) -> None:
    app: Any = Lilya(routes=ROUTES.get(kind, []))
    if kind == "app.route":
        app.route("/greet/{name}", ["GET"])(greet)
    elif kind == "app.add_route":
        app.add_route("/greet/{name}", greet, ["GET"])

    assert make_client(app).get("/greet/ada").json() == {"hello": "ada"}

    assert done == ["fixed", "greeted ada"]


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_below_the_decorator_of_a_route(
    method: str, written: Written, make_client: MakeClient
) -> None:
    app = Lilya()
    getattr(app, method)("/greet/{name}")(with_background(fixed)(written(plain)))

    assert make_client(app).request(method, "/greet/ada").json() == {"hello": "ada"}

    assert done == ["fixed", "greeted ada"]


def say(greeting: str, name: str, background_tasks: BackgroundTasks) -> dict[str, str]:
    return {greeting: plain(name, background_tasks)["hello"]}


class Greeter(str):
    method = with_background(fixed)(say)
    bare = say
    static = staticmethod(with_background(fixed)(plain))

    @classmethod
    @with_background(fixed)
    def of_class(cls, name: str, background_tasks: BackgroundTasks) -> dict[str, str]:
        return plain(name, background_tasks)


HANDLERS: dict[str, Any] = {
    "method": Greeter("hello").method,
    "bound method": with_background(fixed)(Greeter("hello").bare),
    "static method": Greeter.static,
    "class method": Greeter.of_class,
    "partial": with_background(fixed)(partial(say, "hello")),
}


@pytest.mark.parametrize("handler", HANDLERS)
def test_on_every_kind_of_handler(handler: str, ask: Ask) -> None:
    assert ask(HANDLERS[handler], "/ada", route="/{name}").json() == {"hello": "ada"}

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


class Polite(Greetings):
    async def get(self, request: Request) -> Any:  # type: ignore[override]  # as Lilya sees it
        response: Any = await super().get(request)  # type: ignore[call-arg]
        response.headers["x-polite"] = "1"
        return response

    def post(self) -> Any:  # type: ignore[override]
        response: Any = super().post()  # type: ignore[call-arg]
        response.headers["x-polite"] = "1"
        return response


@pytest.mark.parametrize("controller", [Greetings, Polite])
@pytest.mark.parametrize(
    ("method", "expected"),
    [("GET", ["got"]), ("POST", ["fixed", "was posted to"]), ("PUT", []), ("HEAD", [])],
)
def test_on_the_methods_of_a_controller(
    method: str, expected: list[str], controller: type[Controller], make_client: MakeClient
) -> None:
    client = make_client(Lilya(routes=[Path("/", controller)]))

    response = client.request(method, "/")

    assert response.text == ("" if method == "HEAD" else f'"{method}"')
    assert [each.removeprefix(f"{controller.__name__} ") for each in done] == expected
    assert ("x-polite" in response.headers) == (controller is Polite and method != "PUT")


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
    assert (in_handler is on_loop) == (written.__name__ == "made_async")


def test_one_handler_with_tasks_and_without(make_client: MakeClient) -> None:
    async def bare(name: str) -> dict[str, str]:
        return {"hello": name}

    app = Lilya(routes=[Path("/before/{name}", bare)])
    app.get("/plain/{name}")(bare)
    app.get("/twice/{name}")(app.get("/with/{name}")(with_background(fixed)(bare)))
    app.get("/after/{name}")(bare)
    client = make_client(app)

    answers = [
        client.get(f"/{at}/ada").json() for at in ("before", "plain", "with", "after", "twice")
    ]

    assert answers == [{"hello": "ada"}] * 5
    assert done == ["fixed", "fixed"]
