"""Bound, class and static methods, and `partialmethod`."""

from functools import partialmethod

from typing_extensions import Self

from ravyn_bg import BackgroundTask, BackgroundTasks


class Mailer:
    def send(self, to: str, retries: int = 3) -> None: ...

    async def join(self, other: Self) -> Self:
        return self

    @classmethod
    def connect(cls, host: str, port: int = 25) -> None: ...

    @staticmethod
    def log(message: str, *, level: int) -> None: ...

    once = partialmethod(send, retries=1)

    def later(self, tasks: BackgroundTasks) -> None:
        tasks.add_task(self.send, "a@b.c")  # right: a method of `self`
        tasks.add_task(self.send, b"a@b.c")  # wrong: type


def calls(tasks: BackgroundTasks, mailer: Mailer) -> None:
    BackgroundTask(mailer.send, "a@b.c")  # right: bound
    BackgroundTask(Mailer.send, mailer, "a@b.c")  # right: not bound, its object passed
    tasks.add_task(mailer.join, mailer)  # right: `Self`
    BackgroundTask(Mailer.connect, "b.c", port=465)  # right: a class method
    tasks.add_task(mailer.log, message="sent", level=1)  # right: a static method
    BackgroundTask(mailer.once, "a@b.c")  # right: a `partialmethod`

    BackgroundTask(Mailer.send, mailer)  # wrong: missing
    tasks.add_task(Mailer.send, "a@b.c", "c@d.e")  # wrong: type
    BackgroundTask(mailer.join, "a")  # wrong: type
    BackgroundTask(Mailer.connect, "b.c", port="465")  # wrong: type
    tasks.add_task(mailer.connect, "b.c", host="b.c")  # wrong: twice
    BackgroundTask(Mailer.log, "sent")  # wrong: missing
    tasks.add_task(mailer.log, "sent", 1)  # wrong: too many
    BackgroundTask(mailer.once)  # wrong: missing | partialmethod: all
    tasks.add_task(mailer.once, 1)  # wrong: type | partialmethod: all
