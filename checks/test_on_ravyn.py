"""`with_background` on Ravyn's handlers."""

# No `from __future__ import annotations`: Ravyn 0.4.3 goes by annotations that are no strings.

from typing import Any

import pytest
import ravyn

from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse, with_background
from tests.conftest import MakeClient

ran: list[str] = []
fixed = BackgroundTask(ran.append, "fixed")


def sync(name: str) -> dict[str, str]:
    return {"hello": name}


async def plain(name: str) -> dict[str, str]:
    return {"hello": name}


def sync_injected(name: str, background_tasks: BackgroundTasks) -> dict[str, str]:
    background_tasks.add_task(ran.append, "added")
    return {"hello": name}


async def injected(name: str, background_tasks: BackgroundTasks) -> dict[str, str]:
    background_tasks.add_task(ran.append, "added")
    return {"hello": name}


async def answering(name: str, background_tasks: BackgroundTasks) -> JSONResponse:
    background_tasks.add_task(ran.append, "added")
    return JSONResponse({"hello": name}, background=BackgroundTask(ran.append, "own"))


HANDLERS: list[tuple[Any, list[str]]] = [
    (with_background(fixed)(sync), ["fixed"]),
    (with_background(fixed)(plain), ["fixed"]),
    (with_background(sync_injected), ["added"]),
    (with_background(injected), ["added"]),
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
    route = ravyn.post("/{name}")(with_background(fixed)(plain))
    app = ravyn.Ravyn(routes=[ravyn.Gateway(handler=route)])

    assert make_client(app).post("/ada").status_code == 200
