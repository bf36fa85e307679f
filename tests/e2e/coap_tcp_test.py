"""The tests' own codec, held against RFC 8323's examples and what real devices sent."""

import pytest

import coap_tcp
from coap_tcp import CSM, CONTENT, GET, PING, POST, Decoder, Malformed, Message, encode, frame
from captures import capture_names, recorded_messages

VECTORS = [
    ("01437f", Message(0x43, b"\x7f")),
    ("00e2", Message(PING)),
    ("08e250494e47544f4b31", Message(PING, b"PINGTOK1")),
    ("58e17aee378402fe89b52310000020", Message(CSM, bytes.fromhex("7aee378402fe89b5"), [(2, b"\x10\x00\x00"), (4, b"")])),
    ("b8012dd0143e00000002b56c696768740131622710",
     Message(GET, bytes.fromhex("2dd0143e00000002"), [(11, b"light"), (11, b"1"), (17, b"\x27\x10")])),
]


@pytest.mark.parametrize("hex_bytes, message", VECTORS)
def test_known_bytes_are_known_messages(hex_bytes, message):
    assert encode(message) == bytes.fromhex(hex_bytes)
    assert Decoder().feed(bytes.fromhex(hex_bytes)) == [message]


def test_messages_come_out_one_by_one_when_their_last_byte_arrives():
    decoder = Decoder()
    data = b"".join(bytes.fromhex(text) for text, _ in VECTORS)
    got = [message for byte in data for message in decoder.feed(bytes([byte]))]
    assert got == [message for _, message in VECTORS]


@pytest.mark.parametrize("size", [0, 1, 11, 12, 13, 267, 268, 269, 65803, 65804, 65805, 300000])
def test_every_form_of_the_length_is_read_as_it_was_written(size):
    message = Message(CONTENT, b"t", [], b"x" * size)
    assert Decoder().feed(encode(message)) == [message]


@pytest.mark.parametrize("body", [b"\xf0", b"\x0f", b"\xd0", b"\xe0\x00", b"\x01", b"\xff", b"\x0d"])
def test_broken_options_are_refused(body):
    with pytest.raises(Malformed):
        Decoder().feed(frame(POST, b"", body))


def test_a_reserved_token_length_is_refused():
    with pytest.raises(Malformed):
        Decoder().feed(bytes.fromhex("0901") + bytes(9))


@pytest.mark.parametrize("name", capture_names())
def test_what_devices_sent_is_encoded_to_the_same_bytes(name):
    messages = recorded_messages(name)
    assert messages
    for _, raw in messages:
        (message,) = Decoder().feed(raw)
        assert encode(message) == raw


def test_options_with_long_deltas_and_values():
    message = Message(GET, b"", [(1, b""), (2049, b"\x08\x00"), (2053, b"y" * 300)])
    assert Decoder().feed(encode(message)) == [message]
    assert coap_tcp.uint(0) == b"" and coap_tcp.uint(10000) == b"\x27\x10"
