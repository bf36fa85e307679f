"""A device whose CoAP is libcoap's (tests/peers/libcoap_device.c): the whole of its life on one connection."""

import os
import socket
import subprocess
import threading
import uuid

import pytest

from api import Api
from coap_tcp import PATIENCE, poll

PROGRAM = os.environ.get("OCF_LIBCOAP_DEVICE")  # not set: libcoap3-dev was not there at configure time


class Program:
    """The running device. `lines` are the steps that it has seen."""

    def __init__(self, *arguments):
        assert PROGRAM, "OCF_LIBCOAP_DEVICE names the program; scripts/install-packages test installs what it needs"
        self.lines = []
        self.process = subprocess.Popen([PROGRAM, *map(str, arguments)], stdout=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.strip())

    def wait(self, timeout):
        code = self.process.wait(timeout)
        self._reader.join(timeout)
        self.process.stdout.close()
        return code

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.wait(PATIENCE)


@pytest.fixture
def program():
    programs = []

    def start(*arguments):
        programs.append(Program(*arguments))
        return programs[-1]

    yield start
    for started in programs:
        started.end()


# G8, G9, G12, G14, R1, R5, A1, A2
def test_a_libcoap_device_signs_up_publishes_is_observed_and_updated(hub, owner, transport, program):
    di = str(uuid.uuid4())
    onboarding = hub.onboard(owner)
    tls = [*hub.certificate(di), hub.ca_file()] if transport == "tls" else []
    listener = "coap-tls" if transport == "tls" else "coap-tcp"
    device = program(*hub.address(listener), di, onboarding.provider, onboarding.code, *tls)
    api = Api(hub, hub.token(owner))

    def value():
        answer = api.resource(di, "/light/1")
        return answer.json if answer.status == 200 else None

    poll(lambda: value() == {"state": False, "power": 2, "name": "libcoap"}, f"its change arrives; {device.lines}")
    assert api.devices()[di]["online"]
    assert api.update(di, "/light/1", {"power": 42}).status == 200
    poll(lambda: value()["power"] == 42, "its new value arrives")
    assert device.wait(PATIENCE) == 0, device.lines
    assert device.lines == ["oic/sec/account 2.04", "oic/sec/session 2.04", "oic/rd 2.04", "observed", "updated"]
    poll(lambda: not api.devices()[di]["online"], "it has left")


# G14: RFC 8323 §5.3, libcoap says nothing before the other side's CSM
def test_a_libcoap_device_waits_for_the_csm(program):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PATIENCE)
        device = program("127.0.0.1", silent.getsockname()[1], uuid.uuid4(), "ocf-cloud", "code")
        connection, _ = silent.accept()
        with connection:
            assert device.wait(3 * PATIENCE) == 1
            assert device.lines[-1].startswith(("oic/sec/account 0.00", "not sent"))
            received = b""
            while data := connection.recv(4096):
                received += data
    assert b"account" not in received
