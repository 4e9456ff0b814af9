"""Every block of the documents does what it shows, and every link leads somewhere."""

from __future__ import annotations

import doctest
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from textwrap import dedent

import pytest

from checks.checkers import strict_mypy
from tools import speed

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
LANGUAGES = {"python", "text", "sh", "ini", "json", "toml", "yaml"}


@dataclass
class Block:
    name: str
    language: str
    source: str
    logged: str = ""  # by the block, as the `text` below it shows; `…` is any lines

    def behind(self, mark: str) -> list[str]:
        return re.findall(rf"^ *#{mark} (.*)$", self.source, re.MULTILINE)


def blocks() -> Iterator[Block]:
    for path in DOCUMENTS:
        text, above = path.read_text(), None
        # In a tab, a block is indented.
        for found in re.finditer(r"^( *)```(\w*)(.*?)\n(.*?)^\1```$", text, re.M | re.S):
            if "title=" in found[3]:  # `test_ported_tests` runs it
                continue
            line = text.count("\n", 0, found.start()) + 1
            block = Block(f"{path.relative_to(ROOT)}:{line}", found[2], dedent(found[4]))
            assert block.language in LANGUAGES, f"nothing checks {block}"
            if block.language == "text":
                assert above, f"{block} stands behind no Python block"
                above.logged = block.source
            above = block if block.language == "python" else None
            yield block


BLOCKS = list(blocks())
# Blocks that show an example, or parts of it, under its name: other tests run that.
EXAMPLES = {each.name: each.read_text() for each in ROOT.glob("examples/*/*.py")}
SHOWN = {
    block.name: (EXAMPLES[named[1]], block.source.partition("\n")[2])
    for block in BLOCKS
    if (named := re.match(r"# (\w+\.py)\n", block.source)) and named[1] in EXAMPLES
}
PYTHON = [each for each in BLOCKS if each.language == "python" and each.name not in SHOWN]
DOCSTRINGS = [
    test
    for path in sorted(ROOT.glob("ravyn_bg/*.py"))
    if path.stem != "mypy"  # which mypy alone can load
    for name in [f"ravyn_bg.{path.stem}".removesuffix(".__init__")]
    for test in doctest.DocTestFinder().find(import_module(name), name)
    if test.examples
]


# Runs each file in a fork of one process, where what they all import was imported once.
RUN = """
import importlib, json, os, runpy, sys, lilya.apps, lilya.testclient, ravyn_bg
for folder, module in json.load(sys.stdin):
    if not os.fork():
        os.chdir(folder)
        sys.path.insert(0, folder)
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(name, os.O_CREAT | os.O_WRONLY), number)
        if '__name__ == "__main__"' in open(f"{module}.py").read():
            runpy.run_path(f"{module}.py", run_name="__main__")
        else:
            loaded = importlib.import_module(module)
            if module.startswith("test_"):
                [test() for name, test in vars(loaded).items() if name.startswith("test_")]
        sys.exit()
    os.wait()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each block has run, in a folder of its own."""
    folder = tmp_path_factory.mktemp("blocks")
    files: list[tuple[str, str]] = []
    for number, block in enumerate(PYTHON):
        place, named = folder / str(number), re.match(r"# (\w+)\.py\n", block.source)
        place.mkdir()
        files.append((str(place), named[1] if named else "block"))
        (place / f"{files[-1][1]}.py").write_text(block.source)
    subprocess.run([sys.executable, "-c", RUN], input=json.dumps(files), text=True, timeout=120)
    return folder


@pytest.mark.parametrize("number", range(len(PYTHON)), ids=[each.name for each in PYTHON])
def test_a_block_prints_and_logs_what_it_shows(number: int, folder: Path) -> None:
    """What stands behind `#>`, what the exception behind `# raises` says, and the records below."""
    block = PYTHON[number]
    printed, logged = ((folder / str(number) / name).read_text() for name in ("out", "err"))
    assert neutral(printed).splitlines() == neutral("\n".join(block.behind(">"))).splitlines(), (
        logged
    )
    if raised := re.findall(r"# raises (.+)$", block.source, re.MULTILINE):
        assert [each for each in raised if each not in logged] == []
    else:
        parts = re.split(r"^ *…\n", neutral(block.logged), flags=re.MULTILINE)
        assert re.fullmatch(".*".join(map(re.escape, parts)), neutral(logged), re.DOTALL), logged


