"""The checks of tools/, each held against an example that breaks it and one that does not."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))

import layers  # noqa: E402
import tidy  # noqa: E402
from sources import code_only  # noqa: E402

HEADER = "// What it is for.\n#pragma once\n"

# rule, path, what breaks it, what is like it and fine
EXAMPLES = [
    (tidy.temporary_in_await, "src/a/a.cpp", "co_await send(Request{1});", "Request r{1}; co_await send(std::move(r));"),
    (tidy.temporary_in_await, "src/a/a.cpp", "auto x = co_await run([&] { return 1; });", "x = co_await run(values[0]);"),
    (tidy.temporary_in_await, "src/a/a.cpp", "co_return co_await f(g(1), {1,\n 2});", "if (co_await f(1)) { g(); }"),
    (tidy.temporary_in_await, "src/a/a.cpp", "co_await f({});", "// co_await f({});\nconst char* s = \"co_await f({});\";"),
    (tidy.capturing_coroutine_lambda, "src/a/a.cpp", "spawn([this]() -> awaitable<void> { co_await f(); });",
     "spawn([]() -> awaitable<void> { co_await f(); });"),
    (tidy.capturing_coroutine_lambda, "src/a/a.cpp", "auto l = [&x] { co_return; };", "auto l = [&x](int y) { return x[y]; }; co_return;"),
    (tidy.refused_type_name, "src/a/a.cpp", "class SessionManager {", "class Baseline {"),
    (tidy.refused_type_name, "src/a/a.cpp", "struct DeviceInfo final {", "struct Information;  // not DeviceInfo {"),
    (tidy.refused_type_name, "src/a/a.cpp", "using Impl = int;", "class ImplicitOption {"),
    (tidy.refused_file_name, "src/a/string_utils.hpp", HEADER, None),
    (tidy.refused_file_name, "src/a/common.cpp", "", None),
    (tidy.lock_outside_the_shell, "src/cloud/a.cpp", "std::lock_guard lock(mutex_);", "gate_.enter();"),
    (tidy.lock_outside_the_shell, "src/server/a.hpp", "std::shared_mutex m;", "// std::mutex\n"),
    (tidy.header_without_pragma_once, "src/a/a.hpp", "// Purpose.\nint a;\n", HEADER),
    (tidy.header_without_purpose, "src/a/a.hpp", "#pragma once\n", HEADER),
    (tidy.todo, "src/a/a.cpp", "// TODO later\n", "// to do or not to do\n"),
    (tidy.trailing_whitespace, "src/a/a.cpp", "int a; \n", "int a;\n"),
    (tidy.long_line, "src/a/a.cpp", "x" * 121, "x" * 120),
    (tidy.catch_all, "src/a/a.cpp", "try { f(); } catch (...) { }", "catch (const std::exception& e)"),
    (tidy.plain_assert, "src/a/a.cpp", "  assert(size < max);", "OCF_ASSERT(size < max, \"why\"); static_assert(true); // assert(x)"),
    (tidy.plain_assert, "src/a/a.cpp", "#include <cassert>\n", "#include \"base/assert.hpp\"\n"),
]


def run(rule, path, text):
    return list(rule(path, text, code_only(text)))


@pytest.mark.parametrize("rule, path, bad, good", EXAMPLES)
def test_a_rule_finds_what_breaks_it_and_nothing_else(rule, path, bad, good):
    assert run(rule, path, bad)
    assert good is None or run(rule, path, good) == []


def test_every_rule_has_an_example():
    assert {rule for rule, *_ in EXAMPLES} | {tidy.unlisted_source} == set(tidy.RULES)


def test_names_that_only_contain_a_refused_word_are_fine():
    assert run(tidy.refused_file_name, "src/a/database.cpp", "") == []
    assert run(tidy.refused_file_name, "src/base/assert.cpp", "") == []


def test_locks_are_fine_in_net_and_in_plugs():
    for path in ("src/net/a.cpp", "src/store_rocksdb/a.cpp", "src/cloud/a_test.cpp"):
        assert run(tidy.lock_outside_the_shell, path, "std::mutex m;") == []


def test_a_source_has_to_be_listed(tmp_path):
    (tmp_path / "src" / "a" / "deep").mkdir(parents=True)
    (tmp_path / "src" / "a" / "CMakeLists.txt").write_text("ocf_library(a SOURCES listed.cpp deep/listed_too.cpp)")
    found = [list(tidy.unlisted_source(path, "", "", tmp_path)) != []
             for path in ("src/a/listed.cpp", "src/a/deep/listed_too.cpp", "src/a/too.cpp", "src/a/ed.cpp", "src/a/header.hpp")]
    assert found == [False, False, True, True, False]


def test_lines_of_findings_are_those_of_the_file():
    text = '/* one\n two */\nauto s = R"(co_await f({})\n)";\nco_await f({});\n'
    assert [line for line, _ in run(tidy.temporary_in_await, "src/a/a.cpp", text)] == [5]


TABLE = """# Architecture

## Layers

| Layer | Modules | |
|---|---|---|
| L0 | base, `cbor` | |
| L1 | coap, es | |
| L5 | gateway, http | apart |

## Other
| L9 | other |
"""


@pytest.mark.parametrize("path, include, fine", [
    ("src/coap/a.cpp", '"base/a.hpp"', True), ("src/coap/a.cpp", '"coap/b.hpp"', True), ("src/cbor/a.cpp", '"base/a.hpp"', True),
    ("src/base/a.cpp", '"cbor/a.hpp"', False), ("src/base/a.cpp", '"coap/a.hpp"', False), ("src/http/a.cpp", '"gateway/a.hpp"', False),
    ("src/http/a.cpp", '"es/a.hpp"', True), ("src/http/a.cpp", '"a.hpp"', False), ("src/other/a.cpp", '"base/a.hpp"', False),
    ("src/base/a_test.cpp", '"http/a.hpp"', True), ("tests/contract/a.hpp", '"http/a.hpp"', True),
    ("src/base/hub_for_tests.hpp", '"http/a.hpp"', True), ("src/base/contest.hpp", '"http/a.hpp"', False),
    ("src/coap/a.cpp", "<openssl/ssl.h>", False), ("src/coap/a.cpp", "<boost/asio/ip/tcp.hpp>", False),
    ("src/gateway/a.cpp", '"coap/a.hpp"', True), ("src/http/a.cpp", '"coap/a.hpp"', False),
    ("src/es/a.hpp", "<boost/asio/awaitable.hpp>", True), ("src/coap/a.cpp", "<vector>", True)])
def test_includes_go_down_only(path, include, fine):
    table = layers.layer_table(TABLE)
    assert (list(layers.findings(table, path, f"#include {include}\n")) == []) == fine
    assert path.startswith("src/other") or list(layers.findings(table, path, f"// #include {include}\n")) == []


@pytest.mark.parametrize("markdown", ["", "## Layers\n", "## Layers\n| L0 | a |\n| L1 | a |\n"])
def test_a_missing_or_contradictory_table_is_an_error(markdown):
    with pytest.raises(ValueError):
        layers.layer_table(markdown)
