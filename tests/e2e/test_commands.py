"""Create, retrieve, update and delete through the hub: the device's own answer reaches the caller, or why there is none."""

import threading
import time

import pytest

from api import Api
from coap_tcp import (BAD_REQUEST, CHANGED, CONTENT, CREATED, DELETE, DELETED, FETCH, FORBIDDEN, GATEWAY_TIMEOUT, GET, IPATCH,
                      METHOD_NOT_ALLOWED, NOT_ACCEPTABLE, NOT_FOUND, OCF_CBOR, PATCH, POST, PUT, TOO_LARGE, UNAUTHORIZED,
                      UNAVAILABLE, UNSUPPORTED_FORMAT, code_text, poll, request_message)
from device import Resource, answer_with, silence


@pytest.fixture
def client(device, transport):
    return device(resources=[]).online().connection


@pytest.fixture(scope="module")
def long_headers(started):
    """A hub that takes long headers of HTTP."""
    return started(limits={"http_header_bytes_max": "128KiB"})


@pytest.fixture
def hasty(started):
    """A hub that gives a device two seconds to answer."""
    return started(limits={"command_time": "2s"})


# R5, R7, G12
def test_an_update_changes_the_device_and_brings_its_answer(client, device):
    d = device().online()
    answer = client.post(d.route("/light/1"), {"state": True, "power": 12})
    assert (answer.code, answer.payload) == (CHANGED, b"")
    assert d.resources["/light/1"].value == {"state": True, "power": 12, "name": "Light"}
    assert poll(lambda: (v := client.get(d.route("/light/1")).value)["power"] == 12 and v, "the shadow")["state"] is True


# R5, R7, G12
def test_a_creation_brings_the_devices_answer(client, device):
    d = device().online()
    wanted = {"rt": ["oic.r.switch.binary"], "if": ["oic.if.a", "oic.if.baseline"], "p": {"bm": 3}, "rep": {"value": False}}
    answer = client.post(d.route("/switches?if=oic.if.create"), wanted)
    assert (answer.code, answer.format) == (CREATED, OCF_CBOR)
    assert answer.value["href"] == "/switches/1"
    assert d.requests[-1].query == ["if=oic.if.create"]


# R5, R7, G12
def test_a_deletion_brings_the_devices_answer(client, device):
    d = device().online()
    d.resources["/switches/1"] = Resource("/switches/1", ["oic.r.switch.binary"], ["oic.if.a"], {"value": False})
    d.publish(["/switches/1"])
    answer = client.delete(d.route("/switches/1"))
    assert (answer.code, answer.payload) == (DELETED, b"")
    assert "/switches/1" not in d.resources


# R5, R7
def test_a_retrieval_for_another_interface_asks_the_device(client, device):
    d = device().online()
    answer = client.get(d.route("/light/1?if=oic.if.baseline"))
    assert answer.code == CONTENT and answer.value["rt"] == ["core.light"]
    assert d.requests[-1].query == ["if=oic.if.baseline"]


# R5
def test_a_retrieval_is_answered_from_the_shadow_even_if_the_device_is_offline(client, device):
    d = device().online()
    poll(lambda: client.get(d.route("/light/1")).code == CONTENT, "the shadow")
    asked = len(d.requests)
    assert client.get(d.route("/light/1")).value["name"] == "Light"
    assert len(d.requests) == asked
    d.close()
    answer = client.get(d.route("/light/1"))
    assert answer.code == CONTENT and answer.value["name"] == "Light"
    assert answer.format == OCF_CBOR


# R7: the device's own refusal, with its own words
@pytest.mark.parametrize("code", [BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED, NOT_ACCEPTABLE, TOO_LARGE,
                                  UNSUPPORTED_FORMAT, 0xA0, UNAVAILABLE], ids=code_text)
@pytest.mark.parametrize("method", [POST, DELETE, GET], ids=["update", "delete", "retrieve"])
def test_the_devices_own_refusal_reaches_the_caller(device, method, code):
    d = device().online()
    client = device(resources=[]).online().connection
    d.answers[method, "/light/1"] = answer_with(code, {"why": "because"})
    href = d.route("/light/1") + ("?if=oic.if.baseline" if method == GET else "")
    answer = client.request(method, href, {"power": 1} if method == POST else None)
    assert (answer.code, answer.value) == (code, {"why": "because"})


