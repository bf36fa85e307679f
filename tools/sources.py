"""The C++ sources of the repository, and their text without comments and literals: what both checks read."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ("src", "sim", "tests", "bench", "examples")
# Tests, and the headers that only tests include: "test" is a word of the file's name.
TESTS = re.compile(r"[/_](test|tests|fuzz|bench)[_.][^/]*$")

# What code is not: comments, raw strings, strings and characters (1'000 is a number).
_NOT_CODE = re.compile(
    r"""(?P<line>//[^\n]*)|(?P<block>/\*.*?\*/)|(?P<raw>R"(?P<tag>[^()\s]*)\(.*?\)(?P=tag)")"""
    r"""|(?P<text>"(?:\\.|[^"\\\n])*")|(?P<char>(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+')""", re.DOTALL)


def files(root=ROOT):
    """Every C++ file, with its path from the root."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".cpp", ".hpp"):
                yield path.relative_to(root).as_posix(), path.read_text()


def code_only(text):
    """The text with comments blank and literals empty; lines and columns stay where they are."""

    def blank(match):
        kept = re.sub(r"[^\n]", " ", match[0])
        return kept if match["line"] or match["block"] else '"' + kept[1:-1] + '"'

    return _NOT_CODE.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1
