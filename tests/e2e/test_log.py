"""The log as operators have it in hand: exported, folded anew, amended, verified; and the read models beside it."""

import json
import re
import threading

import pytest

from api import Api
from coap_tcp import CHANGED, DELETED, PATIENCE, poll
from device import light
from hub import NO_HUB, OK, REFUSED, USAGE, run_cli


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def models(hub, command="dump", *arguments):
    """(cursor, {di: what is known of its newest registration}) of a dump or a replay."""
    first, *rest = lines(hub.cli_ok(command, *arguments))
    return first["cursor"], {line["di"]: line for line in rest}


def shadow(line):
    return {known["href"]: known["content"] for known in line["shadow"]}


def change(api, device, power):
    device.change("/light/1", power=power)
    poll(lambda: api.resource(device.di, "/light/1").json["power"] == power, f"power {power}")


def quiet(hub):
    """Both of one moment: nothing was stored between them."""
    return poll(lambda: (dump := hub.cli_ok("dump")) and (replayed := hub.cli_ok("replay")) and
                json.loads(dump.splitlines()[0]) == json.loads(replayed.splitlines()[0]) and (dump, replayed),
                "a quiet moment", timeout=4 * PATIENCE)


# R10, R11, R15: a whole life, and what the log says of it
def test_the_log_folds_into_the_models_that_the_hub_has(started, device, owner):
    hub = started()
    api = Api(hub, hub.token(owner))
    devices = [device(on=hub).online() for _ in range(4)]
    stays, leaves, waits, goes = devices
    for d in devices:
        d.wait_observed("/light/1")
        poll(lambda: api.resource(d.di, "/light/1").status == 200, "the first value")
    for power in range(1, 31):
        for d in devices:
            d.change("/light/1", power=power)
    stays.resources["/light/2"] = light("/light/2")
    assert stays.publish(["/light/2"]).code == CHANGED
    assert leaves.unpublish(["/switches"]).code == DELETED
    for power in (41, 42, 43):
        assert api.update(stays.di, "/light/1", {"power": power}).ok
    waits.close()
    poll(lambda: api.devices()[waits.di]["online"] is False, "offline")
    path = api.resource_path(waits.di, "/light/1", timeToLive=600)
    waiting = threading.Thread(target=lambda: suppressed(lambda: api.call("PUT", path, {"power": 1}, timeout=4 * PATIENCE)))
    waiting.start()
    poll(lambda: any(e["type"] == "ResourceUpdatePending" for e in api.history(waits.di, "/light/1")), "a waiting command")
    assert api.remove(goes.di).status == 204
    leaves.close()
    poll(lambda: api.devices()[leaves.di]["online"] is False, "offline")
    again = device(on=hub, di=goes.di).online()
    again.wait_observed("/light/1")
    poll(lambda: api.resource(again.di, "/light/1").status == 200, "registered anew")
    poll(lambda: api.resource(stays.di, "/light/1").json["power"] == 43, "the last value")

    dump, replayed = quiet(hub)
    assert dump == replayed
    known = {line["di"]: line for line in lines(dump)[1:]}
    assert known[stays.di]["device"]["online"] and not known[waits.di]["device"]["online"]
    assert shadow(known[stays.di])["/light/1"]["power"] == 43 and "/light/2" in shadow(known[stays.di])
    assert [command["operation"] for command in known[waits.di]["pending"]] == ["update"]
    assert known[again.di]["registration"] == 2

    hub.kill()
    waiting.join(2 * PATIENCE)
    assert hub.cli_ok("replay") == dump, "of the data of a hub that was killed"
    cursor = json.loads(dump.splitlines()[0])["cursor"]
    hub.start()
    restarted, folded = quiet(hub)
    assert restarted == folded != dump
    assert hub.cli_ok("replay", "--until", cursor) == dump, "the hub that was killed, from the log of the one that runs"


def suppressed(call):
    try:
        call()
    except OSError:
        pass


