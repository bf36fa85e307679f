"""What was: reads at a point of the past, and what changed between two."""

import datetime
import json
import time
import uuid

import pytest

from api import Api
from coap_tcp import CHANGED, DELETED, poll
from device import Resource, light
from hub import NOT_FOUND, USAGE


def now():
    """This moment, as the API writes it; a little later nothing has the same time."""
    time.sleep(0.005)
    moment = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    time.sleep(0.005)
    return moment


def change(api, device, power):
    device.change("/light/1", power=power)
    poll(lambda: api.resource(device.di, "/light/1").json["power"] == power, f"power {power}")
    return now()


# R15
def test_reads_at_a_time_are_what_they_were_then(api, synchronized):
    before = now()
    moments = [change(api, synchronized, power) for power in (11, 22, 33)]
    assert [api.resource(synchronized.di, "/light/1", at=at).json["power"] for at in [before, *moments]] == [0, 11, 22, 33]
    reply = api.resource(synchronized.di, "/light/1", at=moments[0])
    assert reply.headers["ocf-source"] == "log" and reply.headers["ocf-online"] == "true"
    assert reply.headers["ocf-time"] <= moments[0]
    listed = {r["href"]: r for r in api.get(f"/api/v1/devices/{synchronized.di}/resources?at={moments[1]}").json["resources"]}
    assert listed["/light/1"]["content"]["power"] == 22
    assert listed["/oic/cloud/s"]["content"] == {"online": True}


# R15
def test_a_point_that_is_now_is_answered_as_the_live_reads(hub, api, synchronized):
    change(api, synchronized, 7)
    at = now()
    for path in (f"/api/v1/devices/{synchronized.di}", f"/api/v1/devices/{synchronized.di}/resources", "/api/v1/devices",
                 f"/api/v1/devices/{synchronized.di}/resources/light/1"):
        assert api.get(f"{path}?at={at}").body == api.get(path).body, path
    with api.events() as events:
        cursor = events.told()[0]
    hub.kill()
    hub.start()
    restarted = Api(hub, api.token)
    assert restarted.devices()[synchronized.di]["online"] is False
    assert restarted.get(f"/api/v1/devices?at={cursor}").json["devices"][0]["online"] is True
    assert restarted.resource(synchronized.di, "/light/1", at=cursor).json["power"] == 7


# R15
def test_the_ids_of_server_sent_events_are_points(api, synchronized):
    with api.events(device=synchronized.di, href="/light/1") as events:
        events.told()
        cursors = []
        for power in (1, 2, 3):
            synchronized.change("/light/1", power=power)
            cursors.append(events.next(lambda id, name, data: name == "ResourceRepresentationUpdated")[0])
    assert [api.resource(synchronized.di, "/light/1", at=at).json["power"] for at in cursors] == [1, 2, 3]


# R15
def test_devices_and_links_come_and_go(api, device, synchronized):
    before = now()
    synchronized.resources["/light/2"] = light("/light/2")
    assert synchronized.publish(["/light/2"]).code == CHANGED
    published = now()
    assert synchronized.unpublish(["/light/1"]).code == DELETED
    poll(lambda: api.resource(synchronized.di, "/light/1").status == 404, "unpublished")
    unpublished = now()
    other = device().online()
    poll(lambda: other.di in api.devices(), "another device")
    synchronized.close()
    poll(lambda: api.devices()[synchronized.di]["online"] is False, "offline")

    def hrefs(at):
        return {link["href"] for link in api.get(f"/api/v1/devices/{synchronized.di}?at={at}").json["links"]}
    assert "/light/2" not in hrefs(before) and "/light/1" in hrefs(before)
    assert {"/light/1", "/light/2"} <= hrefs(published)
    assert "/light/1" not in hrefs(unpublished) and "/light/2" in hrefs(unpublished)
    assert api.resource(synchronized.di, "/light/1", at=published).status == 200
    assert api.resource(synchronized.di, "/light/1", at=unpublished).status == 404
    then = {d["di"]: d for d in api.get(f"/api/v1/devices?at={unpublished}").json["devices"]}
    assert set(then) == {synchronized.di} and then[synchronized.di]["online"] is True


