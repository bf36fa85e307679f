"""The hub's side of RFC 8323: signaling, limits, and everything malformed that can be put on a wire."""

import os
import subprocess

import cbor2
import pytest

from api import Api
from coap_tcp import (ABORT, BAD_OPTION, BAD_REQUEST, CBOR, CHANGED, CONTENT, CONTENT_FORMAT, CSM, DELETE, ETAG, FORBIDDEN, GET,
                      MAX_MESSAGE_SIZE, NOT_ACCEPTABLE, NOT_FOUND, OCF_CBOR, PONG, POST, RELEASE, TOO_LARGE, UNAUTHORIZED,
                      UNSUPPORTED_FORMAT, URI_PATH, URI_QUERY, CUSTODY, Message, encode, encode_options, frame, poll,
                      request_message)
from device import Device, content
from hub import BINARY


@pytest.fixture
def connection(hub):
    with hub.connect() as made:
        yield made


@pytest.fixture
def signed_in(device, transport):
    return device(resources=[]).online().connection


@pytest.fixture(autouse=True)
def the_hub_goes_on(hub):
    """Whatever a test sent: the hub still talks to the next one."""
    yield
    with hub.connect() as other:
        other.assert_open()
    assert hub.running()


def expect_close(connection):
    connection.wait_closed()
    assert connection.error is None or isinstance(connection.error, OSError), "what the hub said before was well-formed"


# -- Signaling


# G14: libcoap's clients say nothing before they have it
def test_the_hub_says_csm_first_and_unasked(connection):
    csm = connection.wait_signal(CSM)
    assert csm.number(MAX_MESSAGE_SIZE) == 8 * 1024, "what is enforced before sign-in"
    assert len(csm.token) == 8, "devices over TLS deadlock on a message of 6 bytes or fewer"


# G14
def test_a_second_csm_raises_the_limit_after_sign_in_where_the_peer_knows_block_wise(device):
    d = device(resources=[]).connect()
    d.connection.csm(block_wise=True)
    d.sign_up()
    d.sign_in()
    sizes = [d.connection.wait_signal(CSM).number(MAX_MESSAGE_SIZE) for _ in range(2)]
    assert sizes == [8 * 1024, 256 * 1024]


# G14, G10
@pytest.mark.parametrize("token", [b"", b"1", b"8 bytes."])
def test_a_ping_is_answered_with_its_token(connection, token):
    connection.ping(token)


# G14
def test_a_custody_ping_is_answered_with_custody(signed_in):
    assert signed_in.ping(os.urandom(8), custody=True).option(CUSTODY) == b""


# G14
def test_a_late_csm_and_a_csm_twice_are_fine(connection):
    connection.ping()
    connection.csm()
    connection.csm(block_wise=True)
    connection.assert_open()


# G14
def test_empty_messages_unasked_pongs_and_unknown_signals_are_ignored(connection):
    connection.send_bytes(b"\x00\x00")
    connection.send(Message(PONG, b"whatever"))
    connection.send(Message(0xFE, b"whatever"))
    connection.send(Message(CONTENT, b"no such", [], b"x"))
    connection.assert_open()


# G14
def test_an_unknown_critical_option_in_a_csm_is_aborted(connection):
    connection.send(Message(CSM, b"8 bytes.", [(7, b"")]))
    abort = connection.wait_signal(ABORT)
    assert abort.number(2) == 7, "Bad-CSM-Option"
    expect_close(connection)


# G14
@pytest.mark.parametrize("code", [RELEASE, ABORT])
def test_release_and_abort_end_the_connection(connection, code):
    connection.send(Message(code, b"8 bytes."))
    expect_close(connection)


# G14
def test_a_request_may_arrive_byte_by_byte_and_several_at_once(signed_in):
    message = request_message(GET, "/oic/res")
    message.token = b"by bytes"
    inbox = signed_in.exchange(message)
    inbox.get()
    for byte in encode(message):
        signed_in.send_bytes(bytes([byte]))
    assert inbox.get().code == CONTENT
    signed_in.send_bytes(encode(message) * 3)
    assert [inbox.get().code for _ in range(3)] == [CONTENT] * 3


# G14
@pytest.mark.parametrize("token", [b"1", b"1234", b"12345678"])
def test_a_token_of_any_length_comes_back(signed_in, token):
    message = request_message(GET, "/oic/res")
    message.token = token
    assert signed_in.exchange(message).get().token == token


