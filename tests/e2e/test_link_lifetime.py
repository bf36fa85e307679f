"""Links with a lifetime (`ttl`): published again in time, or unpublished."""

import pytest

from coap_tcp import BAD_REQUEST, CHANGED, CONTENT, DELETE, DELETED, NOT_FOUND, OBSERVE, POST, poll

HUB = dict(limits={"link_lifetime_grace": "0s", "discovery_notification_interval": "0s"})


@pytest.fixture
def client(device):
    return device(resources=[]).online().connection


def signed_in(d):
    d.connect()
    assert d.sign_up().code == CHANGED and d.sign_in().code == CHANGED
    return d


def publish(d, hrefs, **more):
    links = [d.resources[href].link(1) for href in hrefs]
    return d.send(POST, "/oic/rd", {"di": d.di, "links": links, **more}, query=["rt=oic.wk.rdpub"])


def found(client, d):
    return {link["href"].removeprefix(d.route("")) for link in client.get(f"/oic/res?di={d.di}").value} - {"/oic/cloud/s"}


# R2: and whoever looked at it is told
@pytest.mark.parametrize("property", ["ttl", "lt"])
def test_links_that_are_not_published_again_go(client, device, api, property):
    d = signed_in(device())
    assert publish(d, ["/oic/d", "/light/1"], ttl=0).code == CHANGED
    assert found(client, d) == {"/oic/d", "/light/1"}
    poll(lambda: client.get(d.route("/light/1")).code == CONTENT, "the value")
    inbox, _ = client.observe(d.route("/light/1"))
    assert inbox.get().code == CONTENT
    lights, _ = client.observe(f"/oic/res?di={d.di}&rt=core.light")
    assert len(lights.get().value) == 1
    answer = publish(d, ["/light/1"], **{property: 1})
    assert answer.code == CHANGED and answer.value["ttl"] == 1
    gone = inbox.get()
    assert (gone.code, gone.option(OBSERVE)) == (NOT_FOUND, None)
    assert lights.get().value == []
    assert found(client, d) == {"/oic/d"}, "which has no end"
    assert client.get(d.route("/light/1")).code == NOT_FOUND
    assert api.history(d.di)[-1]["type"] == "LinksUnpublished"


# R1, G8: the hub listens to it anew, and the value of before is not shown for the one of now
def test_links_that_are_published_again_are_read_again(client, device):
    d = signed_in(device())
    publish(d, ["/light/1"], ttl=0)
    d.wait_observed("/light/1")
    publish(d, ["/light/1"], ttl=1)
    poll(lambda: found(client, d) == set(), "gone")
    d.change("/light/1", power=5)
    d._observers.clear()
    assert publish(d, ["/light/1"], ttl=0).code == CHANGED
    d.wait_observed("/light/1")
    poll(lambda: client.get(d.route("/light/1")).value["power"] == 5, "the value of now")
    d.change("/light/1", power=6)
    poll(lambda: client.get(d.route("/light/1")).value["power"] == 6, "it is observed")


# R1: the lifetime begins again with each publication
def test_a_publication_in_time_renews_the_lifetime(client, device):
    d = signed_in(device())
    publish(d, ["/oic/p"], ttl=1)
    publish(d, ["/light/1"], ttl=1)
    assert publish(d, ["/light/1"], ttl=3600).code == CHANGED
    poll(lambda: found(client, d) == {"/light/1"}, "the other one ends")
    publish(d, ["/light/1"], ttl=1)
    poll(lambda: found(client, d) == set(), "the last one counts")


# R1, R9: the log does not grow by each
def test_many_refreshes_store_little(client, device, api):
    d = signed_in(device())
    for _ in range(30):
        assert publish(d, ["/light/1", "/oic/p"], ttl=600).code == CHANGED
    assert [event["type"] for event in api.history(d.di)].count("LinksPublished") == 1
    assert publish(d, ["/light/1"], ttl=300).code == CHANGED
    assert [event["type"] for event in api.history(d.di)].count("LinksPublished") == 2, "a shorter one is another"


# R1, R9: the end is in the event
def test_lifetimes_outlive_the_hub(started, device):
    own = started(**HUB)
    d = signed_in(device(on=own))
    publish(d, ["/light/1", "/oic/p"], ttl=3)
    publish(d, ["/oic/d"], ttl=0)
    publish(d, ["/oic/p"], ttl=3600)
    own.kill()
    own.start()
    client = device(on=own, resources=[]).online().connection
    poll(lambda: found(client, d) == {"/oic/d", "/oic/p"}, "its end came")


# R1
@pytest.mark.parametrize("ttl", [-1, -(2**63), 2**32, 2**63 - 1, 2**64 - 1, "60", 1.5, None])
def test_a_lifetime_that_is_none_is_bad(client, device, ttl):
    d = signed_in(device())
    assert publish(d, ["/light/1"], ttl=ttl).code == BAD_REQUEST
    assert found(client, d) == set()
    assert publish(d, ["/light/1"], ttl=2**32 - 1).code == CHANGED, "the longest there is"


# R1: absent, as `ttl` 0
def test_without_a_lifetime_there_is_no_end(client, device):
    d = signed_in(device())
    publish(d, ["/oic/p"], ttl=1)
    assert publish(d, ["/light/1"]).code == CHANGED
    poll(lambda: found(client, d) == {"/light/1"}, "the other one ends")


# R2: instances of another device, of nothing, and mixed with one that there is
def test_unpublishing_by_instance_is_about_ones_own_links(client, device):
    d, other = device().online(), device().online()
    wrong = [f"di={d.di}", "ins=4"]
    assert d.send(DELETE, "/oic/rd", query=wrong).code == BAD_REQUEST
    assert d.send(DELETE, "/oic/rd", query=["di=" + d.di.upper(), f"ins={d.instances['/light/1']}", "ins=4"]).code == DELETED
    assert found(client, d) == set(d.resources) - {"/light/1"}
    assert found(client, other) == set(other.resources), "where the same href has the same instance"
    assert d.send(DELETE, "/oic/rd", query=["di=x"]).code == BAD_REQUEST
