"""A foreign CoAP library as the judge: aiocoap signs in, reads and observes on one connection."""

import json
import os
import pathlib
import subprocess
import threading
import uuid

import pytest

from coap_tcp import PATIENCE, Inbox, poll

# Made by scripts/test; aiocoap is in no Debian package.
PYTHON = pathlib.Path(os.environ.get("OCF_VENV", "/nonexistent")) / "bin" / "python"
CLIENT = pathlib.Path(__file__).resolve().parent / "aiocoap_client.py"
BLOCK_CLIENT = CLIENT.with_name("aiocoap_block_client.py")


# G14, G1, A1, A2, R5
def test_aiocoap_signs_in_reads_and_observes_on_one_connection(hub, device, owner):
    if not PYTHON.exists():
        pytest.fail("OCF_VENV must name a Python environment with aiocoap; scripts/test makes one")
    d = device().online()
    d.wait_observed("/light/1")
    onboarding = hub.onboard(owner)
    uri = "coap+tcp://{}:{}".format(*hub.address("coap-tcp"))
    client = subprocess.Popen(
        [PYTHON, CLIENT, uri, str(uuid.uuid4()), onboarding.code, onboarding.provider, d.route("/light/1"), "3"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = Inbox("line of the aiocoap client")
    reading = threading.Thread(target=lambda: [lines.put(json.loads(line)) for line in client.stdout], daemon=True)
    reading.start()
    try:
        steps = [lines.get(2 * PATIENCE) for _ in range(4)]
        assert [(step["step"], step["code"]) for step in steps] == [
            ("sign-up", "2.04"), ("sign-in", "2.04"), ("get", "2.05"), ("observe", "2.05")]
        assert steps[2]["value"]["power"] == steps[3]["value"]["power"] == 0
        for n in (1, 2, 3):
            d.change("/light/1", power=n)
        poll(lambda: client.poll() is not None, "the client has seen the last value", 2 * PATIENCE)
        assert client.returncode == 0, client.stderr.read()
    finally:
        client.kill()
        client.wait()
        client.stderr.close()


# G14, R5: RFC 7959 as another implementation understands it
def test_aiocoap_reads_observes_and_updates_in_blocks(hub, device, owner):
    if not PYTHON.exists():
        pytest.fail("OCF_VENV must name a Python environment with aiocoap; scripts/test makes one")
    d = device().online()
    d.wait_observed("/light/1")
    old, new = "old" * 5000, "new" * 1500
    d.change("/light/1", name=old)
    onboarding = hub.onboard(owner)
    uri = "coap+tcp://{}:{}".format(*hub.address("coap-tcp"))
    client = subprocess.run(
        [PYTHON, BLOCK_CLIENT, uri, str(uuid.uuid4()), onboarding.code, onboarding.provider, d.route("/light/1"), new],
        capture_output=True, text=True, timeout=4 * PATIENCE)
    assert client.returncode == 0, client.stderr
    steps = [json.loads(line) for line in client.stdout.splitlines()]
    assert [(step["step"], step["code"]) for step in steps[:5]] == [
        ("sign-up", "2.04"), ("sign-in", "2.04"), ("get", "2.05"), ("observe", "2.05"), ("update", "2.04")]
    assert steps[2]["value"]["name"] == steps[3]["value"]["name"] == old
    assert steps[-1]["value"]["name"] == new
    assert d.resources["/light/1"].value["name"] == new
