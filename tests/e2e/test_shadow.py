"""How the shadow is kept true: batches, ETags, what is in sync and since when it is stale, what the device does not have."""

import pytest

from api import Api
from coap_tcp import CHANGED, CONTENT, ETAG, GET, MAX_AGE, NOT_FOUND, OBSERVE, VALID, poll
from device import Resource, answer_with, content, light, usual_resources


@pytest.fixture
def client(device, transport):
    return device(resources=[]).online().connection


@pytest.fixture
def lamps(device):
    """A device whose /oic/res can be observed, online and in the shadow."""
    made = device(batch=True, resources=[light("/light/1"), light("/light/2"),
                                         Resource("/fixed", ["x.fixed"], ["oic.if.r"], {"n": 1}, observable=False)])
    return made.online()


def fixed():
    return Resource("/fixed", ["x.fixed"], ["oic.if.rw"], {"n": 1}, observable=False, writable=True)


def questions(device):
    """(path, query, whether it knew an ETag) of what the hub asked on this connection."""
    return [(m.path, tuple(m.query), bool(m.all(ETAG))) for m in device.requests if m.code == GET]


def wait_in_sync(api, device):
    poll(lambda: api.device(device.di).json["inSync"], f"{device.di} is in sync")


def representations(api, device, href):
    return [event["data"]["content"] for event in api.history(device.di, href) if event["type"] == "ResourceRepresentationUpdated"]


# G8, G9: one observation where the device offers it
def test_a_device_that_offers_it_is_observed_in_one_batch(client, lamps, api):
    wait_in_sync(api, lamps)
    assert questions(lamps) == [("/oic/res", ("if=oic.if.b",), False)]
    assert client.get(lamps.route("/fixed")).value == {"n": 1}
    lamps.change("/light/2", power=7)
    poll(lambda: client.get(lamps.route("/light/2")).value["power"] == 7, "the shadow")
    assert [rep["power"] for rep in representations(api, lamps, "/light/1")] == [0], "the other one has not changed"


# G8: a client that observes gets what a batch brings
def test_a_client_observes_what_comes_in_batches(client, lamps, api):
    wait_in_sync(api, lamps)
    inbox, _ = client.observe(lamps.route("/light/1"))
    assert inbox.get().value["power"] == 0
    for n in range(1, 6):
        lamps.change("/light/2", power=n)
        lamps.change("/light/1", power=n)
    assert [inbox.get().value["power"] for _ in range(5)] == [1, 2, 3, 4, 5]


# G9: as many as a device may have
def test_a_batch_may_tell_of_a_thousand_resources(device, api):
    d = device(batch=True, resources=[light(f"/light/{n}") for n in range(1000)]).online()
    wait_in_sync(api, d)
    assert len(questions(d)) == 1
    assert sum("content" in resource for resource in api.resources(d.di)) == 1001, "the status, too"
    d.connection.assert_open()


# G9, R11: a reconnect transfers only what changed
def test_a_reconnect_transfers_only_what_changed(lamps, api):
    wait_in_sync(api, lamps)
    lamps.change("/light/1", power=3)
    poll(lambda: api.resource(lamps.di, "/light/1").json["power"] == 3, "the shadow")
    lamps.close()
    poll(lambda: not api.device(lamps.di).json["online"], "offline")
    lamps.change_quietly("/light/2", power=9)
    lamps.requests.clear()
    sent = []
    batch = lamps._batch
    lamps._batch = lambda message: sent.append(batch(message)) or sent[-1]
    lamps.online()
    wait_in_sync(api, lamps)
    assert questions(lamps) == [("/oic/res", ("if=oic.if.b", "incChanges="), True)]
    assert [[item["href"] for item in answer.value] for answer in sent] == [[f"ocf://{lamps.di}/light/2"]]
    assert api.resource(lamps.di, "/light/2").json["power"] == 9
    assert api.resource(lamps.di, "/light/1").json["power"] == 3


