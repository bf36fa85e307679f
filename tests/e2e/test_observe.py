"""Observation, both ways: the hub observes what devices publish, clients observe through the hub."""

import queue

import pytest

from api import Api
from coap_tcp import (CHANGED, CONTENT, DELETED, ETAG, GET, NOT_FOUND, OBSERVE, PATIENCE, POST, UNAVAILABLE, VALID, poll,
                      request_message)
from device import Device, Resource, content, light


@pytest.fixture
def client(device, transport):
    return device(resources=[]).online().connection


def numbers(count):
    return list(range(1, count + 1))


# G8
def test_the_hub_observes_every_published_observable_resource(device, transport):
    resources = [light("/light/1"), light("/light/2"), Resource("/fixed", ["x.fixed"], ["oic.if.r"], {"n": 1}, observable=False)]
    d = device(resources=resources).online()
    d.wait_observed("/light/1")
    d.wait_observed("/light/2")
    assert d.observed() == ["/light/1", "/light/2"]


# G9, R11
def test_the_hub_retrieves_every_published_resource(client, device):
    resources = [light(), Resource("/fixed", ["x.fixed"], ["oic.if.r", "oic.if.baseline"], {"n": 1}, observable=False)]
    d = device(resources=resources).online()
    assert poll(lambda: (a := client.get(d.route("/fixed"))).code == CONTENT and a, "the value").value == {"n": 1}
    assert poll(lambda: (a := client.get(d.route("/light/1"))).code == CONTENT and a, "the value").value["name"] == "Light"


# G8, G9
def test_a_resource_published_later_is_observed_too(client, device):
    d = device(resources=[light()]).online()
    d.resources["/light/2"] = light("/light/2")
    d.publish(["/light/2"])
    d.wait_observed("/light/2")
    d.change("/light/2", power=8)
    poll(lambda: client.get(d.route("/light/2")).value["power"] == 8, "the shadow")


# G8, R11
def test_a_change_on_the_device_is_in_the_shadow(client, device):
    d = device().online()
    d.wait_observed("/light/1")
    d.change("/light/1", state=True, power=33)
    poll(lambda: client.get(d.route("/light/1")).value == {"state": True, "power": 33, "name": "Light"}, "the shadow")


# G8: what a device does not notify of is asked for, for as long as that is so
def test_what_the_device_declines_to_notify_of_is_asked_for_again(started, owner):
    hub = started(limits={"ping_interval": "1s"}, tls=False)
    with Device(hub, owner=owner) as d:
        d.answers[GET, "/light/1"] = lambda _: content(d.resources["/light/1"].value)
        d.online()
        api = Api(hub, hub.token(owner))
        poll(lambda: api.device(d.di).json["inSync"], "in sync")
        d.change_quietly("/light/1", power=5)
        poll(lambda: api.resource(d.di, "/light/1").json["power"] == 5, "it was read")
        d.answers.clear()
        d.wait_observed("/light/1")


# G8: RFC 7641 §4.2
def test_what_an_error_ended_is_observed_again(started, owner):
    hub = started(limits={"ping_interval": "1s"}, tls=False)
    with Device(hub, owner=owner) as d:
        d.online()
        d.wait_observed("/light/1")
        d.end_observations("/light/1", UNAVAILABLE)
        d.change("/light/1", power=6)
        d.wait_observed("/light/1")
        api = Api(hub, hub.token(owner))
        poll(lambda: api.resource(d.di, "/light/1").json["power"] == 6, "the shadow")


# G8
def test_what_is_published_as_observable_later_is_observed(device):
    d = device()
    d.resources["/light/1"].observable = False
    d.online()
    d.resources["/light/1"].observable = True
    assert d.publish().code == CHANGED
    d.wait_observed("/light/1")


# G8: observations die with the connection
def test_the_hub_observes_again_after_a_reconnect(client, device):
    d = device().online()
    d.wait_observed("/light/1")
    d.online()
    d.wait_observed("/light/1")
    d.change("/light/1", power=5)
    poll(lambda: client.get(d.route("/light/1")).value["power"] == 5, "the shadow")


