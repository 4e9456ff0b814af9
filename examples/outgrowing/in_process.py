"""In the server's own process: nothing to set up, and gone when the process is.

palfrey in_process:app
"""

from __future__ import annotations

from lilya.apps import Lilya
from work import process_file

from ravyn_bg import BackgroundTask, JSONResponse

app = Lilya()


@app.post("/files/{name}")
async def process_after_response(name: str) -> JSONResponse:
    task = BackgroundTask(process_file, name)
    return JSONResponse({"status": "accepted"}, status_code=202, background=task)
