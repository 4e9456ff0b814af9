"""What is in the wheel and in the sdist, which are built here as a release builds them."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

import ravyn_bg

ROOT = Path(__file__).parents[1]
PACKAGE = {str(path.relative_to(ROOT)) for path in ROOT.glob("ravyn_bg/*.py")}
PACKAGE.add("ravyn_bg/py.typed")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", into], cwd=ROOT, check=True)
    return into


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(next(built.glob("*.whl")))


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    [name] = (each for each in wheel.namelist() if each.endswith(".dist-info/METADATA"))
    return message_from_bytes(wheel.read(name))


def test_the_wheel_holds_the_modules_the_marker_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    assert {each for each in wheel.namelist() if ".dist-info/" not in each} == PACKAGE
    assert any(each.endswith(".dist-info/licenses/LICENSE") for each in wheel.namelist())


def test_the_sdist_holds_tests_and_documentation_too(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {each.partition("/")[2] for each in archive.getnames()}

    folders = {"ravyn_bg", "benchmarks", "checks", "docs", "examples", "tests", "tools"}
    files = {"noxfile.py", "LICENSE", "pyproject.toml", "PKG-INFO", ".gitignore"}
    pages = {path.name for path in ROOT.glob("*.md")}
    assert {each.partition("/")[0] for each in names} == folders | files | pages
    assert {*PACKAGE, "checks/typing/functions.py", "docs/timeline.svg"} < names


def test_pypi_shows_the_readme_with_no_link_that_leads_nowhere(metadata: Message) -> None:
    readme, shown = (ROOT / "README.md").read_text(), str(metadata.get_payload())

    assert "](docs/" in readme
    links = re.findall(r'(?:\]\(|href="|src=")([^)"\s]+)', shown)
    assert [to for to in links if not to.startswith("https:")] == []
    blocks = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
    assert blocks.findall(shown) == blocks.findall(readme)


def test_the_metadata_says_what_is_needed(metadata: Message) -> None:
    needed = [each for each in metadata.get_all("Requires-Dist", []) if "extra ==" not in each]
    assert {each.partition(">")[0] for each in needed} == {
        "anyio",
        "exceptiongroup",
        "lilya",
        "typing-extensions",
    }
    said = [metadata[each] for each in ("Name", "Version", "Requires-Python", "License-Expression")]
    assert said == ["ravyn-bg", ravyn_bg.__version__, ">=3.10", "MIT"]