# G14, Q3: however steadily its bytes come; the hub's patience is limits.message_time, and it tells who tried it
def test_a_message_that_is_never_whole_ends_the_connection(started, device, transport):
    impatient = started(limits={"message_time": "1s"})
    d = device(on=impatient, resources=[]).online()
    connection = d.connection
    message = encode(request_message(POST, "/oic/rd", payload=b"x" * 5000))
    for byte in message:
        if connection.closed.wait(0.05):
            break
        try:
            connection.send_bytes(bytes([byte]))
        except OSError:
            break  # closed meanwhile
    assert connection.wait_signal(ABORT).payload == b"a message was not whole in time"
    connection.wait_closed()
    told = impatient.cli_ok("why", d.di)
    assert "a message was not whole in time" in told and "limits.message_time" in told


# -- Malformed frames: Abort where that can still be said, then closed

MALFORMED = {
    "reserved token length": bytes.fromhex("0901") + bytes(9),
    "reserved token length 13": bytes.fromhex("0d01") + bytes(13),
    "option delta 15": frame(GET, b"12345678", b"\xf1x"),
    "option length 15": frame(GET, b"12345678", b"\x1f"),
    "option beyond the end": frame(GET, b"12345678", b"\xb5abc"),
    "option extension missing": frame(GET, b"12345678", b"\xd0"),
    "two-byte extension cut": frame(GET, b"12345678", b"\xe0\x01"),
    "option numbers wrap": frame(GET, b"12345678", b"\xe0\xff\xff\xe0\xff\xff"),
    "marker without payload": frame(GET, b"12345678", b"\xff"),
    "more options than allowed": frame(GET, b"12345678", encode_options([(URI_PATH, b"a")] * 65)),
    "more option bytes than allowed": frame(GET, b"12345678", encode_options([(URI_PATH, b"a" * 250)] * 20)),
    "longer than allowed before sign-in": frame(GET, b"12345678", b"\xff" + b"x" * 9000),
    "announced length of 4 GiB": bytes.fromhex("f8ffffffff01") + bytes(64),
    "announced length of 300 KiB": bytes.fromhex("f80003b000" "01") + bytes(64),
}


# G14
@pytest.mark.parametrize("what", MALFORMED)
def test_a_malformed_frame_ends_the_connection(connection, what):
    connection.send_bytes(MALFORMED[what])
    expect_close(connection)


# G14
@pytest.mark.parametrize("what", ["option delta 15", "announced length of 300 KiB", "more options than allowed"])
def test_a_malformed_frame_ends_a_signed_in_connection_too(signed_in, what):
    signed_in.send_bytes(MALFORMED[what])
    expect_close(signed_in)


# G14
def test_garbage_of_every_kind_never_ends_the_hub(hub):
    for n in range(64):
        with hub.connect() as connection:
            try:
                connection.send_bytes(bytes((n * 37 + i * i) & 255 for i in range(200 + n)))
            except OSError:
                pass  # closed in the middle of it


# -- Options


# G14
def test_an_unknown_critical_option_is_a_bad_option(signed_in):
    assert signed_in.get("/oic/res", options=[(2049 + 100, b"")]).code == BAD_OPTION
    signed_in.assert_open()


# G14
def test_an_unknown_elective_option_is_ignored(signed_in):
    assert signed_in.get("/oic/res", options=[(2050, b"x"), (65000, b"")]).code == CONTENT


# G14
def test_the_ocf_version_options_are_known(signed_in):
    assert signed_in.get("/oic/res", options=[(2049, b"\x08\x00")]).code == CONTENT


# -- Formats


# G14: toward the device always 10000 (it closes otherwise), toward the client what it asked for
def test_formats_are_translated_between_client_and_device(signed_in, device):
    d = device().online()
    answer = signed_in.post(d.route("/light/1"), {"power": 3}, format=CBOR, accept=CBOR)
    assert answer.code == CHANGED
    assert d.requests[-1].format == OCF_CBOR or d.wait_asked(POST, "/light/1").format == OCF_CBOR
    for href in ("/light/1", "/light/1?if=oic.if.baseline"):
        answer = signed_in.get(d.route(href), accept=CBOR)
        assert (answer.code, answer.format) == (CONTENT, CBOR)
        assert answer.value["name"] == "Light"
        assert signed_in.get(d.route(href), accept=OCF_CBOR).format == OCF_CBOR
    d.check()


# G14
@pytest.mark.parametrize("format", [0, 41, 12345])
def test_a_format_that_no_device_reads_is_refused(signed_in, device, format):
    d = device().online()
    answer = signed_in.post(d.route("/light/1"), payload=b"x", format=format)
    assert answer.code in (UNSUPPORTED_FORMAT, BAD_REQUEST)
    assert signed_in.get(d.route("/light/1"), accept=41).code == NOT_ACCEPTABLE
    d.check()


