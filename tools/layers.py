#!/usr/bin/env python3
"""Holds every #include against the table of layers in ARCHITECTURE.md.

The table stands in its section "Layers", lowest first:

    | L0 | base, cbor |
    | L5 | gateway, http, store_memory | apart |

A module may include modules of lower layers, those left of it in its own row, and itself; where the row says `apart`, none
of its own row. Tests include what they like: tests/, and files with `test`, `tests`, `fuzz` or `bench` as a word of their name.
"""

import re
import sys

from sources import ROOT, TESTS, code_only, files, line_of

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
_ROW = re.compile(r"^\|\s*L(\d+)\s*\|([^|]+)\|(.*)$")

# Who may see which library, by the beginning of its headers; everybody may see what is not named here.
LIBRARIES = {
    "boost/asio/awaitable.hpp": None,
    "boost/asio": {"net", "cloud", "gateway", "http", "bus_local", "store_memory", "store_rocksdb", "auth_builtin", "sim", "server"},
    "openssl/": {"net", "pki", "auth_builtin"},
    "rocksdb/": {"store_rocksdb"},
    "sys/socket.h": {"net", "server"},  # server: whose process speaks on the local socket
    "netinet/": {"net"},
    "yaml-cpp/": {"server"},
    "CLI/": {"server"},
    "spdlog/": {"server"},
    "systemd/": {"server"},
}

# Modules that only these may see, whatever their layer: behind the gateway nothing knows CoAP (G15).
ONLY_FOR = {"coap": {"gateway", "sim"}}


def layer_table(markdown):
    """{module: (layer, place in its row, apart)}; raises ValueError where there is none."""
    section = re.search(r"^#+ Layers\s*$(.*?)(?=^#+ |\Z)", markdown, re.MULTILINE | re.DOTALL)
    table = {}
    for line in (section[1].splitlines() if section else []):
        row = _ROW.match(line)
        if not row:
            continue
        for place, module in enumerate(name.strip(" `") for name in row[2].split(",")):
            if module in table:
                raise ValueError(f"{module} is in two layers")
            table[module] = (int(row[1]), place, "apart" in row[3])
    if not table:
        raise ValueError('no table of layers: ARCHITECTURE.md needs a section "Layers" with rows like `| L0 | base, cbor |`')
    return table


def module_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "src" else parts[0]


def allowed(table, module, included):
    if module == included:
        return True
    if included in ONLY_FOR and module not in ONLY_FOR[included]:
        return False
    layer, place, apart = table[module]
    other_layer, other_place, _ = table[included]
    return other_layer < layer or (other_layer == layer and not apart and other_place < place)


def library_allowed(module, header):
    for beginning, modules in LIBRARIES.items():
        if header.startswith(beginning):
            return modules is None or module in modules
    return True


def findings(table, path, text):
    """What is wrong with one file's includes."""
    module = module_of(path)
    if module in ("tests", "bench", "examples") or TESTS.search(path):
        return
    if module not in table:
        yield f"{path}:1: {module} is in no layer"
        return
    code = code_only(text)
    for match in _INCLUDE.finditer(text):
        if "#" not in code[match.start():match.end()]:
            continue  # in a comment
        where = f"{path}:{line_of(text, match.start())}"
        header = match[1] or match[2]
        included = header.split("/")[0]
        if match[1] and included not in table:
            yield f"{where}: \"{header}\" is of no module"
        elif match[1] and not allowed(table, module, included):
            yield f"{where}: {module} must not include {included}"
        elif match[2] and not library_allowed(module, header):
            yield f"{where}: {module} must not include <{header}>"


def main():
    try:
        table = layer_table((ROOT / "ARCHITECTURE.md").read_text())
    except (OSError, ValueError) as problem:
        print(problem)
        return 1
    found = [finding for path, text in files() for finding in findings(table, path, text)]
    print("\n".join(found + [f"layers: {len(found)} wrong"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
