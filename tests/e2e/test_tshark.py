"""What the hub says, as Wireshark's dissector reads it: every frame of a conversation that has every kind in it."""

import cbor2
import pytest

from coap_tcp import (ABORT, BAD_OPTION, BLOCK1, BLOCK2, BLOCK_WISE_TRANSFER, CHANGED, CONTENT, CONTINUE, CREATED, CSM, DELETE,
                      DELETED, GET, MAX_MESSAGE_SIZE, NOT_FOUND, OBSERVE, OCF_CBOR, PING, PONG, POST, RELEASE, UNAUTHORIZED,
                      UNAVAILABLE, Message, cut, encode, frame, request_message, uint)
from device import Resource
from tshark import TSHARK, Dissection, write_capture

pytestmark = pytest.mark.skipif(not TSHARK, reason="tshark is not installed: scripts/install-packages full")


def block(number, more, exponent):
    return uint(number << 4 | (8 if more else 0) | exponent)


def converse(hub, device):
    """Has every kind of message said to a device and to a client; the connections that heard them."""
    plain = device(on=hub)
    plain.resources["/long"] = Resource("/long", ["x.long"], ["oic.if.rw"], {"text": "x" * 3000}, writable=True)
    plain.online()

    client = device(on=hub, resources=[]).connect()
    client.connection.csm(max_message_size=1200, block_wise=True)
    client.sign_up()
    client.sign_in()
    heard = client.connection
    assert heard.get("/oic/res").option(BLOCK2) is not None, "the list of links is longer than 1,200 bytes"
    seen, token = heard.observe(plain.route("/light/1"))
    assert seen.get().code == CONTENT
    assert heard.post(plain.route("/light/1"), {"power": 7}).code == CHANGED
    assert seen.get().value["power"] == 7
    plain.change("/light/1", power=8)
    assert seen.get().value["power"] == 8
    heard.cancel(plain.route("/light/1"), token)
    assert seen.get().option(OBSERVE) is None
    created = heard.post(plain.route("/switches") + "?if=oic.if.create",
                         {"rt": ["x.switch"], "if": ["oic.if.rw"], "rep": {"value": False}})
    assert created.code == CREATED
    plain.publish([created.value["href"]])
    assert heard.delete(plain.route(created.value["href"])).code == DELETED

    first = heard.get(plain.route("/long"), options=[(BLOCK2, block(0, False, 6))])
    assert first.code == CONTENT and first.option(BLOCK2) == block(0, True, 6)
    assert heard.get(plain.route("/long"), options=[(BLOCK2, block(1, False, 6))]).code == CONTENT
    body = cbor2.dumps({"text": "y" * 1500})
    for number, more, code in ((0, True, CONTINUE), (1, False, CHANGED)):
        part = body[number * 1024:(number + 1) * 1024]
        answer = heard.post(plain.route("/long"), payload=part, format=OCF_CBOR, options=[(BLOCK1, block(number, more, 6))])
        assert answer.code == code
    assert heard.get("/oic/res", options=[(2049 + 100, b"")]).code == BAD_OPTION
    assert heard.get("/oic/route/nobody/light/1").code in (NOT_FOUND, 0x80)
    heard.ping(custody=True)
    heard.ping()
    plain.connection.wait_signal(PING)  # it was idle for a second

    assert plain.sign_in(login=False).code == CHANGED
    assert heard.post(plain.route("/light/1"), {"power": 9}).code == UNAVAILABLE
    broken = hub.connect()
    assert broken.get("/oic/res").code == UNAUTHORIZED
    broken.send_bytes(frame(GET, b"12345678", b"\xf1x"))
    broken.wait_closed()
    return [plain.connection, heard, broken]


# G14
def test_every_frame_of_the_hub_is_decoded_without_complaint(started, device, tmp_path):
    hub = started(limits={"ping_interval": "1s"})
    connections = converse(hub, device)
    hub.stop()
    for connection in connections:
        connection.wait_closed()
    said = [cut(b"".join(connection.segments)) for connection in connections]
    write_capture(tmp_path / "hub.pcap", [[frame_bytes for _, frame_bytes in stream] for stream in said])

    judged = Dissection(tmp_path / "hub.pcap")
    assert judged.messages() == [(message.code, message.token.hex(), len(frame_bytes))
                                 for stream in said for message, frame_bytes in stream]
    assert judged.complaints() == []
    codes = {message.code for stream in said for message, _ in stream}
    wanted = {CSM, PING, PONG, RELEASE, ABORT, GET, POST, DELETE, CONTENT, CHANGED, CREATED, DELETED, CONTINUE, UNAUTHORIZED,
              BAD_OPTION, UNAVAILABLE}
    assert not wanted - codes


# The judge judged: what is malformed it does notice
@pytest.mark.parametrize("what, damaged", [
    ("an option longer than the message", frame(GET, b"12345678", b"\xb5abc")),
    ("the reserved option delta", frame(GET, b"12345678", b"\xf1x")),
    ("an option that no standard has", frame(GET, b"12345678", b"\xe0\xff\x00")),
    ("CBOR that is cut", encode(request_message(POST, "/x", payload=b"\xa1\x61a", format=60))),
])
def test_tshark_notices_what_is_malformed(tmp_path, what, damaged):
    csm = encode(Message(CSM, b"12345678", [(MAX_MESSAGE_SIZE, b"\x20\x00"), (BLOCK_WISE_TRANSFER, b"")]))
    write_capture(tmp_path / "damaged.pcap", [[csm, damaged]])
    judged = Dissection(tmp_path / "damaged.pcap")
    assert judged.messages()[0] == (CSM, b"12345678".hex(), len(csm))
    assert judged.complaints(), what
    write_capture(tmp_path / "cut.pcap", [[csm[:-1]]])
    assert Dissection(tmp_path / "cut.pcap").messages() == []
