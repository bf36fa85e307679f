"""A command is followed from its caller to the bytes that the device got, and back."""

import json
import re
import uuid

import pytest

from admin import metrics
from api import Api
from coap_tcp import CHANGED, GET, POST, poll
from device import answer_with, silence
from hub import NOT_FOUND, REFUSED

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
SPAN_ID = "b7ad6b7169203331"
CORRELATION = re.compile(r"^correlation id: ([0-9a-f-]{36})$", re.MULTILINE)


@pytest.fixture
def hasty(started):
    """A hub that gives a device a second to answer."""
    return started(limits={"command_time": "1s"})


def listen(d):
    """What the device sends from now on, a message each."""
    sent, send_bytes = [], d.connection.send_bytes

    def send(data):
        sent.append(data)
        send_bytes(data)

    d.connection.send_bytes = send
    return sent


def trace_of(api, correlation):
    reply = api.get(f"/api/v1/traces/{correlation}")
    assert reply.status == 200, reply
    return reply.json


def places(trace):
    return [(hop["place"], hop["event"]["type"] if "event" in hop else hop["what"]) for hop in trace["hops"]]


# Q3
def test_a_command_is_traced_from_the_command_line_to_the_bytes_at_the_device_and_back(hub, device, owner, transport):
    d = device().online()
    d.wait_observed("/light/1")
    sent = listen(d)
    done = hub.cli("set", d.di, "/light/1", '{"power":42}', "--owner", owner)
    assert done.returncode == 0 and done.stdout == "The device accepted the change.\n"
    correlation = CORRELATION.search(done.stderr)[1]

    trace = json.loads(hub.cli_ok("trace", correlation, "--owner", owner, "--json"))
    assert (trace["correlationId"], trace["device"], trace["href"], trace["operation"]) == (correlation, d.di, "/light/1", "update")
    assert places(trace) == [
        ("caller", f"user:{owner} asks over HTTP to update /light/1"),
        ("log", "ResourceUpdatePending"), ("log", "CommandDispatched"),
        ("device", "the device is asked"), ("device", "the device answers"),
        ("log", "ResourceUpdated"), ("caller", "the caller is answered 204 No Content")]
    times = [hop["afterMicroseconds"] for hop in trace["hops"]]
    assert times == sorted(times) and times[0] >= 0

    # What the device really got and sent, byte by byte.
    asked, answered = trace["hops"][3], trace["hops"][4]
    request = bytes.fromhex(asked["hex"])
    assert len(request) == asked["bytes"] and request in b"".join(d.connection.segments)
    assert bytes.fromhex(answered["hex"]) in sent
    got = next(m for m in d.requests if m.code == POST and m.path == "/light/1")
    assert got.token.hex() in asked["message"] and got.payload in request

    # The events are those of the history, by their positions.
    events = {e["type"]: e for e in Api(hub, hub.token(owner)).history(d.di, "/light/1") if e.get("correlationId") == correlation}
    for hop in trace["hops"]:
        if "event" in hop:
            assert hop["event"]["position"] == events[hop["event"]["type"]]["position"]
            assert hop["event"]["version"] == events[hop["event"]["type"]]["version"]

    # For people.
    text = hub.cli_ok("trace", correlation, "--owner", owner)
    for line in (f"update /light/1 of {d.di}", f"POST, token {got.token.hex()}", "  Uri-Path: light",
                 "Content-Format: 10000 (application/vnd.ocf+cbor)", 'payload, 9 bytes: {"power": 42}',
                 f"2.04 Changed, token {got.token.hex()}", "the caller is answered 204 No Content"):
        assert line in text, text


# Q3
def test_a_trace_goes_on_with_the_callers_trace(api, device):
    d = device().online()
    reply = api.update(d.di, "/light/1", {"power": 1}, headers={"traceparent": f"00-{TRACE_ID}-{SPAN_ID}-01"})
    assert reply.status == 204
    answered = re.fullmatch(rf"00-{TRACE_ID}-([0-9a-f]{{16}})-01", reply.headers["traceresponse"])
    assert answered and answered[1] != SPAN_ID
    correlation = reply.headers["correlation-id"]
    assert trace_of(api, correlation)["traceId"] == TRACE_ID
    for event in api.history(d.di, "/light/1"):
        if event.get("correlationId") == correlation:
            assert event["traceparent"] == reply.headers["traceresponse"], event


# Q3: W3C Trace Context, level 1, section 3.2
@pytest.mark.parametrize("header", [f"00-{TRACE_ID}-{SPAN_ID}", f"00-{TRACE_ID.upper()}-{SPAN_ID}-01", f"ff-{TRACE_ID}-{SPAN_ID}-01",
                                    f"00-{TRACE_ID}-{SPAN_ID}-01-", f"00-{'0' * 32}-{SPAN_ID}-01", f"00-{TRACE_ID}-{'0' * 16}-01", "x"])
def test_a_malformed_traceparent_begins_a_new_trace(api, device, header):
    d = device(resources=[]).online()
    reply = api.get(f"/api/v1/devices/{d.di}", headers={"traceparent": header})
    begun = re.fullmatch(r"00-([0-9a-f]{32})-[0-9a-f]{16}-01", reply.headers["traceresponse"])
    assert reply.status == 200 and begun and begun[1].lower() != TRACE_ID


