"""Of the past only so much is kept: what is older gives way to a baseline, and who reads from before it is told."""

import urllib.parse

import pytest

from admin import metrics
from api import Api
from coap_tcp import poll
from device import Resource

TIME = {"retention_time": "2s", "retention_interval": "1s"}


@pytest.fixture(scope="module")
def trimming(started):
    return started(limits=TIME)


@pytest.fixture
def own(trimming, device, owner):
    """A device that is observed, and its owner's API."""
    d = device(on=trimming).online()
    d.wait_observed("/light/1")
    return d, Api(trimming, trimming.token(owner))


def types(api, di, href="/light/1"):
    return [event["type"] for event in api.history(di, href)]


def audit(api, **query):
    reply = api.get("/api/v1/audit?" + urllib.parse.urlencode(query))
    assert reply.status == 200, reply
    return reply.json


def change(d, api, values):
    for value in values:
        d.change("/light/1", power=value)
        poll(lambda: api.resource(d.di, "/light/1").json["power"] == value, f"the shadow says {value}")


def trimmed(api, di):
    """The history of the light once nothing but its baseline is left."""
    poll(lambda: types(api, di) == ["BaselineTaken"], "the history is trimmed")
    return api.history(di, "/light/1")[0]


# R9, R15
def test_what_is_too_old_gives_way_to_a_baseline(trimming, own):
    d, api = own
    before = metrics(trimming)
    change(d, api, range(1, 21))
    baseline = trimmed(api, d.di)
    assert baseline["version"] > 1 and baseline["principal"] == "system"
    assert baseline["data"]["content"]["power"] == 20 and "said" in baseline["data"]
    assert api.resource(d.di, "/light/1").json["power"] == 20
    assert metrics(trimming).sum("ocf_retention_events_total") >= before.sum("ocf_retention_events_total") + 20
    poll(lambda: metrics(trimming).sum("ocf_retention_horizon_seconds") > 0, "what there is has an age")
    trimming.logged("trimmed")
    change(d, api, [21])
    assert types(api, d.di)[0] == "BaselineTaken" and types(api, d.di)[-1] == "ResourceRepresentationUpdated"


# R9: streams of the device and its links stay whole
def test_only_resources_are_trimmed(own):
    d, api = own
    change(d, api, range(1, 4))
    trimmed(api, d.di)
    assert [event["version"] for event in api.history(d.di) if event["type"].startswith("Device")][0] == 1
    assert "LinksPublished" in [event["type"] for event in api.history(d.di)]


# R12: no silent gap
def test_who_reads_from_before_the_horizon_is_told_to_resync(own):
    d, api = own
    with api.events() as events:
        place = events.told()[0]
        change(d, api, range(1, 6))
        newest = events.next(lambda _id, name, data: (data["data"].get("content") or {}).get("power") == 5)[0]
    trimmed(api, d.di)
    with api.events(last_id=place) as events:
        id, name, data = events.next(lambda _id, name, data: name == "resync")
        assert id is None and data["type"] == "resync" and data["time"]
        _, name, data = events.next(lambda _id, name, data: data.get("href") == "/light/1")
        assert name == "BaselineTaken" and data["data"]["content"]["power"] == 5
    with api.events(last_id=newest) as events:
        change(d, api, [6])
        assert events.next(lambda _id, name, data: name == "resync" or data.get("href") == "/light/1")[1] != "resync"


# R9, R11: the log is what the next process begins with
def test_a_trimmed_log_is_folded_after_kill_9(started, device, owner):
    hub = started(limits=TIME)
    d = device(on=hub).online()
    d.wait_observed("/light/1")
    api = Api(hub, hub.token(owner))
    change(d, api, range(1, 11))
    baseline = trimmed(api, d.di)
    hub.kill()
    hub.start()
    api = Api(hub, hub.token(owner))
    assert api.resource(d.di, "/light/1").json["power"] == 10
    assert api.history(d.di, "/light/1") == [baseline]
    d.connect()
    d.sign_in()
    d.wait_observed("/light/1")
    change(d, api, [11])
    assert types(api, d.di) == ["BaselineTaken", "ResourceRepresentationUpdated"]


# Q4: a tenant that has too much
def test_above_its_bytes_the_oldest_events_of_a_tenant_go(started, device, owner):
    hub = started(limits={"retention_bytes_max": "1MiB", "retention_interval": "1s"})
    d = device(on=hub, resources=[Resource("/big", ["x.big"], ["oic.if.rw"], {"n": 0, "text": "x" * 60_000})]).online()
    d.wait_observed("/big")
    api = Api(hub, hub.token(owner))
    for n in range(1, 31):
        d.change("/big", n=n)
        poll(lambda: api.resource(d.di, "/big").json["n"] == n, f"the shadow says {n}")
    poll(lambda: api.history(d.di, "/big")[0]["type"] == "BaselineTaken", "the oldest went")
    assert api.resource(d.di, "/big").json["n"] == 30
    assert metrics(hub).sum("ocf_limit_hits_total", limit="retention_bytes_max") >= 1


# Q3, Q4: what is not there any more is not what never was
def test_the_audit_says_from_when_on_it_is_whole(trimming, own, owner):
    d, api = own
    api.update(d.di, "/light/1", {"power": 1})
    poll(lambda: api.resource(d.di, "/light/1").json["power"] == 1, "the shadow says it")
    whole = audit(api, device=d.di)
    assert "from" not in whole and "ResourceUpdatePending" in {event["type"] for event in whole["events"]}
    then = next(event["time"] for event in whole["events"] if event["type"] == "ResourceUpdatePending")
    baseline = trimmed(api, d.di)

    page = audit(api, device=d.di)
    assert page["from"] == baseline["time"] and "ResourceUpdatePending" not in {event["type"] for event in page["events"]}
    assert audit(api, device=d.di, by=owner, until=then) == {"events": [], "from": baseline["time"]}
    assert audit(api)["from"] == baseline["time"]  # nobody else's horizon
    # On every page from there on; not of what is never trimmed, nor of what came since.
    assert audit(api, device=d.di, cursor=audit(api, device=d.di, limit=len(page["events"]) - 1)["more"])["from"] == baseline["time"]
    assert "from" not in audit(api, device=d.di, type="DeviceRegistered")
    assert "from" not in audit(api, device=d.di, since=baseline["time"])
    assert audit(Api(trimming, trimming.token("mallory"))) == {"events": []}

    done = trimming.cli("audit", "--owner", owner, "--device", d.di, "--by", owner, "--until", then)
    assert (done.returncode, done.stdout) == (0, "") and baseline["time"] in done.stderr and "retention_time" in done.stderr
    done = trimming.cli("export", "--device", d.di)
    assert done.returncode == 0 and "trimmed" in done.stderr and "retention_time" in done.stderr
