"""`ocf-cloud top`, the log's forms, and metrics sent by OTLP."""

import json
import re
import socket
import threading
import time

import pytest

from admin import metrics
from coap_tcp import PATIENCE, UNAUTHORIZED, poll
from hub import NO_HUB, OK, USAGE, run_cli


# Q3
def test_top_shows_what_the_hub_is_busy_with(hub, device, api):
    d = device().online()
    poll(lambda: api.device(d.di).json["inSync"], "the device is in sync")
    hub.cli_ok("top", "--once", "--json")  # what was said before is told
    stop = threading.Event()

    def change():
        n = 0
        while not stop.is_set():
            n += 1
            d.change("/light/1", power=n)
            stop.wait(0.02)

    talking = threading.Thread(target=change)
    talking.start()
    try:
        seen = json.loads(hub.cli_ok("top", "--once", "--json"))
    finally:
        stop.set()
        talking.join()
    assert seen["seconds"] > 0.5
    assert seen["now"]["devices_online"] >= 1 and seen["now"]["connections"] >= 1
    assert seen["now"]["resident_bytes"] > 1 << 20
    assert seen["per_second"]["messages_in"] > 0 and seen["per_second"]["appends"] > 0 and seen["per_second"]["notifications"] > 0
    assert [busy for busy in seen["busiest"] if busy["device"] == d.di and busy["messages"] > 0]
    assert seen["loop_seconds"]["p99"] >= 0


# Q3
def test_top_for_people(hub):
    screen = hub.cli_ok("top", "--once")
    for line in ("devices ", "connections ", "messages ", "commands ", "store ", "queues ", "process ", "loop ", "refused ", "busiest"):
        assert re.search("^" + line, screen, re.MULTILINE), screen
    assert "\x1b" not in screen


def test_top_of_no_hub(tmp_path):
    assert run_cli("top", "--once", "--data", tmp_path).returncode == NO_HUB


# Q3
def test_a_line_of_the_json_log_is_an_object_with_the_reason(started):
    from device import Device
    hub = started(config={"log": {"format": "json"}})
    d = Device(hub).connect()
    assert d.sign_in(uid="nobody", access_token="invented").code == UNAUTHORIZED
    d.close()

    def refusals():
        lines = [json.loads(line) for line in hub.log().splitlines()]
        return [line for line in lines if line["event"] == "refused"]

    poll(refusals, "the refusal is in the log")
    line, = refusals()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
    assert (line["level"], line["stage"], line["cause"], line["device"]) == ("warn", "sign_in", "bad_token", d.di)
    assert line["peer"].startswith("127.0.0.1:") and "4.01 to POST /oic/sec/session" in line["text"]
    assert "invented" not in hub.log()


# Q3: the life of a hub, and what its store says
def test_a_hub_says_when_it_starts_serves_and_stops(started, device, tmp_path):
    hub = started(config={"log": {"format": "json"}})
    device(on=hub).online()
    hub.cli_ok("backup", "--to", tmp_path / "backup")
    for _ in range(3):
        hub.cli_ok("drain")
    hub.stop()
    lines = [json.loads(line) for line in hub.log().splitlines()]
    said = [line for line in lines if line["event"] in ("starting", "ready", "drain_begun", "drain_ended", "stopping", "stopped")]
    assert [line["event"] for line in said] == ["starting", "ready", "drain_begun", "drain_ended", "stopping", "stopped"]
    starting, ready, begun = said[:3]
    assert re.match(rf"ocf-cloud \d\S* starts in {re.escape(str(hub.data))}, schema \d", starting["text"])
    for listener in ("coap-tcp", "coap-tls", "http", "admin"):
        assert "%s=%s:%d" % (listener, *hub.address(listener)) in ready["text"]
    assert "1 connections" in begun["text"]
    assert not [line for line in lines if line["event"] == "store"], "a backup is nothing to warn of"


# Q3
def test_the_level_leaves_lines_out(started):
    from device import Device
    hub = started(config={"log": {"level": "error"}})
    d = Device(hub).connect()
    assert d.sign_in(uid="nobody", access_token="invented").code == UNAUTHORIZED
    d.close()
    poll(lambda: metrics(hub).sum("ocf_refusals_total") >= 1, "it was refused")
    assert hub.log() == ""


def exactly(value, required, optional=()):
    assert required <= value.keys() <= required | set(optional), value.keys()
    return value


def number_text(value):
    assert isinstance(value, str) and value.isdigit(), value
    return int(value)


def attributes(values):
    read = {}
    for one in values:
        exactly(one, {"key", "value"})
        read[one["key"]] = exactly(one["value"], {"stringValue"})["stringValue"]
    return read


