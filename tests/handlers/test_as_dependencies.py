"""A decorated function that is a dependency: no response carries its tasks, and that is told."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from lilya.apps import Lilya
from lilya.dependencies import Depends, Provide, Provides, Resolve, inject
from lilya.routing import Path

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.conftest import MakeClient
from tests.handlers.conftest import Written


@pytest.mark.parametrize("kind", ["Provide", "Resolve", "Depends"])
def test_its_tasks_are_told(
    kind: str, written: Written, make_client: MakeClient, ran: list[str], told: list[str]
) -> None:
    @with_background(BackgroundTask(ran.extend, ["fixed"]))
    @written
    def audit(background_tasks: BackgroundTasks) -> str:
        background_tasks.add_task(ran.append, "audited")
        return "audited"

    defaults: dict[str, Any] = {
        "Provide": Provides(),
        "Resolve": Resolve(audit),
        "Depends": Depends(audit),
    }

    async def handler(given: Any = defaults[kind]) -> str:
        return type(given).__name__

    route = inject(handler) if kind == "Depends" else handler
    provided = {"given": Provide(audit)} if kind == "Provide" else {}
    path = Path("/", route, dependencies=provided)

    assert make_client(Lilya(routes=[path])).get("/").status_code == 200
    gc.collect()

    assert ran == []
    never_ran = "WARNING: Background task list.{} never ran"
    assert sorted(told) == [never_ran.format("append"), never_ran.format("extend")]
