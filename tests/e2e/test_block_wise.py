"""Block-wise transfer (RFC 7959, BERT of RFC 8323 section 6) between the hub and clients that announce it."""

import cbor2
import pytest

import ocf_cbor
from coap_tcp import (BAD_OPTION, BAD_REQUEST, BLOCK1, BLOCK2, CHANGED, CONTENT, CONTINUE, ETAG, GET, INCOMPLETE, OBSERVE,
                      OCF_CBOR, POST, SIZE1, SIZE2, TOO_LARGE, UNAVAILABLE, encode, request_message, uint)
from device import Resource, light

BERT = 7


def block(number, more, exponent):
    """The value of a Block option."""
    return uint(number << 4 | more << 3 | exponent)


def block_of(message, option):
    """(number, more, exponent) of a message's Block option."""
    value = message.number(option)
    return None if value is None else (value >> 4, bool(value & 8), value & 7)


def unit(exponent):
    return 1024 if exponent == BERT else 16 << exponent


@pytest.fixture
def client(device):
    """client(…): a signed-in connection that announced block-wise transfer or not, and at last this Max-Message-Size."""

    def make(max_message_size=1152, block_wise=True):
        d = device(resources=[]).connect()
        d.connection.csm(block_wise=block_wise)
        assert d.sign_up().code == CHANGED
        assert d.sign_in().code == CHANGED
        d.connection.csm(max_message_size)
        return d.connection

    return make


@pytest.fixture
def long_light(device):
    """A device whose light has a name of 5000 letters."""
    resource = light()
    resource.value["name"] = "".join(chr(97 + n * n % 26) for n in range(5000))
    d = device(resources=[resource]).online()
    d.wait_observed("/light/1")
    return d


