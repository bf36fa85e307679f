"""A foreign CoAP library as the judge: aiocoap signs in, reads and observes on one connection."""

import json
import os
import pathlib
import subprocess
import threading
import uuid

import pytest

from coap_tcp import PATIENCE, Inbox, poll
from device import light

# Made by scripts/test; aiocoap is in no Debian package.
PYTHON = pathlib.Path(os.environ.get("OCF_VENV", "/nonexistent")) / "bin" / "python"
CLIENT = pathlib.Path(__file__).resolve().parent / "aiocoap_client.py"
BLOCK_CLIENT = CLIENT.with_name("aiocoap_block_client.py")
DISCOVERY_CLIENT = CLIENT.with_name("aiocoap_discovery_client.py")


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


# R3, G14: RFC 6690 and RFC 7641 as another implementation understands them
def test_aiocoap_reads_core_links_and_observes_discovery(hub, device, owner):
    if not PYTHON.exists():
        pytest.fail("OCF_VENV must name a Python environment with aiocoap; scripts/test makes one")
    d = device(resources=[light(f"/light/{n}") for n in range(10)]).online()
    onboarding = hub.onboard(owner)
    uri = "coap+tcp://{}:{}".format(*hub.address("coap-tcp"))
    client = subprocess.Popen(
        [PYTHON, DISCOVERY_CLIENT, uri, str(uuid.uuid4()), onboarding.code, onboarding.provider,
         f"/oic/res?di={d.di}&rt=core.light", "8"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = Inbox("line of the aiocoap client")
    reading = threading.Thread(target=lambda: [lines.put(json.loads(line)) for line in client.stdout], daemon=True)
    reading.start()
    try:
        core = lines.get_matching(lambda step: step["step"] == "core", 2 * PATIENCE)["value"]
        assert core["same"] and core["links"]["/oic/res"] == {
            "rt": "oic.wk.res", "if": "oic.if.ll oic.if.b oic.if.baseline", "ct": "10000 60", "obs": None}
        assert len(lines.get_matching(lambda step: step["step"] == "observe")["value"]) == 10
        d.unpublish(["/light/1", "/light/2"])
        last = lines.get_matching(lambda step: step["step"] == "notification" and len(step["value"]) == 8)["value"]
        assert set(last) == {d.route(href) for href in d.resources} - {d.route("/light/1"), d.route("/light/2")}
        poll(lambda: client.poll() is not None, "the client has seen enough", 2 * PATIENCE)
        assert client.returncode == 0, client.stderr.read()
    finally:
        client.kill()
        client.wait()
        client.stderr.close()
