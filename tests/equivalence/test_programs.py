"""A program of tasks does here what it does on Lilya, but for what the README says."""

from __future__ import annotations

import os

import pytest
from hypothesis import example, given, settings

from tests.equivalence.drawing import programs
from tests.equivalence.libraries import LILYA, OURS
from tests.equivalence.programs import Call, Fail, InOrder, Program
from tests.equivalence.reports import reports_kept
from tests.equivalence.runs import run

PROGRAMS = int(os.environ.get("RAVYN_BG_PROGRAMS", "2000"))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@settings(max_examples=PROGRAMS // 2, deadline=None)
@given(program=programs())
@example(  # nothing is lost in an empty container
    Program(InOrder((InOrder((Call((Fail("ValueError"),)),), "wraps"), InOrder(()))))
)
def test_a_program_does_what_it_does_on_lilya_and_each_failure_is_reported_once(
    backend: str, program: Program
) -> None:
    with reports_kept() as reports:
        here = run(program, OURS, backend)
    assert here.outcome() == run(program, LILYA, backend).outcome()
    if here.expected.certain:
        assert sorted(reports) == sorted(here.expected.reports)
