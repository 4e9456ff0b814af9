"""A single task on a handler: it runs after every answer, whatever the request said."""

from __future__ import annotations

from lilya.apps import Lilya

from ravyn_bg import BackgroundTask, with_background

app = Lilya()


def count_visit(route: str) -> None:
    print(f"Counted a visit to {route}")


@app.post("/users/{name}")
@with_background(BackgroundTask(count_visit, "/users"))
def create_user(name: str) -> dict[str, str]:
    return {"created": name}