# -- CBOR: refused with 4.00, and the connection stays

BOMBS = {
    "nested arrays": b"\x81" * 5000,
    "nested indefinite maps": b"\xbf\x61a" * 2000,
    "nested tags": b"\xc1" * 5000,
    "array of 2^64 items": b"\x9b" + b"\xff" * 8,
    "map of 2^32 pairs": b"\xba" + b"\xff" * 4,
    "text of 2^63 bytes": b"\x7b\x7f" + b"\xff" * 7,
    "cut in the middle": b"\xbf\x62di",
    "break without beginning": b"\xff",
    "reserved additional value": b"\x1c",
    "text that is no UTF-8": b"\xbf\x62di\x62\xc3\x28\xff",
    "nothing": b"",
}


# A1, G14
@pytest.mark.parametrize("what", BOMBS)
@pytest.mark.parametrize("path", ["/oic/sec/account", "/oic/sec/session", "/oic/sec/tokenrefresh"])
def test_broken_cbor_before_sign_in_is_bad(connection, path, what):
    assert connection.post(path, payload=BOMBS[what], format=OCF_CBOR).code == BAD_REQUEST
    connection.assert_open()


# R1, G14
@pytest.mark.parametrize("what", BOMBS)
def test_a_publication_of_broken_cbor_is_bad(device, what):
    d = device(resources=[]).online()
    answer = d.connection.post("/oic/rd?rt=oic.wk.rdpub", payload=BOMBS[what], format=OCF_CBOR)
    assert answer.code == BAD_REQUEST
    d.connection.assert_open()


# R1
def test_a_publication_of_more_items_than_allowed_is_bad(device):
    d = device(resources=[]).online()
    payload = cbor2.dumps({"di": d.di, "ttl": 0, "links": [0] * 20_000})
    assert d.connection.post("/oic/rd?rt=oic.wk.rdpub", payload=payload, format=OCF_CBOR).code == BAD_REQUEST
    assert d.connection.post("/oic/rd?rt=oic.wk.rdpub", payload=b"\x81" * 100_000, format=OCF_CBOR).code == BAD_REQUEST
    d.connection.assert_open()


# R1
def test_more_links_than_allowed_are_refused(device):
    d = device(resources=[]).online()
    links = [{"href": f"/{n}", "rt": ["x"], "if": ["oic.if.r"], "p": {"bm": 1}} for n in range(1001)]
    answer = d.connection.post("/oic/rd?rt=oic.wk.rdpub", {"di": d.di, "ttl": 0, "links": links})
    assert answer.code in (TOO_LARGE, BAD_REQUEST)
    d.connection.assert_open()


# G1, G14: the text of a request's path is untrusted
@pytest.mark.parametrize("part", [b"\xff\xfe", b"..", b"a/b", b"\x00", b"x" * 255, b""])
def test_odd_paths_are_answered(hub, device, part):
    d = device(resources=[]).online()
    message = Message(GET, b"12345678", [(URI_PATH, b"oic"), (URI_PATH, b"route"), (URI_PATH, d.di.encode()), (URI_PATH, part)])
    assert d.connection.exchange(message).get().code in (BAD_REQUEST, 0x84)
    with hub.connect() as stranger:
        message = Message(GET, b"12345678", [(URI_PATH, part)])
        assert stranger.exchange(message).get().code in (UNAUTHORIZED, BAD_REQUEST)


# G14: more requests at once than the hub bears are refused, not lost
def test_a_flood_of_requests_is_answered_one_by_one(signed_in):
    exchanges = [signed_in.exchange(request_message(GET, "/oic/res")) for _ in range(200)]
    codes = {exchange.get().code for exchange in exchanges}
    assert codes <= {CONTENT, 0xA3} and CONTENT in codes
    signed_in.assert_open()


# -- Texts that are none

NO_UTF_8 = b"\xff\xfe@"


def garbled(value):
    """CBOR in which each text "@@@" is no UTF-8."""
    return cbor2.dumps(value).replace(b"@@@", NO_UTF_8)


