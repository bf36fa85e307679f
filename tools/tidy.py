#!/usr/bin/env python3
"""The rules of STYLE.md that a machine can check. Each rule is a function that yields (line, sentence); tests/tools_test.py
holds each against an example that breaks it."""

import pathlib
import re
import sys

from sources import ROOT, TESTS, code_only, files, line_of

REFUSED_WORDS = ("Manager", "Helper", "Helpers", "Util", "Utils", "Common", "Misc", "Info", "Base", "Impl", "Implementer", "Processor")
COLUMNS_MAX = 120

# Where locks may be: threads of others enter there.
_LOCK_FOLDERS = re.compile(r"^(src/(net|rpc|telemetry|store_\w+|bus_\w+|auth_\w+)|tests|bench)/")
_LOCK = re.compile(r"\bstd::(?:\w*mutex|lock_guard|unique_lock|scoped_lock|shared_lock|condition_variable\w*)\b")
_TYPE = re.compile(r"\b(?:class|struct|enum(?:\s+class)?|union|concept|using)\s+(?:\[\[[^\]]*\]\]\s*)?([A-Z]\w*)\s*(?:final\s*)?[{:;=<]")


def closing(code, start):
    """The offset behind the bracket that closes the one at `start`; the end if none does."""
    depth = 0
    for at in range(start, len(code)):
        if code[at] in "([{":
            depth += 1
        elif code[at] in ")]}":
            depth -= 1
            if depth == 0:
                return at + 1
    return len(code)


def _begins_lambda(code, at):
    """Whether the '[' there begins a lambda rather than a subscript or an attribute."""
    before = code[:at].rstrip()
    if code.startswith("[[", at) or before.endswith("["):
        return False
    return not re.search(r"[\w\])]$", before) or bool(re.search(r"\b(?:return|co_return|co_await|co_yield)$", before))


# g++ 12 destroys such a temporary twice, without a warning.
def temporary_in_await(path, text, code):
    for match in re.finditer(r"\bco_await\b", code):
        at, depth = match.end(), 0
        while at < len(code) and code[at] != ";":
            if code[at] in ")]}" and depth == 0:
                break
            if code[at] == "{" or (code[at] == "[" and _begins_lambda(code, at)):
                yield line_of(code, at), "a braced or lambda temporary within co_await: name it first"
                break
            depth += (code[at] in "([") - (code[at] in ")]")
            at += 1


# The frame outlives the lambda object that holds the captures.
def capturing_coroutine_lambda(path, text, code):
    for match in re.finditer(r"\[", code):
        if not _begins_lambda(code, match.start()):
            continue
        end = closing(code, match.start())
        if not code[match.start() + 1:end - 1].strip():
            continue
        head = re.compile(r"\s*(\([^;{}]*\))?[^;{}()]*\{").match(code, end)
        if head and re.search(r"\bco_(await|return|yield)\b", code[head.end():closing(code, head.end() - 1)]):
            yield line_of(code, match.start()), "a coroutine lambda with captures: make it a named function"


def refused_type_name(path, text, code):
    for match in _TYPE.finditer(code):
        words = re.findall(r"[A-Z][a-z0-9]*", match[1])
        for word in set(words) & set(REFUSED_WORDS):
            yield line_of(code, match.start(1)), f"{match[1]}: {word} says nothing"


def refused_file_name(path, text, code):
    for word in pathlib.PurePath(path).stem.split("_"):
        if word.capitalize() in REFUSED_WORDS:
            yield 1, f"{word} in a file name says nothing"


def lock_outside_the_shell(path, text, code):
    if _LOCK_FOLDERS.match(path) or TESTS.search(path):
        return
    for match in _LOCK.finditer(code):
        yield line_of(code, match.start()), f"{match[0]}: locks are for net, rpc, telemetry and plugs"


def header_without_pragma_once(path, text, code):
    if path.endswith(".hpp") and "#pragma once" not in code:
        yield 1, "#pragma once is missing"


def header_without_purpose(path, text, code):
    if path.endswith(".hpp") and not re.match(r"// \S", text):
        yield 1, "the first line of a header says what it is for"


def todo(path, text, code):
    for match in re.finditer(r"\b(TODO|FIXME|XXX)\b", text):
        yield line_of(text, match.start()), f"{match[0]}: do it or file it"


def trailing_whitespace(path, text, code):
    for number, line in enumerate(text.splitlines(), 1):
        if line != line.rstrip():
            yield number, "trailing whitespace"


def long_line(path, text, code):
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > COLUMNS_MAX:
            yield number, f"{len(line)} columns; {COLUMNS_MAX} at most"


def catch_all(path, text, code):
    for match in re.finditer(r"\bcatch\s*\(\s*\.\.\.\s*\)", code):
        yield line_of(code, match.start()), "catch (...) swallows what nobody expected"


# A release build does not have it, so a bound that it keeps is none.
def plain_assert(path, text, code):
    for match in re.finditer(r"(?<![\w.:])assert\s*\(|^\s*#\s*include\s*<(?:cassert|assert\.h)>", code, re.MULTILINE):
        yield line_of(code, match.start()), "assert() is gone in release: OCF_ASSERT for bugs, a Result for input"


def unlisted_source(path, text, code, root=ROOT):
    """A source that no CMakeLists.txt of its folder or one above names, nor cmake/*.cmake, is built by nobody."""
    if not path.endswith(".cpp"):
        return
    names = [(root / folder / "CMakeLists.txt", pathlib.PurePath(path).relative_to(folder).as_posix())
             for folder in pathlib.PurePath(path).parents]
    names += [(lists, path) for lists in (root / "cmake").glob("*.cmake")]
    for lists, name in names:
        if lists.exists() and re.search(rf"(?<![\w.-])(?<!\w/){re.escape(name)}(?![\w/.-])", lists.read_text()):
            return
    yield 1, "no CMakeLists.txt names this file"


RULES = (temporary_in_await, capturing_coroutine_lambda, refused_type_name, refused_file_name, lock_outside_the_shell,
         header_without_pragma_once, header_without_purpose, todo, trailing_whitespace, long_line, catch_all,
         plain_assert, unlisted_source)


def main():
    found = []
    for path, text in files():
        code = code_only(text)
        found += [f"{path}:{line}: {sentence}" for rule in RULES for line, sentence in rule(path, text, code)]
    print("\n".join(found + [f"tidy: {len(found)} findings"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
