"""Holds docs/requirements.md, docs/known-bugs.md, docs/security.md and docs/operations/faults.md against the tree: every requirement has
a row, every bug that others had a test, every fault a test or a "not yet", and every named test, and row of `misbehaving`, exists."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "requirements.md").read_text()

IDS = [f"{letter}{number}" for letter, count in {"G": 16, "R": 15, "A": 11, "Q": 5, "D": 4, "S": 3}.items()
       for number in range(1, count + 1)]

ROWS = [tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in PAGE.splitlines() if re.match(r"\| [A-Z]\d+ \|", line)]
BUGS = [tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in (ROOT / "docs" / "known-bugs.md").read_text().splitlines() if re.match(r"\| [A-Z]", line)]
FAULTS = [tuple(cell.strip() for cell in line.strip("|").split("|"))
          for line in (ROOT / "docs" / "operations" / "faults.md").read_text().splitlines() if re.match(r"\| [A-Z]", line)]
ATTACKS = [tuple(cell.strip() for cell in line.strip("|").split("|"))
           for line in (ROOT / "docs" / "security.md").read_text().splitlines() if re.match(r"\| (who|any|a|an) ", line)]
NAMED = sorted({name for row in ROWS + BUGS + FAULTS + ATTACKS
                for name in re.findall(r"`([\w/.]+(?:::|\.)\w+|store_\w+|simulation\w*)`", row[-1])})
# In italics: what a misbehaving device does.
DEEDS = sorted({deed for row in BUGS + FAULTS for deed in re.findall(r"\*([^*]+)\*", row[-1])})
SCENARIOS = set(re.findall(r'^ +\{"([^"]+)", \w+', (ROOT / "tests" / "misbehaving" / "scenarios.cpp").read_text(), re.MULTILINE))
PROGRAMS = set(re.findall(r"add_test\(NAME (\w+)", (ROOT / "tests" / "CMakeLists.txt").read_text()))
CASES = {f"{suite}.{name}" for path in (*ROOT.glob("src/**/*_test.cpp"), *ROOT.glob("sim/*_test.cpp"), *ROOT.glob("tests/**/*.hpp"))
         for suite, name in re.findall(r"\bTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)", path.read_text())}


# The running binary, or a whole hub with its store and sockets in the process of a test.
WHOLE_HUB = ("`tests/e2e/", "`HubTest.", "`SecondGateway.")


def exists(name):
    """A file, a function of a Python file (`path::function`), a GoogleTest (`Suite.Test`), or a program that is a test by itself."""
    path, _, function = name.partition("::")
    if not function:
        return name in CASES | PROGRAMS or (ROOT / name).is_file()
    file = ROOT / path
    return file.is_file() and re.search(rf"^(async )?def {re.escape(function)}\(", file.read_text(), re.MULTILINE) is not None


def test_every_requirement_has_one_row():
    assert [row[0] for row in ROWS] == IDS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_is_proved_through_real_sockets_or_says_not_yet(row):
    assert len(row) == 3 and (any(test in row[2] for test in WHOLE_HUB) or row[2].startswith("not yet"))


def test_every_bug_that_others_had_has_a_test():
    assert len(BUGS) == 17 and all(re.search(r"`(tests/e2e/|[A-Z]\w+\.)", row[2]) for row in BUGS)


@pytest.mark.parametrize("row", FAULTS, ids=lambda row: row[0])
def test_a_fault_says_what_happens_and_has_a_test_or_says_not_yet(row):
    assert len(row) == 4 and row[1] and (re.search(r"`(tests/e2e/|store_|[A-Z]\w+\.)", row[3]) or row[3] == "not yet")


@pytest.mark.parametrize("name", NAMED)
def test_a_named_test_exists(name):
    assert exists(name)


def test_a_row_in_italics_is_one_of_the_misbehaving_device():
    assert DEEDS and set(DEEDS) <= SCENARIOS


@pytest.mark.parametrize("name", ["simulation_of_nothing", "tests/e2e/test_http.py::test_of_nothing", "tests/nowhere.py::test_x", "tests/nowhere.py",
                                  "HandleCommand.DoesWhatNobodyTests"])
def test_what_does_not_exist_is_noticed(name):
    assert not exists(name)
