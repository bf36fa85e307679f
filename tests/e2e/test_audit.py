"""Who did what to which device, and what administrators had the hub do, can be looked up."""

import json
import os
import signal

import pytest

from api import Api
from coap_tcp import poll
from device import Resource
from hub import NOT_FOUND, USAGE


def audit(api, **query):
    reply = api.get("/api/v1/audit" + ("?" + "&".join(f"{k}={v}" for k, v in query.items()) if query else ""))
    assert reply.status == 200, reply
    return reply.json


def types(page):
    return [event["type"] for event in page["events"]]


# Q3, A9
def test_what_was_done_to_a_device_is_found_newest_first(api, device, owner):
    d = device().online()
    d.wait_observed("/light/1")
    correlation = api.update(d.di, "/light/1", {"power": 5}).headers["correlation-id"]
    client = device(resources=[]).online()
    client.connection.post(d.route("/light/1"), {"power": 6})

    page = audit(api, device=d.di)
    times = [event["time"] for event in page["events"]]
    assert times == sorted(times, reverse=True) and "more" not in page
    assert {event["device"] for event in page["events"]} == {d.di}
    assert types(page)[-2:] == ["DeviceRegistered", "DeviceClaimed"] or types(page)[-2:] == ["DeviceClaimed", "DeviceRegistered"]
    assert "ResourceRepresentationUpdated" not in types(page)  # what the device says of itself

    pending = audit(api, device=d.di, type="ResourceUpdatePending")["events"]
    assert [event["principal"] for event in pending] == [f"device:{client.di}", f"user:{owner}"]
    assert pending[1]["correlationId"] == correlation and pending[1]["data"]["content"] == {"power": 5}
    mine = audit(api, device=d.di, by=owner)["events"]
    assert [event["type"] for event in mine] == ["CommandDispatched", "ResourceUpdatePending"]
    assert audit(api, type="ResourceRepresentationUpdated", device=d.di)["events"]


# Q3: the store answers with 4 MiB of its log at once
def test_what_was_done_between_long_notifications_is_found(api, device):
    d = device(resources=[Resource("/big", ["x.big"], ["oic.if.rw"], {"n": 0, "text": "x" * 60_000})]).online()
    d.wait_observed("/big")
    for n in range(1, 81):
        d.change("/big", n=n)
        poll(lambda: api.resource(d.di, "/big").json["n"] == n, f"n {n}")
    api.update(d.di, "/big", {"n": 1000})  # the device refuses it, and that is kept, too
    page = audit(api, device=d.di)
    assert types(page)[:3] == ["ResourceUpdated", "CommandDispatched", "ResourceUpdatePending"]
    assert "DeviceClaimed" in types(page) and "more" not in page


# Q3
def test_the_audit_can_be_bounded_by_time_and_read_in_pages(api, device):
    d = device().online()
    for power in range(5):
        api.update(d.di, "/light/1", {"power": power})
    everything = audit(api, device=d.di)["events"]
    middle = next(e["time"] for e in everything if e["type"] == "ResourceUpdatePending" and e["data"]["content"] == {"power": 2})
    later = audit(api, device=d.di, since=middle)["events"]
    earlier = audit(api, device=d.di, until=middle)["events"]
    assert later + earlier == everything and later and earlier

    pages, cursor = [], {}
    while True:
        page = audit(api, device=d.di, limit=3, **cursor)
        assert len(page["events"]) <= 3
        pages += page["events"]
        if "more" not in page:
            break
        cursor = {"cursor": page["more"]}
    assert pages == everything


# Q3: what is not the caller's does not exist
def test_others_acts_do_not_exist(hub, api, device):
    d = device().online()
    api.update(d.di, "/light/1", {"power": 1})
    mallory = Api(hub, hub.token("mallory"))
    assert audit(mallory) == audit(mallory, device=d.di) == {"events": []}
    api.remove(d.di)
    assert "DeviceDeregistered" in types(audit(api, device=d.di))  # still told to whose it was
    d.close()
    again = device(owner="mallory", di=d.di).online()
    assert Api(hub, mallory.token).update(again.di, "/light/1", {"power": 2}).ok
    updates = audit(mallory, device=again.di, type="ResourceUpdatePending")["events"]
    assert [event["data"]["content"] for event in updates] == [{"power": 2}]


# Q3
@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "since=yesterday", "device=x", "cursor=x", "cursor=AQ.x", "type=Nonsense",
                                   "tpye=DeviceClaimed"])
def test_a_malformed_question_is_told(api, query):
    reply = api.get(f"/api/v1/audit?{query}")
    assert reply.status == 400
    name = query.split("=")[0]
    if name != "cursor":
        assert reply.json["parameter"] == name and reply.json["detail"].endswith(f": {name}"), reply


