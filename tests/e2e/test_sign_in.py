"""Sign-up, sign-in, refresh, sign-out and sign-off, as devices do them, and everything that is refused."""

import contextlib
import time
import uuid

import pytest

from coap_tcp import (BAD_REQUEST, CHANGED, CONTENT, DELETE, DELETED, GET, NOT_FOUND, POST, UNAUTHORIZED, UNAVAILABLE,
                      OCF_CBOR, WaitTimeout, poll)
from api import Api
from device import Device
from hub import USAGE

HUB = {"config": {"authorization": {"code_lifetime": "10s"}}}
BRIEF = 3  # seconds that an access token lasts
IMPATIENT = {"first_message_time": "2s", "sign_in_time": "3s", "failed_sign_in_grace": "1s"}


@pytest.fixture(scope="module")
def impatient(started):
    """A hub that soon closes what does not sign in."""
    return started(limits=IMPATIENT)


@pytest.fixture(scope="module")
def brief(started):
    """A hub whose access tokens soon expire."""
    return started(config={"authorization": {"access_token_lifetime": f"{BRIEF}s", "user_token_lifetime": f"{BRIEF}s"}})


# A1, A2, A5
def test_a_one_time_code_becomes_a_token_and_the_token_signs_in(device, transport):
    d = device().connect()
    answer = d.sign_up()
    assert answer.code == CHANGED and answer.format == OCF_CBOR
    granted = answer.value
    for key in ("accesstoken", "refreshtoken", "uid"):
        assert isinstance(granted[key], str) and granted[key], f"devices refuse an empty {key}"
    assert isinstance(granted["expiresin"], int)
    answer = d.sign_in()
    assert answer.code == CHANGED and isinstance(answer.value["expiresin"], int)
    assert d.connection.get("/oic/res").code == CONTENT


# G1
@pytest.mark.parametrize("signed_up", [False, True])
@pytest.mark.parametrize("method, href", [
    (GET, "/oic/res"), (POST, "/oic/rd?rt=oic.wk.rdpub"), (DELETE, "/oic/rd?di={di}"), (GET, "/oic/route/{di}/light/1"),
    (POST, "/oic/route/{di}/light/1"), (DELETE, "/oic/route/{di}/light/1"), (GET, "/oic/route/{di}/oic/cloud/s")])
def test_before_sign_in_everything_is_unauthorized_and_the_connection_stays(hub, device, method, href, signed_up):
    d = device().connect()
    if signed_up:
        assert d.sign_up().code == CHANGED
    value = {"di": d.di, "links": [], "ttl": 0} if method == POST else None
    assert d.connection.request(method, href.format(di=d.di), value).code == UNAUTHORIZED
    d.connection.assert_open()


# G1
def test_an_observation_before_sign_in_is_unauthorized(device):
    d = device().connect()
    inbox, _ = d.connection.observe("/oic/res")
    assert inbox.get().code == UNAUTHORIZED


# G1
def test_role_certificates_are_answered_not_found_before_and_after_sign_in(device, transport):
    d = device().connect()
    assert d.connection.post("/oic/sec/roles", {}).code == NOT_FOUND
    d.sign_up()
    assert d.sign_in().code == CHANGED
    assert d.connection.post("/oic/sec/roles", {}).code == NOT_FOUND
    d.connection.assert_open()


# G2
def test_a_device_that_has_not_signed_in_gets_no_request(device):
    d = device().online()
    client = device(resources=[]).online()
    d.connect()
    asked = len(d.requests)
    poll(lambda: client.connection.post(d.route("/light/1"), {"state": True}).code == UNAVAILABLE, "the device is offline")
    d.connection.assert_open()
    assert len(d.requests) == asked
    assert d.sign_in().code == CHANGED
    poll(lambda: client.connection.post(d.route("/light/1"), {"state": True}).code == CHANGED, "the device is online")


# G3
def test_a_connection_without_sign_in_is_closed(impatient):
    with impatient.connect() as silent, impatient.connect() as talking:
        assert talking.get("/oic/res").code == UNAUTHORIZED
        silent.wait_closed()
        talking.wait_closed()


# G3
def test_a_sign_up_alone_does_not_keep_the_connection(impatient, device):
    d = device(on=impatient)
    onboarding = impatient.onboard(d.owner)
    d.connect()
    assert d.sign_up(onboarding).code == CHANGED
    d.connection.wait_closed()