# R15, R14
def test_what_is_not_yours_now_does_not_exist_at_any_point(hub, api, device, synchronized):
    at = change(api, synchronized, 5)
    stranger = Api(hub, hub.token(f"stranger-{uuid.uuid4()}"))
    nobody = uuid.uuid4()
    for rest in ("", "/resources", "/resources/light/1", "/diff"):
        query = f"?from={at}" if rest == "/diff" else f"?at={at}"
        reply = stranger.get(f"/api/v1/devices/{synchronized.di}{rest}{query}")
        assert (reply.status, reply.body) == (404, stranger.get(f"/api/v1/devices/{nobody}{rest}{query}").body)
    assert stranger.get(f"/api/v1/devices?at={at}").json == {"devices": []}

    # Another owner's past of the same device, and one's own of an older registration.
    assert api.remove(synchronized.di).status == 204
    assert api.resource(synchronized.di, "/light/1", at=at).status == 404
    again = device(di=synchronized.di).online()
    poll(lambda: api.resource(again.di, "/light/1").status == 200, "registered anew")
    assert api.get(f"/api/v1/devices/{synchronized.di}?at={at}").status == 404
    assert api.resource(synchronized.di, "/light/1", at=at).status == 404


# R15
@pytest.mark.parametrize("at, reason", [("yesterday", "malformed_point"), ("", "malformed_point"),
                                        ("2026-02-30T00:00:00Z", "malformed_point"), ("AQEB", "malformed_point"),
                                        ("9999-01-01T00:00:00Z", "point_in_future")])
def test_a_point_that_is_none_is_a_problem(api, synchronized, at, reason):
    for path in (f"/api/v1/devices?at={at}", f"/api/v1/devices/{synchronized.di}/resources/light/1?at={at}",
                 f"/api/v1/devices/{synchronized.di}/diff?from={at}"):
        reply = api.get(path)
        assert (reply.status, reply.json["reason"]) == (400, reason), path


# R15
def test_neither_the_device_nor_a_change_can_be_asked_of_the_past(api, synchronized):
    at = now()
    assert api.resource(synchronized.di, "/light/1", at=at, live="true").json["reason"] == "malformed_parameter"
    assert api.resource(synchronized.di, "/light/1", at=at, **{"if": "oic.if.baseline"}).json["reason"] == "malformed_parameter"
    asked = len(synchronized.requests)
    assert api.call("PUT", api.resource_path(synchronized.di, "/light/1", at=at), {"power": 1}).status == 400
    assert len(synchronized.requests) == asked


# R15
def test_what_changed_between_two_points(hub, api, synchronized, owner):
    registered = api.device(synchronized.di).json["registered"]
    start = now()
    change(api, synchronized, 40)
    synchronized.resources["/light/2"] = light("/light/2")
    assert synchronized.publish(["/light/2"]).code == CHANGED
    synchronized.wait_observed("/light/2")
    poll(lambda: api.resource(synchronized.di, "/light/2").status == 200, "the new light")
    assert synchronized.unpublish(["/switches"]).code == DELETED
    synchronized.close()
    poll(lambda: api.devices()[synchronized.di]["online"] is False, "offline")
    end = now()

    path = f"/api/v1/devices/{synchronized.di}/diff"
    changed = api.get(f"{path}?from={start}&to={end}").json
    assert changed["device"] == {"online": {"from": True, "to": False}}
    assert [r["href"] for r in changed["came"]] == ["/light/2"] and changed["came"][0]["content"]["power"] == 0
    assert [r["href"] for r in changed["went"]] == ["/switches"]
    [light_1] = changed["changed"]
    assert (light_1["href"], light_1["from"]["content"]["power"], light_1["to"]["content"]["power"]) == ("/light/1", 0, 40)
    assert api.get(f"{path}?from={start}").json == changed, "until now"
    assert api.get(f"{path}?from={end}&to={start}").json["came"][0]["href"] == "/switches", "backwards, too"

    only = api.get(f"{path}?from={start}&href=/light/2").json
    assert (only["changed"], only["went"], len(only["came"])) == ([], [], 1)
    nothing = api.get(f"{path}?from={end}").json
    assert nothing == {"di": synchronized.di, "device": {}, "came": [], "went": [], "changed": []}
    long_ago = api.get(f"{path}?from=2020-01-01T00:00:00Z&to={registered}").json
    assert long_ago["device"]["registered"] == {"from": False, "to": True}
    assert api.get(f"{path}?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z").status == 404
    assert api.get(path).json["reason"] == "malformed_parameter"

    text = hub.cli_ok("diff", synchronized.di, "--from", start, "--to", end, "--owner", owner)
    assert text.splitlines() == ["online  true -> false",
                                 '~ /light/1  {"state":false,"power":0,"name":"Light"} -> {"state":false,"power":40,"name":"Light"}',
                                 '+ /light/2  {"state":false,"power":0,"name":"Light"}',
                                 "- /switches  []"]
    assert json.loads(hub.cli_ok("diff", synchronized.di, "--from", start, "--owner", owner, "--json")) == changed
    assert hub.cli_ok("diff", synchronized.di, "/light/1", "--from", end, "--owner", owner) == "Nothing differs.\n"


