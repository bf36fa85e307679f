"""The Resource Directory's write side: publish and unpublish."""

import pytest

from coap_tcp import BAD_REQUEST, CHANGED, CONTENT, DELETE, DELETED, FORBIDDEN, POST, UNAUTHORIZED, OCF_CBOR, poll
from device import Resource, light

REFUSED = (BAD_REQUEST, UNAUTHORIZED, FORBIDDEN)


@pytest.fixture
def links(device):
    """links(device): {href: link} as a client of the same owner finds them; the hub's own are left out."""
    client = device(resources=[]).online()

    def find(d):
        answer = client.connection.get(f"/oic/res?di={d.di}")
        assert answer.code == CONTENT
        prefix = d.route("")
        found = {link["href"][len(prefix):]: link for link in answer.value if link["href"].startswith(prefix)}
        found.pop("/oic/cloud/s", None)
        return found

    return find


# R1, R3
def test_what_a_device_publishes_can_be_found(device, links, transport):
    d = device().connect()
    d.sign_up()
    d.sign_in()
    assert links(d) == {}
    answer = d.publish()
    assert answer.code == CHANGED, "devices ignore every other code"
    assert answer.format == OCF_CBOR
    assert {link["href"] for link in answer.value["links"]} == set(d.resources)
    assert all(isinstance(link["ins"], int) and link["ins"] >= 0 for link in answer.value["links"])
    found = poll(lambda: links(d), "the links")
    assert set(found) == set(d.resources)
    assert found["/oic/d"]["rt"] == ["oic.d.cloudDevice", "oic.wk.d"]
    assert found["/light/1"]["if"] == ["oic.if.rw", "oic.if.baseline"]
    assert found["/light/1"]["p"]["bm"] & 3 == 3


# R1: each publication brings only what is new
def test_a_second_publication_adds_to_the_first(device, links):
    d = device().connect()
    d.sign_up()
    d.sign_in()
    d.publish(["/oic/d", "/light/1"])
    d.resources["/light/2"] = light("/light/2")
    assert d.publish(["/light/2"]).code == CHANGED
    assert poll(lambda: len(links(d)) == 3 and links(d), "all links").keys() == {"/oic/d", "/light/1", "/light/2"}


# R1
def test_a_link_published_again_is_changed_and_keeps_its_instance(device, links):
    d = device().online()
    before = d.instances["/light/1"]
    d.resources["/light/1"] = Resource("/light/1", ["core.lamp"], ["oic.if.r"], {"state": True})
    assert d.publish(["/light/1"]).code == CHANGED
    assert d.instances["/light/1"] == before
    poll(lambda: links(d)["/light/1"]["rt"] == ["core.lamp"], "the changed link")
    assert set(links(d)) == set(d.resources)


# R1
def test_a_device_publishes_for_itself_only(device, links):
    d, other = device().online(), device().online()
    before = links(other)
    d.resources["/intruder"] = light("/intruder")
    assert d.publish(["/intruder"], di=other.di).code in REFUSED
    assert links(other) == before
    assert "/intruder" not in links(d)
    d.connection.assert_open()


# R2
def test_a_device_unpublishes_some_of_its_links(device, links, transport):
    d = device().online()
    d.resources["/light/2"] = light("/light/2")
    d.publish(["/light/2"])
    assert d.unpublish(["/light/1", "/oic/p"]).code == DELETED
    poll(lambda: set(links(d)) == {"/oic/d", "/light/2", "/switches"}, "the others stay")


# R2
def test_a_device_unpublishes_all_of_its_links(device, links):
    d = device().online()
    assert d.unpublish().code == DELETED
    poll(lambda: links(d) == {}, "nothing is left")
    d.instances.clear()
    assert d.publish().code == CHANGED
    poll(lambda: set(links(d)) == set(d.resources), "published again")


# R2
def test_unpublishing_what_is_not_there_leaves_the_rest(device, links):
    d = device().online()
    d.instances["/nothing"] = 4
    assert d.unpublish(["/nothing"]).code in (BAD_REQUEST, DELETED)
    assert set(links(d)) == set(d.resources)


# R2
def test_a_device_unpublishes_for_itself_only(device, links):
    d, other = device().online(), device().online()
    assert d.send(DELETE, "/oic/rd", query=[f"di={other.di}"]).code in REFUSED
    assert set(links(other)) == set(other.resources)


# R1: what the hub does not understand is bad, not stored
@pytest.mark.parametrize("value", [
    {"links": "none"}, {"links": [{"rt": ["x"], "if": ["oic.if.r"]}]}, {"links": [7]}, {}, [],
    {"links": [{"href": "no-slash", "rt": ["x"], "if": ["oic.if.r"]}]},
    {"links": [{"href": "/" + "x" * 600, "rt": ["x"], "if": ["oic.if.r"]}]}])
def test_a_malformed_publication_is_bad(device, links, value):
    d = device().online()
    if isinstance(value, dict):
        value = {"di": d.di, "ttl": 0, **value}
    assert d.send(POST, "/oic/rd", value, query=["rt=oic.wk.rdpub"]).code == BAD_REQUEST
    assert set(links(d)) == set(d.resources)
    d.connection.assert_open()


# R1: each publication is stored whole
def test_a_publication_with_long_texts_is_bad(hub, device, links):
    d = device().online()
    long = "x" * 257
    link = {"href": "/long", "rt": ["x"], "if": ["oic.if.r"]}
    for value in ({"n": long, "links": [link]}, {"links": [{**link, "title": long}]}, {"links": [{**link, "rt": [long]}]},
                  {"links": [{**link, "if": ["oic.if.r", long]}]}, {"links": [{**link, "rt": ["x"] * 33}]}):
        answer = d.send(POST, "/oic/rd", {"di": d.di, "ttl": 0, **value}, query=["rt=oic.wk.rdpub"])
        assert answer.code == BAD_REQUEST, value
    hub.logged("longer than 256 bytes", 5)
    assert set(links(d)) == set(d.resources)
    value = {"di": d.di, "ttl": 0, "n": long[1:], "links": [{**link, "title": long[1:], "rt": [long[1:]] * 32}]}
    answer = d.send(POST, "/oic/rd", value, query=["rt=oic.wk.rdpub"])
    assert answer.code == CHANGED and answer.value["links"][0]["rt"] == [long[1:]] * 32


# R1: a device's largest publication seen in the field is 37 kB in one message
def test_four_hundred_resources_are_published_in_one_message(device, api):
    resources = [Resource(f"/many/{n}", ["oic.r.switch.binary"], ["oic.if.a", "oic.if.baseline"], {"value": False},
                          observable=False) for n in range(400)]
    d = device(resources=resources).online()
    assert len(d.instances) == 400
    assert len(set(d.instances.values())) == 400
    poll(lambda: api.resource(d.di, "/many/399").status == 200, "the last resource is known")


# R1
def test_instances_are_the_same_after_a_new_publication(device):
    d = device().online()
    before = dict(d.instances)
    assert d.publish().code == CHANGED
    assert d.instances == before


# R1: devices do not publish again after a reconnect
def test_links_outlive_the_connection(device, links, transport):
    d = device().online()
    d.online()
    assert set(links(d)) == set(d.resources)


# R1: nor after a restart of the hub
def test_links_outlive_the_hub(started, device):
    own = started()
    d = device(on=own).online()
    before = dict(d.instances)
    own.restart()
    d.online()
    client = device(on=own, resources=[]).online()
    found = client.connection.get(f"/oic/res?di={d.di}").value
    assert set(d.resources) <= {link["href"][len(d.route("")):] for link in found}
    assert d.publish().code == CHANGED
    assert d.instances == before
