"""The names: what is public, where each comes from, and what is said of names that are not here."""

from __future__ import annotations

import pydoc
import re
import subprocess
import sys
from typing import Any

import lilya.background
import lilya.requests
import lilya.responses
import pytest
import ravyn
import ravyn.responses
from lilya.apps import Lilya

import ravyn_bg
import ravyn_bg.background
import ravyn_bg.responses
import ravyn_bg.types

PUBLIC = {
    "BackgroundTask",
    "BackgroundTaskType",
    "BackgroundTasks",
    "JSONResponse",
    "Request",
    "Response",
    "Task",
    "Tasks",
    "TemplateResponse",
    "with_background",
}

ROUTING = sorted({*ravyn.__all__} - PUBLIC)


def test_the_public_names_are_these() -> None:
    assert {*ravyn_bg.__all__} == PUBLIC
    assert {*dir(ravyn_bg)} >= PUBLIC
    assert {each for each in dir(ravyn_bg) if hasattr(ravyn_bg, each)} >= PUBLIC


def test_every_public_name_can_be_imported() -> None:
    imported: dict[str, Any] = {}

    exec("from ravyn_bg import *", imported)

    assert imported.keys() >= PUBLIC


@pytest.mark.parametrize(
    ("ours", "lilyas"),
    [
        (ravyn_bg.Task, ravyn_bg.BackgroundTask),
        (ravyn_bg.Tasks, ravyn_bg.BackgroundTasks),
        (ravyn_bg.Request, lilya.requests.Request),
        (ravyn_bg.Response, lilya.responses.Response),
        (ravyn_bg.JSONResponse, lilya.responses.JSONResponse),
        (ravyn_bg.TemplateResponse, lilya.responses.TemplateResponse),
    ],
)
def test_what_is_lilyas_is_the_same_object(ours: object, lilyas: object) -> None:
    assert ours is lilyas


def test_the_module_background_stands_in_for_the_one_of_ravyn_and_of_lilya() -> None:
    names = ["BackgroundTask", "BackgroundTasks", "Task", "Tasks"]

    assert ravyn_bg.background.__all__ == names
    for each in names:
        assert getattr(ravyn_bg.background, each) is getattr(ravyn_bg, each)


def test_the_module_types_has_the_background_task_type() -> None:
    assert ravyn_bg.types.__all__ == ["BackgroundTaskType"]
    assert ravyn_bg.types.BackgroundTaskType is ravyn_bg.BackgroundTaskType
    assert ravyn_bg.BackgroundTaskType == ravyn_bg.BackgroundTask | ravyn_bg.BackgroundTasks


def test_the_module_responses_has_exactly_the_names_of_ravyns() -> None:
    assert {*ravyn_bg.responses.__all__} == {*ravyn.responses.__all__}
    assert len({*ravyn_bg.responses.__all__}) == len(ravyn_bg.responses.__all__)


@pytest.mark.parametrize("name", ravyn_bg.responses.__all__)
def test_each_response_is_lilyas_class(name: str) -> None:
    lilyas = "Response" if name == "LilyaResponse" else name

    assert getattr(ravyn_bg.responses, name) is getattr(lilya.responses, lilyas)


def test_there_are_names_of_ravyn_that_are_not_here() -> None:
    assert {"Ravyn", "post", "get", "Gateway", "Inject", "Include"} <= {*ROUTING}


@pytest.mark.parametrize("name", ROUTING)
def test_a_name_of_ravyn_that_is_not_here_says_where_the_package_ends_and_what_to_use(
    name: str,
) -> None:
    with pytest.raises(ImportError, match="it ends at background tasks") as refused:
        exec(f"from ravyn_bg import {name}")

    assert refused.value.name == "ravyn_bg"
    message = str(refused.value)
    assert f"ravyn_bg has no {name!r}: " in message
    assert re.search(r"Use .+ instead\.$|Lilya has no counterpart\.$", message)
    for counterpart in re.findall(r"\blilya(?:\.\w+)+", message):
        assert pydoc.locate(counterpart) is not None, counterpart
    for method in re.findall(r"\bapp\.(\w+)\(", message):
        assert callable(getattr(Lilya, method))


def test_what_lilya_has_under_the_same_name_is_named() -> None:
    """A name that Lilya has as well, in the module that it is named after, is what is named."""
    for name, module in {
        "Include": "routing",
        "Host": "routing",
        "Router": "routing",
        "Path": "routing",
        "Controller": "controllers",
        "Context": "context",
        "UploadFile": "datastructures",
        "HTTPException": "exceptions",
        "Cookie": "params",
        "Header": "params",
        "Query": "params",
        "WebSocket": "websockets",
    }.items():
        with pytest.raises(ImportError, match=re.escape(f"Use lilya.{module}.{name} instead.")):
            getattr(ravyn_bg, name)


def test_a_name_that_nothing_has_is_an_ordinary_import_error() -> None:
    with pytest.raises(ImportError, match="cannot import name 'no_such_name'"):
        exec("from ravyn_bg import no_such_name")
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        getattr(ravyn_bg, "no_such_name")  # noqa: B009  # what a type checker would refuse
    assert not hasattr(ravyn_bg, "__no_such_name__")


LOADED = """
import sys
{statement}
print([each for each in {modules} if each in sys.modules])
"""


def loaded_by(statement: str, *modules: str) -> str:
    """Which of these modules are loaded once the statement has run in a new interpreter."""
    program = LOADED.format(statement=statement, modules=modules)
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_responses_and_requests_are_loaded_on_first_use() -> None:
    heavy = ("lilya.responses", "lilya.requests")

    assert loaded_by("import ravyn_bg", *heavy) == "[]"
    assert loaded_by("import ravyn_bg.background, ravyn_bg.types", *heavy) == "[]"
    assert loaded_by("from ravyn_bg import JSONResponse", *heavy[:1]) == "['lilya.responses']"
    assert loaded_by("from ravyn_bg import Request", *heavy[1:]) == "['lilya.requests']"


def test_running_a_task_loads_no_responses_or_requests() -> None:
    statement = "import anyio, ravyn_bg; anyio.run(ravyn_bg.BackgroundTask(int))"

    assert loaded_by(statement, "lilya.responses", "lilya.requests") == "[]"


def test_a_name_loaded_on_first_use_is_loaded_once() -> None:
    first = ravyn_bg.JSONResponse

    assert vars(ravyn_bg)["JSONResponse"] is first
