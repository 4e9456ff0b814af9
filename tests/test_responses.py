"""Tasks run behind every class of response, and in a Ravyn app wherever Ravyn takes Lilya's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import ravyn
import ravyn.background
import ravyn.core.datastructures
from jinja2 import Template as JinjaTemplate
from lilya.contrib.responses.shortcuts import redirect
from lilya.responses import Response, make_response
from pydantic import ValidationError
from ravyn import Gateway, JSONResponse, Ravyn

import ravyn_bg.responses
from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.conftest import MakeClient, noted

START, BODY = "http.response.start", "http.response.body"
RESPONSES = {each: getattr(ravyn_bg.responses, each) for each in ravyn_bg.responses.__all__}
# Every other class takes any content.
CONTENT: dict[str, dict[str, Any]] = {
    "CSVResponse": {"content": [{"drink": "latte"}]},
    "EventStreamResponse": {"content": [{"event": "order", "data": "latte"}]},
    "FileResponse": {"path": __file__},
    "ImageResponse": {"content": __file__},
    "NDJSONResponse": {"content": [{"drink": "latte"}]},
    "RedirectResponse": {"url": "/elsewhere"},
    "StreamingResponse": {"content": iter([b"lat", b"te"])},
    "TemplateResponse": {"template": JinjaTemplate("latte"), "context": {}},
}


@pytest.mark.parametrize("name", RESPONSES)
def test_tasks_run_after_a_response_of_every_class(name: str, make_client: MakeClient) -> None:
    events: list[str] = []
    tasks = BackgroundTasks([BackgroundTask(events.append, each) for each in ("first", "second")])
    given = CONTENT.get(name, {"content": "latte"})

    client = make_client(noted(RESPONSES[name](**given, background=tasks), events))
    answer = client.get("/", follow_redirects=False)

    assert answer.status_code < 400
    assert events[0] == START
    assert events[-3:] == [BODY, "first", "second"]


@pytest.mark.parametrize(("method", "times"), [("GET", 3), ("HEAD", 0), ("OPTIONS", 0)])
def test_a_single_task_runs_but_not_after_head_or_options(
    method: str, times: int, make_client: MakeClient
) -> None:
    events: list[str] = []
    task = BackgroundTask(events.append, "task")
    made = [make_response("latte", background=task), redirect("/", background=task)]

    for response in [Response("latte", background=task), *made]:
        make_client(noted(response, events)).request(method, "/", follow_redirects=False)

    assert events.count("task") == times


get: Any = ravyn.get  # which has no types, and takes a task of its own class only, says its hint


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

    async def order_with_task() -> JSONResponse:
        return JSONResponse({"drink": "latte"}, background=task)

    handler = get("/", background=task)(order) if of_route else get("/")(order_with_task)
    client = make_client(noted(Ravyn(routes=[Gateway(handler=handler)]), events))

    for _ in range(2):  # the same tasks, after every response
        events.clear()
        assert client.get("/").json() == {"drink": "latte"}
        assert events == [START, BODY, *names]


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

    for task in (BackgroundTask(print), BackgroundTasks()):
        with pytest.raises(ValidationError, match="BackgroundTask"):
            container(**CONTAINERS[name], background=task)
    container(**CONTAINERS[name], background=ravyn.background.BackgroundTask(print))
