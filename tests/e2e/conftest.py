"""Fixtures of the end-to-end tests: they need OCF_CLOUD, the path of the built binary."""

import shutil
import sys
import pathlib
import uuid

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

from api import Api  # noqa: E402
from coap_tcp import poll  # noqa: E402
from collector import Collector  # noqa: E402
from device import Device  # noqa: E402
from hub import BINARY, Hub  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def binary(request):
    if not BINARY and request.node.items and any("hub" in item.fixturenames for item in request.node.items):
        pytest.exit("OCF_CLOUD must name the built ocf-cloud", 2)
    return BINARY


@pytest.fixture(scope="module")
def started():
    """start(**what Hub takes): hubs that end with the file's last test, cleanly."""
    hubs = []

    def start(**more):
        hubs.append(Hub(**more))
        return hubs[-1]

    yield start
    failures = []
    for hub in hubs:
        try:
            hub.stop()
            shutil.rmtree(hub.folder, ignore_errors=True)
        except AssertionError as failure:
            failures.append(failure)
    if failures:
        raise failures[0]


@pytest.fixture(scope="module")
def hub(request, started):
    """The hub of a test file; the file may choose its options with HUB = dict(limits=…, config=…)."""
    return started(**getattr(request.module, "HUB", {}))


@pytest.fixture
def owner():
    """An owner of this test alone."""
    return f"owner-{uuid.uuid4().hex[:12]}"


@pytest.fixture(params=["tcp", "tls"])
def transport(request):
    """Runs the test twice: its devices connect with TCP, then with mutual TLS."""
    return request.param


@pytest.fixture
def device(request, hub, owner):
    """device(**what Device takes): devices of this test's owner, checked and closed at its end."""
    devices = []
    tls = "transport" in request.fixturenames and request.getfixturevalue("transport") == "tls"

    def make(on=None, **more):
        devices.append(Device(on or hub, **{"owner": owner, "tls": tls, **more}))
        return devices[-1]

    yield make
    for made in devices:
        made.close()
    for made in devices:
        made.check()


@pytest.fixture
def collector():
    """Takes what a hub exports by OTLP/HTTP."""
    made = Collector()
    yield made
    made.close()


@pytest.fixture
def api(hub, owner):
    """The HTTP API with a token of this test's owner."""
    return Api(hub, hub.token(owner))


@pytest.fixture
def synchronized(device, api):
    """A device of this test's owner that is online, and all of whose resources the hub knows."""
    d = device().online()
    d.wait_observed("/light/1")
    poll(lambda: api.resource(d.di, "/light/1").status == 200, "the first value")
    poll(lambda: api.device(d.di).json["inSync"], "in sync")
    return d


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the end of its hub's log."""
    outcome = yield
    report = outcome.get_result()
    hub = getattr(item, "funcargs", {}).get("hub")
    if report.failed and hub is not None:
        report.sections.append(("hub's log", hub.log()[-6000:]))
