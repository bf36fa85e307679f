"""What was acknowledged is there after a clean stop, and after kill -9."""

import http.client
import threading

import pytest

from api import Api
from coap_tcp import CHANGED, CONTENT, poll

CYCLES = 5


def contents(api, di, href, kind):
    return [event["data"]["content"] for event in api.history(di, href) if event["type"] == kind]


# R9, R11
def test_everything_is_there_after_a_restart(started, device, owner):
    hub = started()
    d = device(on=hub).online()
    d.wait_observed("/light/1")
    api = Api(hub, hub.token(owner))
    assert api.update(d.di, "/light/1", {"power": 17}).ok
    poll(lambda: api.resource(d.di, "/light/1").json["power"] == 17, "the shadow")
    before = api.history(d.di, "/light/1")
    d.close()
    hub.restart()
    assert hub.admin_token and hub.output[0].startswith("ready"), "the first token is printed once"
    api = Api(hub, hub.token(owner))
    assert api.resource(d.di, "/light/1").json["power"] == 17
    assert api.history(d.di, "/light/1")[:len(before)] == before
    assert api.devices()[d.di]["online"] is False


# A1, A2: a device signs in again with what it has
def test_tokens_of_devices_and_people_outlive_the_hub(started, device, owner):
    hub = started()
    d = device(on=hub).online()
    token = hub.token(owner)
    d.close()
    hub.restart()
    d.connect()
    assert d.sign_in().code == CHANGED
    assert d.refresh().code == CHANGED
    assert d.connection.get("/oic/res").code == CONTENT
    assert d.di in Api(hub, token).devices()


# A10: a used code stays used
def test_a_used_code_stays_used_after_kill_9(started, device):
    hub = started()
    d = device(on=hub).connect()
    onboarding = hub.onboard(d.owner)
    assert d.sign_up(onboarding).code == CHANGED
    assert d.sign_in().code == CHANGED
    hub.kill()
    hub.start()
    other = device(on=hub).connect()
    assert other.sign_up(onboarding).code == 0x81


class Writer(threading.Thread):
    """Updates a resource until the hub is gone, and notes what was acknowledged."""

    def __init__(self, api, di, numbers):
        super().__init__(daemon=True)
        self.api, self.di, self.numbers = api, di, numbers
        self.acknowledged = []
        self.asked = []
        self.failure = None

    def run(self):
        for number in self.numbers:
            self.asked.append(number)
            try:
                reply = self.api.update(self.di, "/light/1", {"power": number})
            except (OSError, http.client.HTTPException):
                return  # the hub is dead
            except Exception as error:
                self.failure = error
                return
            if not reply.ok:
                self.failure = AssertionError(str(reply))
                return
            self.acknowledged.append(number)


# R9: 5 cycles
def test_nothing_acknowledged_is_lost_at_kill_9(started, device, owner):
    hub = started()
    d = device(on=hub).online()
    acknowledged, asked = [], []
    for cycle in range(CYCLES):
        d.online()
        writer = Writer(Api(hub, hub.token(owner)), d.di, range(1000 * cycle + 1, 1000 * cycle + 1000))
        writer.start()
        poll(lambda: len(writer.acknowledged) >= 10, "some updates are acknowledged")
        hub.kill()
        writer.join(30)
        assert not writer.is_alive() and writer.failure is None, writer.failure
        acknowledged += writer.acknowledged
        asked += writer.asked
        hub.start()
    api = Api(hub, hub.token(owner))
    events = api.history(d.di, "/light/1")
    assert [event["version"] for event in events] == list(range(1, len(events) + 1)), "gapless"
    pending = {e["correlationId"]: e["data"]["content"]["power"] for e in events if e["type"] == "ResourceUpdatePending"}
    terminal = [e["correlationId"] for e in events if e["type"] in ("ResourceUpdated", "CommandOutcomeUnknown", "CommandExpired",
                                                                 "CommandCanceled")]
    updated = [pending[e["correlationId"]] for e in events if e["type"] == "ResourceUpdated"]
    assert len(acknowledged) >= 10 * CYCLES
    assert set(acknowledged) <= set(updated), "every acknowledged update is stored"
    assert len(updated) == len(set(updated)), "once"
    assert set(updated) <= set(asked), "and nothing else"
    assert sorted(terminal) == sorted(pending), "every command ended exactly once"


# R11: the read models are the fold of the log
def test_the_shadow_after_kill_9_is_the_last_event(started, device, owner):
    hub = started()
    d = device(on=hub).online()
    d.wait_observed("/light/1")
    api = Api(hub, hub.token(owner))
    for number in range(1, 51):
        d.change("/light/1", power=number)
    poll(lambda: api.resource(d.di, "/light/1").json["power"] >= 25, "some changes are stored")
    hub.kill()
    hub.start()
    api = Api(hub, hub.token(owner))
    last = contents(api, d.di, "/light/1", "ResourceRepresentationUpdated")[-1]
    assert api.resource(d.di, "/light/1").json == last
    assert last["power"] >= 25


# R9: a data directory is one hub's
def test_a_second_hub_on_the_same_data_is_refused(started):
    hub = started()
    done = hub.cli("serve", "--coap-tcp", "127.0.0.1:0", "--coap-tls", "off", "--http", "off", "--admin", "off", timeout=30)
    assert done.returncode == 1
    assert done.stderr.strip()
    assert hub.running()


# A2: secrets are for the hub's user only
def test_nothing_in_the_data_directory_is_for_others(started, device):
    hub = started()
    device(on=hub).online()
    for path in [hub.data, *hub.data.rglob("*")]:
        if path.is_dir() or path.is_socket() or path.suffix in (".key", ".pem") or "key" in path.name:
            if path.parent == hub.data or path == hub.data:
                assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize("secret", ["access_token", "refresh_token"])
# A1: hashed at rest, never logged
def test_secrets_of_devices_are_neither_stored_nor_logged(started, device, secret):
    hub = started()
    d = device(on=hub).connect()
    onboarding = hub.onboard(d.owner)
    d.sign_up(onboarding)
    d.sign_in()
    hub.stop()
    for value in (getattr(d, secret), onboarding.code):
        for path in hub.data.rglob("*"):
            assert not path.is_file() or value.encode() not in path.read_bytes(), path
        assert value not in hub.log()
    hub.start()