# G3
def test_a_sign_out_without_a_sign_in_does_not_keep_the_connection(impatient):
    connection = impatient.connect()
    begun = time.monotonic()
    while not connection.closed.is_set() and time.monotonic() < begun + 6:
        with contextlib.suppress(WaitTimeout, OSError):
            connection.post("/oic/sec/session", {"uid": "", "di": str(uuid.uuid4()), "accesstoken": "", "login": False})
        connection.closed.wait(0.2)
    assert connection.closed.is_set() and time.monotonic() > begun + 2


# G3
def test_a_refused_sign_in_is_answered_and_then_closed(impatient, device):
    d = device(on=impatient)
    onboarding = impatient.onboard(d.owner)
    d.connect()
    d.sign_up(onboarding)
    assert d.sign_in(access_token="invented").code == UNAUTHORIZED
    d.connection.wait_closed()


# G3, A11
def test_after_a_refused_sign_in_a_device_may_refresh_and_sign_in_once_more(impatient, device):
    d = device(on=impatient)
    onboarding = impatient.onboard(d.owner)
    d.connect()
    d.sign_up(onboarding)
    assert d.sign_in(access_token="invented").code == UNAUTHORIZED
    assert d.refresh().code == CHANGED
    assert d.sign_in().code == CHANGED
    assert not d.connection.closed.wait(3.5), "the deadlines end with the sign-in"
    d.connection.assert_open()


# G5
def test_the_token_of_the_sign_in_goes_with_the_channel_not_with_the_message(hub, device):
    d = device().online()
    other = device(resources=[]).connect()
    assert d.connection.get("/oic/res").code == CONTENT
    assert other.connection.get("/oic/res").code == UNAUTHORIZED


# G5, A11
def test_a_second_sign_in_on_the_same_connection_is_an_update(device, transport):
    d = device().online()
    assert d.refresh().code == CHANGED
    assert d.sign_in().code == CHANGED
    assert d.connection.get("/oic/res").code == CONTENT
    d.connection.assert_open()


# G5, A2: what a channel is linked with stays one device
def test_a_second_sign_in_names_the_same_device(device, transport):
    d, other = device().online(), device().online()
    assert d.sign_in(di=other.di).code == UNAUTHORIZED
    assert d.sign_in().code == CHANGED
    assert other.connection.get("/oic/res").code == CONTENT
    d.connection.assert_open()


# A2: the nil id stands for no device
def test_the_nil_id_is_no_devices(device, hub, api):
    nil = str(uuid.UUID(int=0))
    d = device(di=nil).connect()
    assert d.sign_up().code == BAD_REQUEST
    assert api.device(nil).status == 400
    assert hub.cli("pki", "device", nil, "--out", hub.folder / "nil").returncode == USAGE


# A2
@pytest.mark.parametrize("what", ["access_token", "di", "uid"])
def test_a_sign_in_that_is_not_the_devices_own_is_refused(device, what):
    one, other = device(), device(owner="somebody-else")
    one.connect().sign_up()
    other.connect().sign_up()
    taken = {"access_token": other.access_token, "di": other.di, "uid": other.uid}[what]
    assert one.sign_in(**{what: taken}).code == UNAUTHORIZED


# A2
def test_another_devices_id_of_the_same_owner_is_refused(device):
    one, other = device().connect(), device().connect()
    one.sign_up()
    other.sign_up()
    assert one.sign_in(di=other.di).code == UNAUTHORIZED
    assert other.sign_in().code == CHANGED


# A2
@pytest.mark.parametrize("value", [{}, {"di": "not-a-uuid", "accesstoken": "x", "uid": "y", "login": True}, [], 7, "text"])
@pytest.mark.parametrize("path", ["/oic/sec/account", "/oic/sec/session", "/oic/sec/tokenrefresh"])
def test_an_incomplete_request_is_bad(hub, path, value):
    with hub.connect() as connection:
        assert connection.post(path, value).code == BAD_REQUEST
        connection.assert_open()


# A3
def test_sign_out_ends_the_session_and_keeps_the_connection(device, transport):
    d = device().online()
    assert d.sign_in(login=False).code == CHANGED
    assert d.connection.get("/oic/res").code == UNAUTHORIZED
    d.connection.assert_open()
    assert d.sign_in().code == CHANGED
    assert d.connection.get("/oic/res").code == CONTENT


