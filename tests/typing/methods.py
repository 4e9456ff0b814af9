"""Bound, class and static methods."""

from ravyn_bg import BackgroundTask, BackgroundTasks


class Mailer:
    def send(self, to: str) -> None: ...

    async def ping(self, url: str, timeout: float = 1.0) -> None: ...

    @classmethod
    def connect(cls, host: str, port: int = 25) -> None: ...

    @staticmethod
    def log(message: str, *, level: int) -> None: ...

    def later(self, tasks: BackgroundTasks) -> None:
        tasks.add_task(self.send, "a@b.c")  # right: a method of `self`
        tasks.add_task(self.send, b"a@b.c")  # type: ignore[arg-type]  # wrong: type


def right(tasks: BackgroundTasks, mailer: Mailer) -> None:
    BackgroundTask(mailer.send, "a@b.c")  # right: bound
    BackgroundTask(Mailer.send, mailer, "a@b.c")  # right: not bound, its object passed
    BackgroundTasks(tasks=[BackgroundTask(mailer.ping, "http://b.c")])  # right: bound and async
    tasks.add_task(mailer.ping, url="http://b.c", timeout=2)  # right: bound, by keyword
    BackgroundTask(Mailer.connect, "b.c", port=465)  # right: a class method, of the class
    BackgroundTasks(tasks=[BackgroundTask(mailer.connect, "b.c")])  # right: of an object
    tasks.add_task(Mailer.connect, host="b.c")  # right: a class method, by keyword
    BackgroundTask(Mailer.log, "sent", level=1)  # right: a static method, of the class
    BackgroundTasks(tasks=[BackgroundTask(Mailer.log, "read", level=2)])  # right: static, in a list
    tasks.add_task(mailer.log, message="sent", level=1)  # right: a static method, of an object


def wrong(tasks: BackgroundTasks, mailer: Mailer) -> None:
    BackgroundTask(mailer.send)  # type: ignore[call-arg]  # wrong: missing
    BackgroundTask(mailer.send, "a@b.c", "c@d.e")  # type: ignore[call-arg]  # wrong: too many
    BackgroundTask(Mailer.send, mailer)  # type: ignore[call-arg]  # wrong: missing
    tasks.add_task(Mailer.send, "a@b.c", "c@d.e")  # type: ignore[arg-type]  # wrong: type
    BackgroundTasks(tasks=[BackgroundTask(mailer.ping, "http://b.c", "2")])  # type: ignore[arg-type]  # wrong: type
    tasks.add_task(mailer.ping, "http://b.c", tmeout=2)  # type: ignore[call-arg]  # wrong: unknown keyword
    BackgroundTask(Mailer.connect, "b.c", port="465")  # type: ignore[arg-type]  # wrong: type by keyword
    BackgroundTasks(tasks=[BackgroundTask(mailer.connect)])  # type: ignore[call-arg]  # wrong: missing
    tasks.add_task(Mailer.connect, "b.c", host="b.c")  # type: ignore[misc]  # wrong: twice
    BackgroundTask(Mailer.log, "sent")  # type: ignore[call-arg]  # wrong: missing
    BackgroundTasks(tasks=[BackgroundTask(mailer.log, "sent", 1)])  # type: ignore[call-arg]  # wrong: too many
    tasks.add_task(mailer.log, 5, level=1)  # type: ignore[arg-type]  # wrong: type
    BackgroundTask(mailer)  # type: ignore[arg-type]  # wrong: not callable
    BackgroundTasks(tasks=[BackgroundTask(mailer.send("a@b.c"))])  # type: ignore[arg-type, func-returns-value]  # wrong: called
    tasks.add_task(mailer.ping("http://b.c"))  # type: ignore[arg-type]  # wrong: called
