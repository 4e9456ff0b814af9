"""All that must be true of a commit: `nox`; one part of it: `nox -s checks`; the parts: `nox -l`.

`nox -r` takes the environments of the last run again.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nox

PROJECT = nox.project.load_toml("pyproject.toml")
# Without those without a GIL, for which not all that the tests need has wheels.
PYTHONS = [each for each in nox.project.python_versions(PROJECT) if not each.endswith("t")]
OLDEST, NEWEST = PYTHONS[0], PYTHONS[-1]
# The newest for which all that is compared with has wheels.
USUAL = PYTHONS[-2]
LOWEST = [each.replace(">=", "==") for each in PROJECT["project"]["dependencies"]]
# The README's commands: install and look, install and test, install and build the site.
DEMO, TESTS, DOCS = re.findall(r"^python -m pip install .+$", Path("README.md").read_text(), re.M)
FEWER = {"RAVYN_BG_PROGRAMS": "100"}

nox.options.sessions = ["checks", "docs", "demo", "tests", "lowest", "wheel"]
nox.options.error_on_missing_interpreters = True
nox.options.stop_on_first_error = True


@nox.session(python=USUAL)
def checks(session: nox.Session) -> None:
    """Ruff, mypy and pyright; then what compares with other libraries, checkers and documents."""
    session.install("-e", ".[dev]")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")
    session.run("pyright")
    session.run("python", "-m", "pytest", "checks", *session.posargs)


@nox.session(python=USUAL)
def docs(session: nox.Session) -> None:
    """The README's third command: it fails on a link, an anchor or a name that leads nowhere."""
    session.run("sh", "-c", DOCS, external=True)


@nox.session(python=OLDEST)
def demo(session: nox.Session) -> None:
    """The README's first command."""
    session.run("sh", "-c", DEMO, external=True)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The README's second command; on the newest Python with coverage."""
    coverage = {"PYTEST_ADDOPTS": "--cov"} if session.python == NEWEST else {}
    fewer = {} if session.python in (OLDEST, NEWEST) else FEWER
    session.run("sh", "-c", TESTS, external=True, env={**coverage, **fewer})


@nox.session(python=OLDEST)
def lowest(session: nox.Session) -> None:
    """The lowest versions that `pyproject.toml` allows."""
    session.install("-e", ".[test]", *LOWEST)
    session.run("python", "-m", "pytest", env=FEWER)


@nox.session(python=NEWEST)
def wheel(session: nox.Session) -> None:
    """What a release uploads: checked, and the wheel tested with the tests of the sdist."""
    session.install("build", "twine")
    dist = Path(session.create_tmp()) / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", dist)
    session.run("twine", "check", "--strict", *map(str, dist.iterdir()))
    (wheel,), (sdist,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    session.install(f"{wheel}[test]")
    shutil.unpack_archive(sdist, dist)
    session.chdir(dist / sdist.name.removesuffix(".tar.gz"))
    shutil.rmtree("ravyn_bg")
    session.run("python", "-m", "pytest", env=FEWER)


@nox.session(python=USUAL)
def mutants(session: nox.Session) -> None:
    """Change the package in each way that mutmut knows: which changes does no test notice?"""
    session.install("mutmut", ".[test]")
    copy = Path(session.create_tmp()) / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(".", copy, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    session.chdir(copy)
    session.run("python", "tools/mutants.py", *session.posargs, env={"RAVYN_BG_PROGRAMS": "100"})


@nox.session
def load(session: nox.Session) -> None:
    """20,000 requests on Palfrey and on Uvicorn."""
    session.install("-e", ".[test]")
    requests = {"RAVYN_BG_REQUESTS": "20000"}
    session.run("python", "-m", "pytest", "tests/test_load.py", *session.posargs, env=requests)
