"""The names: what is public, where each comes from, and what is said of names that are not here."""

from __future__ import annotations

import pydoc
import re
import subprocess
import sys

import lilya.background
import lilya.requests
import lilya.responses
import pytest
import ravyn
import ravyn.responses

import ravyn_bg
import ravyn_bg.background
import ravyn_bg.responses
import ravyn_bg.types

PUBLIC = {
    "BackgroundTask": ravyn_bg.background.BackgroundTask,
    "BackgroundTaskType": ravyn_bg.types.BackgroundTaskType,
    "BackgroundTasks": ravyn_bg.background.BackgroundTasks,
    "JSONResponse": lilya.responses.JSONResponse,
    "Request": lilya.requests.Request,
    "Response": lilya.responses.Response,
    "Task": ravyn_bg.background.BackgroundTask,
    "Tasks": ravyn_bg.background.BackgroundTasks,
    "TemplateResponse": lilya.responses.TemplateResponse,
    "with_background": ravyn_bg.with_background,
}


def test_the_public_names_are_these() -> None:
    imported: dict[str, object] = {}
    exec("from ravyn_bg import *", imported)

    assert {*ravyn_bg.__all__} == PUBLIC.keys()
    assert {*dir(ravyn_bg)} == {*PUBLIC, "__version__", "background", "types"}
    assert {name: imported[name] for name in PUBLIC} == PUBLIC
    assert vars(ravyn_bg)["JSONResponse"] is PUBLIC["JSONResponse"]  # loaded once


def test_the_modules_stand_in_for_those_of_ravyn_and_lilya() -> None:
    names = ["BackgroundTask", "BackgroundTasks", "Task", "Tasks"]
    lilyas = {name: getattr(lilya.responses, name, None) for name in ravyn.responses.__all__}
    lilyas["LilyaResponse"] = lilya.responses.Response

    assert ravyn_bg.background.__all__ == names
    assert [getattr(ravyn_bg.background, each) for each in names] == [
        PUBLIC[each] for each in names
    ]
    assert issubclass(ravyn_bg.Task, lilya.background.Task)
    assert issubclass(ravyn_bg.Tasks, lilya.background.Tasks)
    assert ravyn_bg.types.__all__ == ["BackgroundTaskType"]
    assert sorted(ravyn_bg.responses.__all__) == sorted(lilyas)
    assert {name: getattr(ravyn_bg.responses, name) for name in lilyas} == lilyas


INSTEAD = {
    **{f"{each}": f"@app.{each}(...) of a lilya.apps.Lilya" for each in ("get", "post", "route")},
    "ChildRavyn": "lilya.apps.ChildLilya",
    "Context": "lilya.context.Context",
    "Controller": "lilya.controllers.Controller",
    "Cookie": "lilya.params.Cookie",
    "Gateway": "lilya.routing.Path",
    "HTMLResponse": "ravyn_bg.responses.HTMLResponse",
    "HTTPException": "lilya.exceptions.HTTPException",
    "Include": "lilya.routing.Include",
    "Inject": "lilya.dependencies.Provide",
    "Injects": "lilya.dependencies.Provides",
    "Query": "lilya.params.Query",
    "Ravyn": "lilya.apps.Lilya",
    "StreamingResponse": "ravyn_bg.responses.StreamingResponse",
    "UploadFile": "lilya.datastructures.UploadFile",
    "WebSocket": "lilya.websockets.WebSocket",
    "WebSocketGateway": "lilya.routing.WebSocketPath",
}


@pytest.mark.parametrize("name", INSTEAD)
def test_a_name_that_people_import_from_ravyn_says_what_to_use(name: str) -> None:
    instead = INSTEAD[name]
    message = f"has no {name!r}: it ends at background tasks. Use {instead} instead."

    with pytest.raises(ImportError, match=re.escape(message)) as refused:
        exec(f"from ravyn_bg import {name}")

    assert refused.value.name == "ravyn_bg"
    assert hasattr(ravyn, name) or hasattr(ravyn_bg.responses, name)
    assert pydoc.locate(instead.rpartition(" ")[2]) is not None


def test_a_name_that_nothing_has_is_an_ordinary_error() -> None:
    for name in ("no_such_name", "inspect", "Ok"):
        with pytest.raises(ImportError, match=f"cannot import name '{name}'"):
            exec(f"from ravyn_bg import {name}")
        with pytest.raises(AttributeError, match=f"no attribute '{name}'"):
            getattr(ravyn_bg, name)
    assert not hasattr(ravyn_bg, "__no_such_name__")


HEAVY = ["lilya.responses", "lilya.requests", "anyio.from_thread", "ravyn_bg.testing", "mypy"]
STATEMENTS = {
    "import ravyn_bg, ravyn_bg.background, ravyn_bg.types": [],
    "import anyio, ravyn_bg; anyio.run(ravyn_bg.BackgroundTask(int))": [],
    "from ravyn_bg import JSONResponse": ["lilya.responses"],
    "from ravyn_bg import Request": ["lilya.requests"],
}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_what_is_slow_to_load_is_loaded_on_first_use(statement: str) -> None:
    program = f"import sys; {statement}; print([each for each in {HEAVY} if each in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)

    loaded = done.stdout.decode()
    assert [each for each in HEAVY[:3] if each in loaded][:1] == STATEMENTS[statement][:1]
    assert "testing" not in loaded
    assert "mypy" not in loaded