# R15
def test_a_replay_ends_where_it_is_told(hub, api, synchronized):
    cursors = []
    with api.events(device=synchronized.di, href="/light/1") as events:
        events.told()
        for power in (1, 2, 3):
            change(api, synchronized, power)
            cursors.append(events.next(lambda id, name, data: name == "ResourceRepresentationUpdated")[0])
    for cursor, power in zip(cursors, (1, 2, 3)):
        assert shadow(models(hub, "replay", "--until", cursor)[1][synchronized.di])["/light/1"]["power"] == power
    moment = api.history(synchronized.di, "/light/1")[-2]["time"]
    assert shadow(models(hub, "replay", "--until", moment)[1][synchronized.di])["/light/1"]["power"] == 2
    assert hub.cli("replay", "--until", "yesterday").returncode == USAGE


def files(hub):
    """What the data directory holds, to the byte."""
    return {path.relative_to(hub.data): (path.stat().st_uid, path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else None)
            for path in hub.data.rglob("*") if path.name != "ocf-cloud.sock"}


# Root may ask, and what root wrote there the hub could not open any more.
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_who_reads_the_log_of_a_stopped_hub_writes_nothing(started, device, owner, end):
    hub = started()
    d = device(on=hub).online()
    d.wait_observed("/light/1")
    change(Api(hub, hub.token(owner)), d, 7)
    d.close()
    getattr(hub, end)()
    before = files(hub)
    told = [hub.cli_ok(*command) for command in (("store", "verify"), ("replay",), ("export", "--device", d.di))]
    assert files(hub) == before
    assert "is whole" in told[0] and shadow(lines(told[1])[1])["/light/1"]["power"] == 7 and '"power":7' in told[2]
    hub.start()


# R15
def test_an_export_is_every_event_once_and_can_be_continued(hub, api, synchronized):
    change(api, synchronized, 1)
    done = hub.cli("export", "--device", synchronized.di)
    assert done.returncode == OK
    exported = lines(done.stdout)
    of_light = [e for e in exported if e.get("href") == "/light/1"]
    for event, known in zip(of_light, api.history(synchronized.di, "/light/1"), strict=True):
        assert {**known, **{name: event[name] for name in event.keys() - known.keys()}} == event
    assert {e["stream"].split("/", 3)[3] for e in exported} >= {"holder", "device", "links", "resource/light/1"}
    assert all(e["id"] and e["principal"] for e in exported)
    assert [(e["position"]["partition"], e["position"]["offset"]) for e in exported] == \
        sorted((e["position"]["partition"], e["position"]["offset"]) for e in exported)
    spoken = next(e for e in reversed(of_light) if e["type"] == "ResourceRepresentationUpdated")
    assert spoken["spoken"] == {"epoch": spoken["data"]["epoch"], "sequence": spoken["data"]["sequence"]}

    cursor = done.stderr.split("--from ")[1].strip()
    change(api, synchronized, 2)
    [event] = lines(hub.cli_ok("export", "--from", cursor, "--device", synchronized.di, "--href", "/light/1"))
    assert event["data"]["content"]["power"] == 2
    assert hub.cli("export", "--from", "nonsense").returncode == USAGE
    assert hub.cli("export", "--device", "nonsense").returncode == USAGE


# R15, S3
def test_an_export_has_nothing_of_the_authorization_server(hub, synchronized):
    streams = {e["stream"].split("/", 3)[3].split("/")[0] for e in lines(hub.cli_ok("export"))}
    assert streams == {"holder", "device", "links", "resource"}


# R15
def test_a_stopped_hub_is_read_as_a_running_one(started, device, owner):
    hub = started()
    d = device(on=hub).online()
    d.wait_observed("/light/1")
    api = Api(hub, hub.token(owner))
    poll(lambda: api.resource(d.di, "/light/1").status == 200, "the first value")
    d.close()
    poll(lambda: api.devices()[d.di]["online"] is False, "offline")
    running = hub.cli_ok("export"), quiet(hub)[1]
    assert "whole" in hub.cli_ok("store", "verify")
    hub.stop()
    assert (hub.cli_ok("export"), hub.cli_ok("replay")) == running
    assert hub.cli("dump").returncode == NO_HUB
    verified = json.loads(hub.cli_ok("store", "verify", "--json"))
    assert verified["events"] > len(running[0].splitlines()) and verified["streams"] > 4 and "damage" not in verified
    hub.start()
    assert hub.cli("replay").returncode == OK


