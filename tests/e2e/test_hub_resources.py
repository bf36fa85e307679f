"""The hub's own resources besides discovery: /.well-known/core, /oic/rd; and conditions, formats and methods."""

import re

import pytest

from coap_tcp import (BAD_REQUEST, CBOR, CHANGED, CONTENT, CONTENT_FORMAT, DELETE, ETAG, FETCH, GET, IF_MATCH, IPATCH,
                      METHOD_NOT_ALLOWED, NOT_ACCEPTABLE, NOT_FOUND, OCF_CBOR, PATCH, POST, PUT, UNAUTHORIZED, poll)

IF_NONE_MATCH = 5
PRECONDITION_FAILED = 0x8C
LINK_FORMAT = 40

ENTRY_POINTS = {
    "/oic/res": "oic.wk.res", "/oic/rd": "oic.wk.rd", "/oic/sec/account": "oic.r.account", "/oic/sec/session": "oic.r.session",
    "/oic/sec/tokenrefresh": "oic.r.tokenrefresh"}


@pytest.fixture
def client(device):
    return device(resources=[]).online().connection


def core(connection, query=""):
    """{path: {attribute: value}} of /.well-known/core, by a parser of its own."""
    answer = connection.get("/.well-known/core" + query)
    assert (answer.code, answer.format) == (CONTENT, LINK_FORMAT)
    links = {}
    for path, attributes in re.findall(r'<([^>]*)>((?:;[a-z]+(?:="[^"]*")?)*)', answer.payload.decode()):
        links[path] = dict(re.findall(r';([a-z]+)(?:="([^"]*)")?', attributes))
    assert ",".join(f"<{path}>" + "".join(f';{k}="{v}"' if v else f";{k}" for k, v in more.items())
                    for path, more in links.items()) == answer.payload.decode(), "RFC 6690 section 2"
    return links


# R3: RFC 6690
def test_the_hub_describes_its_own_resources(device, transport):
    links = core(device(resources=[]).online().connection)
    assert {path: link["rt"] for path, link in links.items()} == ENTRY_POINTS
    assert links["/oic/res"]["if"] == "oic.if.ll oic.if.b oic.if.baseline" and "obs" in links["/oic/res"]
    assert all(link["ct"] == "10000 60" for link in links.values())


# R3: RFC 6690 section 4.1
@pytest.mark.parametrize("query, paths", [
    ("?rt=oic.wk.res", ["/oic/res"]), ("?rt=oic.wk.*", ["/oic/res", "/oic/rd"]), ("?if=oic.if.b", ["/oic/res"]),
    ("?if=oic.if.base*", list(ENTRY_POINTS)), ("?href=/oic/rd", ["/oic/rd"]), ("?href=/oic/sec/*", list(ENTRY_POINTS)[2:]),
    ("?ct=60", list(ENTRY_POINTS)), ("?ct=40", []), ("?rt=oic.wk", []), ("?rt=", []), ("?nothing=*", []), ("?rt=*&if=oic.if.ll", ["/oic/res"]),
    ("?rt", [])])
def test_what_is_described_can_be_filtered(client, query, paths):
    assert list(core(client, query)) == paths


# R3
def test_it_is_described_as_link_format_only(client):
    assert client.get("/.well-known/core", accept=LINK_FORMAT).code == CONTENT
    for accept in (0, 50, CBOR, OCF_CBOR):
        assert client.get("/.well-known/core", accept=accept).code == NOT_ACCEPTABLE
    assert client.post("/.well-known/core", {}).code == METHOD_NOT_ALLOWED


# G1
@pytest.mark.parametrize("path", ["/.well-known/core", "/oic/rd"])
def test_before_a_sign_in_nothing_is_described(hub, path):
    with hub.connect() as connection:
        assert connection.get(path).code == UNAUTHORIZED


# R1: the more connections are free, the more a device should prefer this directory
def test_the_directory_says_how_much_room_there_is(started, device):
    own = started(limits={"connections_max": 4})
    connection = device(on=own, resources=[]).online().connection
    answer = connection.get("/oic/rd")
    assert (answer.code, answer.format) == (CONTENT, OCF_CBOR)
    assert answer.value == {"rt": ["oic.wk.rd"], "if": ["oic.if.baseline"], "sel": 75}
    assert connection.get("/oic/rd", accept=CBOR).format == CBOR
    others = [own.connect() for _ in range(3)]
    poll(lambda: connection.get("/oic/rd").value["sel"] == 0, "full")
    others.pop().close()
    poll(lambda: connection.get("/oic/rd").value["sel"] == 25, "one has left")
    for other in others:
        other.close()


