"""A foreign CoAP implementation as the judge: Debian's libcoap clients, each call a connection of its own."""

import re
import subprocess
import uuid

import cbor2
import pytest

from coap_tcp import OCF_CBOR, PATIENCE

_RECEIVED = re.compile(rb"received \d+ bytes\n[^\n]* c:(\d\.\d\d)[^\n]*(?:\n<<([0-9a-f]*)>>)?")


class Libcoap:
    """Calls of coap-client-notls, or coap-client-openssl with a certificate."""

    patience = PATIENCE

    def __init__(self, hub, di, transport, folder):
        self.folder = folder
        if transport == "tls":
            crt, key = hub.certificate(di)
            self.command = ["coap-client-openssl", "-c", crt, "-j", key, "-C", hub.ca_file(), "-n"]
            self.uri = "coaps+tcp://{}:{}".format(*hub.address("coap-tls"))
        else:
            self.command = ["coap-client-notls"]
            self.uri = "coap+tcp://{}:{}".format(*hub.address("coap-tcp"))

    def call(self, method, path, value=None):
        """(code, value) of the last message that came."""
        command = [*self.command, "-v", "7", "-B", str(int(self.patience)), "-m", method]
        if value is not None:
            file = self.folder / f"{uuid.uuid4().hex}.cbor"
            file.write_bytes(cbor2.dumps(value))
            command += ["-t", str(OCF_CBOR), "-A", str(OCF_CBOR), "-f", file]
        done = subprocess.run([*map(str, command), self.uri + path], capture_output=True, timeout=2 * self.patience)
        found = [match for match in _RECEIVED.findall(done.stdout) if not match[0].startswith(b"7")]
        assert found, done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")
        code, payload = found[-1]
        return code.decode(), cbor2.loads(bytes.fromhex(payload.decode())) if payload else None


@pytest.fixture(params=["tcp", "tls"])
def libcoap(request, hub, tmp_path):
    di = str(uuid.uuid4())
    client = Libcoap(hub, di, request.param, tmp_path)
    client.di = di
    return client


# G1, G14
def test_without_sign_in_it_is_told_so(libcoap):
    assert libcoap.call("get", "/oic/res")[0] == "4.01"


# A1, A2, G14
def test_it_signs_up_and_signs_in(libcoap, hub, owner):
    onboarding = hub.onboard(owner)
    code, granted = libcoap.call("post", "/oic/sec/account", {
        "di": libcoap.di, "authprovider": onboarding.provider, "accesstoken": onboarding.code})
    assert code == "2.04"
    code, answer = libcoap.call("post", "/oic/sec/session", {
        "di": libcoap.di, "uid": granted["uid"], "accesstoken": granted["accesstoken"], "login": True})
    assert code == "2.04" and "expiresin" in answer
    assert libcoap.call("get", "/oic/res")[0] == "4.01", "the next connection has not signed in"


# A10
def test_a_wrong_code_is_refused(libcoap, hub, owner):
    code, _ = libcoap.call("post", "/oic/sec/account", {
        "di": libcoap.di, "authprovider": hub.onboard(owner).provider, "accesstoken": "invented"})
    assert code == "4.01"


# A2, G14: the certificate's device id has to agree
def test_another_devices_certificate_is_refused(hub, owner, tmp_path):
    client = Libcoap(hub, str(uuid.uuid4()), "tls", tmp_path)
    onboarding = hub.onboard(owner)
    code, _ = client.call("post", "/oic/sec/account", {
        "di": str(uuid.uuid4()), "authprovider": onboarding.provider, "accesstoken": onboarding.code})
    assert code == "4.01"
