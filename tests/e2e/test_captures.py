"""Recorded conversations of real devices and clients, replayed against the running hub (tests/captures, captures.py)."""

import pytest

from api import Api
from captures import Replay, capture_names, load
from coap_tcp import (BAD_OPTION, BLOCK2, CBOR, CHANGED, CONTENT, CSM, DELETE, DELETED, FETCH, GET, IPATCH,
                      HOLD_OFF, METHOD_NOT_ALLOWED, OBSERVE, OCF_CBOR, PING, PONG, POST, RELEASE, TOO_LARGE, UNAUTHORIZED, Decoder,
                      code_text, poll, request_message)
from device import Device as ScriptedDevice
from device import light

# The recorded devices were told to say `plgd`.
HUB = {"config": {"authorization": {"provider": "plgd"}}}

EXPECTED = {"/oic/sec/account": CHANGED, "/oic/sec/session": CHANGED, "/oic/sec/tokenrefresh": CHANGED, "/oic/rd": CHANGED}

# Those in which the device comes back on a new connection with nothing but a sign-in.
COMES_BACK = [name for name in capture_names() if name.startswith(("device-", "secure-"))
              for device in load(name) if len(device.connections) > 1 and device.connections[-1][0].path == "/oic/sec/session"]


def expected(message):
    if message.code == PING:
        return PONG
    return DELETED if message.code == DELETE else EXPECTED.get(message.path, CONTENT)


@pytest.fixture
def api(hub, owner):
    return Api(hub, hub.token(owner))


@pytest.fixture
def replay(hub, owner, api):
    """replay(name): the Replays of a recording's devices, each on a connection of its own; checked and removed at the end, for
    several recordings are of one device."""
    plays = []

    def begin(name, code=None):
        begun = [Replay(connect(hub, name, recorded), recorded, code or hub.onboard(owner).code) for recorded in load(name)]
        plays.extend(begun)
        return begun

    yield begin
    for play in plays:
        play.connection.close()
        api.remove(play.device.di)
    for play in plays:
        assert not play.violations, play.violations


def connect(hub, name, recorded):
    title = f"recorded {recorded.di}"
    return hub.connect_tls(recorded.di, title) if name.startswith("secure-") else hub.connect(title)


@pytest.fixture
def other(hub, owner, api):
    """The device that the recorded clients ask for."""
    with ScriptedDevice(hub, owner=owner, di="aaaaaaaa-0000-0000-0000-000000000001", resources=[light()]) as one:
        one.online()
        one.wait_observed("/light/1")
        yield one
    api.remove(one.di)


@pytest.fixture
def client(hub, owner):
    """A signed-in client of the same owner."""
    with ScriptedDevice(hub, owner=owner, resources=[]) as one:
        yield one.online().connection


def message_of(recorded, path, at=0):
    """The device's request of this path."""
    return [m for connection in recorded.connections for m in connection if m.path == path][at]


def wait_observed(play, href="/light/1"):
    """By itself, or by the batch of everything."""
    poll(lambda: {href, "/oic/res"} & {path for _, path, _ in list(play.observed)}, f"{href} is observed")


def route(play, href):
    return f"/oic/route/{play.device.di}{href}"


# G8, G9, G14, A1, A2, R1
@pytest.mark.parametrize("name", capture_names())
def test_a_recorded_conversation_gets_the_answers_that_its_device_needs(request, hub, replay, name):
    if name.startswith("client-"):
        request.getfixturevalue("other")
    for play in replay(name):
        said = play.run_all(lambda: connect(hub, name, play.device))
        assert said
        for message, answer in said:
            assert code_text(answer.code) == code_text(expected(message)), f"{message.path}: {answer}"
        if said[-1][0].path != "/oic/sec/account" or said[-1][0].code == POST:
            play.connection.assert_open()


# G2: what it published before is known, so it does not publish again
@pytest.mark.parametrize("name", COMES_BACK)
def test_a_recorded_device_that_comes_back_works_again_by_signing_in(hub, replay, api, name):
    (play,) = replay(name)
    play.run()
    wait_observed(play)
    play.move_to(connect(hub, name, play.device))
    play.run(1)
    wait_observed(play)
    assert api.devices()[play.device.di]["online"]
    assert api.resource(play.device.di, "/light/1").status == 200


# A1: what iotivity-lite takes for a successful sign-up
def test_the_recorded_device_gets_what_it_needs_to_stay_registered(replay):
    (play,) = replay("device-basic")
    answers = dict((request.path, answer) for request, answer in play.run())
    granted = answers["/oic/sec/account"].value
    assert granted["accesstoken"] and granted["refreshtoken"] and granted["uid"] and "expiresin" in granted
    assert "expiresin" in answers["/oic/sec/session"].value
    links = answers["/oic/rd"].value["links"]
    assert all(link["href"] and link["ins"] >= 0 for link in links)