# R7
def test_real_refusals_of_the_device(client, device):
    d = device().online()
    assert client.post(d.route("/light/1"), {"state": 5}).code == BAD_REQUEST
    assert client.get(d.route("/light/1?if=oic.if.ll")).code == FORBIDDEN
    assert client.delete(d.route("/light/1")).code == METHOD_NOT_ALLOWED
    assert client.post(d.route("/oic/d"), {"n": "x"}).code == METHOD_NOT_ALLOWED


# R5: what a device cannot do over TCP never reaches it
@pytest.mark.parametrize("method", [PUT, FETCH, PATCH, IPATCH], ids=["PUT", "FETCH", "PATCH", "iPATCH"])
def test_methods_that_devices_do_not_answer_are_not_allowed(client, device, method):
    d = device().online()
    client.get(d.route("/light/1"))
    assert client.request(method, d.route("/light/1"), {"power": 1}).code == METHOD_NOT_ALLOWED
    assert not [m for m in d.requests if m.code == method]


# R5
def test_an_unknown_resource_or_device_is_not_found(client, device):
    d = device().online()
    assert client.get(d.route("/nope")).code == NOT_FOUND
    assert client.post(d.route("/nope"), {"a": 1}).code == NOT_FOUND
    assert client.post("/oic/route/00000000-0000-4000-8000-000000000000/light/1", {"a": 1}).code == NOT_FOUND


# R6: at once
@pytest.mark.parametrize("method, query", [(POST, ""), (DELETE, ""), (GET, "?if=oic.if.baseline")])
def test_an_offline_device_is_unavailable_at_once(client, device, method, query):
    d = device().online()
    status = d.route("/oic/cloud/s")
    d.close()
    poll(lambda: client.get(status).value == {"online": False}, "offline")
    start = time.monotonic()
    answer = client.request(method, d.route("/light/1") + query, {"power": 1} if method == POST else None)
    assert answer.code == UNAVAILABLE
    assert time.monotonic() - start < 3


# R7: what came of the command is unknown then
@pytest.mark.parametrize("how", ["closes", "resets"])
def test_a_device_that_leaves_in_the_middle_of_a_command_is_a_gateway_timeout(client, device, how):
    d = device().online()
    d.answers[POST, "/light/1"] = silence
    exchange = client.exchange(request_message(POST, d.route("/light/1"), {"power": 1}))
    d.wait_asked(POST, "/light/1")
    d.connection.close() if how == "closes" else d.connection.reset()
    assert exchange.get(10).code == GATEWAY_TIMEOUT
    assert client.get(d.route("/oic/cloud/s")).value == {"online": False}


# R7, G13
def test_a_device_that_does_not_answer_is_a_gateway_timeout_and_goes_offline(hasty, device):
    d = device(on=hasty).online()
    client = device(on=hasty, resources=[]).online().connection
    d.answers[POST, "/light/1"] = silence
    assert client.post(d.route("/light/1"), {"power": 1}).code == GATEWAY_TIMEOUT
    d.connection.wait_closed()
    poll(lambda: client.get(d.route("/oic/cloud/s")).value == {"online": False}, "offline")


# G4: whichever comes first by a hair
def test_a_command_that_comes_while_its_device_signs_in_is_sent(device, api):
    d = device().online()
    d.wait_observed("/light/1")
    for value in range(12):
        d.connection.close()
        poll(lambda: not api.device(d.di).json["online"], "the device is offline")
        d.connect()
        answers = []
        path = api.resource_path(d.di, "/light/1", timeToLive=5)
        update = threading.Thread(target=lambda: answers.append(api.call("PUT", path, {"power": value})))
        update.start()
        time.sleep(value * 0.0004)
        assert d.sign_in().code == CHANGED
        update.join()
        assert answers[0].ok, (value, answers)


# R7: a late second answer is nobody's
def test_a_second_answer_of_the_device_is_ignored(client, device):
    d = device().online()

    def twice(message):
        for _ in range(2):
            d._say(answer_with(CHANGED)(message), message)

    d.answers[POST, "/light/1"] = twice
    assert client.post(d.route("/light/1"), {"power": 1}).code == CHANGED
    del d.answers[POST, "/light/1"]
    assert client.post(d.route("/light/1"), {"power": 2}).code == CHANGED
    assert d.resources["/light/1"].value["power"] == 2
    d.connection.assert_open()


# R7
def test_commands_in_flight_each_get_their_own_answer(client, device):
    resources = [Resource(f"/light/{n}", ["core.light"], ["oic.if.rw", "oic.if.baseline"], {"power": 0}, writable=True)
                 for n in range(8)]
    d = device(resources=resources).online()
    for n in range(8):
        d.answers[POST, f"/light/{n}"] = lambda m, n=n: answer_with(CHANGED, {"own": n})(m)
    exchanges = [client.exchange(request_message(POST, d.route(f"/light/{n}"), {"power": n})) for n in range(8)]
    assert [exchange.get().value for exchange in exchanges] == [{"own": n} for n in range(8)]


