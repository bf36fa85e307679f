"""Holds docs/operations/limits.md against src/base/limits.hpp: every limit has a key in the configuration, a row with its default, what
answers and how that is seen, and a test that exists."""

import re

import pytest

from requirements_test import ROOT, SCENARIOS, exists

FIELDS = re.findall(r"^  (?:std::[\w:]+|unsigned) (\w+)(?: = |\{)", (ROOT / "src" / "base" / "limits.hpp").read_text(), re.MULTILINE)
KEYS = dict(re.findall(r"^  (\w+): (\S+)$", (ROOT / "config" / "ocf-cloud.yaml").read_text().partition("\nlimits:\n")[2], re.MULTILINE))
ROWS = {row[0].strip("`"): row[1:] for row in (
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "operations" / "limits.md").read_text().splitlines() if line.startswith("| `"))}


def test_every_field_was_found():
    declarations = re.findall(r"^  [^/\n]*;", (ROOT / "src" / "base" / "limits.hpp").read_text(), re.MULTILINE)
    assert len(FIELDS) == len(declarations) and len(set(FIELDS)) == len(FIELDS)


def test_every_limit_has_a_key_and_a_row_and_there_are_no_others():
    assert list(KEYS) == FIELDS
    assert list(ROWS) == FIELDS


@pytest.mark.parametrize("limit", FIELDS)
def test_a_row_says_the_default_what_answers_and_names_a_test_that_exists(limit):
    default, answer, _, tests = ROWS[limit]
    assert default == KEYS[limit]
    assert answer
    named = re.findall(r"`([^`]+)`", tests)
    assert tests == "not yet" or named
    assert [name for name in named if not exists(name)] == []
    assert set(re.findall(r"\*([^*]+)\*", tests)) <= SCENARIOS
