"""The status resource that the hub hosts for each device: x.cloud.device.status at /oic/cloud/s."""

import time

import pytest

from coap_tcp import (CONTENT, GATEWAY_TIMEOUT, GET, METHOD_NOT_ALLOWED, NOT_FOUND, OBSERVE, OCF_CBOR, POST, poll,
                      request_message)
from refusals import why


@pytest.fixture
def client(device, transport):
    return device(resources=[]).online().connection


# R4, G4
def test_the_status_is_listed_with_its_type(client, device):
    d = device().online()
    links = poll(lambda: [link for link in client.get(f"/oic/res?di={d.di}&rt=x.cloud.device.status").value], "the link")
    assert [link["href"] for link in links] == [d.route("/oic/cloud/s")]
    assert links[0]["p"]["bm"] & 2, "observable"
    assert links[0]["eps"]


# R4, G4
def test_the_status_follows_the_connection(client, device):
    d = device().online()
    status = d.route("/oic/cloud/s")
    answer = client.get(status)
    assert (answer.code, answer.format, answer.value) == (CONTENT, OCF_CBOR, {"online": True})
    d.close()
    poll(lambda: client.get(status).value == {"online": False}, "offline")
    d.online()
    assert client.get(status).value == {"online": True}


# G4
def test_sign_out_is_offline(client, device):
    d = device().online()
    d.sign_in(login=False)
    poll(lambda: client.get(d.route("/oic/cloud/s")).value == {"online": False}, "offline")


# R4, G4
def test_clients_observe_the_status(client, device):
    d = device().online()
    inbox, _ = client.observe(d.route("/oic/cloud/s"))
    first = inbox.get()
    assert first.option(OBSERVE) is not None and first.value == {"online": True}
    d.connection.reset()
    assert inbox.get().value == {"online": False}
    d.online()
    assert inbox.get().value == {"online": True}


# R4
def test_a_device_that_only_signed_up_is_offline(client, device):
    d = device().connect()
    d.sign_up()
    answer = client.get(d.route("/oic/cloud/s"))
    assert answer.code == NOT_FOUND or answer.value == {"online": False}


# G4: it is the hub's resource, not the device's
def test_the_status_is_not_asked_of_the_device_and_cannot_be_written(client, device):
    d = device().online()
    assert client.post(d.route("/oic/cloud/s"), {"online": False}).code == METHOD_NOT_ALLOWED
    assert client.get(d.route("/oic/cloud/s")).value == {"online": True}
    assert not [m for m in d.requests if m.path == "/oic/cloud/s"]


# G4: after a restart of the hub nothing is online that is not connected
def test_after_a_restart_every_device_is_offline_until_it_signs_in(started, device):
    own = started()
    d = device(on=own).online()
    own.kill()
    own.start()
    client = device(on=own, resources=[]).online().connection
    assert client.get(d.route("/oic/cloud/s")).value == {"online": False}
    d.online()
    assert client.get(d.route("/oic/cloud/s")).value == {"online": True}


# G10, G11
def test_a_device_that_answers_no_ping_goes_offline(started, device):
    own = started(limits={"ping_interval": "2s", "ping_retries": 1})
    d = device(on=own).online()
    client = device(on=own, resources=[]).online().connection
    inbox, _ = client.observe(d.route("/oic/cloud/s"))
    assert inbox.get().value == {"online": True}
    d.connection._dispatch = lambda message: None  # a device that hears and does not answer
    assert inbox.get().value == {"online": False}
    d.connection.wait_closed()


# G11
def test_a_device_that_answers_pings_stays(started, device):
    own = started(limits={"ping_interval": "1s", "ping_retries": 1})
    d = device(on=own).online()
    for _ in range(3):
        d.connection.wait_signal(0xE2)
    d.connection.assert_open()


# -- Peers that vanish: no FIN, no reset, nothing is acknowledged


VANISHING = {"ping_interval": "2s", "ping_retries": 1}
INTERVAL, SLACK = 2, 1.5


# G11
@pytest.mark.parametrize("unacknowledged", [False, True], ids=["idle", "while a request waits"])
def test_a_device_that_vanished_is_offline_within_one_and_a_half_intervals(started, device, transport, unacknowledged):
    own = started(limits=VANISHING)
    d = device(on=own).online()
    client = device(on=own, resources=[]).online().connection
    inbox, _ = client.observe(d.route("/oic/cloud/s"))
    assert inbox.get().value == {"online": True}
    d.connection.vanish()
    vanished = time.monotonic()
    if unacknowledged:
        answer = client.exchange(request_message(POST, d.route("/light/1"), {"power": 7}))
    assert inbox.get().value == {"online": False}
    assert time.monotonic() - vanished < 1.5 * INTERVAL + SLACK
    if unacknowledged:
        assert answer.get().code == GATEWAY_TIMEOUT


# G11: before a sign-in there are no pings; TCP itself gives up on what is not acknowledged
def test_a_peer_that_vanished_before_it_signed_in_is_not_waited_for(started, device):
    own = started(limits={**VANISHING, "sign_in_time": "10m", "first_message_time": "10m"})
    d = device(on=own).connect()
    d.connection.vanish()
    d.connection.exchange(request_message(GET, "/oic/res"))
    found = poll(lambda: [one for one in why(own) if one["stage"] == "tcp"], "given up on", 15)
    assert "acknowledged nothing" in found[0]["reason"] and "limits.ping_interval" in found[0]["advice"]