# G8, G9: the hub asks the recorded device for everything it published, and observes it
def test_the_hub_reads_and_observes_what_the_recorded_device_published(replay, api):
    (play,) = replay("device-basic")
    recorded = play.device
    play.run()
    poll(lambda: ("/oic/res", ["if=oic.if.b"]) in [(q.path, q.query) for q in list(play.asked) if q.option(OBSERVE) == b""],
         "all of it was asked for in one batch")
    for href in ("/oic/d", "/oic/p", "/light/1", "/switches"):
        poll(lambda: api.resource(recorded.di, href).status == 200, href)
    # Its notifications were recorded too: the last one is what the cloud shows.
    last = [n for pairs in recorded.answers.values() for _, following in pairs for n in following
            if isinstance(n.value, dict) and n.value.get("name") == "Light"][-1].value
    poll(lambda: (r := api.resource(recorded.di, "/light/1")).status == 200 and r.json == last, "the last notification")


# R3: what iotivity-lite's client needs of /oic/res, and the GET that it makes of it
def test_the_recorded_client_finds_and_reads_the_device(replay, other):
    (play,) = replay("client-discover-get")
    answers = [(request.path, answer) for request, answer in play.run()]
    found = next(answer for path, answer in answers if path == "/oic/res").value
    link = next(link for link in found if link["href"] == f"/oic/route/{other.di}/light/1")
    assert link["eps"] and link["anchor"] == f"ocf://{other.di}"
    assert next(answer for path, answer in answers if path.startswith("/oic/route")).value["name"] == "Light"


# G2: five devices of one process, five connections
def test_five_recorded_devices_are_five_devices(replay, api):
    plays = replay("five-devices")
    for play in plays:
        play.run()
    listed = api.devices()
    dis = [play.device.di for play in plays]
    assert len(set(dis)) == 5 and all(listed[di]["online"] for di in dis)
    for di in dis:
        poll(lambda: api.resource(di, "/oic/d").status == 200, "its /oic/d")
        assert api.resource(di, "/oic/d").json["di"] == di


# -- Refusals

# A1: it stops for good and keeps its connection until it is onboarded anew
def test_a_recorded_device_that_was_refused_can_be_onboarded_anew(hub, owner, replay, api):
    (play,) = replay("device-signup-4.01-stops", code="no code of this hub")
    ((_, refusal),) = play.run()
    assert (refusal.code, refusal.payload) == (UNAUTHORIZED, b"")
    play.connection.assert_open()
    play.code = hub.onboard(owner).code
    ((_, answer),) = play.run()
    assert answer.code == CHANGED
    assert play.connection.post("/oic/sec/session", sign_in_of(play)).code == CHANGED
    assert api.devices()[play.device.di]["online"]


# A1: its first answers were lost, so it asks again with the same code; the last pair is the one that it keeps
@pytest.mark.parametrize("name", ["device-signup-5.03-retries", "device-closes-on-format-60"])
def test_a_recorded_device_that_asks_again_and_again_gets_a_pair_that_works(hub, replay, name):
    (play,) = replay(name)
    answers = [answer for _, answer in play.run_all(lambda: connect(hub, name, play.device))]
    assert len(answers) > 2 and {answer.code for answer in answers} == {CHANGED}
    assert play.connection.post("/oic/sec/session", sign_in_of(play)).code == CHANGED


# A2: the device takes 4.01 for a stale token, refreshes it and signs in again, on the same connection
def test_a_recorded_device_whose_token_was_refused_refreshes_and_is_in(replay, api):
    (play,) = replay("device-signin-4.01-loop")
    sign_up, sign_in, refresh, again = play.device.connections[0][:4]
    assert play.play(sign_up).code == CHANGED
    play.issued["accesstoken"] = "stale"
    assert play.play(sign_in).code == UNAUTHORIZED
    assert play.play(refresh).code == CHANGED
    assert play.play(again).code == CHANGED
    play.connection.assert_open()
    assert api.devices()[play.device.di]["online"]


# A3: 4.01 to both makes the device drop its cloud configuration instead of asking for ever
def test_a_recorded_device_that_was_removed_is_told_so(hub, replay, api):
    (play,) = replay("device-signin-4.01-loop")
    sign_up, sign_in, refresh = play.device.connections[0][:3]
    play.play(sign_up)
    play.play(sign_in)
    assert api.remove(play.device.di).ok
    play.move_to(connect(hub, "device-signin-4.01-loop", play.device))
    assert play.play(sign_in).code == UNAUTHORIZED
    assert play.play(refresh).code == UNAUTHORIZED


