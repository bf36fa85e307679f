#!/usr/bin/env python3
"""A software bill of materials of the binary: what it is made of and loads, as SPDX 2.3 JSON on standard output.

    tools/sbom.py build/release/ocf-cloud > ocf-cloud.spdx.json

The program, every shared library that the loader gives it, the libraries of which only headers are in it, and the compiler:
each with the Debian package that it comes from, its version, and the licences that its copyright file names.
The same binary on the same machine gives the same text but for the time, which SOURCE_DATE_EPOCH sets.
"""

import datetime
import functools
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
from urllib.parse import quote

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADERS_ONLY = ("libboost1.81-dev", "libcli11-dev")
COMPILER = "g++"


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def loaded_by(binary):
    """The files of the shared libraries that the loader finds for it, without the loader's own."""
    return sorted({match[1] for match in re.finditer(r"=> (/\S+)", run("ldd", str(binary)))})


@functools.cache
def package_of(file):
    """The Debian package that a file belongs to; merged /usr: under either name."""
    real = os.path.realpath(file)
    for name in dict.fromkeys((file, real, real.removeprefix("/usr"))):
        found = subprocess.run(["dpkg-query", "--search", name], capture_output=True, text=True)
        if found.returncode == 0:
            return found.stdout.split(": ")[0].split(":")[0]
    raise SystemExit(f"{file} belongs to no package")


def field(package, name):
    return run("dpkg-query", "--show", f"--showformat=${{{name}}}\n", package).splitlines()[0]


def licences(package):
    """Names of licences in the package's machine-readable copyright file; which of them bind the library a reader has to judge."""
    file = pathlib.Path(f"/usr/share/doc/{package}/copyright")
    text = file.read_text(errors="replace") if file.exists() else ""
    if "copyright-format/1.0" not in text:
        return ""
    return ", ".join(sorted(set(re.findall(r"^License: *(\S.*?) *$", text, re.MULTILINE))))


def spdx_id(name):
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)


def described(package):
    version = field(package, "Version")
    return {
        "SPDXID": spdx_id(package),
        "name": package,
        "versionInfo": version,
        "supplier": "Organization: Debian",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "licenseComments": f"Debian's copyright file of the package names: {licences(package) or 'see there'}",
        "copyrightText": "NOASSERTION",
        "sourceInfo": f"Debian source package {field(package, 'source:Package')} {field(package, 'source:Version')}",
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                          "referenceLocator": f"pkg:deb/debian/{quote(package)}@{quote(version)}?arch={field(package, 'Architecture')}"}],
    }


def program(binary):
    version = re.search(r"^project\(ocf-cloud VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)[1]
    return {
        "SPDXID": "SPDXRef-ocf-cloud",
        "name": "ocf-cloud",
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "checksums": [{"algorithm": "SHA256", "checksumValue": hashlib.sha256(binary.read_bytes()).hexdigest()}],
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "Apache-2.0",
        "copyrightText": "NOASSERTION",
        "primaryPackagePurpose": "APPLICATION",
    }


def bill(binary):
    own = program(binary)
    time = datetime.datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", datetime.datetime.now().timestamp())), datetime.timezone.utc)
    linked = sorted({package_of(file) for file in loaded_by(binary)})
    parts = ([(package, "DYNAMIC_LINK") for package in linked] + [(package, "CONTAINS") for package in HEADERS_ONLY]
             + [(package_of(os.path.realpath(run("which", COMPILER).strip())), "BUILD_TOOL_OF")])

    def relation(package, kind):
        if kind == "BUILD_TOOL_OF":
            return {"spdxElementId": spdx_id(package), "relationshipType": kind, "relatedSpdxElement": own["SPDXID"]}
        return {"spdxElementId": own["SPDXID"], "relationshipType": kind, "relatedSpdxElement": spdx_id(package)}

    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"ocf-cloud-{own['versionInfo']}",
        "documentNamespace": f"urn:ocf-cloud:sbom:{own['checksums'][0]['checksumValue']}",
        "creationInfo": {"created": time.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": ["Tool: ocf-cloud tools/sbom.py"]},
        "packages": [own] + [described(package) for package, _ in parts],
        "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": own["SPDXID"]}]
                         + [relation(package, kind) for package, kind in parts],
    }


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    print(json.dumps(bill(pathlib.Path(sys.argv[1])), indent=2))