# A3, A11
@pytest.mark.parametrize("signed_in", [False, True])
def test_sign_off_removes_the_device(device, api, signed_in):
    d = device().online()
    if not signed_in:
        d.connect()
    query = [f"uid={d.uid}", f"di={d.di}"] + ([] if signed_in else [f"accesstoken={d.access_token}"])
    assert d.send(DELETE, "/oic/sec/account", query=query).code == DELETED
    d.connect()
    assert d.sign_in().code == UNAUTHORIZED
    assert d.refresh().code == UNAUTHORIZED
    assert d.di not in api.devices()


# A3
def test_sign_off_of_another_device_is_refused(device, api):
    one, other = device().online(), device(owner="somebody-else").online()
    assert one.send(DELETE, "/oic/sec/account", query=[f"uid={other.uid}", f"di={other.di}"]).code in (BAD_REQUEST, UNAUTHORIZED)
    assert other.sign_in().code == CHANGED


# A3, G1
def test_sign_off_without_sign_in_and_token_is_refused(device):
    d = device().online()
    d.connect()
    assert d.send(DELETE, "/oic/sec/account", query=[f"uid={d.uid}", f"di={d.di}"]).code == UNAUTHORIZED
    assert d.sign_in().code == CHANGED


# A10
def test_a_code_works_once(hub, device):
    one, other = device().connect(), device().connect()
    onboarding = hub.onboard(one.owner)
    assert one.sign_up(onboarding).code == CHANGED
    assert one.sign_in().code == CHANGED
    assert other.sign_up(onboarding).code == UNAUTHORIZED


# A10
def test_a_code_is_refused_to_its_own_device_after_the_first_sign_in(hub, device):
    d = device().connect()
    onboarding = hub.onboard(d.owner)
    assert d.sign_up(onboarding).code == CHANGED
    assert d.sign_in().code == CHANGED
    d.connect()
    assert d.sign_up(onboarding).code == UNAUTHORIZED


# A10
def test_an_invented_code_is_refused(hub, device):
    d = device().connect()
    onboarding = hub.onboard(d.owner)
    onboarding.code = "invented"
    assert d.sign_up(onboarding).code == UNAUTHORIZED


# A10
def test_a_code_of_an_unknown_provider_is_refused(hub, device):
    d = device().connect()
    onboarding = hub.onboard(d.owner)
    onboarding.provider = "nobody"
    assert d.sign_up(onboarding).code in (BAD_REQUEST, UNAUTHORIZED)


# A10
def test_an_expired_code_is_refused(hub, device):
    d = device().connect()
    onboarding = hub.onboard(d.owner)
    issued = time.monotonic()
    poll(lambda: time.monotonic() > issued + 11, "the code's time is over", 20)
    d.connect()
    assert d.sign_up(onboarding).code == UNAUTHORIZED


# A10, A5
def test_a_device_id_that_another_owner_holds_is_refused(hub, device):
    d = device().online()
    thief = device(owner="thief", di=d.di).connect()
    assert thief.sign_up().code == UNAUTHORIZED
    assert d.connection.get("/oic/res").code == CONTENT


# A10, A3: who was told that another has the device tries again with the same code once it is free
def test_a_code_that_came_too_early_works_when_the_device_is_free(hub, device, api):
    d = device().online()
    onboarding = hub.onboard("heir")
    heir = device(owner="heir", di=d.di).connect()
    assert heir.sign_up(onboarding).code == UNAUTHORIZED
    api.remove(d.di)
    heir.connect()
    assert heir.sign_up(onboarding).code == CHANGED
    assert heir.sign_in().code == CHANGED
    d.connect()
    assert d.sign_in().code == UNAUTHORIZED


# A1: devices wait 2 s for the answer, ask again on a new connection, and stop for good at 4.01
def test_a_lost_sign_up_answer_is_made_good_by_asking_again(hub, device, transport):
    d = device().connect()
    onboarding = hub.onboard(d.owner)
    assert d.sign_up(onboarding).code == CHANGED
    lost = d.access_token
    d.connect()
    assert d.sign_up(onboarding).code == CHANGED
    assert d.sign_in().code == CHANGED
    assert d.access_token and lost


# A11
def test_refresh_tokens_rotate(device, transport):
    d = device().online()
    before = d.refresh_token
    answer = d.refresh()
    assert answer.code == CHANGED
    assert set(answer.value) >= {"accesstoken", "refreshtoken", "expiresin"}
    assert d.refresh_token != before
    assert d.sign_in().code == CHANGED


