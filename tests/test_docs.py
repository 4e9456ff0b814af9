"""Every Python block of the documents runs, alone, and type-checks; every command exists."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import walk_packages

import pytest
from sybil import Document
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer

import ravyn_bg
from tests.checkers import output

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("[!.]*/**/*.md"), *ROOT.glob("ravyn_bg/**/*.py")]
COMMANDS = ("console", "sh")
# Both sides of each `diff` are run by `tests/migrating`.
NOT_RUN = ("diff", "ini", "json", "text", "toml", "yaml")


@dataclass
class Block:
    document: Path
    line: int
    language: str
    source: str

    def __str__(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.line}"


def fenced_blocks() -> Iterator[Block]:
    for path in sorted(DOCUMENTS):
        document = Document.parse(str(path))
        for region in FencedCodeBlockLexer(r"[^\n]*")(document):
            line = document.text.count("\n", 0, region.start) + 1
            yield Block(path, line, region.lexemes["language"], str(region.lexemes["source"]))


def docstring_examples() -> Iterator[doctest.DocTest]:
    submodules = walk_packages(ravyn_bg.__path__, prefix="ravyn_bg.")
    for name in ("ravyn_bg", *(each.name for each in submodules)):
        found = doctest.DocTestFinder().find(import_module(name), name)
        yield from (each for each in found if each.examples)


BLOCKS = list(fenced_blocks())
PYTHON = [block for block in BLOCKS if block.language == "python"]
DOCSTRINGS = list(docstring_examples())


def snippets() -> dict[str, str]:
    """What to type-check, by name, at the line where its document has it."""
    blocks = {str(block): "\n" * block.line + block.source for block in PYTHON}
    docstrings = {
        test.name: f"from {test.globs['__name__']} import *\n"
        + "".join(example.source for example in test.examples)
        for test in DOCSTRINGS
    }
    return {**blocks, **docstrings}


SNIPPETS = snippets()


def test_the_readme_and_the_docstrings_have_something_to_check() -> None:
    readme = {block.language for block in BLOCKS if block.document == ROOT / "README.md"}
    assert "python" in readme
    assert readme.intersection(COMMANDS)
    assert DOCSTRINGS


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_no_block_escapes_the_checks_by_its_language(block: Block) -> None:
    assert block.language in ("python", *COMMANDS, *NOT_RUN)


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_a_python_block_runs_alone_in_a_file(block: Block, tmp_path: Path) -> None:
    """It prints what its comments `#> ...` say, and ends with what a `# raises ...` says."""
    script = tmp_path / "block.py"
    script.write_text(SNIPPETS[str(block)])
    run = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    raises = re.findall(r"# raises (.+)$", block.source, re.MULTILINE)
    assert run.returncode == bool(raises), run.stderr
    assert [each for each in raises if each not in run.stderr] == []
    said = re.findall(r"^ *#> (.*)$", block.source, re.MULTILINE)
    assert not said or run.stdout.splitlines() == said


@pytest.mark.parametrize("test", DOCSTRINGS, ids=lambda test: str(test.name))
def test_a_docstring_says_what_happens(test: doctest.DocTest) -> None:
    report: list[str] = []
    assert doctest.DocTestRunner().run(test, out=report.append).failed == 0, "".join(report)


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What mypy says of each snippet; one run, since most of its time is for the imports."""
    folder = tmp_path_factory.mktemp("snippets")
    names = {re.sub(r"\W", "_", name) + ".py": name for name in SNIPPETS}
    for file, name in names.items():
        (folder / file).write_text(SNIPPETS[name])
    options = ["--strict", "--config-file=", f"--cache-dir={ROOT / '.mypy_cache' / 'docs'}"]
    lines = output(["mypy", *options, *names], folder).splitlines()
    return {
        name: [line for line in lines if line.startswith(f"{file}:")]
        for file, name in names.items()
    }


@pytest.mark.parametrize("name", SNIPPETS)
def test_a_block_or_docstring_type_checks(name: str, complaints: dict[str, list[str]]) -> None:
    assert complaints[name] == []


def commands(block: Block) -> Iterator[list[str]]:
    """The words of each command: in a console after its prompt, in a script everywhere."""
    lines = block.source.replace("\\\n", " ").splitlines()
    if block.language == "console":
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    for line in lines:
        reader = shlex.shlex(line, posix=True, punctuation_chars=True)
        reader.whitespace_split = True
        words: list[str] = []
        for word in [*reader, ";"]:
            if word not in (";", "&", "&&", "|", "||"):
                words.append(word)
            elif words:
                yield words
                words = []


def missing(words: list[str]) -> list[str]:
    """What a command names that is not there: the program, a module, a file of this repository."""
    while re.match(r"\w+=", words[0]):
        words = words[1:]
    program, *arguments = words
    scripts = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    known = subprocess.run(
        ["sh", "-c", 'command -v -- "$1"', "sh", program],
        cwd=ROOT,
        env={**os.environ, "PATH": scripts},
        capture_output=True,
    )
    named = [] if known.returncode == 0 else [program]
    if arguments[:1] == ["-m"] and not find_spec(arguments[1]):
        named.append(arguments[1])
    return named + [word for word in arguments if of_this_repository(word) and not there(word)]


def of_this_repository(word: str) -> bool:
    folders = (re.match(r"[^/]+(?=/)", word), re.match(r"\w+", word))
    return any(folder and (ROOT / folder[0]).is_dir() for folder in folders)


def there(word: str) -> bool:
    path, module = word.split("::")[0], word.split(":")[0]
    return (ROOT / path).exists() or ("/" not in word and find_spec(module) is not None)


@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if block.language in COMMANDS], ids=str
)
def test_a_command_exists(block: Block) -> None:
    named = list(commands(block))
    assert named
    assert [each for each in map(missing, named) if each] == []


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("python -m pytest tests/test_docs.py", []),
        ("nosuchprogram --help", ["nosuchprogram"]),
        ("DEBUG=1 ./nosuchscript", ["./nosuchscript"]),
        ("python -m nosuchmodule", ["nosuchmodule"]),
        ("python examples/nosuchfile.py", ["examples/nosuchfile.py"]),
        ("palfrey examples.nosuchmodule:app", ["examples.nosuchmodule:app"]),
        ("palfrey examples.guide.quick_start:app", []),
    ],
)
def test_a_missing_command_is_noticed(line: str, named: list[str]) -> None:
    (words,) = commands(Block(ROOT / "README.md", 1, "console", f"$ {line}\nwhat it prints"))
    assert missing(words) == named
