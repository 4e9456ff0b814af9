"""A program of tasks does here what it does on Lilya, but for what the documentation says."""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import given, settings
from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTask
from tests.equivalence.libraries import LILYA, OURS
from tests.equivalence.programs import Tree, programs
from tests.equivalence.runs import WithCallOfItsOwn, run
from tests.reports import Records, leaves, reports_kept

PROGRAMS = int(os.environ.get("RAVYN_BG_PROGRAMS", "600"))


@pytest.fixture(autouse=True, scope="module")
def nothing_is_left() -> None:
    gc.collect()  # what other tests have left says that it never ran


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@settings(max_examples=PROGRAMS // 2, deadline=None)
@given(program=programs)
def test_a_program_does_what_it_does_on_lilya_and_every_failure_and_task_is_accounted_for(
    backend: str, program: Tree
) -> None:
    with reports_kept() as records:
        here = run(program, OURS, backend)
        assert here.outcome() == run(program, LILYA, backend).outcome()

        kinds = {name: type(each) for name, each in here.tasks.items()}
        ours = {name for name, kind in kinds.items() if is_ours(kind)}
        certain = all(issubclass(kind, (BackgroundTask, Tasks)) for kind in kinds.values())
        assert times_reported(here.errors, records) <= ({1} if certain else {0, 1})
        begun = {place.name for place, event in here.log if event[0] == "starts"}
        lost = {name for each in records.lost for name in each}
        assert lost.isdisjoint(begun) or "twice" in str(program)
        # A sync task that asyncio leaves behind may still have run to its end.
        cut_off, told = here.not_ended() & ours, {*records.of("was cancelled")} & ours
        assert cut_off <= told <= (cut_off if "cancel task" not in str(program) else begun)

        vars(here).clear()
        for each in records:
            each.exc_info = None
        account = {name for name in ours if not issubclass(kinds[name], WithCallOfItsOwn)}
        silent = sorted(account - begun - lost)
        if never_ran_in(records) != silent:
            gc.collect()  # a few tasks are in a cycle
        assert never_ran_in(records) == silent


def is_ours(kind: type[Task]) -> bool:
    return issubclass(kind, BackgroundTask) and not issubclass(kind, Tasks)


def times_reported(errors: list[BaseException], records: Records) -> set[int]:
    """How often each error is in a record, or the one that Python makes of a `StopIteration`."""
    reported = [id(each) for error in records.errors for each in (error, error.__cause__)]
    return {reported.count(id(leaf)) for each in errors for leaf in leaves(each)}


def never_ran_in(records: Records) -> list[str]:
    return sorted(records.of("never ran"))
