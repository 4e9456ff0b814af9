"""A short form of the load: `python -m tests.load` is the long one."""

from __future__ import annotations

import pytest

from tests.load import Loaded, load

REQUESTS = 400


@pytest.fixture(scope="module", params=["palfrey", "uvicorn"])
def loaded(request: pytest.FixtureRequest) -> Loaded:
    return load(request.param, REQUESTS)


def test_every_task_of_every_answered_request_ran_once(loaded: Loaded) -> None:
    ran = loaded.after["ran"]
    assert len(loaded.answered) == REQUESTS * 19 // 20
    assert {ran[number] for number in loaded.answered} == {0x111}
    assert set(ran) <= {0, 0x1, 0x11, 0x111}


def test_nothing_is_left_over(loaded: Loaded) -> None:
    # Objects are counted, not bytes: a thread that starts costs more of these than a leak does.
    assert {each: number for each, number in loaded.left_over().items() if number > 0} == {}
    assert loaded.after["threads"] <= 2 + 40  # AnyIO's workers wait a while for more


def test_nothing_is_logged_but_the_planted_failures(loaded: Loaded) -> None:
    failures = loaded.failures()
    assert failures == sorted(set(failures))
    assert set(failures) >= {number for number in loaded.answered if number % 50 == 0}
    assert "never awaited" not in loaded.printed
    assert loaded.printed.count("Background task ") == len(failures)