# A11
def test_an_access_token_that_expires_ends_its_session_and_may_be_refreshed(brief, device, transport):
    d = device(on=brief).online()
    d.connection.wait_closed()
    d.connect()
    assert d.sign_in().code == UNAUTHORIZED
    assert d.refresh().code == CHANGED
    assert d.sign_in().code == CHANGED
    assert d.connection.get("/oic/res").code == CONTENT


# A11, G5
def test_a_device_that_refreshes_in_time_stays(brief, device):
    d = device(on=brief).online()
    until = time.monotonic() + 2 * BRIEF
    while time.monotonic() < until:
        assert not d.connection.closed.wait(BRIEF / 3)
        assert d.refresh().code == CHANGED
        assert d.sign_in().code == CHANGED
    d.connection.assert_open()


# A7, A11
def test_the_token_of_a_user_expires(brief, owner):
    api = Api(brief, brief.token(owner))
    assert api.get("/api/v1/devices").status == 200
    poll(lambda: api.get("/api/v1/devices").status == 401, "the token's time is over")


# A11
def test_the_events_of_a_user_end_with_the_token(started, device):
    hub = started(config={"authorization": {"user_token_lifetime": f"{BRIEF}s"}})
    d = device(on=hub).online()
    d.wait_observed("/light/1")
    api = Api(hub, hub.token(d.owner))
    with api.events(href="/light/1") as events:
        d.change("/light/1", power=76)
        assert events.next()[2]["data"]["content"]["power"] == 76
        poll(lambda: api.get("/api/v1/devices").status == 401, "the token's time is over")
        d.change("/light/1", power=77)
        _, name, problem = events.next()
        assert (name, problem["status"]) == ("problem", 401)
        with pytest.raises(WaitTimeout, match="ended"):
            events.next()
    poll(lambda: Api(hub, hub.token(d.owner)).resource(d.di, "/light/1").json["power"] == 77, "others hear of it")


# A11: an answer may be lost
def test_the_refresh_token_before_works_until_the_new_pair_is_used(device):
    d = device().online()
    before = d.refresh_token
    assert d.refresh().code == CHANGED
    assert d.refresh(refresh_token=before).code == CHANGED
    assert d.sign_in().code == CHANGED


# A11
def test_reuse_of_an_old_refresh_token_revokes_the_family(device):
    d = device().online()
    before = d.refresh_token
    assert d.refresh().code == CHANGED
    assert d.sign_in().code == CHANGED
    newest = d.refresh_token
    d.connect()
    assert d.refresh(refresh_token=before).code == UNAUTHORIZED
    assert d.refresh(refresh_token=newest).code == UNAUTHORIZED


# A11
def test_refresh_with_another_devices_token_is_refused(device):
    one, other = device().online(), device(owner="somebody-else").online()
    one.connect()
    assert one.refresh(refresh_token=other.refresh_token).code == UNAUTHORIZED
    assert one.refresh(refresh_token=str(uuid.uuid4())).code == UNAUTHORIZED


# Q3
def test_every_refusal_leaves_one_line_in_the_log_and_no_secret(hub, device):
    d = device().connect()
    onboarding = hub.onboard(d.owner)
    assert d.sign_up(onboarding, di=None).code == CHANGED
    assert d.sign_in(access_token="canary-token").code == UNAUTHORIZED
    peer = hub.logged(f"{d.di}: 4.01 to POST /oic/sec/session")[0].split()[2]
    hub.logged(f"{peer}: closed")  # nothing more is said of this connection
    assert len([line for line in hub.log().splitlines() if d.di in line]) == 1, hub.log()
    for secret in ("canary-token", onboarding.code, d.access_token, d.refresh_token):
        assert secret not in hub.log()


# Q2: the newest session wins
def test_a_second_connection_of_the_same_device_takes_over(hub, device, transport):
    d = device().online()
    older = d.connection
    newer = Device(hub, owner=d.owner, di=d.di, tls=d.tls)
    newer.uid, newer.access_token, newer.instances = d.uid, d.access_token, d.instances
    with newer.online():
        older.wait_closed()
        client = device(resources=[]).online()
        assert client.connection.post(d.route("/light/1"), {"power": 3}).code == CHANGED
        assert newer.resources["/light/1"].value["power"] == 3
