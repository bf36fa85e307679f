"""The HTTP API: devices, resources, history and events, and what it refuses."""

import base64
import json
import socket
import threading
import time

import cbor2
import pytest

from api import Api
from coap_tcp import BAD_REQUEST, CHANGED, CONTENT_FORMAT, FORBIDDEN, PATIENCE, POST, Message, poll, uint
from device import Resource, answer_with, silence

HUB = {"limits": {"command_time": "3s"}}


@pytest.fixture
def watched(hub, device):
    """A device that is online and observed."""
    d = device().online()
    d.wait_observed("/light/1")
    owned = Api(hub, hub.token(d.owner))
    poll(lambda: owned.resource(d.di, "/light/1").status == 200, "the first value")
    return d


def types(events):
    return [event["type"] for event in events]


# A7, R14
def test_devices_are_listed_with_their_state(api, watched, owner):
    listed = api.devices()[watched.di]
    assert listed["online"] is True and listed["name"] == "dev1" and listed["owner"] == owner
    reply = api.device(watched.di)
    assert reply.status == 200 and reply.type == "application/json"
    assert {link["href"] for link in reply.json["links"]} >= set(watched.resources)
    watched.close()
    poll(lambda: api.devices()[watched.di]["online"] is False, "offline")


# R5, R11
def test_a_resource_is_read_as_json(api, watched):
    reply = poll(lambda: (r := api.resource(watched.di, "/light/1")).status == 200 and r, "the value")
    assert reply.type == "application/json"
    assert reply.json == {"state": False, "power": 0, "name": "Light"}


# R5
def test_live_asks_the_device(api, watched):
    asked = len(watched.requests)
    assert api.resource(watched.di, "/light/1", live="true").json["name"] == "Light"
    assert len(watched.requests) > asked
    watched.close()
    poll(lambda: api.resource(watched.di, "/light/1", live="true").status == 503, "nobody to ask")
    assert api.resource(watched.di, "/light/1").status == 200


# R5
def test_the_query_goes_to_the_device(api, watched):
    reply = api.get(f"/api/v1/devices/{watched.di}/resources/light/1?if=oic.if.baseline")
    assert reply.json["rt"] == ["core.light"]


# R5, R7, G12
def test_an_update_changes_the_device(api, watched):
    reply = api.update(watched.di, "/light/1", {"state": True, "power": 12})
    assert reply.ok, reply
    assert watched.resources["/light/1"].value == {"state": True, "power": 12, "name": "Light"}
    poll(lambda: api.resource(watched.di, "/light/1").json["power"] == 12, "the shadow")


# R7
@pytest.mark.parametrize("code, status", [(BAD_REQUEST, 400), (FORBIDDEN, 403), (0x84, 404), (0x85, 405),
                                          (0xA0, 500), (0xA3, 503)])
def test_the_devices_refusal_is_a_problem_with_its_answer(api, watched, code, status):
    watched.answers[POST, "/light/1"] = answer_with(code, {"why": "because"})
    reply = api.update(watched.di, "/light/1", {"power": 1})
    assert (reply.status, reply.type) == (status, "application/problem+json")
    assert reply.json["status"] == status and reply.json["answer"] == {"why": "because"}


# R6
def test_an_offline_device_is_refused_at_once(api, watched):
    watched.close()
    poll(lambda: api.devices()[watched.di]["online"] is False, "offline")
    start = time.monotonic()
    reply = api.update(watched.di, "/light/1", {"power": 1})
    assert (reply.status, reply.type) == (503, "application/problem+json")
    assert time.monotonic() - start < 3


# R6
def test_a_command_with_a_time_to_live_waits_for_the_device(api, watched):
    watched.close()
    poll(lambda: api.devices()[watched.di]["online"] is False, "offline")
    replies = []
    path = api.resource_path(watched.di, "/light/1", timeToLive=60)
    asking = threading.Thread(target=lambda: replies.append(api.call("PUT", path, {"power": 44}, timeout=4 * PATIENCE)))
    asking.start()
    poll(lambda: "ResourceUpdatePending" in types(api.history(watched.di, "/light/1")), "the pending command")
    watched.online()
    asking.join(2 * PATIENCE)
    assert replies and replies[0].ok, replies
    assert watched.resources["/light/1"].value["power"] == 44


# R6, R7
def test_a_command_whose_time_to_live_is_over_ends_and_reaches_nobody(api, watched):
    watched.close()
    poll(lambda: api.devices()[watched.di]["online"] is False, "offline")
    reply = api.call("PUT", api.resource_path(watched.di, "/light/1", timeToLive=2), {"power": 45}, timeout=4 * PATIENCE)
    assert (reply.status, reply.type, reply.json["reason"]) == (504, "application/problem+json", "command_expired")
    assert types(api.history(watched.di, "/light/1"))[-2:] == ["ResourceUpdatePending", "CommandExpired"]
    asked = len(watched.requests)
    watched.online()
    assert api.update(watched.di, "/light/1", {"power": 46}).ok  # a command that waited would come before it
    assert [cbor2.loads(message.payload) for message in watched.requests[asked:] if message.code == POST] == [{"power": 46}]


