"""Several tasks on a handler: they run after every answer, in the order of the list."""

from __future__ import annotations

from lilya.apps import Lilya

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background

app = Lilya()


def send_email(to: str) -> None:
    print(f"Email to {to}")


def record(event: str) -> None:
    print(f"Recorded {event}")


def refresh_dashboard() -> None:
    print("Dashboard refreshed")


@app.post("/register/{email}")
@with_background(
    BackgroundTasks(
        [
            BackgroundTask(send_email, "admin@example.com"),
            BackgroundTask(record, "registration"),
            BackgroundTask(refresh_dashboard),
        ]
    )
)
def register(email: str) -> dict[str, str]:
    return {"registered": email}