# Q3
def test_a_command_of_a_coap_client_is_traced(api, device):
    d = device().online()
    client = device(resources=[]).online()
    assert client.connection.post(d.route("/light/1"), {"power": 3}).code == CHANGED
    correlation = next(e["correlationId"] for e in api.history(d.di, "/light/1") if e["type"] == "ResourceUpdated")
    first, *_, last = places(trace_of(api, correlation))
    assert first == ("caller", f"device:{client.di} asks over CoAP to update /light/1")
    assert last == ("caller", "the caller is answered 2.04 Changed")


# Q3
def test_a_command_that_fails_says_where_it_ended(hasty, device):
    d = device(on=hasty).online()
    d.answers[POST, "/light/1"] = silence
    done = hasty.cli("set", d.di, "/light/1", '{"power":1}', "--owner", d.owner)
    assert done.returncode == REFUSED
    trace = trace_of(Api(hasty, hasty.token(d.owner)), CORRELATION.search(done.stderr)[1])
    assert [what for _, what in places(trace)][-3:] == ["the device is asked", "CommandExpired", "the caller is answered 504 Gateway Timeout: command_expired"]

    # A device that is offline never gets it.
    poll(lambda: hasty.cli_ok("devices", "--owner", d.owner).find("offline") > 0, "the device is offline")
    done = hasty.cli("set", d.di, "/light/1", '{"power":1}', "--owner", d.owner)
    trace = trace_of(Api(hasty, hasty.token(d.owner)), CORRELATION.search(done.stderr)[1])
    assert [what for _, what in places(trace)][1:] == ["the caller is answered 503 Service Unavailable: device_offline"]
    # Its id is found however it is written.
    assert "device_offline" in hasty.cli_ok("trace", CORRELATION.search(done.stderr)[1].upper(), "--owner", d.owner)


# Q3: what is not the caller's does not exist
def test_others_traces_do_not_exist(hub, api, device, owner):
    d = device().online()
    correlation = api.update(d.di, "/light/1", {"power": 1}).headers["correlation-id"]
    mallory = Api(hub, hub.token("mallory"))
    there, not_there = mallory.get(f"/api/v1/traces/{correlation}"), mallory.get(f"/api/v1/traces/{uuid.uuid4()}")
    assert there.status == not_there.status == 404 and there.body == not_there.body
    assert hub.cli("trace", correlation, "--owner", "mallory").returncode == NOT_FOUND
    api.remove(d.di)
    assert api.get(f"/api/v1/traces/{correlation}").status == 404


# Q3, D4
def test_traces_are_bounded_and_say_what_they_leave_out(started, device):
    hub = started(limits={"traces_max": 2, "trace_bytes_max": "2KiB"})
    d = device(on=hub).online()
    api = Api(hub, hub.token(d.owner))
    d.answers[GET, "/light/1"] = answer_with(0x45, {"text": "x" * 3000})
    first, *_, last = [api.resource(d.di, "/light/1", live="true").headers["correlation-id"] for _ in range(3)]
    assert api.get(f"/api/v1/traces/{first}").status == 404
    trace = trace_of(api, last)
    assert trace["hopsLeftOut"] >= 1 and ("device", "the device answers") not in places(trace)
    assert f"{trace['hopsLeftOut']} later hops were left out" in hub.cli_ok("trace", last, "--owner", d.owner)


# Q3
def test_spans_are_sent_to_a_collector(started, device, collector):
    hub = started(config={"telemetry": {"otlp_endpoint": collector.endpoint, "otlp_interval": "1s"}})
    d = device(on=hub).online()
    api = Api(hub, hub.token(d.owner))
    reply = api.update(d.di, "/light/1", {"power": 1}, headers={"traceparent": f"00-{TRACE_ID}-{SPAN_ID}-01"})
    api.update(d.di, "/light/1", {"power": 2}, headers={"traceparent": f"00-{'1' * 32}-{SPAN_ID}-00"})  # not sampled
    poll(lambda: len(collector.spans) >= 2, "the spans arrived", 60)
    command, asked = collector.spans
    assert (command["name"], command["kind"], asked["name"], asked["kind"]) == ("command update", 2, "device update", 3)
    assert command["traceId"] == asked["traceId"] == TRACE_ID
    assert command["parentSpanId"] == SPAN_ID and asked["parentSpanId"] == command["spanId"] == reply.headers["traceresponse"][36:52]
    told = {one["key"]: one["value"]["stringValue"] for one in command["attributes"]}
    assert told == {"ocf.correlation_id": reply.headers["correlation-id"], "ocf.device": d.di, "ocf.href": "/light/1",
                    "ocf.operation": "update"}
    assert [event["name"] for event in command["events"]] == [hop["what"] for hop in trace_of(api, reply.headers["correlation-id"])["hops"]]
    assert int(command["startTimeUnixNano"]) <= int(asked["startTimeUnixNano"]) <= int(asked["endTimeUnixNano"]) <= int(command["endTimeUnixNano"])

    # What is not taken is counted.
    collector.status = 503
    api.update(d.di, "/light/1", {"power": 3})
    poll(lambda: metrics(hub).value("ocf_otlp_spans_total", result="refused") == 2, "the refusal is counted", 60)
