"""The names: what is public, where each comes from, and what is said of names that are not here."""

from __future__ import annotations

import pydoc
import re
import subprocess
import sys

import lilya.requests
import lilya.responses
import pytest

import ravyn_bg
import ravyn_bg.background
import ravyn_bg.responses
import ravyn_bg.types

CLASSES = {
    "BackgroundTask": ravyn_bg.background.BackgroundTask,
    "BackgroundTasks": ravyn_bg.background.BackgroundTasks,
    "Task": ravyn_bg.background.BackgroundTask,
    "Tasks": ravyn_bg.background.BackgroundTasks,
}
RESPONSES = {
    each: getattr(lilya.responses, each.removeprefix("Lilya"))
    for each in ravyn_bg.responses.__all__
}
PUBLIC = {
    **CLASSES,
    **{each: RESPONSES[each] for each in ("JSONResponse", "Response", "TemplateResponse")},
    "BackgroundTaskType": ravyn_bg.types.BackgroundTaskType,
    "Request": lilya.requests.Request,
    "with_background": ravyn_bg.with_background,
}


def test_the_public_names_are_these() -> None:
    imported: dict[str, object] = {}
    exec("from ravyn_bg import *", imported)

    assert {*ravyn_bg.__all__} == PUBLIC.keys()
    assert {*dir(ravyn_bg)} == {*PUBLIC, "__version__", "background", "types"}
    assert {name: imported[name] for name in PUBLIC} == PUBLIC


def test_the_modules_stand_in_for_those_of_ravyn_and_lilya() -> None:
    for module, names in ((ravyn_bg.background, CLASSES), (ravyn_bg.responses, RESPONSES)):
        assert {each: getattr(module, each) for each in module.__all__} == names
    assert ravyn_bg.types.__all__ == ["BackgroundTaskType"]


INSTEAD = {
    "get": "@app.get(...) of a lilya.apps.Lilya",
    "Ravyn": "lilya.apps.Lilya",
    "ChildRavyn": "lilya.apps.ChildLilya",
    "Gateway": "lilya.routing.Path",
    "WebSocketGateway": "lilya.routing.WebSocketPath",
    "Inject": "lilya.dependencies.Provide",
    "Injects": "lilya.dependencies.Provides",
    "HTMLResponse": "ravyn_bg.responses.HTMLResponse",
}
SAME_NAME = ["context.Context", "controllers.Controller", "params.Cookie", "websockets.WebSocket"]
SAME_NAME += ["datastructures.UploadFile", "exceptions.HTTPException", "routing.Include"]
INSTEAD |= {each.partition(".")[2]: f"lilya.{each}" for each in SAME_NAME}


@pytest.mark.parametrize("name", INSTEAD)
def test_a_name_that_people_import_from_ravyn_says_what_to_use(name: str) -> None:
    instead = INSTEAD[name]
    message = f"has no {name!r}: it ends at background tasks. Use {instead} instead."

    with pytest.raises(ImportError, match=re.escape(message)) as refused:
        exec(f"from ravyn_bg import {name}")

    assert refused.value.name == "ravyn_bg"
    assert pydoc.locate(instead.rpartition(" ")[2]) is not None


@pytest.mark.parametrize("name", ["no_such_name", "inspect", "Ok", "__no_such_name__"])
def test_a_name_that_nothing_has_is_an_ordinary_error(name: str) -> None:
    with pytest.raises(ImportError, match=f"cannot import name '{name}'"):
        exec(f"from ravyn_bg import {name}")
    with pytest.raises(AttributeError, match=f"no attribute '{name}'"):
        getattr(ravyn_bg, name)


def test_nothing_is_loaded_that_only_tests_or_a_type_checker_need() -> None:
    program = "import sys, ravyn_bg, ravyn_bg.responses; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", program], text=True).split()

    assert "ravyn_bg.background" in loaded
    assert {"ravyn_bg.testing", "ravyn_bg.mypy", "mypy"}.isdisjoint(loaded)
