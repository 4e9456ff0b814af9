"""Whatever a handler returns is sent as Lilya sends it without the decorator, byte for byte."""

from __future__ import annotations

import dataclasses
import datetime
import pathlib
import pickle
from collections.abc import AsyncIterator, Callable
from typing import Any

import jinja2
import pydantic
import pytest
from lilya import responses
from lilya.apps import Lilya
from lilya.responses import PlainText, Response
from lilya.routing import Path
from lilya.types import Message
from starlette.responses import FileResponse as StarletteFile

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.conftest import MakeClient
from tests.handlers.conftest import NotToBeCopied

HERE = pathlib.Path(__file__)


class Model(pydantic.BaseModel):
    when: datetime.date = datetime.date(2026, 1, 2)


async def chunks() -> AsyncIterator[bytes]:
    yield b"first "
    yield b"second"


async def content() -> str:
    return "in time"


async def application(scope: Any, receive: Any, send: Any) -> None:
    await PlainText("an application", status_code=203)(scope, receive, send)


class TakesNoTasks(PlainText):
    def __setattr__(self, name: str, value: Any) -> None:
        if name == "background" and value is not None:
            raise AttributeError(name)
        super().__setattr__(name, value)


def with_cookies() -> Response:
    response = responses.JSONResponse({"a": 1}, status_code=201, headers={"x-one": "1"})
    response.set_cookie("session", "abc", httponly=True)
    response.set_cookie("theme", "dark")
    return response


@dataclasses.dataclass
class Theme:
    background: str = "blue"

    def __call__(self) -> None: ...


EVENTS: list[dict[str, Any]] = [{"event": "tick", "data": {"n": 1}}, {"id": 2, "data": "two"}]
TEMPLATE = jinja2.Template("Hello {{ name }}")

ANSWERS: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "data that has a background and can be called": Theme,
    "a str": lambda: "text — with ünicode",
    "a str that is JSON": lambda: '{"a": 1}',
    "bytes": lambda: b"bytes",
    "a dict with keys that are one in JSON": lambda: {1: "a", "1": [1.5, None, "ü"]},
    "a generator": lambda: (n for n in range(3)),
    "what encoders know": lambda: [{"model": Model()}, {1}, HERE],
    "Response": lambda: Response("hello", media_type="text/x-own"),
    "Response 304": lambda: Response(status_code=304, headers={"etag": "a"}),
    "Response with content in time": lambda: PlainText(content()),
    "Response with cookies": with_cookies,
    "a response that cannot be copied": lambda: NotToBeCopied("hello"),
    "a response that takes no tasks": lambda: TakesNoTasks("hello"),
    "make_response": lambda: responses.make_response([1], status_code=201, headers={"x-one": "1"}),
    "RedirectResponse": lambda: responses.RedirectResponse("/elsewhere?a=ü"),
    "StreamingResponse": lambda: responses.StreamingResponse(chunks(), status_code=206),
    "EventStreamResponse": lambda: responses.EventStreamResponse(EVENTS, ping_interval=0, retry=5),
    "FileResponse of the part asked for": lambda: responses.FileResponse(HERE, filename="ü.py"),
    "TemplateResponse": lambda: responses.TemplateResponse(TEMPLATE, context={"name": "you"}),
    "an ASGI function": lambda: application,
    "an ASGI app of Lilya": lambda: Lilya(routes=[Path("/", lambda: "inner")]),
    "a Starlette file": lambda: StarletteFile(HERE),
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("tasks", ["fixed", "added"])
def test_the_answer_is_that_of_the_handler(
    tasks: str, method: str, answer: str, make_client: MakeClient, ran: list[str]
) -> None:
    async def handler() -> Any:
        return ANSWERS[answer]()

    def adding(background_tasks: BackgroundTasks) -> Any:
        background_tasks.add_task(ran.append, "added")
        return ANSWERS[answer]()

    fixed = with_background(BackgroundTask(ran.append, "fixed"))
    decorated: Any = fixed(handler) if tasks == "fixed" else with_background(adding)

    assert sent(decorated, method, make_client) == sent(handler, method, make_client)

    # On `HEAD` it is each response class of Lilya's that decides.
    assert ran == [tasks] or method == "HEAD"


class NeedsArguments(Response):
    def __init_subclass__(cls, wanted: str) -> None: ...


@pytest.mark.parametrize("kind", [Response, responses.JSONResponse, NeedsArguments])
def test_the_response_is_the_very_one_that_was_returned(kind: type[Response]) -> None:
    response = kind("hello")
    before = {**vars(response)}

    decorated: Any = with_background(BackgroundTask(print))(lambda: response)
    answer = decorated()

    assert answer is response
    assert {name for name, each in vars(answer).items() if each is not before[name]} == {
        "background"
    }
    assert type(pickle.loads(pickle.dumps(answer))) is kind


def test_what_cannot_be_sent_raises_alike(make_client: MakeClient) -> None:
    async def handler() -> Any:
        return object()

    for each in (handler, with_background(BackgroundTask(print))(handler)):
        with pytest.raises(ValueError, match="type 'object' is not JSON serializable"):
            sent(each, "GET", make_client)


def sent(handler: Any, method: str, make_client: MakeClient) -> list[dict[str, Any]]:
    """Each message that the server is sent for one request, with its headers as bytes."""
    app = Lilya(routes=[Path("/", handler)])
    messages: list[dict[str, Any]] = []

    async def listening(scope: Any, receive: Any, send: Any) -> None:
        async def telling(message: Message) -> None:
            messages.append({**message, "headers": [*message.get("headers", [])]})
            await send(message)

        await app(scope, receive, telling)

    client = make_client(listening, follow_redirects=False)
    client.request(method, "/", headers={"range": "bytes=0-9"})
    return messages
