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
MODULES = {
    str(path.relative_to(ROOT)) for path in (ROOT / "ravyn_bg").iterdir() if path.suffix == ".py"
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", into], cwd=ROOT, check=True)
    return into


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(next(built.glob("*.whl")))


@pytest.fixture(scope="module")
def sdist(built: Path) -> set[str]:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    [name] = (each for each in wheel.namelist() if each.endswith(".dist-info/METADATA"))
    return message_from_bytes(wheel.read(name))


def test_the_wheel_holds_the_modules_the_marker_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    names = {each for each in wheel.namelist() if ".dist-info/" not in each}

    assert names == {*MODULES, "ravyn_bg/py.typed"}
    assert any(each.endswith(".dist-info/licenses/LICENSE") for each in wheel.namelist())


def test_the_sdist_holds_tests_and_documentation_too(sdist: set[str]) -> None:
    with_tests = {"ravyn_bg", "benchmarks", "docs", "examples", "tests", "tools", "noxfile.py"}
    pages = {path.name for path in ROOT.glob("*.md")}
    build = {"LICENSE", "pyproject.toml", "PKG-INFO", ".gitignore"}

    assert {each.partition("/")[0] for each in sdist} == with_tests | pages | build
    assert {*MODULES, "ravyn_bg/py.typed", "tests/typing/functions.py", "docs/timeline.svg"} < sdist


def test_pypi_shows_the_readme_with_no_link_that_leads_nowhere(metadata: Message) -> None:
    readme, shown = (ROOT / "README.md").read_text(), metadata.get_payload()

    assert isinstance(shown, str)
    assert "](docs/" in readme
    links = re.findall(r'(?:\]\(|href="|src=")([^)"\s]+)', shown)
    assert [to for to in links if not to.startswith("https:")] == []
    assert code_blocks(shown) == code_blocks(readme)


def test_the_metadata_says_what_is_needed(metadata: Message) -> None:
    needed = [each for each in metadata.get_all("Requires-Dist", []) if "extra ==" not in each]

    assert sorted(each.partition(">")[0] for each in needed) == [
        "anyio",
        "lilya",
        "typing-extensions",
    ]
    assert metadata["Name"] == "ravyn-bg"
    assert metadata["Version"] == ravyn_bg.__version__
    assert metadata["Requires-Python"] == ">=3.10"
    assert metadata["License-Expression"] == "MIT"


def test_the_marker_for_type_checkers_is_beside_the_modules() -> None:
    assert Path(ravyn_bg.__file__).with_name("py.typed").exists()


def code_blocks(text: str) -> list[str]:
    return re.findall(r"^```.*?^```", text, re.DOTALL | re.MULTILINE)
