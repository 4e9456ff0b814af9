"""Tasks run behind every class of response."""

from __future__ import annotations

from typing import Any

import pytest
from jinja2 import Template as JinjaTemplate

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