def metrics_of(body):
    """{name: [(attributes, point)]}, after everything was held against opentelemetry/proto/metrics/v1/metrics.proto."""
    resource, = exactly(body, {"resourceMetrics"})["resourceMetrics"]
    exactly(resource, {"resource", "scopeMetrics"})
    named = attributes(exactly(resource["resource"], {"attributes"})["attributes"])
    assert named["service.name"] == "ocf-cloud" and named["service.instance.id"]
    scope, = resource["scopeMetrics"]
    exactly(scope, {"scope", "metrics"})
    found = {}
    for metric in scope["metrics"]:
        kind, = metric.keys() & {"sum", "gauge", "histogram"}
        exactly(metric, {"name", "description", "unit", kind})
        data = exactly(metric[kind], {"dataPoints"} | {"sum": {"aggregationTemporality", "isMonotonic"}, "gauge": set(),
                                                       "histogram": {"aggregationTemporality"}}[kind])
        assert kind == "gauge" or data["aggregationTemporality"] == 2
        for point in data["dataPoints"]:
            own = {"count", "sum", "bucketCounts", "explicitBounds"} if kind == "histogram" else {"asDouble"}
            exactly(point, {"attributes", "startTimeUnixNano", "timeUnixNano"} | own)
            assert number_text(point["timeUnixNano"]) >= number_text(point["startTimeUnixNano"]) > 1.5e18
            if kind == "histogram":
                assert sum(map(number_text, point["bucketCounts"])) == number_text(point["count"])
                assert len(point["bucketCounts"]) == len(point["explicitBounds"]) + 1
                assert point["explicitBounds"] == sorted(point["explicitBounds"])
            found.setdefault(metric["name"], []).append((attributes(point["attributes"]), point))
    return found


# Q3
def test_metrics_are_sent_to_a_collector(started, collector):
    hub = started(config={"telemetry": {"otlp_endpoint": collector.endpoint, "otlp_interval": "1s"}})
    poll(lambda: len(collector.bodies["/v1/metrics"]) >= 2, "two exports arrived", 60)
    sent = metrics_of(collector.bodies["/v1/metrics"][-1])
    (_, point), = sent["ocf_loop_delay_seconds"]
    assert number_text(point["count"]) > 0
    assert {labels["limit"] for labels, _ in sent["ocf_limit_hits_total"]} == metrics(hub).labels("ocf_limit_hits_total", "limit")
    poll(lambda: metrics(hub).value("ocf_otlp_exports_total", result="sent") >= 2, "they are counted", 60)
    collector.status = 503
    poll(lambda: metrics(hub).value("ocf_otlp_exports_total", result="refused") >= 1, "a refusal is counted", 60)
    told, = hub.logged("/v1/metrics fail, and are tried again: HTTP 503")
    assert "warning" in told and collector.endpoint in told
    poll(lambda: metrics(hub).value("ocf_otlp_exports_total", result="refused") >= 2, "another one", 60)
    collector.status = 200
    hub.logged("/v1/metrics are taken again")
    assert len(hub.logged("/v1/metrics fail")) == 1, "once"


# Q3
def test_a_collector_that_is_away_is_told_once(started):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    hub = started(config={"telemetry": {"otlp_endpoint": f"http://127.0.0.1:{port}", "otlp_interval": "1s"}})
    poll(lambda: metrics(hub).value("ocf_otlp_exports_total", result="failed") >= 2, "two have failed", 60)
    assert len(hub.logged(f"http://127.0.0.1:{port}/v1/metrics fail, and are tried again: Connection refused")) == 1


# Q3: a collector that is away or silent costs nothing but its metrics
def test_a_collector_that_does_not_answer_disturbs_nobody(started):
    silent = socket.create_server(("127.0.0.1", 0))
    hub = started(config={"telemetry": {"otlp_endpoint": "http://127.0.0.1:%d" % silent.getsockname()[1], "otlp_interval": "1s"}})
    poll(lambda: metrics(hub).value("ocf_otlp_exports_total", result="dropped") >= 1, "an export is dropped", 60)
    poll(lambda: metrics(hub).value("ocf_otlp_exports_total", result="failed") >= 1, "one has failed", 60)
    silent.close()


def test_a_hub_that_stops_does_not_wait_for_its_collector(started):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PATIENCE)
        hub = started(config={"telemetry": {"otlp_endpoint": "http://127.0.0.1:%d" % silent.getsockname()[1], "otlp_interval": "1s"}})
        export, _ = silent.accept()
        with export:
            begun = time.monotonic()
            hub.stop()
            assert time.monotonic() - begun < 4  # an export may take five


@pytest.mark.parametrize("endpoint", ["collector:4318", "https://127.0.0.1:4318", "http://127.0.0.1", "http://name:4318"])
def test_an_endpoint_that_cannot_be(tmp_path, endpoint):
    file = tmp_path / "c.yaml"
    file.write_text(f"telemetry:\n  otlp_endpoint: '{endpoint}'\n")
    done = run_cli("config", "check", file)
    assert done.returncode == USAGE and "telemetry.otlp_endpoint" in done.stdout + done.stderr
    file.write_text("telemetry:\n  otlp_endpoint: http://127.0.0.1:4318\n")
    assert run_cli("config", "check", file).returncode == OK
