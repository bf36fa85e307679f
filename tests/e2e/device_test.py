"""The scripted device, held against what real devices do (tests/captures): it has to be as touchy as they are."""

import socket
import threading
import types

import pytest

from coap_tcp import (ABORT, BAD_REQUEST, CHANGED, CONTENT, CREATED, DELETED, FORBIDDEN, GET, METHOD_NOT_ALLOWED, NOT_FOUND, POST,
                      PUT, UNAVAILABLE, VALID, Connection, Message, request_message)
from device import Device, answer_with, silence


@pytest.fixture
def pair():
    """(device, the hub's end of its connection)."""
    listener = socket.create_server(("127.0.0.1", 0))
    ends = []
    accepting = threading.Thread(target=lambda: ends.append(Connection(listener.accept()[0], "hub's end")))
    accepting.start()
    address = listener.getsockname()
    device = Device(types.SimpleNamespace(connect=lambda name: Connection.tcp(address, name)))
    device.connect()
    accepting.join()
    listener.close()
    yield device, ends[0]
    device.close()
    ends[0].close()


def test_answers_as_the_recorded_device_did(pair):
    _, hub = pair
    assert hub.get("/light/1").value == {"state": False, "power": 0, "name": "Light"}
    assert hub.get("/light/1?if=oic.if.baseline").value["rt"] == ["core.light"]
    assert hub.get("/light/1?if=oic.if.ll").code == FORBIDDEN
    assert hub.get("/nope").code == NOT_FOUND
    assert hub.request(PUT, "/light/1", {"state": True}).code == METHOD_NOT_ALLOWED
    assert hub.post("/light/1", {"state": 5}).code == BAD_REQUEST
    assert hub.post("/light/1", payload=b"\xff", format=10000).code == BAD_REQUEST
    changed = hub.post("/light/1", {"state": True, "power": 12})
    assert (changed.code, changed.payload) == (CHANGED, b"")
    created = hub.post("/switches?if=oic.if.create", {"rt": ["oic.r.switch.binary"], "if": ["oic.if.a"], "rep": {"value": False}})
    assert (created.code, created.value["href"]) == (CREATED, "/switches/1")
    assert hub.delete("/switches/1").code == DELETED
    etag = hub.get("/light/1").option(4)
    assert len(etag) == 8
    assert hub.get("/light/1", etags=[etag]).code == VALID


def test_notifies_after_its_answer_and_in_order(pair):
    device, hub = pair
    inbox, token = hub.observe("/light/1")
    assert inbox.get().number(6) == 0
    device.change("/light/1", power=1)
    assert hub.post("/light/1", {"power": 2}).code == CHANGED
    first, second = inbox.get(), inbox.get()
    assert [(m.number(6), m.value["power"]) for m in (first, second)] == [(2, 1), (3, 2)]
    hub.cancel("/light/1", token)
    assert inbox.get().option(6) is None
    assert device.observed() == []


@pytest.mark.parametrize("more", [{"accept": 60}, {"format": 60, "payload": b"\xa0"}, {"options": [(23, b"")]},
                                  {"options": [(9, b"")]}, {"payload": b"x" * 9000}])
def test_closes_on_what_real_devices_do_not_bear(pair, more):
    device, hub = pair
    hub.exchange(request_message(POST, "/light/1", **more))
    hub.wait_closed()
    with pytest.raises(AssertionError):
        device.check()


def test_a_message_of_six_bytes_is_a_violation(pair):
    device, hub = pair
    hub.send(Message(ABORT))
    hub.get("/light/1")
    with pytest.raises(AssertionError):
        device.check()


def test_answers_can_be_scripted(pair):
    device, hub = pair
    device.answers[GET, "/light/1"] = answer_with(UNAVAILABLE)
    assert hub.get("/light/1").code == UNAVAILABLE
    device.answers[GET, "/light/1"] = answer_with(CONTENT, {"power": 7})
    assert hub.get("/light/1").value == {"power": 7}
    device.answers[GET, "/light/1"] = silence
    with pytest.raises(AssertionError):
        hub.get("/light/1", timeout=0.2)