def sign_in_of(play):
    return {"di": play.device.di, "uid": play.issued["uid"], "accesstoken": play.issued["accesstoken"], "login": True}


# -- Tokens and time

# A11, G5: it refreshes early and signs in again on the same connection, without a sign-out
def test_a_recorded_device_with_short_tokens_stays_online_through_every_refresh(started, owner):
    hub = started(config={"authorization": {"provider": "plgd", "access_token_lifetime": "30s"}})
    (recorded,) = load("device-token-expiry-refresh")
    play = Replay(hub.connect(), recorded, hub.onboard(owner).code)
    said = play.run()
    lifetimes = [answer.value["expiresin"] for message, answer in said if message.path.startswith("/oic/sec/")]
    assert len(lifetimes) == 8 and all(0 < lifetime <= 30 for lifetime in lifetimes)
    granted = [answer.value["refreshtoken"] for message, answer in said if message.path == "/oic/sec/tokenrefresh"]
    assert len(set(granted)) == 3, "refresh tokens rotate"
    api = Api(hub, hub.token(owner))
    assert api.devices()[recorded.di]["online"]
    assert [event["type"] for event in api.history(recorded.di)].count("DeviceConnected") == 1
    play.connection.close()


# G11: six Pings, which the scripted cloud did not answer
def test_every_ping_of_the_recorded_device_has_its_pong(replay):
    (play,) = replay("device-no-pong")
    pongs = [(ping, pong) for ping, pong in play.run() if ping.code == PING]
    assert len(pongs) == 6
    assert all((pong.code, pong.token, pong.options) == (PONG, ping.token, []) for ping, pong in pongs)


# -- What is said before and between

# G14: a device sends no CSM, and its first bytes do not wait for the hub's
def test_a_recorded_device_without_csm_is_served_and_gets_the_hubs_csm_first(replay):
    (play,) = replay("device-without-hub-csm")
    play.run()
    first = Decoder().feed(play.connection.segments[0])[0]
    assert first.code == CSM and len(first.token) == 8
    assert all(message.code != CSM for message in play.device.connections[0])


# G14: a CSM may come late; what it says holds from then on
def test_a_late_csm_of_a_recorded_device_bounds_what_it_is_asked(hub, replay, client):
    (play,) = replay("device-closes-on-format-60")
    play.run_all(lambda: connect(hub, "device-closes-on-format-60", play.device))
    assert play.device.connections[-1][0].code == CSM
    assert play.connection.post("/oic/sec/session", sign_in_of(play)).code == CHANGED
    links = message_of(load("device-basic")[0], "/oic/rd").value
    assert play.connection.post("/oic/rd?rt=oic.wk.rdpub", {**links, "di": play.device.di}).code == CHANGED
    assert client.post(route(play, "/light/1"), {"name": "x" * 9000}).code == TOO_LARGE, "its CSM says 8885"
    play.connection.assert_open()


# A1: a device leaves for whatever redirecturi it is given
def test_a_recorded_device_is_not_sent_elsewhere(replay):
    (play,) = replay("device-redirect")
    ((_, answer),) = play.run()
    assert not answer.value.get("redirecturi")
    play.connection.assert_open()


# -- What makes a device close

# R7: a client asks for it, and the device does not hear of it
@pytest.mark.parametrize("name, ask, code", [
    ("device-closes-on-accept-60", dict(method=GET, accept=CBOR), CONTENT),
    ("device-unknown-critical-option", dict(method=GET, options=[(65001, b"x")]), BAD_OPTION),
    ("device-oversize", dict(method=POST, value={"x": "a" * 12_000}), TOO_LARGE),
    ("device-etag", dict(method=FETCH), METHOD_NOT_ALLOWED),
    ("device-etag", dict(method=IPATCH, value={"power": 9}), METHOD_NOT_ALLOWED),
    ("device-etag", dict(method=POST, value={"power": 5}, format=CBOR), CHANGED),
    ("secure-device-block2-crash", dict(method=GET, options=[(BLOCK2, b"\x06")]), CONTENT),
    ("device-coalesced-short-message", dict(method=GET), CONTENT),
    ("device-abort-and-split-header", dict(method=GET), CONTENT),
], ids=lambda value: value if isinstance(value, str) else None)
def test_what_makes_a_recorded_device_close_does_not_reach_it(replay, client, name, ask, code):
    (play,) = replay(name)
    play.run()
    wait_observed(play)
    answer = client.exchange(request_message(href=route(play, "/light/1"), **ask)).get()
    assert code_text(answer.code) == code_text(code)
    play.connection.assert_open()