# Q3
def test_the_command_line_shows_who_did_what(hub, api, device, owner):
    d = device().online()
    correlation = api.update(d.di, "/light/1", {"power": 5}).headers["correlation-id"]
    lines = hub.cli_ok("audit", "--owner", owner, "--device", d.di, "--by", owner).splitlines()
    assert len(lines) == 2
    for part in (f"user:{owner}", "ResourceUpdatePending", d.di, "/light/1", '{"power":5}', correlation):
        assert part in lines[1], lines[1]
    rows = [json.loads(line) for line in hub.cli_ok("audit", "--owner", owner, "--device", d.di, "--limit", 3, "--json").splitlines()]
    assert len(rows) == 3 and rows[0]["device"] == d.di


# Q3: what administrators had the hub do
def test_what_administrators_do_is_kept(started):
    hub = started()
    hub.token("alice")
    hub.onboard("bob")
    hub.cli_ok("pki", "device", "028acc3a-d1a5-4246-79cd-000000000001")
    hub.cli_ok("pki", "revoke", "028acc3a-d1a5-4246-79cd-000000000001")
    hub.cli_ok("reload")
    hub.cli_ok("drain")
    assert hub.cli("onboard", "--owner", "").returncode != 0  # nothing was done
    hub.restart()

    acts = [json.loads(line) for line in hub.cli_ok("audit", "--administration", "--json").splitlines()]
    assert [act["type"] for act in reversed(acts)] == ["TokenIssued", "CodeIssued", "CertificateIssued", "CertificatesRevoked",
                                                        "ConfigurationReloaded", "DrainBegun"]
    assert {act["principal"] for act in acts} == {f"uid:{os.getuid()}"}
    assert [act["about"] for act in reversed(acts)][:3] == ["alice", "bob", "028acc3a-d1a5-4246-79cd-000000000001"]
    assert len(hub.cli_ok("audit", "--administration", "--limit", 2).splitlines()) == 2
    # Nobody else is told.
    assert audit(Api(hub, hub.token("admin"))) == {"events": []}


def acts(hub, *filters):
    """Newest first."""
    return [json.loads(line) for line in hub.cli_ok("audit", "--administration", "--json", *filters).splitlines()]


# Q3: a search finds what was done, not that somebody searched
def test_what_administrators_did_can_be_searched(started):
    hub = started()
    hub.token("alice")
    hub.onboard("bob")
    middle = acts(hub)[0]["time"]
    hub.token("carol")
    hub.cli_ok("devices", "--owner", "alice")
    hub.cli_ok("audit", "--owner", "alice")
    assert [act["about"] for act in acts(hub)] == ["carol", "bob", "alice"]
    assert [act["about"] for act in acts(hub, "--type", "TokenIssued")] == ["carol", "alice"]
    assert [act["about"] for act in acts(hub, "--type", "TokenIssued", "--until", middle)] == ["alice"]
    assert [act["about"] for act in acts(hub, "--since", middle)] == ["carol"]
    assert len(acts(hub, "--by", f"uid:{os.getuid()}")) == 3 and acts(hub, "--by", "system") == []
    for wrong in (["--type", "DeviceClaimed"], ["--since", "nonsense"], ["--until", "2999-01-01T00:00:00Z"], ["--limit", 5001],
                  ["--device", "028acc3a-d1a5-4246-79cd-000000000001"]):
        done = hub.cli("audit", "--administration", *wrong)
        assert done.returncode == USAGE and done.stdout == "" and done.stderr, wrong

    hub.configure(limits={"ping_interval": "50s"})
    hub.process.send_signal(signal.SIGHUP)
    poll(lambda: acts(hub)[0]["type"] == "ConfigurationReloaded", "the act")
    assert (acts(hub)[0]["principal"], acts(hub)[0]["about"]) == ("system", "limits.ping_interval")


# Q3: who changes something in an owner's name is found
def test_a_change_by_the_command_line_leaves_an_act(started, device, owner):
    hub = started()
    d = device(on=hub).online()
    hub.cli_ok("set", "--owner", owner, d.di, "/light/1", '{"power":5}')
    assert [(act["type"], act["about"]) for act in acts(hub)][0] == ("TokenIssued", owner)
    before = len(acts(hub))
    hub.cli_ok("get", "--owner", owner, d.di, "/light/1", "--live")
    assert len(acts(hub)) == before


# Q3: a typo does not look like an answer
def test_what_does_not_exist_is_no_empty_audit(hub, device, owner):
    d = device().online()
    nobody = "028acc3a-d1a5-4246-79cd-0000000000ff"
    assert hub.cli("audit", "--owner", owner, "--device", nobody).returncode == NOT_FOUND
    assert hub.cli("export", "--device", nobody).returncode == NOT_FOUND
    assert hub.cli("export", "--device", d.di, "--href", "/nothing").returncode == NOT_FOUND
    done = hub.cli("audit", "--owner", owner, "--device", d.di, "--type", "DeviceDeregistered")
    assert (done.returncode, done.stdout) == (0, "")
    for wrong in (["--device", "xyz"], ["--since", "yesterday"], ["--type", "Nonsense"]):
        assert hub.cli("audit", "--owner", owner, *wrong).returncode == USAGE, wrong
