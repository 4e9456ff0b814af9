"""Whatever a handler returns is sent as Lilya sends it without the decorator, byte for byte."""

from __future__ import annotations

import datetime
import decimal
import io
import pathlib
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jinja2
import pydantic
import pytest
from lilya import responses
from lilya.apps import Lilya
from lilya.encoders import Encoder, register_encoder
from lilya.responses import PlainText, Response
from lilya.routing import Path
from lilya.types import Message
from starlette.responses import FileResponse as StarletteFile
from typing_extensions import Self

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.conftest import MakeClient

HERE = pathlib.Path(__file__)


@dataclass
class Point:
    x: int
    y: int


class Model(pydantic.BaseModel):
    name: str
    when: datetime.date = datetime.date(2026, 1, 2)


class Celsius:
    degrees = 21


class CelsiusEncoder(Encoder[Celsius]):
    __type__ = Celsius

    def serialize(self, value: Celsius) -> str:
        return f"{value.degrees} °C"


register_encoder(CelsiusEncoder)


def chunks() -> Iterator[str]:
    yield from ("first ", "second")


async def chunks_in_time() -> AsyncIterator[bytes]:
    yield b"first "
    yield b"second"


async def content_in_time() -> str:
    return "in time"


async def application(scope: Any, receive: Any, send: Any) -> None:
    await PlainText("an application", status_code=203)(scope, receive, send)


class Application:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await application(scope, receive, send)


class NotToBeCopied(PlainText):
    def __new__(cls, content: str) -> Self:
        return super().__new__(cls)


class TakesNoTasks(PlainText):
    @property
    def background(self) -> None:
        return None

    @background.setter
    def background(self, task: Any) -> None:
        if task is not None:
            raise AttributeError(task)


def with_cookies() -> Response:
    response = responses.JSONResponse({"a": 1}, status_code=201, headers={"x-one": "1"})
    response.set_cookie("session", "abc", httponly=True)
    response.set_cookie("theme", "dark")
    response.headers.add("x-two", "2")
    return response


ROWS = [{"a": 1, "b": "one"}, {"a": 2, "b": "two"}]
EVENTS: list[dict[str, Any]] = [{"event": "tick", "data": {"n": 1}}, {"id": 2, "data": "two"}]

ANSWERS: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "an int": lambda: 7,
    "a float": lambda: 1.5,
    "a str": lambda: "text — with ünicode",
    "an empty str": lambda: "",
    "a str that is JSON": lambda: '{"a": 1}',
    "bytes": lambda: b"bytes",
    "a dict": lambda: {"a": {"b": [1, None, "ü"]}},
    "a dict with keys that are one in JSON": lambda: {1: "a", "1": "b"},
    "a set": lambda: {1},
    "a generator": lambda: (n for n in range(3)),
    "a dataclass": lambda: Point(1, 2),
    "pydantic models": lambda: {"models": [Model(name="a")]},
    "something with an encoder of its own": lambda: [Celsius()],
    "a date": lambda: datetime.datetime(2026, 1, 2, 3, 4, 5),
    "a uuid": lambda: uuid.UUID(int=1),
    "Response": lambda: Response("hello", media_type="text/x-own"),
    "Response 204": lambda: Response(status_code=204),
    "Response 304": lambda: Response(status_code=304, headers={"etag": "a"}),
    "Response with content in time": lambda: PlainText(content_in_time()),
    "Response with cookies": with_cookies,
    "a response that cannot be copied": lambda: NotToBeCopied("hello"),
    "a response that takes no tasks": lambda: TakesNoTasks("hello"),
    "JSONResponse": lambda: responses.JSONResponse({"a": 1}, status_code=202),
    "JSONResponse with an encoder": lambda: responses.JSONResponse(
        Celsius(), encoders=[CelsiusEncoder]
    ),
    "Ok": lambda: responses.Ok({"a": 1}),
    "make_response": lambda: responses.make_response([1], status_code=201, headers={"x-one": "1"}),
    "RedirectResponse": lambda: responses.RedirectResponse("/elsewhere?a=ü"),
    "StreamingResponse": lambda: responses.StreamingResponse(chunks(), media_type="text/plain"),
    "StreamingResponse in time": lambda: responses.StreamingResponse(
        chunks_in_time(), status_code=206
    ),
    "EventStreamResponse": lambda: responses.EventStreamResponse(EVENTS, ping_interval=0, retry=5),
    "FileResponse of the part asked for": lambda: responses.FileResponse(
        HERE, filename="ünicode.py"
    ),
    "FileResponse of the whole": lambda: responses.FileResponse(HERE, allow_range_requests=False),
    "SimpleFileResponse": lambda: responses.SimpleFileResponse(
        io.BytesIO(b"abc"), filename="a.bin"
    ),
    "ImageResponse": lambda: responses.ImageResponse(b"GIF89a", media_type="image/gif"),
    "TemplateResponse": lambda: responses.TemplateResponse(
        jinja2.Template("Hello {{ name }}"), context={"name": "you"}
    ),
    "CSVResponse": lambda: responses.CSVResponse(ROWS),
    "XMLResponse": lambda: responses.XMLResponse({"a": [1, 2]}),
    "an ASGI function": lambda: application,
    "an ASGI object": lambda: Application(),
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


def test_what_cannot_be_sent_raises_alike(make_client: MakeClient) -> None:
    async def handler() -> Any:
        return decimal.Context()

    decorated = with_background(BackgroundTask(print))(handler)
    with pytest.raises(ValueError, match="is not JSON serializable") as plain:
        sent(handler, "GET", make_client)
    with pytest.raises(ValueError, match="is not JSON serializable") as behind:
        sent(decorated, "GET", make_client)

    assert str(behind.value) == str(plain.value)


def sent(handler: Any, method: str, make_client: MakeClient) -> list[dict[str, Any]]:
    """Each message that the server is sent for one request, with its headers as bytes."""
    app = Lilya(routes=[Path("/", handler, methods=["GET", "POST"])])
    messages: list[dict[str, Any]] = []

    async def listening(scope: Any, receive: Any, send: Any) -> None:
        async def telling(message: Message) -> None:
            messages.append({**message, "headers": [*message.get("headers", [])]})
            await send(message)

        await app(scope, receive, telling)

    client = make_client(listening, follow_redirects=False)
    client.request(method, "/", headers={"range": "bytes=0-9"})
    return messages
