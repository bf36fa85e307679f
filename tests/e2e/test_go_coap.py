"""A client whose CoAP is go-coap's (tests/peers/go_coap): sign-up to cancellation on one connection, long bodies in blocks."""

import json
import os
import pathlib
import subprocess
import threading
import uuid

import pytest

from coap_tcp import BLOCK1, BLOCK2, PATIENCE, POST, Inbox
from device import light

CLIENT = pathlib.Path(os.environ.get("OCF_GO_COAP_CLIENT", "/nonexistent"))

pytestmark = pytest.mark.skipif(not CLIENT.exists(), reason="the go-coap client is not built: scripts/test --full does that")


# G14, R3, R5, A1, A2
def test_go_coap_signs_in_discovers_changes_and_observes_in_blocks(hub, device, owner, transport):
    resource = light()
    resource.value["name"] = "long " * 1000
    d = device(resources=[resource], tls=transport == "tls").online()
    d.wait_observed("/light/1")

    di = str(uuid.uuid4())
    onboarding = hub.onboard(owner)
    address = "{}:{}".format(*hub.address("coap-tls" if transport == "tls" else "coap-tcp"))
    tls = [*hub.certificate(di), hub.ca_file()] if transport == "tls" else []
    command = [CLIENT, address, di, onboarding.provider, onboarding.code, d.route("/light/1"), 4, *tls]
    client = subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = Inbox("line of the go-coap client")
    reading = threading.Thread(target=lambda: [lines.put(json.loads(line)) for line in client.stdout], daemon=True)
    reading.start()
    try:
        def step(name):
            if client.poll() and lines.empty():
                raise AssertionError(f"it failed before {name}: {client.stderr.read()}")
            line = lines.get(2 * PATIENCE)
            assert line.pop("step") == name, line
            return line

        step("sign-up")
        step("sign-in")
        found = step("discover")
        assert found["found"] and found["links"] >= 1
        assert step("get") == {"power": 0, "name_bytes": 5000}
        assert step("update") == {"name_bytes": 3200}
        update = d.wait_asked(POST, "/light/1")
        assert len(update.value["name"]) == 3200 and update.option(BLOCK1) is update.option(BLOCK2) is None
        if step("observed")["power"] == 0:  # the device's word of its change came later
            assert step("observed") == {"power": 1, "name_bytes": 3200}
        for power in (2, 3, 4):
            d.change("/light/1", power=power)
            assert step("observed") == {"power": power, "name_bytes": 3200}
        step("cancelled")
        assert client.wait(PATIENCE) == 0, client.stderr.read()
    finally:
        if client.poll() is None:
            client.kill()
            client.wait(PATIENCE)
        reading.join(PATIENCE)
        client.stdout.close()
        client.stderr.close()