# G9: nothing changed, nothing is sent
def test_a_reconnect_of_an_unchanged_device_is_one_question_and_2_03(lamps, api):
    wait_in_sync(api, lamps)
    before = len(api.history(lamps.di, "/light/1"))
    lamps.close()
    poll(lambda: not api.device(lamps.di).json["online"], "offline")
    lamps.requests.clear()
    answers = []
    lamps.answers[GET, "/oic/res"] = lambda message: answers.append(lamps._batch(message)) or answers[-1]
    lamps.online()
    wait_in_sync(api, lamps)
    assert [answer.code for answer in answers] == [VALID]
    assert len(api.history(lamps.di, "/light/1")) == before
    lamps.change("/light/1", power=4)
    poll(lambda: api.resource(lamps.di, "/light/1").json["power"] == 4, "it is observed")


# R9: an ETag is only used for what is stored
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_after_the_hub_ended_a_device_still_brings_what_changed(started, device, owner, end):
    hub = started()
    d = device(on=hub, batch=True, resources=[light("/light/1"), light("/light/2")]).online()
    wait_in_sync(Api(hub, hub.token(owner)), d)
    for n in range(1, 30):
        d.change("/light/1", power=n)
    hub.restart() if end == "stop" else (hub.kill(), hub.start())
    d.close()
    d.change_quietly("/light/2", power=5)
    d.online()
    api = Api(hub, hub.token(owner))
    wait_in_sync(api, d)
    assert api.resource(d.di, "/light/1").json["power"] == 29
    assert api.resource(d.di, "/light/2").json["power"] == 5


# G9: without a batch each resource is asked for with the ETag that is known
def test_a_device_without_batches_answers_2_03_to_what_is_known(device, api):
    d = device(resources=[light(), fixed()]).online()
    wait_in_sync(api, d)
    d.close()
    poll(lambda: not api.device(d.di).json["online"], "offline")
    d.requests.clear()
    d.online()
    wait_in_sync(api, d)
    d.wait_observed("/light/1")
    assert [(path, known) for path, _, known in questions(d)] == [("/oic/res", False), ("/light/1", True)]
    assert len(representations(api, d, "/light/1")) == len(representations(api, d, "/fixed")) == 1
    d.change("/light/1", power=4)
    poll(lambda: api.resource(d.di, "/light/1").json["power"] == 4, "it is observed")


# G9: what a batch leaves out, or is published later, is asked for by itself
def test_what_a_batch_does_not_tell_of_is_asked_for(lamps, api):
    items = lamps._items
    lamps._items = lambda wanted: items(lambda r: wanted(r) and r.href != "/light/2")
    lamps.online()
    wait_in_sync(api, lamps)
    assert api.resource(lamps.di, "/light/2").json["power"] == 0
    lamps.resources["/light/3"] = light("/light/3")
    assert lamps.publish(["/light/3"]).code == CHANGED
    poll(lambda: api.resource(lamps.di, "/light/3").json.get("power") == 0, "the new one")


# G8: a batch that makes no sense
def test_a_batch_that_cannot_be_read_is_replaced_by_observations(device, api):
    d = device(resources=[light()])
    d.answers[GET, "/oic/res"] = answer_with(CONTENT, {"no": "batch"})
    d.online()
    d.wait_observed("/light/1")
    wait_in_sync(api, d)


# G13: a device that does not answer the batch is asked one by one
def test_a_device_that_is_silent_about_the_batch_is_asked_one_by_one(started, device, owner):
    hub = started(limits={"command_time": "1s"})
    d = device(on=hub, resources=[light()])
    d.answers[GET, "/oic/res"] = lambda message: None
    d.online()
    d.wait_observed("/light/1")


# R4, R11: in sync, stale since when, and what kind of resource cannot be in sync
def test_a_reader_sees_whether_the_value_is_in_sync_and_since_when_it_is_stale(client, device, api):
    d = device(resources=[light(), fixed()]).online()
    wait_in_sync(api, d)
    assert api.resource(d.di, "/light/1").headers.get("ocf-stale-since") is None
    assert api.resource(d.di, "/fixed").headers["ocf-stale-since"], "it may have changed since it was read"
    assert client.get(d.route("/light/1")).option(MAX_AGE) is None
    d.close()
    poll(lambda: not api.device(d.di).json["online"], "offline")
    assert api.device(d.di).json["inSync"] is False
    since = api.device(d.di).json["since"]
    assert api.resource(d.di, "/light/1").headers["ocf-stale-since"] == since
    listed = {r["href"]: r for r in api.resources(d.di)}
    assert listed["/light/1"]["staleSince"] == since and "staleSince" not in listed["/oic/cloud/s"]
    answer = client.get(d.route("/light/1"))
    assert (answer.code, answer.number(MAX_AGE)) == (CONTENT, 0), "nothing is fresh of a device that is away"


