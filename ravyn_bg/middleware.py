"""`BackgroundTasksMiddleware`: tasks that anything in a request can queue for its end."""

from lilya.types import ASGIApp, Message, Receive, Scope, Send

from ravyn_bg._handlers import outermost, request_containers
from ravyn_bg._reports import failure_in, log_never_ran
from ravyn_bg._responses import TASKLESS_METHODS
from ravyn_bg.background import BackgroundTasks

__all__ = ["BackgroundTasksMiddleware", "current_tasks"]


class BackgroundTasksMiddleware:
    """ASGI middleware that gives each request tasks of its own, which `current_tasks()` finds.

    Parameters:
        app: The application that it stands around. Lilya and Ravyn pass it.

    The tasks run when everything inside the middleware has returned: after the response, its own
    `background`, other middleware and the clean-up of dependencies. They run in the order in which
    they were added, each whatever the others do, on `HEAD` and `OPTIONS` too. If one fails, it is
    reported on the logger `ravyn_bg`, and the request has not failed.

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
        scope[__name__] = True
        own = BackgroundTasks(continue_on_error=True)
        own._built_in = None  # no line of the user's has built it
        around = request_containers.get([])  # not empty if an app calls another one in-process
        request_containers.set(containers := [own])
        client_error: Exception | None = None
        client_has_gone = False

        async def noting_send(message: Message) -> None:
            nonlocal client_has_gone
            try:
                await send(message)
            except Exception:  # each server raises its own kind
                client_has_gone = True
                raise

        try:
            try:
                await self.app(scope, receive, noting_send)
            except Exception as error:
                if not client_has_gone:
                    raise
                client_error = error
            # Not in the `except` above: there, a task's failure would get that error as context.
            runs_all = client_error is not None and scope["method"] not in TASKLESS_METHODS
            if own.tasks or runs_all:
                await run_tasks([*(containers[1:] if runs_all else ()), own])
            if client_error is not None:
                raise client_error
        except BaseException:
            log_never_ran(*containers[1:], own)
            raise
        finally:
            client_error = None  # its traceback holds this frame, which would hold it
            containers.clear()
            if around:
                request_containers.set(around)


def current_tasks() -> BackgroundTasks:
    """The tasks of the request that is being served, to which anything in it can add.

    Raises:
        RuntimeError: Outside of a request, after its end, and without the middleware.

    Goes by the context, which asyncio's tasks, Trio's, AnyIO's threads and `asyncio.to_thread` take
    along, but a bare `threading.Thread` does not.
    """
    if containers := request_containers.get([]):
        return containers[0]
    app = "Lilya(middleware=[DefineMiddleware(BackgroundTasksMiddleware)])"
    raise RuntimeError(f"current_tasks() works only in requests, with the middleware: {app}.")


async def run_tasks(containers: list[BackgroundTasks]) -> None:
    """Run the tasks that have not run, whatever becomes of the others. Failures are only logged."""
    for container in outermost(containers):
        container._runs_once = True  # a handler or a response may have run it already
        try:
            await container()
        except BaseException as error:
            if failure_in(error) is not error:
                raise
