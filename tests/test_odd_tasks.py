"""Tasks that are made or changed by hand, in ways that leave little to go by."""

from __future__ import annotations

import types
from collections.abc import Iterator

import pytest

from ravyn_bg import BackgroundTask

pytestmark = pytest.mark.anyio


async def test_a_generator_that_a_sync_function_returns_is_left_alone() -> None:
    def numbers() -> Iterator[int]:
        yield 1

    await BackgroundTask(numbers)()


async def test_a_generator_that_can_be_awaited_is() -> None:
    ran: list[str] = []

    @types.coroutine
    def legacy() -> Iterator[None]:
        ran.append("legacy")
        return
        yield

    await BackgroundTask(lambda: legacy())()

    assert ran == ["legacy"]


