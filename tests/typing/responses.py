"""Tasks as the `background` of a response."""

from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse


def send(to: str) -> None: ...


async def ping(url: str) -> None: ...


def right(task: BackgroundTask, tasks: BackgroundTasks, maybe: BackgroundTask | None) -> None:
    JSONResponse({"status": "sent"}, background=task)  # right: a task
    JSONResponse({"status": "sent"}, background=tasks)  # right: a container
    JSONResponse({"status": "sent"}, background=maybe)  # right: a task or none
    JSONResponse({"status": "sent"}, background=None)  # right: none
    JSONResponse({"status": "sent"}, background=BackgroundTask(send, "a@b.c"))  # right: made here


def wrong(task: BackgroundTask, tasks: BackgroundTasks) -> None:
    JSONResponse({"status": "sent"}, background=send)  # type: ignore[arg-type]  # wrong: no background
    JSONResponse({"status": "sent"}, background=send("a@b.c"))  # type: ignore[func-returns-value]  # wrong: called
    JSONResponse({"status": "sent"}, background=ping("b.c"))  # type: ignore[arg-type]  # wrong: called
    JSONResponse({"status": "sent"}, background=task())  # type: ignore[arg-type]  # wrong: called
    JSONResponse({"status": "sent"}, background=[task])  # type: ignore[arg-type]  # wrong: no background
    JSONResponse({"status": "sent"}, background=tasks.tasks)  # type: ignore[arg-type]  # wrong: no background
    JSONResponse({"status": "sent"}, background=BackgroundTask)  # type: ignore[arg-type]  # wrong: no background
    JSONResponse({"status": "sent"}, background=lambda: send("a@b.c"))  # type: ignore[arg-type]  # wrong: no background
    JSONResponse({"status": "sent"}, background=True)  # type: ignore[arg-type]  # wrong: no background
    JSONResponse({"status": "sent"}, background=BackgroundTask(send, 5))  # type: ignore[arg-type]  # wrong: type