# R6: what may be sent to a device grows with its links, also at the moment of its sign-in
def test_a_long_command_that_waits_is_sent_as_if_the_device_were_online(api, watched):
    watched.answers[POST, "/light/1"] = lambda message: Message(CHANGED)
    watched.largest_request += 512 * len(watched.resources)
    long = {"name": "n" * 8500}
    assert api.update(watched.di, "/light/1", long).ok
    watched.close()
    poll(lambda: api.devices()[watched.di]["online"] is False, "offline")
    replies = []
    path = api.resource_path(watched.di, "/light/1", timeToLive=60)
    asking = threading.Thread(target=lambda: replies.append(api.call("PUT", path, long, timeout=4 * PATIENCE)))
    asking.start()
    poll(lambda: types(api.history(watched.di, "/light/1"))[-1] == "ResourceUpdatePending", "the pending command")
    watched.online()
    asking.join(2 * PATIENCE)
    assert replies and replies[0].ok, replies


# R6
@pytest.mark.parametrize("value", ["0", "-1", "many", "999999999"])
def test_an_impossible_time_to_live_is_refused(api, watched, value):
    assert api.call("PUT", api.resource_path(watched.di, "/light/1", timeToLive=value), {"power": 1}).status == 400


# R7, G13
def test_a_device_that_does_not_answer_is_a_gateway_timeout(api, watched):
    watched.answers[POST, "/light/1"] = silence
    assert api.update(watched.di, "/light/1", {"power": 1}).status == 504


# R5
@pytest.mark.parametrize("body, type, status", [
    ("{", "application/json", 400), ("{}", "text/plain", 415), ("[" * 1000, "application/json", 400),
    ("", "application/json", 400)])
def test_an_update_that_is_no_json_is_refused(api, watched, body, type, status):
    reply = api.call("PUT", api.resource_path(watched.di, "/light/1"), body, headers={"Content-Type": type})
    assert (reply.status, reply.type) == (status, "application/problem+json")
    assert not [m for m in watched.requests if m.code == POST]


# R13, S3
@pytest.mark.parametrize("path", ["/api/v1/devices", "/api/v1/events", "/api/v1/devices/00000000-0000-4000-8000-000000000000"])
def test_without_a_valid_token_nothing_is_answered(hub, path):
    for token in (None, "invented", "a.b.c"):
        reply = Api(hub, token).get(path)
        assert reply.status == 401 and reply.type == "application/problem+json"
        assert reply.headers["www-authenticate"].startswith("Bearer")


def _b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


# A2: RFC 8725
@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "HS256"}, {"alg": "ES256", "jwk": {}}])
def test_a_forged_token_is_refused(hub, api, header):
    _, payload, signature = api.token.split(".")
    for end in ("", signature):
        forged = f"{_b64(json.dumps(header).encode())}.{payload}.{end}"
        assert Api(hub, forged).get("/api/v1/devices").status == 401


# R14
@pytest.mark.parametrize("method, path, status", [
    ("GET", "/", 404), ("GET", "/api/v1/nothing", 404), ("POST", "/api/v1/devices", 405), ("PATCH", "/api/v1/devices", 405),
    ("GET", "/api/v1/devices/not-a-uuid", 400), ("GET", "/api/v1/devices/00000000-0000-4000-8000-000000000000", 404)])
def test_what_is_not_there_is_a_problem(api, method, path, status):
    reply = api.call(method, path)
    assert (reply.status, reply.type) == (status, "application/problem+json")
    assert reply.json["status"] == status
    if status == 405:
        assert "GET" in reply.headers["allow"]


def raw(hub, data, listener="http"):
    """What the hub answers to bytes, until it closes or keeps silent."""
    with socket.create_connection(hub.address(listener), timeout=PATIENCE) as sock:
        sock.sendall(data)
        return sock.recv(65536)


def test_malformed_and_oversized_requests_get_their_status(hub, api):
    token = f"Authorization: Bearer {api.token}\r\n".encode()
    assert b" 400 " in raw(hub, b"NONSENSE\r\n\r\n").split(b"\r\n")[0]
    assert b" 431 " in raw(hub, b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 40_000 + b"\r\n\r\n").split(b"\r\n")[0]
    large = b"PUT /api/v1/devices HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n" + token + b"\r\n"
    assert b" 413 " in raw(hub, large).split(b"\r\n")[0]
    assert api.get("/api/v1/devices").status == 200