# G9: what changed while the device was away
def test_a_reconnect_brings_what_changed_meanwhile(client, device):
    d = device().online()
    d.wait_observed("/light/1")
    d.close()
    d.resources["/light/1"].value["power"] = 71
    d.resources["/light/1"].version += 1
    d.online()
    poll(lambda: client.get(d.route("/light/1")).value["power"] == 71, "the shadow")


# R5
def test_a_client_gets_the_value_and_then_every_change_in_order(client, device):
    d = device().online()
    d.wait_observed("/light/1")
    inbox, _ = client.observe(d.route("/light/1"))
    first = inbox.get()
    assert first.code == CONTENT and first.option(OBSERVE) is not None
    assert first.value["power"] == 0
    for n in numbers(20):
        d.change("/light/1", power=n)
    got = [inbox.get() for _ in numbers(20)]
    assert [m.value["power"] for m in got] == numbers(20)
    assert all(m.option(OBSERVE) is not None and m.code == CONTENT for m in got)


# R5: an observer learns of an update by somebody else
def test_an_observer_sees_an_update_by_another_client(client, device):
    d = device().online()
    d.wait_observed("/light/1")
    inbox, _ = client.observe(d.route("/light/1"))
    inbox.get()
    other = device(resources=[]).online().connection
    other.post(d.route("/light/1"), {"power": 4})
    assert inbox.get_matching(lambda m: m.value["power"] == 4)


# R5
def test_every_observer_gets_every_change(device):
    d = device().online()
    d.wait_observed("/light/1")
    observers = [device(resources=[]).online().connection.observe(d.route("/light/1"))[0] for _ in range(3)]
    for inbox in observers:
        inbox.get()
    for n in numbers(5):
        d.change("/light/1", power=n)
    for inbox in observers:
        assert [inbox.get().value["power"] for _ in numbers(5)] == numbers(5)


# R5
def test_an_observation_is_cancelled_by_its_token(client, device):
    d = device().online()
    d.wait_observed("/light/1")
    inbox, token = client.observe(d.route("/light/1"))
    inbox.get()
    client.cancel(d.route("/light/1"), token)
    last = inbox.get()
    assert last.code == CONTENT and last.option(OBSERVE) is None
    witness, _ = client.observe(d.route("/light/1"))
    witness.get()
    d.change("/light/1", power=9)
    assert witness.get().value["power"] == 9
    assert inbox.empty()


# R5
def test_an_observation_survives_the_devices_reconnect(client, device):
    d = device().online()
    d.wait_observed("/light/1")
    inbox, _ = client.observe(d.route("/light/1"))
    inbox.get()
    d.online()
    d.wait_observed("/light/1")
    d.change("/light/1", power=6)
    assert inbox.get_matching(lambda m: m.value["power"] == 6)


# R5: it ends when the resource is gone
def test_an_observation_ends_when_the_resource_is_unpublished(client, device):
    d = device().online()
    d.wait_observed("/light/1")
    inbox, _ = client.observe(d.route("/light/1"))
    inbox.get()
    assert d.unpublish(["/light/1"]).code == DELETED
    end = inbox.get()
    assert end.code == NOT_FOUND and end.option(OBSERVE) is None


# R5
def test_an_observer_that_disappears_disturbs_nobody(device):
    d = device().online()
    d.wait_observed("/light/1")
    leaving, staying = device(resources=[]).online(), device(resources=[]).online()
    leaving.connection.observe(d.route("/light/1"))[0].get()
    inbox, _ = staying.connection.observe(d.route("/light/1"))
    inbox.get()
    leaving.connection.reset()
    for n in numbers(5):
        d.change("/light/1", power=n)
    assert [inbox.get().value["power"] for _ in numbers(5)] == numbers(5)


# R5: it is closed in the middle of being told, and its other observations of the same resource go with it
def test_an_observer_that_takes_nothing_more_is_closed_alone(device, api, transport):
    d = device().online()
    d.wait_observed("/light/1")
    full = device(resources=[]).online()
    full.connection.csm(block_wise=True)
    for _ in range(100):
        full.connection.observe(d.route("/light/1"))[0].get()
    with full.connection.deaf():
        d.change("/light/1", name="x" * 200_000)
        poll(lambda: not api.device(full.di).json["online"], "it is closed")
    d.connection.assert_open()
    assert api.resource(d.di, "/light/1").json["name"] == "x" * 200_000


