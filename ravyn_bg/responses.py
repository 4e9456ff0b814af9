"""Every name of `ravyn.responses`, each Lilya's class."""

from lilya.responses import (
    CSVResponse,
    Error,
    EventStreamResponse,
    FileResponse,
    HTMLResponse,
    ImageResponse,
    JSONResponse,
    NDJSONResponse,
    PlainText,
    RedirectResponse,
    Response,
    StreamingResponse,
    TemplateResponse,
    XMLResponse,
)
from lilya.responses import Response as LilyaResponse

__all__ = [
    "CSVResponse",
    "Error",
    "EventStreamResponse",
    "FileResponse",
    "HTMLResponse",
    "ImageResponse",
    "JSONResponse",
    "LilyaResponse",
    "NDJSONResponse",
    "PlainText",
    "RedirectResponse",
    "Response",
    "StreamingResponse",
    "TemplateResponse",
    "XMLResponse",
]
