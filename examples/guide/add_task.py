"""`add_task` under a condition: what happens later depends on what was asked for."""

from __future__ import annotations

from lilya.apps import Lilya
from lilya.params import Query

from ravyn_bg import BackgroundTasks, JSONResponse

app = Lilya()


def send_email(to: str, *, subject: str) -> None:
    print(f"Email to {to}: {subject}")


def write_log(message: str) -> None:
    print(f"Log: {message}")


@app.post("/accounts/{email}/close")
def close_account(
    email: str,
    # Lilya's marker stands where the default would, and is none of the parameter's type.
    notify: bool = Query(default=False, cast=bool),  # type: ignore[assignment]
) -> JSONResponse:
    tasks = BackgroundTasks()
    if notify:
        tasks.add_task(send_email, email, subject="Your account is closed")
    tasks.add_task(write_log, f"{email} closed the account")
    return JSONResponse({"closed": email}, background=tasks)
