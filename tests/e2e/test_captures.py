"""Recorded conversations of real devices and clients, replayed against the running hub (tests/captures, captures.py)."""

import pytest

from api import Api
from captures import Replay, capture_names, load
from coap_tcp import CHANGED, CONTENT, OBSERVE, code_text, poll
from device import Device as ScriptedDevice
from device import light

# The recorded devices were told to say `plgd`.
HUB = {"config": {"authorization": {"provider": "plgd"}}}

EXPECTED = {"/oic/sec/account": CHANGED, "/oic/sec/session": CHANGED, "/oic/sec/tokenrefresh": CHANGED, "/oic/rd": CHANGED}


def expected(request):
    return EXPECTED.get(request.path, CONTENT)


@pytest.fixture
def hub(started):
    """One per test: the captures share device ids, and a recorded client cannot take a long list of links."""
    return started(**HUB)


@pytest.fixture
def replay(hub, owner):
    """replay(recorded device): its Replay on a connection of its own."""
    connections = []

    def begin(recorded):
        connections.append(hub.connect(f"recorded {recorded.di}"))
        return Replay(connections[-1], recorded, hub.onboard(owner).code)

    yield begin
    for connection in connections:
        connection.close()


# G8, G9, G14, A1, A2, R1
@pytest.mark.parametrize("name", capture_names())
def test_a_recorded_conversation_gets_the_answers_that_its_device_needs(hub, owner, replay, name):
    with ScriptedDevice(hub, owner=owner, di="aaaaaaaa-0000-0000-0000-000000000001", resources=[light()]) as other:
        if name.startswith("client-"):
            other.online()  # the device that the recorded client asked for
            other.wait_observed("/light/1")
        plays = [replay(recorded) for recorded in load(name)]
        for play in plays:
            for request, answer in play.run():
                assert code_text(answer.code) == code_text(expected(request)), f"{request.path}: {answer}"
            play.connection.assert_open()


# A1: what iotivity-lite takes for a successful sign-up
def test_the_recorded_device_gets_what_it_needs_to_stay_registered(replay):
    (recorded,) = load("device-basic")
    play = replay(recorded)
    answers = dict((request.path, answer) for request, answer in play.run())
    granted = answers["/oic/sec/account"].value
    assert granted["accesstoken"] and granted["refreshtoken"] and granted["uid"] and "expiresin" in granted
    assert "expiresin" in answers["/oic/sec/session"].value
    links = answers["/oic/rd"].value["links"]
    assert all(link["href"] and link["ins"] >= 0 for link in links)


# G8, G9: the hub asks the recorded device for everything it published, and observes it
def test_the_hub_reads_and_observes_what_the_recorded_device_published(replay, hub, owner):
    (recorded,) = load("device-basic")
    play = replay(recorded)
    play.run()
    poll(lambda: {"/oic/d", "/oic/p", "/light/1", "/switches"} <= {question.path for question in play.asked}, "all were asked")
    poll(lambda: "/light/1" in {question.path for question in play.asked if question.option(OBSERVE) == b""}, "observed")
    # Its notifications were recorded too: the last one is what the cloud shows.
    api = Api(hub, hub.token(owner))
    last = [n for pairs in recorded.answers.values() for _, following in pairs for n in following
            if isinstance(n.value, dict) and n.value.get("name") == "Light"][-1].value
    poll(lambda: (r := api.resource(recorded.di, "/light/1")).status == 200 and r.json == last, "the last notification")


# R3: what iotivity-lite's client needs of /oic/res, and the GET that it makes of it
def test_the_recorded_client_finds_and_reads_the_device(hub, owner, replay):
    (recorded,) = load("client-discover-get")
    with ScriptedDevice(hub, owner=owner, di="aaaaaaaa-0000-0000-0000-000000000001", resources=[light()]) as other:
        other.online()
        other.wait_observed("/light/1")
        answers = [(request.path, answer) for request, answer in replay(recorded).run()]
        found = next(answer for path, answer in answers if path == "/oic/res").value
        link = next(link for link in found if link["href"] == "/oic/route/aaaaaaaa-0000-0000-0000-000000000001/light/1")
        assert link["eps"] and link["anchor"] == "ocf://aaaaaaaa-0000-0000-0000-000000000001"
        assert next(answer for path, answer in answers if path.startswith("/oic/route")).value["name"] == "Light"


# G2: five devices of one process, five connections
def test_five_recorded_devices_are_five_devices(hub, owner, replay):
    devices = load("five-devices")
    plays = [replay(recorded) for recorded in devices]
    for play in plays:
        play.run()
    api = Api(hub, hub.token(owner))
    listed = api.devices()
    assert {recorded.di for recorded in devices} <= set(listed)
    assert len(devices) == 5 and all(listed[recorded.di]["online"] for recorded in devices)
    for recorded in devices:
        poll(lambda: api.resource(recorded.di, "/oic/d").status == 200, "its /oic/d")
        assert api.resource(recorded.di, "/oic/d").json["di"] == recorded.di