# R8: racing updates of one resource are resolved without the callers' notice
def test_racing_updates_all_succeed(device, hub, owner):
    d = device().online()
    clients = [device(resources=[]).online().connection for _ in range(4)]
    exchanges = [client.exchange(request_message(POST, d.route("/light/1"), {"power": n}))
                 for n in range(5) for client in clients]
    assert {exchange.get().code for exchange in exchanges} == {CHANGED}


# R8: the stream has room for whoever is quicker, and everybody's word is in it once
def test_updates_and_notifications_of_one_resource_race(device, hub, owner, api):
    d = device().online()
    d.wait_observed("/light/1")
    clients = [device(resources=[]).online().connection for _ in range(3)]
    exchanges = []
    for n in range(1, 21):
        exchanges += [client.exchange(request_message(POST, d.route("/light/1"), {"power": 1000 * at + n}))
                      for at, client in enumerate(clients, 1)]
        d.change("/light/1", power=n)
    assert {exchange.get().code for exchange in exchanges} == {CHANGED}
    d.connection.ping(custody=True)
    events = api.history(d.di, "/light/1")
    assert [event["version"] for event in events] == list(range(1, len(events) + 1))
    said = [e["data"]["content"]["power"] for e in events if e["type"] == "ResourceRepresentationUpdated"]
    wanted = [n + 1000 * at for at in range(4) for n in range(1, 21)]
    assert sorted(said)[1:] == sorted(wanted), "every value once, besides the first"
    assert sum(event["type"] == "ResourceUpdated" for event in events) == len(exchanges)
    assert api.resource(d.di, "/light/1").json["power"] == said[-1] == d.resources["/light/1"].value["power"]


# R5
def test_a_resource_that_cannot_be_observed_is_read_again_after_its_update(client, device):
    plain = Resource("/plain", ["core.light"], ["oic.if.rw", "oic.if.baseline"], {"power": 0}, observable=False, writable=True)
    d = device(resources=[plain]).online()
    assert client.post(d.route("/plain"), {"power": 9}).code == CHANGED
    poll(lambda: client.get(d.route("/plain")).value == {"power": 9}, "the shadow")


# R7: nothing larger than a device bears is forwarded
def test_an_update_larger_than_a_device_bears_is_too_large(device):
    d = device().online()
    client = device(resources=[]).online().connection
    assert client.post(d.route("/light/1"), {"name": "x" * 12_000}).code == TOO_LARGE
    assert client.post(d.route("/light/1"), {"power": 3}).code == CHANGED


# R5: RFC 7252 has options of at most 255 bytes for it, and devices bear no more; above 64 KiB it was the hub's end
@pytest.mark.parametrize("parts, length, reason", [(1, 255, None), (1, 256, "malformed_query"), (1, 70_000, "malformed_query"),
                                                   (65, 1, "query_too_long"), (17, 250, "query_too_long")])
def test_a_query_longer_than_a_request_may_have_is_bad(long_headers, device, owner, parts, length, reason):
    query = "&".join(["a" * length] * parts)
    d = device(on=long_headers).online()
    api = Api(long_headers, long_headers.token(owner))
    reply = api.get(api.resource_path(d.di, "/light/1") + "?" + query)
    assert (reply.status, reply.json.get("reason")) == ((200, None) if reason is None else (400, reason)), reply
    asked = [r.query for r in d.requests if r.path == "/light/1" and r.query]
    assert asked == ([] if reason else [[query]])


# G7, R5: a device asks for itself as anybody
def test_a_device_that_updates_itself_through_the_hub_gets_its_own_answer(device):
    d = device().online()
    assert d.connection.post(d.route("/light/1"), {"power": 5}).code == CHANGED
    assert d.resources["/light/1"].value["power"] == 5


# R5: hrefs with slashes and characters beyond ASCII
@pytest.mark.parametrize("href", ["/a/b/c/d", "/with space", "/größe", "/percent%20sign"])
def test_hrefs_reach_the_device_as_they_are(client, device, href):
    d = device(resources=[Resource(href, ["core.light"], ["oic.if.rw", "oic.if.baseline"], {"power": 0}, writable=True)]).online()
    assert client.post(d.route(href), {"power": 6}).code == CHANGED
    assert d.resources[href].value["power"] == 6
