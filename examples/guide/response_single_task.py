"""A single task on a response: made in the handler, with what the request brought."""

from __future__ import annotations

from lilya.apps import Lilya

from ravyn_bg import BackgroundTask, JSONResponse

app = Lilya()


def notify(user_id: int, message: str) -> None:
    print(f"User {user_id}: {message}")


@app.post("/users/{user_id:int}/notify/{message}")
def notify_user(user_id: int, message: str) -> JSONResponse:
    task = BackgroundTask(notify, user_id, message)
    return JSONResponse({"status": "on its way"}, status_code=202, background=task)