# R5, G7: each has its own first answer, and is notified only after it
def test_two_observations_with_one_token_are_begun_one_after_the_other(client, device):
    d = device().online()
    d.wait_observed("/light/1")
    may_answer = queue.Queue()

    def answer(message):  # on the reading thread
        if message.query:
            may_answer.get(timeout=PATIENCE)
        return content({"power": d.resources["/light/1"].value["power"]})

    d.answers[GET, "/light/1"] = answer
    requests = [request_message(GET, d.route("/light/1") + "?if=oic.if.baseline", observe=0) for _ in range(2)]
    requests[0].token = requests[1].token = b"twice"
    inbox = client.exchange(requests[0])
    client.send(requests[1])
    may_answer.put("the first")
    assert inbox.get().code == CONTENT
    poll(lambda: sum(message.path == "/light/1" and bool(message.query) for message in d.requests) == 2, "it is asked the second")
    d.change("/light/1", power=7)
    poll(lambda: client.get(d.route("/light/1")).value["power"] == 7, "the change is known")
    assert inbox.empty()
    may_answer.put("the second")
    assert inbox.get().value == {"power": 7}


# R5, RFC 7641 section 4.2: what comes by a token is of the request that it was used for
def test_an_observation_that_ended_never_speaks_again(client, device):
    d = device(resources=[light("/light/1"), light("/light/2")]).online()
    d.wait_observed("/light/1")
    d.wait_observed("/light/2")
    inbox, token = client.observe(d.route("/light/1"))
    inbox.get()
    assert d.unpublish(["/light/1"]).code == DELETED
    assert inbox.get().code == NOT_FOUND
    d.publish(["/light/1"])
    d.wait_observed("/light/1")
    d.change("/light/1", power=9)
    poll(lambda: client.get(d.route("/light/1")).value["power"] == 9, "the change is known")
    update = request_message(POST, d.route("/light/2"), {"power": 5})
    update.token = token
    answer = client.exchange(update).get()
    assert answer.code == CHANGED and answer.option(OBSERVE) is None
    assert inbox.empty()


# R11
def test_the_etag_tells_whether_the_value_is_known(client, device):
    d = device().online()
    d.wait_observed("/light/1")
    first = poll(lambda: (a := client.get(d.route("/light/1"))).code == CONTENT and a, "the value")
    etag = first.option(ETAG)
    assert etag and len(etag) <= 8
    again = client.get(d.route("/light/1"), etags=[etag])
    assert (again.code, again.payload, again.option(ETAG)) == (VALID, b"", etag)
    d.change("/light/1", power=2)
    poll(lambda: client.get(d.route("/light/1"), etags=[etag]).code == CONTENT, "another value")
    assert client.get(d.route("/light/1")).option(ETAG) != etag


# R15, G8: an impossible value never becomes the state
def test_a_notification_that_is_no_cbor_is_not_taken(client, device):
    d = device().online()
    d.wait_observed("/light/1")
    poll(lambda: client.get(d.route("/light/1")).code == CONTENT, "the value")
    d.notify_bytes("/light/1", b"\xbf\x61")
    d.change("/light/1", power=11)
    inbox, _ = client.observe(d.route("/light/1"))
    assert inbox.get_matching(lambda m: m.value["power"] == 11)
    d.connection.assert_open()


# G8: a device that cannot be observed at that resource answers without Observe
def test_a_device_that_declines_an_observation_is_read_all_the_same(client, device):
    d = device(resources=[light()])
    d.resources["/light/1"].observable = False
    link = d.resources["/light/1"].link
    d.resources["/light/1"].link = lambda ins: {**link(ins), "p": {"bm": 3}}
    d.online()
    d.wait_asked(GET, "/light/1")
    assert poll(lambda: (a := client.get(d.route("/light/1"))).code == CONTENT and a, "the value").value["name"] == "Light"