def test_where_no_hub_ever_was_there_is_nothing_to_read(tmp_path):
    for words in (("export",), ("replay",), ("store", "verify")):
        done = run_cli(*words, "--data", tmp_path / "nothing")
        assert done.returncode == NO_HUB and "no hub" in done.stderr
    assert not (tmp_path / "nothing").exists(), "and nothing is made"


@pytest.fixture
def amended(hub, api, synchronized, tmp_path):
    """amended(*events, …): a replay with these; `of(power)` finds the exported event that said so."""
    for power in (1, 2, 3):
        change(api, synchronized, power)
    exported = lines(hub.cli_ok("export", "--device", synchronized.di))

    def run(*events, more=("--diff", "--json")):
        file = tmp_path / "amendments"
        file.write_text("\n".join(json.dumps(event) for event in events) + "\n")
        return hub.cli("replay", "--amend", file, *more)

    run.events = exported
    run.of = lambda power: next(dict(e) for e in exported if e["type"] == "ResourceRepresentationUpdated" and
                                e.get("href") == "/light/1" and e["data"]["content"]["power"] == power)
    return run


# R15
def test_events_that_are_exported_change_nothing_when_they_take_their_own_place(hub, amended):
    of_commands = re.compile("Command|Resource(Create|Retrieve|Update|Delete)")  # a first read may have asked the device
    done = amended(*(e for e in amended.events if not of_commands.match(e["type"])))
    assert (done.returncode, done.stdout) == (OK, ""), done
    poll(lambda: amended(*amended.events[:3], more=()).stdout == hub.cli_ok("replay"),
         "the same model, at a moment when no other test's device comes or goes")


# R15
def test_an_amended_event_leads_to_another_model_and_touches_nothing(hub, api, synchronized, amended):
    last = amended.of(3)
    last["data"]["content"] = {"power": 99, "state": True}
    done = amended(last)
    [difference] = lines(done.stdout)
    [light_1] = difference["changed"]
    assert (difference["di"], light_1["from"]["content"]["power"], light_1["to"]["content"]) == \
        (synchronized.di, 3, {"power": 99, "state": True})
    assert synchronized.di in amended(last, more=("--diff",)).stdout
    assert shadow({line["di"]: line for line in lines(amended(last, more=()).stdout)[1:]}[synchronized.di])["/light/1"]["power"] == 99
    middle = amended.of(2)
    middle["data"]["content"] = {"power": 99}
    assert amended(middle).stdout == "", "a later one says otherwise"
    assert shadow({line["di"]: line for line in lines(amended(middle, more=("--until", middle["time"])).stdout)[1:]}
                  [synchronized.di])["/light/1"] == {"power": 99}
    assert api.resource(synchronized.di, "/light/1").json["power"] == 3
    assert synchronized.resources["/light/1"].value["power"] == 3