@pytest.mark.parametrize("listener", ["http", "admin"])
def test_head_is_answered_without_a_body(hub, listener):
    told = b""
    with socket.create_connection(hub.address(listener), timeout=PATIENCE) as sock:
        sock.sendall(b"HEAD /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        while more := sock.recv(65536):
            told += more
    head, _, rest = told.partition(b"\r\n\r\n")
    assert b"\r\nContent-Length: " in head
    assert rest.startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("listener", ["http", "admin"])
@pytest.mark.parametrize("endless", [b"1;", b"0\r\nX: "], ids=["extension", "trailer"])
def test_what_is_no_body_of_a_request_is_bounded_too(hub, listener, endless):
    head = b"POST /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert b" 431 " in raw(hub, head + endless + b"a" * 100_000, listener).split(b"\r\n")[0]


# R15, Q3, G6
def test_the_history_tells_what_happened_to_a_resource(api, watched, owner):
    assert api.update(watched.di, "/light/1", {"power": 5}).ok
    events = poll(lambda: (e := api.history(watched.di, "/light/1"))
                  and types(e)[-1] == "ResourceRepresentationUpdated" and "ResourceUpdated" in types(e) and e, "the events")
    assert [event["version"] for event in events] == list(range(1, len(events) + 1)), "gapless"
    pending = next(event for event in events if event["type"] == "ResourceUpdatePending")
    updated = next(event for event in events if event["type"] == "ResourceUpdated")
    assert pending["correlationId"] == updated["correlationId"]
    assert pending["data"]["content"] == {"power": 5}
    assert pending["principal"] == f"user:{owner}"
    assert {"CommandDispatched"} <= set(types(events))
    # G6: what the device says, the gateway says with the device's token
    assert updated["principal"] == f"device:{watched.di}"
    assert events[-1]["principal"] == f"device:{watched.di}"
    assert events[-1]["data"]["content"]["power"] == 5


# R15: what an answer has is bounded in bytes
def test_a_history_of_long_events_has_the_newest_and_the_feed_all(api, watched):
    with api.events(href="/light/1") as events:
        place = events.told()[0]
    for n in range(1, 9):
        watched.change("/light/1", power=n, name="x" * 200_000)
        poll(lambda: api.resource(watched.di, "/light/1").json["power"] == n, f"power {n}")
    powers = [event["data"]["content"]["power"] for event in api.history(watched.di, "/light/1")]
    assert powers == [4, 5, 6, 7, 8]
    with api.events(last_id=place, href="/light/1") as events:
        assert [events.next()[2]["data"]["content"]["power"] for _ in range(8)] == list(range(1, 9))


# R15, G4
def test_the_history_of_a_device_tells_when_it_came_and_went(api, watched):
    watched.online()
    found = types(api.history(watched.di))
    assert found.count("DeviceConnected") == 2 and "DeviceDisconnected" in found
    assert "DeviceRegistered" in found and "LinksPublished" in found


# R11, R3: what was stored within the limits of the hub is shown, whatever their defaults are
def test_content_of_more_items_than_by_default_is_json_where_the_limit_allows_it(started, device, owner):
    hub = started(limits={"cbor_items_max": 100_000})
    many = Resource("/many", ["x.many"], ["oic.if.r", "oic.if.baseline"], {"v": []})
    d = device(on=hub, resources=[many]).online()
    d.wait_observed("/many")
    d.change("/many", v=[1] * 20_000)
    api = Api(hub, hub.token(owner))
    poll(lambda: api.resource(d.di, "/many").body == b'{"v":[' + b",".join([b"1"] * 20_000) + b"]}", "the shadow")
    assert api.resource(d.di, "/many").type == "application/json"
    client = device(on=hub, resources=[]).online().connection
    client.csm(block_wise=True)
    (found,) = client.get(f"/oic/res?di={d.di}&rt=x.many&if=oic.if.b").value
    assert found["rep"] == {"v": [1] * 20_000}


# R15
def test_an_ill_formed_notification_is_recorded_as_rejected(api, watched):
    watched.notify_bytes("/light/1", b"\xbf\x61")
    rejected = poll(lambda: [event for event in api.history(watched.di, "/light/1") if event["type"] == "NotificationRejected"],
                    "the rejection")
    assert [event["data"] for event in rejected] == [{"problem": "the content is not valid CBOR: the CBOR ends within an item", "bytes": 2}]
    assert api.resource(watched.di, "/light/1").json["name"] == "Light"


# R12
def test_events_arrive_in_order_and_can_be_resumed(api, watched):
    def is_change(_id, name, data):
        return name == "ResourceRepresentationUpdated" and data["device"] == watched.di and data["href"] == "/light/1"

    with api.events() as events:
        assert (events.status, events.type) == (200, "text/event-stream")
        for n in range(1, 6):
            watched.change("/light/1", power=n)
        got = [events.next(is_change) for _ in range(5)]
    assert [data["data"]["content"]["power"] for _, _, data in got] == [1, 2, 3, 4, 5]
    assert len({id for id, _, _ in got}) == 5 and all(len(id) <= 256 for id, _, _ in got)
    with api.events(last_id=got[1][0]) as events:
        again = [events.next(is_change)[2]["data"]["content"]["power"] for _ in range(3)]
    assert again == [3, 4, 5]


# R12
def test_json_of_a_device_that_has_line_breaks_is_told_whole(hub, api, watched):
    watched.answers[POST, "/light/1"] = lambda _: Message(CHANGED, b"", [(CONTENT_FORMAT, uint(50))], b'{\r\n  "power":\n1\n}')
    with api.events(device=watched.di) as events:
        events.told()  # it has begun
        assert api.update(watched.di, "/light/1", {"power": 1}).json == {"power": 1}
        _, _, told = events.next(lambda _id, name, _data: name == "ResourceUpdated")
    assert told["data"]["content"] == {"power": 1}
    exported = [json.loads(line) for line in hub.cli_ok("export", "--device", watched.di).splitlines()]
    assert {"power": 1} in [event["data"].get("content") for event in exported]


# R12
def test_events_are_filtered_by_device_and_href(api, watched, device):
    other = device(resources=[Resource("/x", ["x.x"], ["oic.if.rw"], {"n": 0})]).online()
    other.wait_observed("/x")
    with api.events(device=watched.di, href="/light/1") as events:
        other.change("/x", n=1)
        watched.change("/light/1", power=7)
        _, _, data = events.next()
        assert (data["device"], data["href"]) == (watched.di, "/light/1")


# R12, R9: from the log, not from what happens to be in memory
def test_events_resume_across_a_restart(started, device, owner):
    own = started()
    d = device(on=own).online()
    d.wait_observed("/light/1")
    api = Api(own, own.token(owner))
    with api.events() as events:
        d.change("/light/1", power=1)
        place, _, _ = events.next(lambda id, name, data: name == "ResourceRepresentationUpdated"
                                  and data["data"]["content"] and data["data"]["content"].get("power") == 1)
    d.change("/light/1", power=2)
    poll(lambda: api.resource(d.di, "/light/1").json["power"] == 2, "stored")
    d.close()
    own.restart()
    api = Api(own, own.token(owner))
    with api.events(last_id=place) as events:
        _, name, data = events.next(lambda id, name, data: data.get("href") == "/light/1")
        assert name == "ResourceRepresentationUpdated" and data["data"]["content"]["power"] == 2


# R12: it passes over all that, much of it before it was folded
def test_a_feed_that_has_nothing_to_tell_holds_nobody_up(hub, api, device):
    devices = [device().online() for _ in range(3)]
    for d in devices:
        d.wait_observed("/light/1")
    done = threading.Event()

    def talk(d):
        for n in range(1000):
            if done.wait(0.005):
                return
            d.change("/light/1", power=n)

    talkers = [threading.Thread(target=talk, args=(d,), daemon=True) for d in devices]
    with Api(hub, hub.token("stranger")).events() as events:
        events.told()
        for talker in talkers:
            talker.start()
        try:
            end = time.monotonic() + 5
            while time.monotonic() < end:
                asked = time.monotonic()
                assert len(api.devices()) == 3
                assert time.monotonic() - asked < 4
        finally:
            done.set()
            for talker in talkers:
                talker.join()


# R12
def test_a_malformed_cursor_is_refused(api):
    assert api.call("GET", "/api/v1/events", headers={"Last-Event-ID": "nonsense"}).status == 400


# A3
def test_a_removed_device_is_gone(api, watched):
    assert api.remove(watched.di).ok
    watched.connection.wait_closed()
    assert api.device(watched.di).status == 404
    assert api.remove(watched.di).status == 404
    assert watched.di not in api.devices()


# R7
def test_an_etag_answers_not_modified(api, watched):
    reply = poll(lambda: (r := api.resource(watched.di, "/light/1")).status == 200 and r, "the value")
    again = api.get(api.resource_path(watched.di, "/light/1"), headers={"If-None-Match": reply.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


# A6
def test_a_device_signs_in_while_its_owner_watches(api, device):
    d = device()
    with api.events() as events:
        d.online()
        assert events.next(lambda id, name, data: name == "DeviceConnected")[2]["device"] == d.di
    assert d.sign_in().code == CHANGED
