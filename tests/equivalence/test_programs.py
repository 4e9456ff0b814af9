"""A program of tasks does here what it does on Lilya, but for what the README says."""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import given, settings

from tests.equivalence.drawing import programs
from tests.equivalence.libraries import LILYA, OURS
from tests.equivalence.programs import Program
from tests.equivalence.reports import lost_in, never_ran_in, reports_kept, times_reported
from tests.equivalence.runs import run

PROGRAMS = int(os.environ.get("RAVYN_BG_PROGRAMS", "2000"))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@settings(max_examples=PROGRAMS // 2, deadline=None)
@given(program=programs())
def test_a_program_does_what_it_does_on_lilya_and_every_failure_and_task_is_accounted_for(
    backend: str, program: Program
) -> None:
    with reports_kept() as records:
        here = run(program, OURS, backend)
        assert here.outcome() == run(program, LILYA, backend).outcome()

        assert not here.certain or times_reported(here.errors, records) <= {1}
        lost = {*lost_in(records)}
        assert here.errors or not lost
        for each in records:
            each.exc_info = None
        silent = here.never_began() - lost
        if {*never_ran_in(records)} != silent:
            gc.collect()  # which takes long, and few tasks are in a cycle
        assert sorted(never_ran_in(records)) == sorted(silent)
        assert lost.isdisjoint(here.begun()) or "twice" in str(program)