# R15
def test_the_command_line_reads_the_past(hub, api, synchronized, owner):
    before = now()
    change(api, synchronized, 9)
    arguments = ("--owner", owner, "--at", before)
    assert json.loads(hub.cli_ok("get", synchronized.di, "/light/1", *arguments))["power"] == 0
    assert '"power":0' in hub.cli_ok("resources", synchronized.di, *arguments)
    assert "online" in hub.cli_ok("devices", *arguments)
    assert synchronized.di not in hub.cli_ok("devices", "--owner", owner, "--at", "2020-01-01T00:00:00Z")
    assert hub.cli("get", synchronized.di, "/light/1", "--owner", owner, "--at", "2020-01-01T00:00:00Z").returncode == NOT_FOUND
    future = hub.cli("get", synchronized.di, "/light/1", "--owner", owner, "--at", "9999-01-01T00:00:00Z")
    assert future.returncode == USAGE and "in the future" in future.stderr
    # "$T" of a script that did not set it
    unset = hub.cli("get", synchronized.di, "/light/1", "--owner", owner, "--at", "")
    assert (unset.returncode, unset.stdout) == (USAGE, "") and "--at has an empty value" in unset.stderr
    assert hub.cli("get", synchronized.di, "/light/1", "--live", *arguments).returncode == USAGE


# Q3: what does not fit is said to be there
def test_a_long_history_is_read_in_pages(hub, api, synchronized, owner):
    for power in range(1, 6):
        change(api, synchronized, power)
    path = f"/api/v1/devices/{synchronized.di}/history?href=/light/1"
    events = api.get(path).json["events"]
    assert "more" not in api.get(path).json and len(events) >= 6
    cursor = events[3]["version"]
    assert api.get(f"{path}&cursor={cursor}").json == {"events": events[:3]}
    for wrong in ("0", "x", "-1"):
        assert api.get(f"{path}&cursor={wrong}").json["reason"] == "malformed_cursor"

    done = hub.cli("history", "--owner", owner, synchronized.di, "/light/1", "--limit", 2, "--json")
    assert json.loads(done.stdout)["events"] == events[-2:] and "ocf-cloud export" in done.stderr
    done = hub.cli("history", "--owner", owner, synchronized.di, "/light/1")
    assert len(done.stdout.splitlines()) == len(events) and done.stderr == ""


# Q3: one that is longer than a page, as the command line prints it
def test_a_history_of_long_events_is_printed_whole(hub, device, owner, api):
    d = device(resources=[Resource("/big", ["x.big"], ["oic.if.rw"], {"n": 0, "text": "x" * 60_000})]).online()
    d.wait_observed("/big")
    for n in range(1, 31):
        d.change("/big", n=n)
        poll(lambda: api.resource(d.di, "/big").json["n"] == n, f"n {n}")
    page = api.get(f"/api/v1/devices/{d.di}/history?href=/big").json
    assert page["more"] == str(page["events"][0]["version"]) and len(page["events"]) < 31
    done = hub.cli("history", "--owner", owner, d.di, "/big")
    # a read that came before the first value asked the device, and stands there, too
    values = [line for line in done.stdout.splitlines() if "ResourceRepresentationUpdated" in line]
    assert len(values) == 31 and done.stderr == ""


# Q3
def test_an_argument_that_is_none_is_a_mistake_of_the_command_line(hub, synchronized, owner):
    di = synchronized.di
    for words in (["get", "xyz", "/light/1"], ["get", di, "nix"], ["get", di, "/light/1", "--at", "yesterday"], ["watch", di, "nix"], ["trace", "xyz"],
                  ["devices", "--at", "yesterday"], ["diff", di, "--from", "yesterday"], ["history", di, "nix"]):
        done = hub.cli(*words, "--owner", owner)
        assert done.returncode == USAGE and done.stderr, words


# Q3: a slip of the pen is not answered by something else
@pytest.mark.parametrize("rest", ["", "/resources", "/history", "/diff", "/refusals", "/protocol-log"])
def test_a_parameter_that_a_path_does_not_have_is_refused(api, synchronized, rest):
    reply = api.get(f"/api/v1/devices/{synchronized.di}{rest}?att=2026-11-25T07:00:00Z")
    assert (reply.status, reply.json["reason"], reply.json["parameter"]) == (400, "unknown_parameter", "att")
