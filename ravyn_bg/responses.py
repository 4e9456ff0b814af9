"""Every name of `ravyn.responses`, each Lilya's class."""

from lilya.responses import CSVResponse, Error, EventStreamResponse, FileResponse, HTMLResponse

# isort: split
from lilya.responses import ImageResponse, JSONResponse, NDJSONResponse, PlainText, Response

# isort: split
from lilya.responses import RedirectResponse, StreamingResponse, TemplateResponse, XMLResponse

LilyaResponse = Response

__all__ = ["CSVResponse", "Error", "EventStreamResponse", "FileResponse", "HTMLResponse"]
__all__ += ["ImageResponse", "JSONResponse", "LilyaResponse", "NDJSONResponse", "PlainText"]
__all__ += ["RedirectResponse", "Response", "StreamingResponse", "TemplateResponse", "XMLResponse"]
