"""`BackgroundTasksMiddleware`: tasks that anything in a request can queue for its end."""

from typing import Any

from lilya.types import ASGIApp, Message, Receive, Scope, Send

from ravyn_bg._handlers import current_request, not_held, report_lost
from ravyn_bg._reports import failure_in, is_unaccounted
from ravyn_bg._responses import MUTE
from ravyn_bg.background import BackgroundTasks

__all__ = ["BackgroundTasksMiddleware", "current_tasks"]


class BackgroundTasksMiddleware:
    """ASGI middleware that gives each request tasks of its own, which `current_tasks()` finds.

    Parameters:
        app: The application that it stands around. Lilya and Ravyn pass it.

    The tasks run when everything inside the middleware has returned: after the response, its own
    `background`, other middleware and the clean-up of dependencies. They run in the order in which
    they were added, each whatever the others do, on `HEAD` and `OPTIONS` too. One that fails is
    reported on the logger `ravyn_bg`, and the request is no failed request.

    If the client has gone, so that the server's `send` raises, they still run, and so does what
    `with_background` has queued. Then the error goes on to the server. Any other error that nothing
    inside has handled keeps them from running: one record names them all.

    Put it first, so that everything else is inside. Where it stands twice, the outer one's tasks
    serve both. A websocket and the lifespan pass through.

    Examples:
        >>> from lilya.apps import Lilya
        >>> from lilya.middleware import DefineMiddleware
        >>> from ravyn_bg.middleware import BackgroundTasksMiddleware, current_tasks
        >>> def audit(what: str) -> None:
        ...     current_tasks().add_task(print, what)
        >>> app = Lilya(middleware=[DefineMiddleware(BackgroundTasksMiddleware)])
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or __name__ in scope:
            return await self.app(scope, receive, send)
        # What `with_background` queues behind responses; the tasks, once they are asked for; the
        # error with which the request ends, if the client has gone. Emptied when all is over, since
        # a task or a thread that goes on keeps it in its context.
        request: dict[str, Any] = {"queued": []}
        scope[__name__] = True
        around = current_request.get({})  # not empty if one app asks another in its own process
        current_request.set(request)

        async def noting_send(message: Message) -> None:
            try:
                await send(message)
            except Exception:  # each server raises what it likes
                request["client_has_gone"] = True
                raise

        try:
            try:
                await self.app(scope, receive, noting_send)
            except BaseException as error:
                if "client_has_gone" not in request or not isinstance(error, Exception):
                    report_lost([*request["queued"], tasks_of(request)])
                    raise
                request["error"] = error
            # Not in `except`, where the failure of a task would get that error as its context.
            if "tasks" in request or "error" in request:
                skips = "error" in request and scope["method"] not in MUTE
                await run_tasks(tasks_of(request), request["queued"] if skips else [])
            if "error" in request:
                raise request["error"]
        finally:
            request.clear()
            if around:
                current_request.set(around)


def current_tasks() -> BackgroundTasks:
    """The tasks of the request that is being served, to which anything in it can add.

    Raises:
        RuntimeError: Outside of a request, after its end, and without the middleware.

    Goes by the context, which asyncio's tasks, Trio's, AnyIO's threads and `asyncio.to_thread` take
    along, but a bare `threading.Thread` does not.
    """
    if "queued" in (request := current_request.get({})):
        return tasks_of(request)
    app = "Lilya(middleware=[DefineMiddleware(BackgroundTasksMiddleware)])"
    raise RuntimeError(f"current_tasks() works only in requests, with the middleware: {app}.")


def tasks_of(request: dict[str, Any]) -> BackgroundTasks:
    if "tasks" not in request:
        made = BackgroundTasks(continue_on_error=True)
        made._built_in = None  # no line of the program has built it
        request.setdefault("tasks", made)  # unless another thread was faster
    return request["tasks"]  # type: ignore[no-any-return]  # nothing else has this name


async def run_tasks(tasks: BackgroundTasks, queued: list[BackgroundTasks]) -> None:
    """Run the tasks, and before them what Lilya has skipped. Each failure has been reported."""
    # A handler may have run the container, as the background of its response, say.
    tasks.tasks = [each for each in tasks.tasks if not tasks._has_run or is_unaccounted(each)]
    if skipped := [each for each in queued if not each._has_run]:
        tasks = BackgroundTasks(not_held([*skipped, tasks]), continue_on_error=True)
    try:
        await tasks()
    except BaseException as error:
        if failure_in(error) is not error:
            raise
