"""Quick start: the account is answered for at once, its welcome email follows."""

from __future__ import annotations

from lilya.apps import Lilya

from ravyn_bg import BackgroundTasks, JSONResponse, with_background

app = Lilya()


def send_welcome_email(to: str) -> None:
    print(f"Welcome aboard, {to}")


@app.post("/register/{email}")
@with_background
def register(email: str, background_tasks: BackgroundTasks) -> JSONResponse:
    background_tasks.add_task(send_welcome_email, email)
    return JSONResponse({"registered": email}, status_code=201)
