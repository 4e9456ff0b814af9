from __future__ import annotations

from typing import Any

import anyio
from lilya.background import Task

from ravyn_bg import BackgroundTask
from tests.conftest import MakeClient


def show(self: str, func: str) -> None:
    print(self, func)


def keywords_before(client: MakeClient) -> None:
    task: Any = Task  # type checkers refuse the call as well
    anyio.run(task(show, self="mine", func="too"))


def keywords_after(client: MakeClient) -> None:
    anyio.run(BackgroundTask(show, self="mine", func="too"))


CHANGES = {"keywords named `func` and `self`": (keywords_before, keywords_after)}
