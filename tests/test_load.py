"""A short form of the load: `python -m tests.load` is the long one."""

from __future__ import annotations

import pytest

from tests.load import Loaded, load

REQUESTS = 2_000


@pytest.fixture(scope="module", params=["palfrey", "uvicorn"])
def loaded(request: pytest.FixtureRequest) -> Loaded:
    return load(request.param, REQUESTS)


def test_every_task_of_every_answered_request_ran_once(loaded: Loaded) -> None:
    assert len(loaded.answered) == REQUESTS * 19 // 20
    assert loaded.times_each_task_ran() == {1}
    assert loaded.most_times_any_task_ran() == 1


def test_nothing_is_left_over(loaded: Loaded) -> None:
    assert loaded.second_half.sockets <= loaded.before.sockets
    assert loaded.second_half.coroutines <= loaded.before.coroutines
    assert loaded.second_half.threads <= 2 + 40  # AnyIO's workers wait a while for more
    assert loaded.second_half.memory <= loaded.first_half.memory * 1.02


def test_nothing_is_logged_but_the_planted_failures(loaded: Loaded) -> None:
    failures = loaded.failures()
    assert failures == sorted(set(failures))
    assert set(failures) >= {number for number in loaded.answered if number % 50 == 0}
    assert "never awaited" not in loaded.printed
    assert loaded.printed.count("Background task ") == len(failures)