# R7, G14: nothing has them, and a device would not answer
@pytest.mark.parametrize("method", [FETCH, PATCH, IPATCH, 8, 31], ids=["FETCH", "PATCH", "iPATCH", "0.08", "0.31"])
@pytest.mark.parametrize("path", ["/light/1", "/oic/res", "/oic/rd", "/.well-known/core", "/nothing"])
def test_other_methods_are_answered_by_the_hub(client, device, method, path):
    d = device().online()
    path = d.route(path) if path == "/light/1" else path
    assert client.request(method, path, {"power": 1}).code == METHOD_NOT_ALLOWED
    assert all(message.code <= DELETE for message in d.requests)


# R7: why, in words
def test_a_refused_method_is_named(client, hub):
    client.request(IPATCH, "/oic/res", {"a": 1})
    hub.logged("4.05 to iPATCH /oic/res: this resource has no such method")
    client.request(PUT, "/028acc3a-d1a5-4246-79cd-2876cfc55916/light/1", {"a": 1})
    hub.logged("4.05 to PUT /028acc3a-d1a5-4246-79cd-2876cfc55916/light/1: no complete replacement")


@pytest.fixture
def known(client, device):
    """A device whose light is known, and its ETag."""
    d = device().online()
    answer = poll(lambda: (a := client.get(d.route("/light/1"))).code == CONTENT and a, "the value")
    d.etag = answer.option(ETAG)
    return d


# R5: RFC 7252 section 5.10.8
def test_an_update_may_depend_on_the_state_that_is_known(client, known):
    href = known.route("/light/1")
    stale = bytes(8)
    assert client.post(href, {"power": 1}, options=[(IF_MATCH, stale)]).code == PRECONDITION_FAILED
    assert client.post(href, {"power": 1}, options=[(5, b"")]).code == PRECONDITION_FAILED
    assert known.resources["/light/1"].value["power"] == 0, "the device did not hear of it"
    assert client.post(href, {"power": 1}, options=[(IF_MATCH, stale), (IF_MATCH, known.etag)]).code == CHANGED
    poll(lambda: client.get(href, etags=[known.etag]).code == CONTENT, "the state is another")
    assert client.post(href, {"power": 2}, options=[(IF_MATCH, known.etag)]).code == PRECONDITION_FAILED
    assert client.post(href, {"power": 2}, options=[(IF_MATCH, b"")]).code == CHANGED, "any state will do"
    assert client.get(href, options=[(IF_MATCH, known.etag)]).code == PRECONDITION_FAILED


# R5
@pytest.mark.parametrize("options", [[(IF_MATCH, b"12345678")], [(IF_MATCH, b"")], [(IF_NONE_MATCH, b"")]])
def test_a_condition_on_what_is_not_there_is_not_found(client, known, options):
    assert client.post(known.route("/nope"), {"a": 1}, options=options).code == NOT_FOUND


# R3: they are there and have no ETag
@pytest.mark.parametrize("method, path", [(GET, "/oic/res"), (GET, "/oic/rd"), (GET, "/.well-known/core"), (POST, "/oic/rd"), (DELETE, "/oic/rd")])
def test_conditions_on_the_hubs_own_resources(client, method, path):
    for options in ([(IF_NONE_MATCH, b"")], [(IF_MATCH, b"12345678")]):
        assert client.request(method, path, options=options).code == PRECONDITION_FAILED
    assert client.request(method, path, options=[(IF_MATCH, b"")]).code != PRECONDITION_FAILED


# R3
@pytest.mark.parametrize("method, path", [(GET, "/oic/res"), (GET, "/oic/rd"), (POST, "/oic/rd"), (DELETE, "/oic/rd")])
@pytest.mark.parametrize("accept", [0, 40, 50, 65535])
def test_a_format_that_the_hub_does_not_write(client, method, path, accept):
    assert client.request(method, path, accept=accept).code == NOT_ACCEPTABLE


# A1: devices would not understand such an answer
def test_account_requests_are_answered_all_the_same(client):
    options = [(IF_MATCH, b"12345678"), (CONTENT_FORMAT, b"\x27\x10"), (17, b"\x32")]
    assert client.request(POST, "/oic/sec/session", payload=b"\xa0", options=options).code == BAD_REQUEST


# R5: Max-Age in a request is elective, and the shadow has the newest value anyway
def test_max_age_in_a_request_is_ignored(client, known):
    assert client.get(known.route("/light/1"), options=[(14, b"")]).code == CONTENT
