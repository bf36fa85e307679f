"""The judges judged: each that passes against the hub fails against one that is worse by one defect (worse_hub.py)."""

import os
import subprocess
import uuid

import pytest

from coap_tcp import CHANGED, GET, PATIENCE, POST
from device import Device
from pki import Authority, client_context
from test_libcoap import Libcoap
from test_libcoap_device import PROGRAM as LIBCOAP_DEVICE
from worse_hub import COALESCE, NO_CSM, SHORT_TOKENS, WorseHub

SIM_DEVICE = os.environ.get("OCF_SIM_DEVICE")

# How long the simulated device waits for what never comes; it needs a second where nothing is wrong.
_LONG_ENOUGH = 8


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """The CA of the proxies' own certificates: over TLS the judges are told to trust it instead of the hub's."""
    return Authority(tmp_path_factory.mktemp("worse-hub"), "Worse Hub")


@pytest.fixture
def worse_hub(hub, transport, authority):
    """worse_hub(di, *defects): a hub for one device."""
    made = []

    def make(di, *defects):
        made.append(WorseHub(hub, *defects, **({"di": di, "authority": authority} if transport == "tls" else {})))
        return made[-1]

    yield make
    for proxy in made:
        proxy.__exit__()


# -- libcoap's client and a device on it wait for the hub's CSM (RFC 8323 section 5.3)


class ProxiedLibcoap(Libcoap):
    """coap-client against a proxy of the hub; it says by itself that nothing came, so it need not wait long for that."""

    patience = PATIENCE / 3

    def __init__(self, hub, proxy, di, transport, authority, folder):
        super().__init__(hub, di, transport, folder)
        self.uri = "{}://{}:{}".format("coaps+tcp" if transport == "tls" else "coap+tcp", *proxy.address)
        if transport == "tls":
            self.command[self.command.index("-C") + 1] = authority.file


def client_gets_an_answer(hub, proxy, di, transport, authority, folder):
    try:
        return ProxiedLibcoap(hub, proxy, di, transport, authority, folder).call("get", "/oic/res")[0] == "4.01"
    except (AssertionError, subprocess.TimeoutExpired):
        return False


# G14
def test_libcoaps_client_fails_without_the_csm(hub, worse_hub, transport, authority, tmp_path):
    di = str(uuid.uuid4())
    assert client_gets_an_answer(hub, worse_hub(di), di, transport, authority, tmp_path)
    silent = worse_hub(di, NO_CSM)
    assert not client_gets_an_answer(hub, silent, di, transport, authority, tmp_path)
    assert silent.spoiled == 1


def libcoap_device_signs_up(hub, proxy, di, transport, authority):
    """Whether it does so; nobody updates it, so it never comes to its end. (signed up, its lines)"""
    onboarding = hub.onboard()
    tls = [*hub.certificate(di), authority.file] if transport == "tls" else []
    command = [LIBCOAP_DEVICE, *map(str, [*proxy.address, di, onboarding.provider, onboarding.code, *tls])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        lines = []
        for line in process.stdout:
            lines.append(line.strip())
            if line.strip() == "observed":
                process.kill()
        return "observed" in lines, lines


# G14
@pytest.mark.skipif(not LIBCOAP_DEVICE, reason="libcoap3-dev was not there at configure time")
def test_a_device_on_libcoap_fails_without_the_csm(hub, worse_hub, transport, authority):
    di = str(uuid.uuid4())
    passed, lines = libcoap_device_signs_up(hub, worse_hub(di), di, transport, authority)
    assert passed, lines
    silent = worse_hub(di, NO_CSM)
    passed, lines = libcoap_device_signs_up(hub, silent, di, transport, authority)
    assert not passed and lines[-1].startswith(("oic/sec/account 0.00", "not sent")), lines
    assert silent.spoiled == 1


# -- The simulated device reads six bytes first, and takes one message out of a TLS record


def simulated_device(hub, proxy, di, transport, authority, *options):
    """Whether it gets to the point where it was asked for all that it published, and the last that it says."""
    onboarding = hub.onboard()
    tls = [*hub.certificate(di), authority.file] if transport == "tls" else []
    uri = "{}://{}:{}".format("coaps+tcp" if tls else "coap+tcp", *proxy.address)
    command = [SIM_DEVICE, *options, uri, di, onboarding.provider, onboarding.code, _LONG_ENOUGH, *tls]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=_LONG_ENOUGH + PATIENCE)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode == 0, done.stdout.splitlines()[-1]


# What each defect, alone and with the other, does to the device. Over plain TCP a short message harms only together with
# what follows it in a segment (ocf-wire: recorded in device-coalesced-short-message.log), and several long ones do not.
SPOILED = {
    ("tcp", (SHORT_TOKENS,)): None,
    ("tcp", (COALESCE,)): None,
    ("tcp", (SHORT_TOKENS, COALESCE)): "six bytes or fewer came together with others",
    ("tls", (SHORT_TOKENS,)): "no answer to the sign-up",
    ("tls", (COALESCE,)): "no answer to the sign-up",  # it is behind the CSM
    ("tls", (SHORT_TOKENS, COALESCE)): "no answer to the sign-up",
}


# G14
@pytest.mark.parametrize("defects", [(SHORT_TOKENS,), (COALESCE,), (SHORT_TOKENS, COALESCE)], ids="+".join)
def test_the_simulated_device_fails_at_short_tokens_and_joined_messages(hub, worse_hub, transport, authority, defects):
    expected = SPOILED[transport, defects]
    for options, proxy_defects, passes in [((), (), True), ((), defects, expected is None), (("--well-behaved",), defects, True)]:
        di = str(uuid.uuid4())
        proxy = worse_hub(di, *proxy_defects)
        passed, last = simulated_device(hub, proxy, di, transport, authority, *options)
        assert passed == passes, last
        assert passed or expected in last
        assert (proxy.spoiled > 0) == bool(proxy_defects)


# -- The device of these tests notes what a real one would not have borne


class ProxiedHub:
    """The hub, with the proxy's address."""

    def __init__(self, hub, proxy, authority):
        self._hub, self._proxy, self._authority = hub, proxy, authority

    def __getattr__(self, name):
        return getattr(self._hub, name)

    def address(self, _listener):
        return self._proxy.address

    def connect(self, name="client"):
        return type(self._hub).connect(self, name)

    def connect_tls(self, di, name="client", context=None):
        context = client_context(*self._hub.certificate(di), self._authority.file)
        return type(self._hub).connect_tls(self, di, name, context)


# G14
@pytest.mark.parametrize("defects", [(), (SHORT_TOKENS,), (COALESCE,)], ids=lambda defects: "+".join(defects) or "none")
def test_the_tests_own_device_notes_each_defect(hub, worse_hub, transport, authority, owner, defects):
    di = str(uuid.uuid4())
    proxied = ProxiedHub(hub, worse_hub(di, *defects), authority)
    with Device(proxied, owner=owner, di=di, tls=transport == "tls") as device:
        device.online()
        for href in sorted(device.resources):
            device.wait_asked(GET, href)
        assert device.connection.post(device.route("/light/1"), {"power": 1}).code == CHANGED
        device.wait_asked(POST, "/light/1")
        noted = set(device.violations)
        device.violations.clear()
    expected = {SHORT_TOKENS: "6 bytes or fewer", COALESCE: "in one TLS record" if transport == "tls" else None}
    wanted = [expected[defect] for defect in defects if expected[defect]]
    assert all(any(text in violation for violation in noted) for text in wanted), noted
    assert bool(noted) == bool(wanted), noted