# R2: a 4.04 of the device unpublishes, so that nobody is sent there again
def test_what_the_device_does_not_have_is_unpublished(client, device, api):
    d = device(resources=[light("/light/1"), light("/light/2")]).online()
    wait_in_sync(api, d)
    inbox, _ = client.observe(d.route("/light/2"))
    assert inbox.get().code == CONTENT
    d.close()
    del d.resources["/light/2"]
    d.online()
    assert inbox.get().code == NOT_FOUND
    assert client.get(d.route("/light/2")).code == NOT_FOUND
    assert [link["href"] for link in client.get(f"/oic/res?di={d.di}&rt=core.light").value] == [d.route("/light/1")]
    assert api.history(d.di)[-1]["type"] in ("LinksUnpublished", "DeviceSynchronized")


# R2, R7: also when it says so to a client's request, which hears it first
def test_a_4_04_to_a_command_unpublishes(client, device, api):
    d = device(resources=[light()]).online()
    wait_in_sync(api, d)
    del d.resources["/light/1"]
    assert client.post(d.route("/light/1"), {"power": 1}).code == NOT_FOUND
    poll(lambda: client.get(f"/oic/res?di={d.di}&rt=core.light").value == [], "it is unpublished")


# G8: what cannot be observed is read again after a change
def test_what_cannot_be_observed_is_read_again_after_an_update(client, device, api):
    d = device(resources=[fixed()]).online()
    wait_in_sync(api, d)
    assert client.post(d.route("/fixed"), {"n": 5}).code == CHANGED
    poll(lambda: client.get(d.route("/fixed")).value == {"n": 5}, "the shadow")


# G8: real devices publish as observable what they answer without Observe
def test_what_a_device_declines_to_have_observed_is_read_again_after_an_update(client, device, api):
    d = device(resources=[light()])
    d.answers[GET, "/light/1"] = lambda message: content(d.resources["/light/1"].value)
    d.online()
    wait_in_sync(api, d)
    assert client.post(d.route("/light/1"), {"power": 66}).code == CHANGED
    poll(lambda: client.get(d.route("/light/1")).value["power"] == 66, "the shadow")


# -- Links within contents

@pytest.fixture
def collection(device, api):
    d = device(resources=[*usual_resources("x"), Resource("/switches/1", ["oic.r.switch.binary"], ["oic.if.a"], {"value": False}),
                          Resource("/oic/list", ["oic.wk.col"], ["oic.if.ll", "oic.if.baseline"],
                                   [{"href": "/switches/1", "rt": ["oic.r.switch.binary"], "eps": [{"ep": "coap://192.0.2.2:5683"}]}])])
    d.online()
    wait_in_sync(api, d)
    return d


# R5: what a client follows leads through the hub
def test_links_in_a_collection_lead_through_the_hub(client, collection):
    (link,) = client.get(collection.route("/oic/list")).value
    assert link["href"] == collection.route("/switches/1")
    assert link["eps"] == [{"ep": client.get("/oic/res").value[0]["eps"][0]["ep"]}], "the device's own address is of no use"
    assert client.get(link["href"]).value == {"value": False}


# R5
def test_hrefs_of_a_batch_lead_through_the_hub(client, collection):
    answer = client.get(collection.route("/switches?if=oic.if.b"))
    assert answer.value == [{"href": collection.route("/switches/1"), "rep": {"value": False}}]


# R5
def test_links_in_notifications_lead_through_the_hub(client, collection):
    inbox, _ = client.observe(collection.route("/oic/list"))
    inbox.get()
    collection.resources["/oic/list"].value = [{"href": "/switches/2"}]
    collection.resources["/oic/list"].version += 1
    collection._notify("/oic/list")
    assert inbox.get().value == [{"href": collection.route("/switches/2")}]


# R5: what only the device can tell cannot be observed through the hub, and the answer says so
def test_another_view_than_the_default_one_is_not_observed(client, collection):
    inbox, _ = client.observe(collection.route("/light/1?if=oic.if.baseline"))
    answer = inbox.get()
    assert answer.code == CONTENT and answer.option(OBSERVE) is None and "rt" in answer.value
