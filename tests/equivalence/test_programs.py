"""A program of tasks does here what it does on Lilya, but for what the README says."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings

from tests.equivalence.drawing import programs
from tests.equivalence.libraries import LILYA, OURS, leaves
from tests.equivalence.programs import Program
from tests.equivalence.reports import errors_in, reports_kept
from tests.equivalence.runs import run

PROGRAMS = int(os.environ.get("RAVYN_BG_PROGRAMS", "2000"))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@settings(max_examples=PROGRAMS // 2, deadline=None)
@given(program=programs())
def test_a_program_does_what_it_does_on_lilya_and_each_error_is_in_one_report(
    backend: str, program: Program
) -> None:
    with reports_kept() as records:
        here = run(program, OURS, backend)
    assert here.outcome() == run(program, LILYA, backend).outcome()
    if here.certain:
        reported = [*map(id, errors_in(records))]
        errors = [leaf for each in here.errors for leaf in leaves(each)]
        assert [reported.count(id(each)) for each in errors] == [1] * len(errors)
