"""Each framework's response classes with a task, and an app that answers with one of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import litestar
import ravyn
import starlette.responses
from lilya.apps import Lilya
from lilya.requests import Request as LilyaRequest
from lilya.templating.jinja import Jinja2Template
from litestar.background_tasks import BackgroundTask as LitestarTask
from litestar.plugins.jinja import JinjaTemplateEngine as LitestarEngine
from litestar.response import File, Redirect, ServerSentEvent, Stream, Template
from litestar.template.config import TemplateConfig as LitestarTemplates
from ravyn.core import datastructures
from ravyn.core.config.template import TemplateConfig as RavynTemplates
from ravyn.template.jinja import JinjaTemplateEngine as RavynEngine
from starlette.applications import Starlette
from starlette.background import BackgroundTask as StarletteTask
from starlette.requests import Request as StarletteRequest
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from ravyn_bg import BackgroundTask, responses

Make = Callable[[Any, Any], Any]  # from a request and a task to a response

PAGES = Path(__file__).parent / "pages"
PAGE = PAGES / "page.html"

starlette_templates = Jinja2Templates(PAGES)
lilya_templates = Jinja2Template(directory=PAGES)

STARLETTE: dict[str, Make] = {
    "JSON": lambda _, task: starlette.responses.JSONResponse({}, background=task),
    "text": lambda _, task: starlette.responses.PlainTextResponse("", background=task),
    "HTML": lambda _, task: starlette.responses.HTMLResponse("", background=task),
    "redirect": lambda _, task: starlette.responses.RedirectResponse("/", background=task),
    "stream": lambda _, task: starlette.responses.StreamingResponse(iter("ab"), background=task),
    "file": lambda _, task: starlette.responses.FileResponse(PAGE, background=task),
    "events": lambda _, task: starlette.responses.StreamingResponse(
        iter(["data: 1\n\n"]), media_type="text/event-stream", background=task
    ),
    "template": lambda request, task: starlette_templates.TemplateResponse(
        request, "page.html", background=task
    ),
}
LITESTAR: dict[str, Make] = {
    "JSON": lambda _, task: litestar.Response({}, background=task),
    "text": lambda _, task: litestar.Response("", media_type="text/plain", background=task),
    "HTML": lambda _, task: litestar.Response("", media_type="text/html", background=task),
    "redirect": lambda _, task: Redirect("/", background=task),
    "stream": lambda _, task: Stream(iter("ab"), background=task),
    "file": lambda _, task: File(PAGE, background=task),
    "events": lambda _, task: ServerSentEvent(iter("ab"), background=task),
    "template": lambda _, task: Template("page.html", background=task),
}
RAVYN: dict[str, Make] = {
    "JSON": lambda _, task: ravyn.JSON({}, background=task),
    "text": lambda _, task: ravyn.responses.PlainText("", background=task),
    "HTML": lambda _, task: ravyn.responses.HTMLResponse("", background=task),
    "redirect": lambda _, task: ravyn.Redirect(path="/", background=task),
    "stream": lambda _, task: ravyn.Stream(iterator=iter("ab"), background=task),
    "file": lambda _, task: datastructures.File(path=PAGE, filename="page.html", background=task),
    "events": lambda _, task: ravyn.responses.EventStreamResponse(
        iter([{"data": "1"}]), background=task
    ),
    "template": lambda _, task: ravyn.Template(name="page.html", background=task),
}
OURS: dict[str, Make] = {
    "JSON": lambda _, task: responses.JSONResponse({}, background=task),
    "text": lambda _, task: responses.PlainText("", background=task),
    "HTML": lambda _, task: responses.HTMLResponse("", background=task),
    "redirect": lambda _, task: responses.RedirectResponse("/", background=task),
    "stream": lambda _, task: responses.StreamingResponse(iter("ab"), background=task),
    "file": lambda _, task: responses.FileResponse(PAGE, background=task),
    "events": lambda _, task: responses.EventStreamResponse(iter([{"data": "1"}]), background=task),
    "template": lambda request, task: lilya_templates.get_template_response(
        request, "page.html", background=task
    ),
}


def on_starlette(make: Make) -> Starlette:
    async def answer(request: StarletteRequest) -> Any:
        return make(request, StarletteTask(print, "ran"))

    return Starlette(routes=[Route("/", answer)])


def on_litestar(make: Make) -> litestar.Litestar:
    async def answer() -> Any:
        return make(None, LitestarTask(print, "ran"))

    return litestar.Litestar(
        [litestar.get("/")(answer)],
        template_config=LitestarTemplates(directory=PAGES, engine=LitestarEngine),
    )


def on_ravyn(make: Make) -> ravyn.Ravyn:
    engine: Any = RavynEngine  # which does not fit Ravyn's own protocol of an engine
    kind = type(make(None, None))
    status = 307 if kind is ravyn.Redirect else 200

    async def answer() -> Any:
        return make(None, ravyn.BackgroundTask(print, "ran"))

    answer.__annotations__["return"] = kind  # which Ravyn goes by
    return ravyn.Ravyn(
        routes=[ravyn.Gateway(handler=ravyn.get("/", status_code=status)(answer))],
        template_config=RavynTemplates(directory=PAGES, engine=engine),
    )


def on_lilya(make: Make) -> Lilya:
    app = Lilya()

    @app.get("/")
    async def answer(request: LilyaRequest) -> Any:
        return make(request, BackgroundTask(print, "ran"))

    return app


# In the order of the table's columns.
COLUMNS = [
    (on_starlette, STARLETTE),
    (on_litestar, LITESTAR),
    (on_ravyn, RAVYN),
    (on_lilya, OURS),
]
