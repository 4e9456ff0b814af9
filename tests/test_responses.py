"""Tasks run behind every response of Lilya's, and in a Ravyn app wherever Ravyn takes Lilya's."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import lilya.responses
import pytest
import ravyn
import ravyn.background
import ravyn.core.datastructures
from jinja2 import Template as JinjaTemplate
from lilya.contrib.responses.shortcuts import redirect
from lilya.responses import Response, make_response
from lilya.types import Message, Receive, Scope, Send
from pydantic import ValidationError
from ravyn import Gateway, JSONResponse, Ravyn

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.conftest import MakeClient

RESPONSES = dict.fromkeys(
    each
    for each in vars(lilya.responses).values()
    if inspect.isclass(each) and issubclass(each, Response)
)

# Every other class takes any content.
CONTENT: dict[str, Any] = {
    "CSVResponse": {"content": [{"drink": "latte"}]},
    "DispositionResponse": {"content": "latte", "filename": "order.txt"},
    "EventStreamResponse": {"content": [{"event": "order", "data": "latte"}]},
    "FileResponse": {"path": __file__},
    "MessagePackResponse": {"content": None},  # which needs no `msgpack`
    "NDJSONResponse": {"content": [{"drink": "latte"}]},
    "RedirectResponse": {"url": "/elsewhere"},
    "SimpleFileResponse": {"content": __file__},
    "StreamingResponse": {"content": iter([b"lat", b"te"])},
    "TemplateResponse": {"template": JinjaTemplate("latte"), "context": {}},
    "YAMLResponse": {"content": None},  # which needs no `yaml`
}


class Sent:
    """What was sent and what ran, in this order."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def note(self, event: str) -> None:
        self.events.append(event)

    def app_for(self, response: Any) -> Any:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            async def send_noted(message: Message) -> None:
                await send(message)
                self.note("more" if message.get("more_body") else message["type"])

            await response(scope, receive, send_noted)

        return app


@pytest.fixture
def sent() -> Sent:
    return Sent()


def test_every_class_that_the_guide_knows_is_tried() -> None:
    assert {"JSONResponse", "FileResponse", "TemplateResponse", "StreamingResponse"} <= {
        each.__name__ for each in RESPONSES
    }


@pytest.mark.parametrize("response", RESPONSES, ids=lambda each: each.__name__)
def test_tasks_run_after_a_response_of_every_class(
    response: Any, make_client: MakeClient, sent: Sent
) -> None:
    tasks = BackgroundTasks([BackgroundTask(sent.note, "first")])
    tasks.add_task(sent.note, "second")
    given = CONTENT.get(response.__name__, {"content": "latte"})

    client = make_client(sent.app_for(response(**given, background=tasks)))
    answer = client.get("/", follow_redirects=False)

    assert answer.status_code < 400
    assert sent.events[0] == "http.response.start"
    assert sent.events[-3:] == ["http.response.body", "first", "second"]


def test_a_single_task_runs_after_the_response(make_client: MakeClient, sent: Sent) -> None:
    response = lilya.responses.JSONResponse({}, background=BackgroundTask(sent.note, "task"))

    make_client(sent.app_for(response)).get("/")

    assert sent.events == ["http.response.start", "http.response.body", "task"]


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_no_task_runs_after_head_or_options(
    method: str, make_client: MakeClient, sent: Sent
) -> None:
    response = Response("latte", background=BackgroundTask(sent.note, "task"))

    make_client(sent.app_for(response)).request(method, "/")

    assert "task" not in sent.events


def test_the_functions_that_make_responses_take_tasks(make_client: MakeClient, sent: Sent) -> None:
    task = BackgroundTask(sent.note, "task")

    for response in (make_response("latte", background=task), redirect("/", background=task)):
        make_client(sent.app_for(response)).get("/", follow_redirects=False)

    assert sent.events.count("task") == 2


# Its decorators have no types, and its route takes a task of its own class only, says its hint.
get: Any = ravyn.get
post: Any = ravyn.post


def test_ravyn_runs_the_tasks_of_its_json_response(make_client: MakeClient, sent: Sent) -> None:
    async def alone() -> JSONResponse:
        return JSONResponse({"drink": "latte"}, background=BackgroundTask(sent.note, "alone"))

    async def several() -> JSONResponse:
        tasks = BackgroundTasks()
        tasks.add_task(sent.note, "first")
        tasks.add_task(sent.note, "second")
        return JSONResponse({"drink": "latte"}, background=tasks)

    handlers = [get("/alone")(alone), post("/several")(several)]
    app = Ravyn(routes=[Gateway(handler=each) for each in handlers])
    client = make_client(sent.app_for(app))

    assert client.get("/alone").json() == {"drink": "latte"}
    assert sent.events == ["http.response.start", "http.response.body", "alone"]
    assert client.post("/several").json() == {"drink": "latte"}
    assert sent.events[-2:] == ["first", "second"]


def test_ravyn_runs_the_tasks_of_a_route_after_every_response(
    make_client: MakeClient, sent: Sent
) -> None:
    async def order() -> dict[str, str]:
        return {"drink": "latte"}

    tasks = BackgroundTasks([BackgroundTask(sent.note, each) for each in ("first", "second")])
    handlers = [
        get("/alone", background=BackgroundTask(sent.note, "alone"))(order),
        post("/several", background=tasks)(order),
    ]
    app = Ravyn(routes=[Gateway(handler=each) for each in handlers])
    client = make_client(sent.app_for(app))

    for _ in range(2):
        sent.events.clear()
        assert client.get("/alone").json() == {"drink": "latte"}
        assert sent.events == ["http.response.start", "http.response.body", "alone"]
    for _ in range(2):
        sent.events.clear()
        assert client.post("/several").json() == {"drink": "latte"}
        assert sent.events[-3:] == ["http.response.body", "first", "second"]


CONTAINERS: dict[str, dict[str, Any]] = {
    "Template": {"name": "order.html"},
    "Redirect": {"path": "/elsewhere"},
    "File": {"path": Path(__file__), "filename": "order.txt"},
    "Stream": {"iterator": iter([b"latte"])},
    "JSON": {"content": {"drink": "latte"}},
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_ravyns_containers_insist_on_ravyns_own_classes(name: str) -> None:
    container = getattr(ravyn.core.datastructures, name)
    given = CONTAINERS[name]

    for task in (BackgroundTask(print), BackgroundTasks()):
        with pytest.raises(ValidationError, match="BackgroundTask"):
            container(**given, background=task)
    container(**given, background=ravyn.background.BackgroundTask(print))
