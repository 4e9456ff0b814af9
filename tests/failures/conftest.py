"""What tests run with: each test with each of these."""

from __future__ import annotations

from typing import Any

import pytest

from ravyn_bg import BackgroundTask
from tests.failures.tasks import SHAPES, GroupOfItsOwn, fail, fail_async


def each_of(values: dict[str, Any]) -> Any:
    return pytest.fixture(params=values.values(), ids=list(values))(lambda request: request.param)


as_group = each_of({"in order": False, "as group": True})
goes_on = each_of({"stops": False, "goes on": True})
function = each_of({"sync": fail, "async": fail_async})
kind = each_of({each.__name__: each for each in (BackgroundTask, GroupOfItsOwn)})
wrap = each_of(SHAPES)