# R15
def test_an_event_may_come_late_or_behind_the_last(hub, synchronized, amended):
    last = amended.of(3)
    late = {**amended.of(2), "time": last["time"]}
    del late["version"]
    late["data"] = {"content": {"power": 50}}
    [difference] = lines(amended(late).stdout)
    assert difference["changed"][0]["to"]["content"]["power"] == 50, "as new as the one that it comes behind"
    late["data"] = {"content": {"power": 50}, "epoch": 1, "sequence": 1}
    assert amended(late).stdout == "", "of an older session"

    events = [e for e in amended.events if e["stream"] == last["stream"]]
    behind = {**last, "version": events[-1]["version"] + 1, "data": {"content": {"power": 60}}}
    [difference] = lines(amended(behind).stdout)
    assert difference["changed"][0]["to"]["content"]["power"] == 60

    connected = next(e for e in reversed(amended.events) if e["type"] == "DeviceConnected")
    ends = [e for e in amended.events if e["stream"] == connected["stream"]][-1]["version"]
    gone = {"stream": connected["stream"], "version": ends + 1, "type": "DeviceDisconnected",
            "data": {"epoch": connected["version"], "cause": "closed"}}
    [difference] = lines(amended(gone).stdout)
    assert difference["device"] == {"online": {"from": True, "to": False}}
    unpublished = {"stream": connected["stream"].rsplit("/", 1)[0] + "/links", "time": last["time"],
                   "type": "LinksUnpublished", "data": {"hrefs": ["/light/1"]}}
    [difference] = lines(amended(unpublished).stdout)
    assert [link["href"] for link in difference["went"]] == ["/light/1"]


# R15: else "Nothing differs." would be the answer to a mistake
def test_a_replay_refuses_what_would_change_nothing_by_mistake(hub, synchronized, tmp_path):
    nothing = tmp_path / "nothing"
    nothing.write_text(" \n\n")
    for words, why in ((("--amend", tmp_path, "--diff"), f"{tmp_path} cannot be read"),
                       (("--amend", nothing, "--diff"), f"{nothing} has no event"),
                       (("--until", "9999-01-01T00:00:00Z"), "lies in the future"),
                       (("--until", ""), "--until has an empty value")):
        done = hub.cli("replay", *words)
        assert (done.returncode, done.stdout) == (USAGE, "") and why in done.stderr, done


# R15
def test_an_amendment_that_does_not_fit_is_named(hub, synchronized, amended):
    event = amended.of(2)

    def refused(*events, more=()):
        done = amended(*events, more=more)
        assert (done.returncode, done.stdout) == (USAGE, ""), done
        return done.stderr

    assert ":1: the log has no version 999" in refused({**event, "version": 999})
    assert ":2: the log has no stream" in refused(event, {**event, "stream": event["stream"].replace("light/1", "light/7")})
    assert ":2: line 1 amends the same" in refused(event, event)
    assert "is not of a device" in refused({**event, "stream": "default/code:x/0/code"})
    assert "'powr' is no property" in refused({**event, "data": {"content": {}, "powr": 1}})
    assert "'content' is missing" in refused({**event, "data": {}})
    assert "not that of a LinksUnpublished of this stream" in refused({**event, "type": "LinksUnpublished", "data": {"hrefs": []}})
    assert "{\"hex\"} only" in refused({**event, "type": "ResourceUpdated", "data": {"status": "changed"}})
    assert "not that of a ResourceUpdated" in refused({**event, "type": "ResourceUpdated", "data": {"hex": "ff"}})
    late = {name: value for name, value in event.items() if name != "version"}
    assert "its stream begins later" in refused({**late, "time": "2020-01-01T00:00:00Z"})
    assert "later than --until" in refused({**late, "time": "2999-01-01T00:00:00Z"}, more=("--until", event["time"]))
    assert "later than --until" in refused({**event, "time": "2999-01-01T00:00:00Z"}, more=("--until", event["time"]))
    for number in (-1, 256, 2**64):
        link = {"href": "/x", "rt": ["x"], "if": ["x"], "p": {"bm": number}, "ins": 1}
        published = {**late, "stream": event["stream"].split("/resource/")[0] + "/links", "type": "LinksPublished", "data": {"links": [link]}}
        assert ":1: 'bm' has to be a number from 0 to 255" in refused(published)
    assert ":1: 'format' has to be a number from 0 to 65535" in refused({**event, "data": {"content": {"hex": "a0", "format": 65536}}})
    link = {"href": "/x", "rt": ["x"], "if": ["x"], "p": {"bm": 3}, "ins": 2**63}
    assert "'ins' has to be" in refused({**published, "data": {"links": [link]}})
    connected = next(e for e in amended.events if e["type"] == "DeviceConnected")
    assert "they count its sessions" in refused({name: value for name, value in connected.items() if name != "version"})
    assert hub.cli("replay", "--amend", "/no/such/file").returncode == USAGE
    assert hub.cli("replay", "--diff").returncode == USAGE


