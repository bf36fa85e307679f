"""/oic/res observed (RFC 7641): told when other links are found than before, and only then."""

import uuid

import pytest

from admin import metrics
from coap_tcp import BAD_REQUEST, CBOR, CHANGED, CONTENT, DELETE, DELETED, GET, OBSERVE, UNAVAILABLE, poll, request_message
from device import Device, Resource, light

HUB = dict(limits={"discovery_notification_interval": "0s", "observations_per_connection_max": 3})


@pytest.fixture
def client(device, transport):
    return device(resources=[]).online().connection


def hrefs(message, d):
    assert message.code == CONTENT and message.option(OBSERVE) is not None
    return {link["href"].removeprefix(d.route("")) for link in message.value}


def until(inbox, d, wanted):
    """The first notification with these links; those before it are states on the way there."""
    return inbox.get_matching(lambda message: hrefs(message, d) == wanted)


def publish_light(d, href):
    d.resources[href] = light(href)
    assert d.publish([href]).code == CHANGED


# R3: everything that changes what is found
def test_the_observer_of_a_type_is_told_what_is_found_now(client, device):
    d = device().online()
    inbox, _ = client.observe("/oic/res?rt=core.light")
    first = inbox.get()
    assert hrefs(first, d) == {"/light/1"}
    publish_light(d, "/light/2")
    second = until(inbox, d, {"/light/1", "/light/2"})
    assert second.number(OBSERVE) > first.number(OBSERVE)
    d.unpublish(["/light/1"])
    until(inbox, d, {"/light/2"})
    other = device(resources=[light("/other")]).online()
    assert inbox.get_matching(lambda m: len(m.value) == 2).value
    assert other.send(DELETE, "/oic/sec/account").code == DELETED
    until(inbox, d, {"/light/2"})


# R3: who observes much costs the owner's own rate, and is told all the same
def test_observations_are_read_at_the_rate_of_the_owner(started, owner):
    hub = started(limits={"discovery_notification_interval": "0s", "owner_requests_per_second": 1}, tls=False)
    with Device(hub, owner=owner) as d, Device(hub, owner=owner, resources=[]) as observer:
        d.online()
        inboxes = [observer.online().connection.observe("/oic/res?rt=core.light")[0]]
        inboxes += [observer.connection.observe("/oic/res?rt=core.light")[0] for _ in range(3)]
        for inbox in inboxes:
            assert hrefs(inbox.get(), d) == {"/light/1"}
        for number in (2, 3, 4):
            publish_light(d, f"/light/{number}")
            for inbox in inboxes:
                until(inbox, d, {f"/light/{n}" for n in range(1, number + 1)})
        assert metrics(hub).value("ocf_limit_hits_total", limit="owner_requests_per_second") >= 1


# R3: a device is there from its registration on, with its status
def test_a_registered_and_a_removed_device_are_told(client, device, api):
    inbox, _ = client.observe("/oic/res?rt=x.cloud.device.status")
    before = len(inbox.get().value)
    d = device().connect()
    d.sign_up()
    assert len(inbox.get().value) == before + 1
    assert api.remove(d.di).ok
    assert len(inbox.get().value) == before


# R3: in the order in which it happens, so what is not told before the light was not told
def test_what_changes_nothing_that_is_found_is_not_told(client, device):
    d = device().online()
    inbox, _ = client.observe(f"/oic/res?di={d.di}&rt=core.light")
    inbox.get()
    d.publish()  # as it stands
    d.resources["/t"] = Resource("/t", ["oic.r.temperature"], ["oic.if.s"], {"temperature": 20})
    d.publish(["/t"])
    d.wait_observed("/t")
    d.change("/light/1", power=3)
    d.connection.reset()
    d.online()
    publish_light(d, "/light/2")
    assert hrefs(inbox.get(), d) == {"/light/1", "/light/2"}
    assert inbox.empty()


# R14
def test_an_observer_is_told_nothing_of_other_owners(client, device):
    stranger = device(owner=f"stranger-{uuid.uuid4().hex[:8]}").online()
    inbox, _ = client.observe("/oic/res?rt=core.light")
    assert inbox.get().value == []
    publish_light(stranger, "/light/2")
    d = device(resources=[light("/mine")]).online()
    assert hrefs(inbox.get(), d) == {"/mine"}


# R3: every form but the batch, each in the format of its request
def test_forms_and_formats_of_notifications(client, device):
    d = device().online()
    baseline, _ = client.observe(f"/oic/res?di={d.di}&if=oic.if.baseline")
    by_device, _ = client.observe(f"/oic/res?di={d.di}", accept=CBOR)
    batch, _ = client.observe(f"/oic/res?di={d.di}&if=oic.if.b")
    answers = [baseline.get(), by_device.get(), batch.get()]
    assert [answer.option(OBSERVE) is not None for answer in answers] == [True, True, False], "a batch is not observed"
    publish_light(d, "/light/2")
    (whole,) = baseline.get().value
    assert d.route("/light/2") in {link["href"] for link in whole["links"]}
    notified = by_device.get()
    assert notified.format == CBOR and d.route("/light/2") in {link["href"] for link in notified.value[0]["links"]}
    assert batch.empty()