# -- Leaving and coming back

# R10: the hub's Release makes a device leave and come back at once
def test_a_recorded_device_comes_back_to_a_hub_that_was_restarted(hub, replay, api):
    name = "device-release-reconnect"
    (play,) = replay(name)
    play.run()
    wait_observed(play)
    hub.restart()
    release = play.connection.wait_signal(RELEASE)
    assert len(release.token) == 8 and 1 <= release.number(HOLD_OFF) <= 10
    play.move_to(connect(hub, name, play.device))
    play.run(1)
    wait_observed(play)
    api.address = hub.address("http")
    assert api.devices()[play.device.di]["online"]
    assert {link["href"] for link in api.device(play.device.di).json["links"]} >= play.links


# A3: without TLS a device that is deregistered just leaves, or says nothing more; it can be onboarded again
@pytest.mark.parametrize("name", ["device-deregister", "device-factory-reset"])
def test_a_recorded_device_that_left_is_offline_and_can_be_onboarded_again(hub, owner, replay, api, name):
    (play,) = replay(name)
    play.run()
    play.move_to(connect(hub, name, play.device))
    poll(lambda: not api.devices()[play.device.di]["online"], "it is offline")
    play.code = hub.onboard(owner).code
    assert {answer.code for _, answer in play.run()} == {CHANGED}
    assert api.devices()[play.device.di]["online"]


# A3: every session call in turn; the last one signs off
def test_the_recorded_certification_app_can_make_every_session_call(replay, api):
    (play,) = replay("certification-app")
    *before, sign_off = play.device.connections[0]
    online = {}
    for message in before:
        assert play.play(message).code == CHANGED
        online[message.token] = api.devices().get(play.device.di, {}).get("online")
    states = [online[m.token] for m in before if m.path == "/oic/sec/session"]
    assert states == [True, False, True], "in, out, in"
    assert play.play(sign_off).code == DELETED
    assert play.device.di not in api.devices()


# -- Content

# G9: one publish of 37 kB; its answer is not longer than the device bears
def test_a_recorded_device_may_publish_400_resources_at_once(replay, api):
    (play,) = replay("device-400-resources")
    play.run()
    links = message_of(play.device, "/oic/rd").value["links"]
    assert len(links) > 400
    assert play.links == {link["href"] for link in links}
    assert {link["href"] for link in api.device(play.device.di).json["links"]} >= play.links
    poll(lambda: {q.path for q in list(play.asked)} >= play.links, "all were asked")


# R2: what a creation brought is published, and unpublished by the number that the hub gave
def test_a_resource_of_a_recorded_collection_comes_and_goes(replay, api):
    (play,) = replay("device-etag")
    hrefs = lambda: {link["href"] for link in api.device(play.device.di).json["links"]}  # noqa: E731
    *before, unpublish = play.device.connections[0]
    for message in before:
        play.play(message)
    assert "/switches/1" in hrefs()
    assert play.play(unpublish).code == DELETED
    assert "/switches/1" not in hrefs() and "/switches" in hrefs()


# R5: what only the device can make of a collection
def test_the_batch_of_a_recorded_collection_reaches_the_client(replay, client):
    (play,) = replay("device-basic")
    play.run()
    answer = client.get(route(play, "/switches?if=oic.if.b"))
    assert (answer.code, answer.format) == (CONTENT, OCF_CBOR)
    recorded = play.device.answers[GET, "/switches", ("if=oic.if.b",)][0][0].value
    assert recorded and answer.value == [{**item, "href": route(play, item["href"])} for item in recorded]


# A10: a device over TLS is who its certificate says
@pytest.mark.parametrize("name", ["secure-device-tls", "secure-device-block2-crash"])
def test_a_recorded_secure_device_is_who_its_certificate_says(hub, owner, replay, name):
    (play,) = replay(name)
    sign_up = play.device.connections[0][0]
    stranger = hub.connect_tls("99999999-0000-4000-8000-000000000000")
    refused = Replay(stranger, play.device, hub.onboard(owner).code).play(sign_up)
    assert refused.code == UNAUTHORIZED
    stranger.close()
    assert {answer.code for _, answer in play.run()} == {CHANGED}


# R3: a proxy publishes as a device does, and can be found by its type
def test_the_recorded_cloud_proxy_is_found_by_its_type(replay, client):
    (play,) = replay("cloud-proxy")
    play.run()
    found = client.get("/oic/res?rt=oic.d.cloudproxy").value
    assert [link["anchor"] for link in found] == [f"ocf://{play.device.di}"]