# R9, R15: what is stored can be read for ever
def test_what_is_no_utf_8_is_stored_nowhere(started):
    hub = started()
    d = Device(hub).online()
    d.wait_observed("/light/1")
    api = Api(hub, hub.token())
    link = {"href": "/x", "rt": ["x"], "if": ["oic.if.r"], "title": "x"}

    def ask(method, path, value=None, *, query=(), observe=None, connection=None):
        options = [(URI_QUERY, term) for term in query]
        request = request_message(method, path, payload=garbled(value) if value else None, format=OCF_CBOR if value else None,
                                  observe=observe, options=options)
        return (connection or d.connection).exchange(request).get()

    # Whatever a newcomer says of itself.
    with hub.connect() as other:
        account = {"di": d.di, "accesstoken": "x", "authprovider": "x", "devicetype": "x", "uid": "x"}
        session = {"di": d.di, "uid": "x", "accesstoken": "x", "login": True}
        refresh = {"di": d.di, "uid": "x", "refreshtoken": "x", "granttype": "x", "authprovider": "x"}
        for path, value in (("account", account), ("session", session), ("tokenrefresh", refresh)):
            for key in value.keys() - {"login"}:
                assert ask(POST, f"/oic/sec/{path}", {**value, key: "@@@"}, connection=other).code == BAD_REQUEST, (path, key)

    # What it publishes, and what of it goes.
    for n, links in [("@@@", [link])] + [("x", [{**link, key: said}]) for key, said in
                                         (("href", "/@@@"), ("rt", ["@@@"]), ("if", ["@@@"]), ("title", "@@@"))]:
        value = {"di": d.di, "n": n, "ttl": 0, "links": links}
        assert ask(POST, "/oic/rd", value, query=[b"rt=oic.wk.rdpub"]).code == BAD_REQUEST, value
    for query in ([b"di=" + NO_UTF_8], [b"di=" + d.di.encode(), b"ins=" + NO_UTF_8]):
        assert ask(DELETE, "/oic/rd", query=query).code in (BAD_REQUEST, FORBIDDEN)

    # What clients ask, on both faces.
    d.answers = {(method, "/light/1"): lambda m: content({"power": 1}) for method in (GET, POST, DELETE)}
    for method in (GET, POST, DELETE):
        assert ask(method, d.route("/light/1"), query=[b"x=" + NO_UTF_8]).code == BAD_REQUEST
    assert ask(GET, d.route("/light/1"), query=[NO_UTF_8], observe=0).code == BAD_REQUEST
    assert ask(POST, d.route("/light/1"), {"name": "@@@"}).code == BAD_REQUEST
    path = request_message(GET, d.route("/light")).options + [(URI_PATH, NO_UTF_8)]
    assert d.connection.exchange(Message(GET, b"", path)).get().code == NOT_FOUND
    assert ask(GET, "/oic/res", query=[b"rt=" + NO_UTF_8]).code in (CONTENT, NOT_FOUND)
    for href, query in (("/%FF%FE", ""), ("/light/1", "?x=%FF%FE"), ("/light/1", "?%FF=x")):
        assert api.get(f"/api/v1/devices/{d.di}/resources{href}{query}").status == 400, (href, query)
    assert api.update(d.di, "/light/1", b'{"name":"\xff"}', headers={"Content-Type": "application/json"}).status == 400
    for headers in ({"traceparent": "\xff"}, {"tracestate": "\xff"}, {"If-None-Match": '"\xff"'}, {"User-Agent": "\xff"}):
        api.update(d.di, "/light/1", {"power": 1}, headers=headers)

    # What the device answers, and says of its own accord: bytes, stored as they are.
    d.answers = {(POST, "/light/1"): lambda m: Message(CHANGED, b"", [(ETAG, NO_UTF_8), (CONTENT_FORMAT, b"")], NO_UTF_8)}
    assert api.update(d.di, "/light/1", {"power": 1}).body == NO_UTF_8
    d.answers = {}
    d.notify_bytes("/light/1", garbled({"name": "@@@"}))
    poll(lambda: api.history(d.di, "/light/1")[-1]["type"] == "NotificationRejected", "it is no representation")

    # What administrators say.
    for words in (["token", "--owner"], ["onboard", "--owner"], ["pki", "revoke"]):
        assert subprocess.run([BINARY, *words, NO_UTF_8, "--data", hub.data], capture_output=True).returncode != 0, words

    d.change("/light/1", power=17)
    poll(lambda: api.resource(d.di, "/light/1").json["power"] == 17, "the shadow")
    hub.stop()
    assert "whole" in hub.cli_ok("store", "verify")
    hub.start()
    with d.online():
        d.wait_observed("/light/1")
        d.change("/light/1", power=18)
        api = Api(hub, hub.token())
        poll(lambda: api.resource(d.di, "/light/1").json["power"] == 18, "the shadow after a restart")
        assert api.update(d.di, "/light/1", {"power": 19}).status == 204