# R3: RFC 7641 section 3.6, and a token that is used for something else
@pytest.mark.parametrize("how", ["observe 1", "another query", "no observe", "another resource"])
def test_an_observation_ends(client, device, how):
    d = device().online()
    query = f"/oic/res?di={d.di}&rt=core.light"
    inbox, token = client.observe(query)
    assert inbox.get().option(OBSERVE) is not None
    still, _ = client.observe(query)
    still.get()
    if how == "observe 1":
        client.cancel(query, token)
    else:
        href = d.route("/oic/cloud/s") if how == "another resource" else f"/oic/res?di={d.di}&rt=oic.wk.d"
        message = request_message(GET, href, observe=None if how == "no observe" else 0)
        message.token = token
        client.send(message)
    answer = inbox.get()
    assert answer.code == CONTENT and (answer.option(OBSERVE) is not None) == how.startswith("another")
    publish_light(d, "/light/2")
    assert hrefs(still.get(), d) == {"/light/1", "/light/2"}
    assert inbox.empty()


# R3
def test_a_refused_request_begins_no_observation(client, device):
    d = device().online()
    inbox, _ = client.observe("/oic/res?di=nobody")
    assert inbox.get().code == BAD_REQUEST
    publish_light(d, "/light/2")
    client.ping()
    assert inbox.empty()


# G14: observations of every kind count together, and all end with their connection
def test_observations_are_counted_and_released(client, device, transport):
    d = device().online()
    inbox, token = client.observe("/oic/res")
    assert inbox.get().code == CONTENT
    for href in (d.route("/oic/cloud/s"), "/oic/res?rt=x"):
        assert client.observe(href)[0].get().code == CONTENT
    assert client.observe("/oic/res?rt=y")[0].get().code == UNAVAILABLE
    assert client.observe(d.route("/light/1"))[0].get().code == UNAVAILABLE
    client.cancel("/oic/res", token)
    inbox.get()
    assert client.observe("/oic/res?rt=y")[0].get().code == CONTENT
    client.reset()
    again = device(resources=[]).online().connection
    for n in range(3):
        assert again.observe(f"/oic/res?rt={n}")[0].get().code == CONTENT
    publish_light(d, "/light/2")
    again.assert_open()


# R3: a burst is one notification, or few, and the last says it all
def test_a_burst_of_changes_is_told_together(started, device):
    own = started(limits={"discovery_notification_interval": "1s"})
    d = device(on=own).online()
    connection = device(on=own, resources=[]).online().connection
    inbox, _ = connection.observe(f"/oic/res?di={d.di}&rt=core.light")
    inbox.get()
    for n in range(2, 22):
        publish_light(d, f"/light/{n}")
    count = 1
    while len(inbox.get().value) < 21:
        count += 1
    assert count <= 10, f"{count} notifications of 20 changes"


# R3: of a list in pages the first is sent, also when it is another page that changed
def test_a_change_on_any_page_is_told(device):
    d = device(resources=[light(f"/light/{n}") for n in range(80)]).online()
    c = device(resources=[]).connect()
    c.connection.csm(1152)
    assert c.sign_up().code == CHANGED and c.sign_in().code == CHANGED
    inbox, _ = c.connection.observe(f"/oic/res?di={d.di}&rt=core.light")
    first = inbox.get().value
    on_it = {link["href"] for link in first}
    elsewhere = next(href for href in d.resources if d.route(href) not in on_it)
    d.unpublish([elsewhere])
    again = inbox.get()
    assert again.option(OBSERVE) is not None and again.value == first


# R3: nothing falls between the first answer and the watch
def test_an_observer_that_comes_in_the_middle_of_changes_misses_none(device):
    d = device().online()
    connection = device(resources=[]).online().connection
    inboxes = []
    for n in range(2, 5):
        publish_light(d, f"/light/{n}")
        inboxes.append(connection.observe(f"/oic/res?di={d.di}&rt=core.light")[0])
    wanted = {f"/light/{n}" for n in range(1, 5)}
    for inbox in inboxes:
        until(inbox, d, wanted)


# R3: with a token that was refreshed meanwhile, the caller is who it is now
def test_an_observation_goes_on_after_a_second_sign_in(device):
    d = device().online()
    c = device(resources=[]).online()
    inbox, _ = c.connection.observe(f"/oic/res?di={d.di}&rt=core.light")
    inbox.get()
    assert c.refresh().code == CHANGED and c.sign_in().code == CHANGED
    publish_light(d, "/light/2")
    until(inbox, d, {"/light/1", "/light/2"})
    c.sign_in(login=False)
    publish_light(d, "/light/3")
    c.connection.ping()
    assert poll(lambda: inbox.empty(), "nothing more")
