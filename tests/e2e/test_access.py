"""Who may do what: the owner of a device, those of the same owner, and nobody else. What is not yours does not exist."""

import uuid

import pytest

from api import Api
from coap_tcp import CHANGED, CONTENT, DELETE, GET, NOT_FOUND, POST, poll

HREFS = ["/light/1", "/oic/d", "/oic/cloud/s", "/nothing"]


@pytest.fixture
def stranger(device, transport):
    """A signed-in client of another owner."""
    return device(owner=f"stranger-{uuid.uuid4().hex[:8]}", resources=[]).online()


@pytest.fixture
def strange_api(hub, stranger):
    return Api(hub, hub.token(stranger.owner))


def shape(answer, di):
    """An answer without what has to differ."""
    return answer.code, answer.options, answer.payload.replace(di.encode(), b"DI")


# A5, A6: each with the token of its own sign-up
def test_devices_and_clients_of_one_owner_reach_each_other(device, transport):
    d, client = device().online(), device(resources=[]).online()
    assert client.connection.post(d.route("/light/1"), {"power": 1}).code == CHANGED
    assert d.di in {link["di"] for link in client.connection.get("/oic/res").value}


# A7
def test_an_owner_reaches_a_device_with_a_token_of_their_own(device, api):
    d = device().online()
    assert d.di in api.devices()
    assert api.update(d.di, "/light/1", {"power": 2}).ok
    assert d.resources["/light/1"].value["power"] == 2


# R14, A4
def test_a_stranger_finds_nothing(stranger, device):
    d = device().online()
    for query in ("", f"?di={d.di}", "?rt=core.light", f"?if=oic.if.baseline&di={d.di}"):
        answer = stranger.connection.get("/oic/res" + query)
        assert answer.code == CONTENT and d.di.encode() not in answer.payload


# R13, R14, A4
@pytest.mark.parametrize("method", [GET, POST, DELETE, "observe", "baseline"])
@pytest.mark.parametrize("href", HREFS)
def test_a_strangers_request_is_answered_as_for_a_device_that_does_not_exist(hub, device, method, href):
    stranger = device(owner=f"stranger-{uuid.uuid4().hex[:8]}", resources=[]).online()
    d = device().online()
    nobody = str(uuid.uuid4())

    def ask(di):
        path = f"/oic/route/{di}{href}"
        if method == "observe":
            return stranger.connection.observe(path)[0].get()
        if method == "baseline":
            return stranger.connection.get(path + "?if=oic.if.baseline")
        return stranger.connection.request(method, path, {"power": 9} if method == POST else None)

    assert shape(ask(d.di), d.di) == shape(ask(nobody), nobody)
    assert ask(d.di).code == NOT_FOUND
    assert d.resources["/light/1"].value["power"] == 0
    assert not [m for m in d.requests if m.code != GET]


# R13, R14, A4
@pytest.mark.parametrize("method, path, body", [
    ("GET", "", None), ("DELETE", "", None), ("GET", "/resources/light/1", None), ("GET", "/resources/light/1?live=true", None),
    ("GET", "/resources/nothing", None), ("PUT", "/resources/light/1", {"power": 9}), ("GET", "/history", None),
    ("GET", "/history?href=/light/1", None)])
def test_over_http_too_what_is_not_yours_does_not_exist(hub, device, owner, method, path, body):
    d = device().online()
    strange = Api(hub, hub.token(f"stranger-{owner}"))
    nobody = str(uuid.uuid4())

    def ask(di):
        reply = strange.call(method, f"/api/v1/devices/{di}{path}", body)
        headers = {k: v for k, v in reply.headers.items() if k not in ("date", "content-length", "traceresponse")}
        return reply.status, headers, reply.body.replace(di.encode(), b"DI")

    assert ask(d.di) == ask(nobody)
    assert ask(d.di)[0] == 404
    assert d.di not in strange.devices()
    assert d.resources["/light/1"].value["power"] == 0
    assert d.connection.get("/oic/res").code == CONTENT, "still signed in"


# R14
def test_events_of_others_are_not_in_a_strangers_stream(stranger, strange_api, device):
    d, own = device().online(), device(owner=stranger.owner).online()
    d.wait_observed("/light/1")
    own.wait_observed("/light/1")
    with strange_api.events() as events:
        d.change("/light/1", power=50)
        own.change("/light/1", power=51)
        while True:
            _, _, data = events.next()
            assert d.di not in str(data)
            if own.di in str(data):
                break


# A4: an owner's device that is taken over by nobody stays the owner's
def test_a_device_that_was_removed_may_be_onboarded_by_another_without_its_history(hub, device, api, owner):
    d = device().online()
    d.wait_observed("/light/1")
    d.change("/light/1", power=99)
    poll(lambda: any("'power': 99" in str(event) for event in api.history(d.di, "/light/1")), "the event")
    assert api.remove(d.di).ok
    heir = device(owner=f"heir-{owner}", di=d.di).online()
    heir_api = Api(hub, hub.token(heir.owner))
    assert d.di in heir_api.devices()
    assert "'power': 99" not in str(heir_api.history(d.di, "/light/1"))
    assert api.device(d.di).status == 404


# A11, A3: access ends with the device's removal
def test_removing_a_device_ends_its_session_and_its_tokens(device, api, transport):
    d = device().online()
    assert api.remove(d.di).ok
    d.connection.wait_closed()
    d.connect()
    assert d.sign_in().code == 0x81
    assert d.refresh().code == 0x81
    assert api.device(d.di).status == 404
