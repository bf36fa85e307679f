"""The built binary: what the hardening flags of cmake/ocf_hardening.cmake made of it, and its bill of materials."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

BINARY = os.environ["OCF_CLOUD"]
SBOM = pathlib.Path(__file__).resolve().parent.parent / "tools" / "sbom.py"

hardened = pytest.mark.skipif(os.environ.get("OCF_HARDEN") != "ON", reason="this build is not hardened")


def output_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def dynamic_section():
    return output_of("readelf", "-dW", BINARY)


@hardened
@pytest.mark.skipif(not shutil.which("checksec"), reason="checksec is not there")
def test_checksec_is_content():
    # It prints its findings in a JSON object named after the file.
    found = json.loads(output_of("checksec", "--format=json", f"--file={BINARY}"))[BINARY]
    wanted = {"relro": "full", "canary": "yes", "nx": "yes", "pie": "yes", "rpath": "no", "runpath": "no", "fortify_source": "yes"}
    assert {name: found[name] for name in wanted} == wanted


@hardened
def test_every_symbol_is_bound_at_the_start():
    flags = next(line for line in dynamic_section().splitlines() if "(FLAGS_1)" in line).split()
    assert {"NOW", "PIE"} <= set(flags)


def test_the_bill_of_materials_names_whatever_the_binary_loads():
    bill = json.loads(output_of(SBOM, BINARY))
    named = {package["name"] for package in bill["packages"]}
    assert "ocf-cloud" in named
    needed = re.findall(r"\(NEEDED\).*\[(.+)\]", dynamic_section())
    assert needed
    loaded = output_of("ldd", BINARY)
    for library in needed:
        path = re.search(rf"{re.escape(library)} => (\S+)", loaded)[1]
        owner = subprocess.run(["dpkg-query", "--search", os.path.realpath(path).removeprefix("/usr")], capture_output=True, text=True)
        if owner.returncode != 0:
            owner = subprocess.run(["dpkg-query", "--search", os.path.realpath(path)], capture_output=True, text=True, check=True)
        assert owner.stdout.split(":")[0] in named, library
    assert all(package["versionInfo"] for package in bill["packages"])
    related = {relation["relatedSpdxElement"] for relation in bill["relationships"]} | {relation["spdxElementId"] for relation in bill["relationships"]}
    assert {package["SPDXID"] for package in bill["packages"]} <= related
