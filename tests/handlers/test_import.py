"""`import ravyn_bg` does not load what `with_background` needs; its first use does."""

from __future__ import annotations

import subprocess
import sys


def loaded_after(code: str) -> set[str]:
    printing = f"import sys\n{code}\nprint(*sys.modules, sep='\\n')"
    command = [sys.executable, "-c", printing]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_what_is_loaded() -> None:
    needed = {"ravyn_bg._handlers", "lilya.responses"}

    assert not loaded_after("import ravyn_bg") & {*needed, "lilya.requests", "lilya.encoders"}
    assert needed <= loaded_after("import ravyn_bg\nravyn_bg.with_background")