def read_rest(connection, href, first, **more):
    """The body of which this is the first block, and all its messages."""
    messages = [first]
    body = first.payload
    number, goes_on, exponent = block_of(first, BLOCK2)
    assert number == 0
    while goes_on:
        message = connection.get(href, options=[(BLOCK2, block(len(body) // unit(exponent), 0, exponent))], **more)
        assert message.code == CONTENT and message.option(ETAG) == first.option(ETAG)
        number, goes_on, exponent = block_of(message, BLOCK2)
        assert number * unit(exponent) == len(body)
        assert not goes_on or len(message.payload) % unit(exponent) == 0
        body += message.payload
        messages.append(message)
    return body, messages


def send_part(connection, href, body, number, exponent=6, size=None, **more):
    """Sends one part of a body in blocks of `size` bytes, by default one unit; the answer."""
    start = number * unit(exponent)
    end = start + (size or unit(exponent))
    return connection.post(href, payload=body[start:end], format=OCF_CBOR,
                           options=[(BLOCK1, block(number, end < len(body), exponent))], **more)


def names_no_block(message):
    return not any(message.all(option) for option in (BLOCK1, BLOCK2, SIZE1, SIZE2))


# -- Answers


# R3, G14: 1152 is the least a peer can announce with effect, BERT begins above it
def test_a_client_with_a_small_maximum_finds_400_resources(client, device, transport):
    d = device(resources=[Resource(f"/r/{n}", ["x.r"], ["oic.if.r"], {"n": n}, observable=False) for n in range(400)]).online()
    href = f"/oic/res?di={d.di}&rt=x.r"
    whole = client(1 << 20).get(href, accept=OCF_CBOR)
    assert whole.code == CONTENT and names_no_block(whole) and len(whole.value) == 400
    for max_message_size, exponent in ((300, 4), (1152, 6), (10_000, BERT)):
        connection = client(max_message_size)
        first = connection.get(href, accept=OCF_CBOR)
        assert (first.code, first.format, first.number(SIZE2)) == (CONTENT, OCF_CBOR, len(whole.payload))
        assert block_of(first, BLOCK2) == (0, True, exponent)
        body, messages = read_rest(connection, href, first, accept=OCF_CBOR)
        assert body == whole.payload
        assert max(len(encode(message)) for message in messages) <= max_message_size


# G14
@pytest.mark.parametrize("token", [b"1", b"8 octets"])
def test_an_answer_of_any_length_around_the_maximum_is_sent(client, device, token):
    d = device(resources=[Resource("/big", ["x.big"], ["oic.if.rw", "oic.if.baseline"], {})]).online()
    d.wait_observed("/big")
    connection, observer = client(), client(1 << 16)
    inbox, _ = observer.observe(d.route("/big"))
    inbox.get()
    for length in range(1100, 1140):
        d.change("/big", t="x" * length)
        assert inbox.get().value["t"] == "x" * length
        request = request_message(GET, d.route("/big"))
        request.token = token
        answer = connection.exchange(request).get()
        assert answer.code == CONTENT and len(encode(answer)) <= 1152, length


# G14
def test_a_client_may_ask_for_smaller_blocks(client, long_light, transport):
    connection = client(1 << 20)
    href = long_light.route("/light/1")
    whole = connection.get(href)
    first = connection.get(href, options=[(BLOCK2, block(0, 0, 5))])
    assert len(first.payload) == 512
    assert read_rest(connection, href, first)[0] == whole.payload
    assert names_no_block(connection.get(href, options=[(BLOCK2, block(0, 0, BERT))])), "it fits"


# G14
def test_the_blocks_of_an_answer_belong_together_though_the_value_changes(client, long_light, transport):
    connection, other = client(), client(1 << 20)
    href = long_light.route("/light/1")
    old = other.get(href).payload
    first = connection.get(href)
    notifications, _ = other.observe(href)
    notifications.get()
    long_light.change("/light/1", name="short")
    assert notifications.get().value["name"] == "short"
    assert read_rest(connection, href, first)[0] == old
    assert connection.get(href).value["name"] == "short"


# G14: a client that begins in the middle, as after a reconnect
def test_a_block_whose_answer_is_not_kept_is_cut_from_a_new_one(client, long_light, transport):
    href = long_light.route("/light/1")
    whole = client(1 << 20).get(href)
    middle = client().get(href, options=[(BLOCK2, block(2, 0, 6))])
    assert middle.code == CONTENT and block_of(middle, BLOCK2) == (2, True, 6)
    assert middle.payload == whole.payload[2048:3072]
    for connection in (client(), client(1 << 20)):
        assert connection.get(href, options=[(BLOCK2, block(5, 0, 6))]).code == BAD_REQUEST, "beyond the end"


# R5, G14: RFC 7959 section 3.4
def test_a_long_notification_is_its_first_block(client, long_light, transport):
    connection = client()
    href = long_light.route("/light/1")
    inbox, _ = connection.observe(href)
    first = inbox.get()
    assert first.option(OBSERVE) is not None and block_of(first, BLOCK2) == (0, True, 6)
    read_rest(connection, href, first)
    long_light.change("/light/1", name="x" * 4000)
    notification = inbox.get()
    assert notification.option(OBSERVE) is not None and notification.option(ETAG) != first.option(ETAG)
    body, messages = read_rest(connection, href, notification)
    assert cbor2.loads(body)["name"] == "x" * 4000
    assert all(message.option(OBSERVE) is None for message in messages[1:])
    assert inbox.empty()


# -- Requests


# R5, G14: the device closes if it sees a Block option, or more than one message
def test_an_update_in_parts_reaches_the_device_as_one_message(client, device, transport):
    d = device().online()
    d.wait_observed("/light/1")
    connection = client()
    href = d.route("/light/1")
    body = ocf_cbor.dumps({"name": "in parts " * 300})
    for number in range(2):
        answer = send_part(connection, href, body, number)
        assert (answer.code, block_of(answer, BLOCK1)) == (CONTINUE, (number, True, 6))
    assert not any(message.code == POST for message in d.requests)
    answer = send_part(connection, href, body, 2)
    assert (answer.code, block_of(answer, BLOCK1)) == (CHANGED, (2, False, 6))
    assert [message.payload for message in d.requests if message.code == POST] == [body]
    assert d.resources["/light/1"].value["name"] == "in parts " * 300


# G14: RFC 8323 section 6
def test_parts_may_be_of_several_blocks(client, device, transport):
    d = device().online()
    connection = client(1 << 20)
    body = ocf_cbor.dumps({"name": "x" * 6000})
    assert send_part(connection, d.route("/light/1"), body, 0, BERT, 4096).code == CONTINUE
    assert send_part(connection, d.route("/light/1"), body, 4, BERT, 4096).code == CHANGED
    assert d.resources["/light/1"].value["name"] == "x" * 6000


# G14
def test_a_missing_part_is_told(client, device, transport):
    d = device().online()
    connection = client()
    href = d.route("/light/1")
    body = ocf_cbor.dumps({"name": "x" * 6000})
    assert send_part(connection, href, body, 1).code == INCOMPLETE
    assert send_part(connection, href, body, 0).code == CONTINUE
    assert send_part(connection, href, body, 2).code == INCOMPLETE
    assert send_part(connection, href, body, 1).code == INCOMPLETE, "from the beginning again"
    assert send_part(connection, href, body, 0, size=1000).code == BAD_REQUEST, "not as long as its size says"
    assert not any(message.code == POST for message in d.requests)


# G14
def test_a_body_in_parts_that_is_too_long_is_told_how_long_it_may_be(client, device, transport):
    d = device().online()
    connection = client(1 << 20)
    href = d.route("/light/1")
    body = b"x" * (300 * 1024)
    assert send_part(connection, href, body, 0, BERT, 200 * 1024).code == CONTINUE
    answer = send_part(connection, href, body, 200, BERT, 100 * 1024)
    assert (answer.code, answer.number(SIZE1)) == (TOO_LARGE, 256 * 1024)
    message = request_message(POST, href, payload=body[:1024], format=OCF_CBOR,
                              options=[(BLOCK1, block(0, 1, 6)), (SIZE1, uint(len(body)))])
    assert connection.exchange(message).get().code == TOO_LARGE, "as soon as it is known"


# G14
def test_no_more_than_two_bodies_arrive_at_once(client, device):
    d = device().online()
    connection = client()
    body = ocf_cbor.dumps({"name": "x" * 1500})
    hrefs = [d.route("/light/1") + query for query in ("", "?if=oic.if.rw", "?if=oic.if.baseline")]
    assert [send_part(connection, href, body, 0).code for href in hrefs] == [CONTINUE, CONTINUE, UNAVAILABLE]
    assert send_part(connection, hrefs[0], body, 1).code == CHANGED
    assert send_part(connection, hrefs[2], body, 0).code == CONTINUE


# -- Who gets no blocks


# G14: real devices crash on Block options
def test_a_peer_that_did_not_announce_it_never_sees_a_block_option(client, long_light, transport):
    href = long_light.route("/light/1")
    small, large = client(1152, block_wise=False), client(1 << 20, block_wise=False)
    answers = [small.get(href), large.get(href, options=[(BLOCK2, block(0, 0, 2))]),
               large.get(href, options=[(BLOCK2, block(1, 0, 2))]), send_part(large, href, b"x" * 2000, 0)]
    assert [answer.code for answer in answers] == [TOO_LARGE, CONTENT, BAD_OPTION, BAD_OPTION]
    assert len(answers[1].value["name"]) == 5000
    assert all(names_no_block(answer) for answer in answers)


# G1, G14
def test_before_sign_in_nothing_is_taken_in_parts(hub):
    with hub.connect() as connection:
        connection.csm(block_wise=True)
        body = b"x" * 2000
        for href in ("/oic/sec/account", "/oic/sec/session", "/oic/rd"):
            assert send_part(connection, href, body, 0).code == BAD_OPTION
        connection.assert_open()