def damaged(table, at):
    whole = table.read_bytes()
    table.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
    return whole


# R15
def test_damage_is_named(started, device, owner):
    hub = started()
    d = device(on=hub).online()
    d.wait_observed("/light/1")
    api = Api(hub, hub.token(owner))
    for power in range(1, 301):  # many blocks of a table
        d.change("/light/1", power=power)
    poll(lambda: api.resource(d.di, "/light/1").json["power"] == 300, "the last value", timeout=4 * PATIENCE)
    d.close()
    poll(lambda: api.devices()[d.di]["online"] is False, "offline")
    hub.restart()  # what was in the write-ahead log is in a table now
    hub.stop()
    assert "whole" in hub.cli_ok("store", "verify")
    events = lines(hub.cli_ok("export"))
    tables = list((hub.data / "store").glob("*.sst"))
    log = max(tables, key=lambda table: table.stat().st_size)

    whole = damaged(log, log.stat().st_size // 2)
    done = hub.cli("store", "verify", "--json")
    assert done.returncode == REFUSED
    damage = json.loads(done.stdout)["damage"]
    before = [e for e in events if e["position"]["partition"] == damage["partition"] and e["position"]["offset"] < damage["offset"]]
    assert before and f"version {before[-1]['version']} of {before[-1]['stream']}" in damage["what"], "the last that is whole"
    assert done.stderr.startswith(f"Damaged at partition {damage['partition']}, offset {damage['offset']}: ")
    for command in ("export", "replay"):
        done = hub.cli(command)
        assert done.returncode == REFUSED and "ocf-cloud store verify" in done.stderr
    log.write_bytes(whole)

    for table in tables:
        if b"fences" in table.read_bytes():
            continue  # the name of its column family: no log, and not read
        whole = damaged(table, 20)
        done = hub.cli("store", "verify")
        assert done.returncode == REFUSED and ("Damaged at" in done.stderr or str(hub.data) in done.stderr), (table, done)
        table.write_bytes(whole)
    assert "whole" in hub.cli_ok("store", "verify")
    hub.start()


def family_of(table):
    """Of a column family, by the properties at the end of its table."""
    return re.search(rb"column\.family\.?i?d?.{0,8}?name(default|log|index|fences)", table.read_bytes(), re.S)[1].decode()


def whole_log(started, device, count):
    """(a hub that is stopped and whose log is in tables, its devices, all events)"""
    hub = started()
    devices = [device(on=hub).online() for _ in range(count)]
    for d in devices:
        d.wait_observed("/light/1")
    api = Api(hub, hub.token(devices[0].owner))
    for power in range(1, 101):  # many blocks of a table
        for d in devices:
            d.change("/light/1", power=power)
    for d in devices:
        poll(lambda: api.resource(d.di, "/light/1").json["power"] == 100, "the last value", timeout=4 * PATIENCE)
        d.close()
        poll(lambda: api.devices()[d.di]["online"] is False, "offline")
    hub.restart()
    hub.stop()
    return hub, devices, lines(hub.cli_ok("export"))


def place(event):
    return event["position"]["partition"], event["position"]["offset"]


# R15
def test_an_export_gives_everything_but_what_is_damaged(started, device):
    hub, devices, events = whole_log(started, device, 8)
    log = next(table for table in (hub.data / "store").glob("*.sst") if family_of(table) == "log")
    whole = damaged(log, log.stat().st_size // 2)
    done = hub.cli("export")
    assert done.returncode == REFUSED and "see `ocf-cloud store verify`" in done.stderr
    passed_over = re.findall(r"^Passed over: partition (\d+) from offset (\d+) (?:to (\d+)|on): .*" + re.escape(str(log)), done.stderr, re.M)
    assert passed_over, done.stderr

    def is_lost(event):
        partition, offset = place(event)
        return any(partition == int(gap[0]) and int(gap[1]) <= offset <= int(gap[2] or offset) for gap in passed_over)

    given = lines(done.stdout)
    assert given == [event for event in events if not is_lost(event)]
    assert 0 < len(events) - len(given) < len(events) / 4, "a block, and not a partition"
    hurt = {int(gap[0]) for gap in passed_over}
    for d in devices:
        own = [event for event in events if event["device"] == d.di]
        done = hub.cli("export", "--device", d.di)
        assert done.returncode == (REFUSED if place(own[0])[0] in hurt else OK), done.stderr
        assert lines(done.stdout) == [event for event in own if not is_lost(event)]

    for at in (log.stat().st_size // 2, 20):
        log.write_bytes(whole)
        damaged(log, at)
        refused = hub.cli("serve", "--coap-tls", "off", "--http", "off", "--admin", "off")
        assert refused.returncode == REFUSED
        assert f"in {log}" in refused.stderr and "`ocf-cloud store verify" in refused.stderr, refused.stderr
    log.write_bytes(whole)


# R9: it holds nothing that the log does not have
def test_a_damaged_index_is_made_again(started, device):
    hub, devices, events = whole_log(started, device, 2)
    index = next(table for table in (hub.data / "store").glob("*.sst") if family_of(table) == "index")
    damaged(index, 20)
    done = hub.cli("store", "verify")
    assert done.returncode == REFUSED and "by the index: " in done.stderr and str(index) in done.stderr
    assert lines(hub.cli_ok("export")) == events
    hub.start()
    assert "event store: its index is damaged, and made again from the log" in hub.log()
    api = Api(hub, hub.token(devices[0].owner))
    for d in devices:
        assert api.resource(d.di, "/light/1").json["power"] == 100
        assert len(api.history(d.di, "/light/1")) >= 100
    hub.stop()
    assert "whole" in hub.cli_ok("store", "verify")
    hub.start()


# R9, R15
def test_a_trimmed_log_folds_into_the_same_models_and_says_what_it_lacks(started, device, owner):
    hub = started(limits={"retention_time": "2s", "retention_interval": "1s"})
    d = device(on=hub).online()
    d.wait_observed("/light/1")
    api = Api(hub, hub.token(owner))
    for power in (1, 2, 3):
        change(api, d, power)
    first, second = api.history(d.di, "/light/1")[-2:]
    poll(lambda: [e["type"] for e in api.history(d.di, "/light/1")] == ["BaselineTaken"], "trimmed", timeout=4 * PATIENCE)
    poll(lambda: all(len(api.history(d.di, href)) <= 1 for href in d.resources), "all of them", timeout=4 * PATIENCE)
    dump, replayed = quiet(hub)
    assert dump == replayed
    assert shadow(models(hub)[1][d.di])["/light/1"]["power"] == 3
    assert json.loads(hub.cli_ok("store", "verify", "--json"))["trimmed"] >= 1
    then = hub.cli("replay", "--until", first["time"])
    assert then.returncode == OK and "trimmed" in then.stderr
    assert "/light/1" not in shadow(lines(then.stdout)[1])
    for path in (api.resource_path(d.di, "/light/1", at=first["time"]), f"/api/v1/devices/{d.di}/resources?at={first['time']}",
                 f"/api/v1/devices/{d.di}/diff?from={first['time']}"):
        reply = api.get(path)
        assert (reply.status, reply.json["reason"]) == (410, "history_trimmed"), path
    assert api.get(f"/api/v1/devices/{d.di}?at={first['time']}").status == 200, "devices and links are not trimmed"
    assert api.resource(d.di, "/light/1", at=second["time"]).json["power"] == 3
    refused = hub.cli("get", d.di, "/light/1", "--owner", owner, "--at", first["time"])
    assert refused.returncode == REFUSED and "trimmed" in refused.stderr
    dump, _ = quiet(hub)  # the token for `--owner` was an event of the administration
    hub.kill()
    assert hub.cli_ok("replay") == dump
    hub.start()
