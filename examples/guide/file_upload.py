"""File upload: stored before the answer, compressed after it."""

from __future__ import annotations

import gzip
from pathlib import Path

import anyio
from lilya.apps import Lilya
from lilya.datastructures import UploadFile

from ravyn_bg import BackgroundTask, JSONResponse, Request

app = Lilya()
UPLOADS = "uploads"


def compress(file: Path, user_id: int) -> None:
    file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
    file.unlink()
    print(f"Compressed {file.name} of user {user_id}")


@app.post("/users/{user_id:int}/files")
async def upload(user_id: int, request: Request) -> JSONResponse:
    sent = (await request.form()).get("file")
    if not isinstance(sent, UploadFile) or not sent.filename:
        return JSONResponse({"error": "send a file"}, status_code=400)
    stored = anyio.Path(UPLOADS, str(user_id), Path(sent.filename).name)
    await stored.parent.mkdir(parents=True, exist_ok=True)
    await stored.write_bytes(await sent.read())
    # A path, not the upload: that one is the request's, and to be read with `await` only.
    task = BackgroundTask(compress, Path(stored), user_id)
    return JSONResponse({"stored": stored.name}, status_code=202, background=task)
