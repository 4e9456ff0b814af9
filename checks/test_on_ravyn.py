"""Beside Ravyn: its names, its apps and its handlers, wherever it takes what is Lilya's."""

# No `from __future__ import annotations`: Ravyn 0.4.3 goes by annotations that are no strings.

from pathlib import Path
from typing import Any

import pytest
import ravyn.background
import ravyn.core.datastructures
import ravyn.responses
from lilya.middleware import DefineMiddleware
from pydantic import ValidationError

import ravyn_bg.responses
from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse, responses, with_background
from ravyn_bg.middleware import BackgroundTasksMiddleware, current_tasks
from tests.conftest import MakeClient, noted
from tests.test_names import INSTEAD

get: Any = ravyn.get  # which has no types, and takes a task of its own class only, says its hint


def test_the_names_are_ravyns() -> None:
    assert {*ravyn_bg.responses.__all__} == {*ravyn.responses.__all__}
    assert {each for each in INSTEAD if not hasattr(ravyn, each)} <= {*ravyn.responses.__all__}


@pytest.mark.parametrize("of_route", [False, True], ids=["of a response", "of a route"])
@pytest.mark.parametrize("names", [["alone"], ["first", "second"]])
def test_ravyn_runs_the_tasks_of_a_json_response_and_of_a_route(
    names: list[str], of_route: bool, make_client: MakeClient
) -> None:
    events: list[str] = []
    each_task = [BackgroundTask(events.append, each) for each in names]
    task = each_task[0] if len(names) == 1 else BackgroundTasks(each_task)

    async def order() -> dict[str, str]:
        return {"drink": "latte"}

    async def order_with_task() -> ravyn.JSONResponse:
        return ravyn.JSONResponse({"drink": "latte"}, background=task)

    handler = get("/", background=task)(order) if of_route else get("/")(order_with_task)
    client = make_client(noted(ravyn.Ravyn(routes=[ravyn.Gateway(handler=handler)]), events))

    for _ in range(2):  # the same tasks, after every response
        events.clear()
        assert client.get("/").json() == {"drink": "latte"}
        assert events == ["http.response.start", "http.response.body", *names]


CONTAINERS: dict[str, dict[str, Any]] = {
    "Template": {"name": "order.html"},
    "Redirect": {"path": "/elsewhere"},
    "File": {"path": Path(__file__), "filename": "order.txt"},
    "Stream": {"iterator": iter([b"latte"])},
    "JSON": {"content": {"drink": "latte"}},
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_ravyns_containers_are_ravyns_alone(name: str) -> None:
    container = getattr(ravyn.core.datastructures, name)

    for task in (BackgroundTask(print), BackgroundTasks()):
        with pytest.raises(ValidationError, match="BackgroundTask"):
            container(**CONTAINERS[name], background=task)
    made = container(**CONTAINERS[name], background=ravyn.background.BackgroundTask(print))

    def handler() -> Any:
        return made

    advice = rf"returns {name}, which Ravyn alone can send: return a ravyn_bg\.responses\.(\w+)\.$"
    with pytest.raises(TypeError, match=advice) as refused:
        with_background(fixed)(handler)()
    assert hasattr(responses, str(refused.value).rstrip(".").rpartition(".")[2])
    for annotation in (container, container | None):
        handler.__annotations__["return"] = annotation
        with pytest.raises(TypeError, match=advice):
            with_background(fixed)(handler)


# What `with_background` does on Ravyn's handlers

ran: list[str] = []
fixed = BackgroundTask(ran.append, "fixed")


def sync(name: str) -> dict[str, str]:
    return {"hello": name}


async def injected(name: str, background_tasks: BackgroundTasks) -> dict[str, str]:
    background_tasks.add_task(ran.append, "added")
    return {"hello": name}


async def answering(name: str, background_tasks: BackgroundTasks) -> JSONResponse:
    background_tasks.add_task(ran.append, "added")
    return JSONResponse({"hello": name}, background=BackgroundTask(ran.append, "own"))


HANDLERS: list[tuple[Any, list[str]]] = [
    (with_background(fixed)(sync), ["fixed"]),
    (with_background(fixed)(injected), ["fixed", "added"]),
    (with_background(fixed)(answering), ["own", "added"]),
]


@pytest.mark.parametrize(("handler", "expected"), HANDLERS)
def test_tasks_run_and_the_answer_is_the_handler_s(
    handler: Any, expected: list[str], make_client: MakeClient
) -> None:
    ran.clear()
    app = ravyn.Ravyn(routes=[ravyn.Gateway(handler=ravyn.get("/{name}")(handler))])

    assert make_client(app).get("/ada").json() == {"hello": "ada"}

    assert ran == expected


def test_data_is_answered_with_200_whatever_the_route_s_status(make_client: MakeClient) -> None:
    route = ravyn.post("/{name}")(with_background(fixed)(sync))
    app = ravyn.Ravyn(routes=[ravyn.Gateway(handler=route)])

    assert make_client(app).post("/ada").status_code == 200


async def queues() -> None:
    current_tasks().add_task(ran.append, "queued")


@pytest.mark.parametrize("inside", [False, True])
def test_the_middleware_around_an_app_and_in_it(inside: bool, make_client: MakeClient) -> None:
    ran.clear()
    defined: Any = DefineMiddleware  # of which pyright finds no call right
    middleware = [defined(BackgroundTasksMiddleware)] if inside else []
    routes = [ravyn.Gateway(handler=ravyn.get("/")(queues))]
    app: Any = ravyn.Ravyn(routes=routes, middleware=middleware)

    make_client(app if inside else BackgroundTasksMiddleware(app)).get("/")

    assert ran == ["queued"]