def neutral(log: str) -> str:
    """Without times, folders, the underlining of newer Pythons, and mere information."""
    log = re.sub(r"^\[[-\d]+ [:,\d]+\]", "[time]", log, flags=re.MULTILINE)
    log = re.sub(r'(File "|queued at ).*/(?=(ravyn_bg/)?\w+\.py\b)', r"\1", log)
    return re.sub(r"^(\[time\] INFO in .*|INFO - .*| *[~^]+)\n", "", log, flags=re.MULTILINE)


@pytest.mark.parametrize(("example", "shown"), SHOWN.values(), ids=SHOWN)
def test_an_example_is_shown_as_it_is(example: str, shown: str) -> None:
    assert [part for part in shown.split("# …\n") if part not in example] == []


@pytest.mark.parametrize("test", DOCSTRINGS, ids=lambda test: str(test.name))
def test_a_docstring_says_what_happens(test: doctest.DocTest) -> None:
    report: list[str] = []
    ran = doctest.DocTestRunner().run(test, out=report.append, clear_globs=False)
    assert ran.failed == 0, "".join(report)


def test_mypy_says_of_each_snippet_what_stands_behind_its_marks(tmp_path: Path) -> None:
    """In one run, since most of its time is for the imports."""
    snippets = [*PYTHON]
    for test in DOCSTRINGS:
        examples = "".join(example.source for example in test.examples)
        source = f"from {test.globs['__name__']} import *\n{examples}"
        snippets.append(Block(test.name, "python", source))
    for number, each in enumerate(snippets):
        # The decorators of Ravyn 0.4.3 have no types.
        head = "# mypy: disable-error-code=untyped-decorator\n" * (
            "from ravyn import" in each.source
        )
        (tmp_path / f"_{number}.py").write_text(head + each.source)
    said = strict_mypy(tmp_path, ".", cache="docs")
    for number, each in enumerate(snippets):
        errors = re.findall(rf"^_{number}\.py:\d+: error: (.*)$", said, re.MULTILINE)
        assert errors == each.behind("!"), each.name


COMMANDS = [line for each in BLOCKS if each.language == "sh" for line in each.source.splitlines()]
PATH = f"{Path(sys.executable).parent}:{ROOT}:/usr/local/bin:/usr/bin:/bin"


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_names_what_there_is(line: str) -> None:
    for command in re.split(r" *&& *", line):
        words = [word for word in command.split() if not re.match(r"\w+=", word)]
        assert shutil.which(words[0], path=PATH), words[0]
        assert find_spec(words[2] if words[1:2] == ["-m"] else "sys"), words[2]
        ours = [word for word in words[1:] if (ROOT / word.partition("/")[0]).is_dir()]
        assert [word for word in ours if "/" in word and not (ROOT / word).exists()] == []


FILES = re.compile(r"\b((?:ravyn_bg|benchmarks|docs|examples|tests|tools)/[\w./-]*\w)(?:::(\w+))?")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_names_is_there(document: Path) -> None:
    """On the site, too, to which the documents alone belong; it checks anchors when it is built."""
    text = re.sub(r"^( *)```.*?^\1```$", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    assert "\\|" not in text  # which a table shows as it is
    modules = re.findall(r"`python -m ([\w.]+)", text)
    assert [name for name in modules if not find_spec(name)] == []
    for file, test in FILES.findall(re.sub(r"https?://\S+", "", text)):
        assert (ROOT / file).exists(), file
        assert not test or f"def {test}(" in (ROOT / file).read_text()
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)#?([^)]*)\)", re.sub(r"`[^`\n]+`", "", text))
    assert [link for link, _ in links if not (document.parent / link).is_file()] == []
    if document.parent == ROOT:  # which is no part of the site
        assert [link for link in links if not has_anchor(*link)] == []
    else:
        assert [link for link, _ in links if "/" in link] == []


def has_anchor(link: str, anchor: str) -> bool:
    headings = re.findall(r"^#+ (.*)$", (ROOT / link).read_text(), re.MULTILINE)
    return not anchor or anchor in (each.lower().replace(" ", "-") for each in headings)


def test_the_tables_of_speed_hold_what_was_measured() -> None:
    assert speed.PAGE.read_text() == speed.page()
