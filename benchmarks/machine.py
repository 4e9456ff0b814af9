"""What the figures were taken on, and with."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import distributions
from pathlib import Path
from shutil import which

DISTRIBUTIONS = (
    "ravyn-bg lilya ravyn starlette fastapi litestar anyio palfrey uvicorn uvloop httptools mypy"
)


def machine() -> dict[str, str]:
    return {
        "processor": f"{os.cpu_count()} x {processor()}",
        "system": platform.platform(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def processor() -> str:
    described = Path("/proc/cpuinfo")
    lines = described.read_text().splitlines() if described.exists() else []
    models = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def versions() -> dict[str, str]:
    """Of what is installed."""
    installed = {each.metadata["Name"].lower(): each.version for each in distributions()}
    found = {name: installed[name] for name in DISTRIBUTIONS.split() if name in installed}
    if which("wrk"):
        printed = subprocess.run(["wrk", "--version"], capture_output=True, text=True).stdout
        found["wrk"] = printed.split()[1]
    return found
