"""What operators see: /metrics, /livez, /readyz."""

import os
import pathlib
import re
import shutil
import subprocess
import time

import pytest

from admin import call, metrics
from api import Api
from coap_tcp import BAD_REQUEST, GET, UNAUTHORIZED, Connection, Message, path_options, poll
from hub import BINARY, run_cli

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "operations" / "observability.md"


def rises(hub, before, name, by=1, **labels):
    """Waits until this metric has risen by so much."""
    wanted = before.sum(name, **labels) + by
    poll(lambda: metrics(hub).sum(name, **labels) >= wanted, f"{name}{labels} is {wanted}")


def busy(hub, device, api):
    """Something of each kind happens: a device comes, says something, is commanded; somebody is refused."""
    d = device().online()
    poll(lambda: api.device(d.di).json["inSync"], "the device is in sync")
    assert api.update(d.di, "/light/1", {"power": 5}).ok
    d.change("/light/1", power=7)
    poll(lambda: api.resource(d.di, "/light/1").json["power"] == 7, "the shadow knows")
    stranger = device().connect()
    assert stranger.sign_in(uid="nobody", access_token="invented").code == UNAUTHORIZED
    return d


# Q3
@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is in Debian's package prometheus")
def test_prometheus_finds_nothing_to_complain_about(hub, device, api):
    busy(hub, device, api)
    checked = subprocess.run(["promtool", "check", "metrics"], input=metrics(hub).text, capture_output=True, text=True, timeout=60)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


# Q3
def test_what_happens_is_counted(hub, device, api):
    before = metrics(hub)
    d = busy(hub, device, api)
    rises(hub, before, "ocf_connections_accepted_total", 2, transport="tcp")
    rises(hub, before, "ocf_coap_requests_total", endpoint="sign_up", code="2.04")
    rises(hub, before, "ocf_coap_requests_total", endpoint="sign_in_or_out", code="2.04")
    rises(hub, before, "ocf_coap_requests_total", endpoint="sign_in_or_out", code="4.01")
    rises(hub, before, "ocf_coap_requests_total", endpoint="publish", code="2.04")
    rises(hub, before, "ocf_refusals_total", stage="sign_in", cause="bad_token")
    rises(hub, before, "ocf_coap_messages_received_total", 3, **{"class": "request"})
    rises(hub, before, "ocf_coap_messages_received_total", 1, **{"class": "success"})
    rises(hub, before, "ocf_coap_messages_sent_total", 3, **{"class": "success"})
    rises(hub, before, "ocf_coap_messages_sent_total", 1, **{"class": "client_error"})
    rises(hub, before, "ocf_coap_messages_sent_total", 2, **{"class": "signaling"})  # a CSM for each
    rises(hub, before, "ocf_coap_received_bytes_total", 100)
    rises(hub, before, "ocf_coap_sent_bytes_total", 100)
    rises(hub, before, "ocf_commands_total", operation="update", outcome="done")
    rises(hub, before, "ocf_command_duration_seconds_count", operation="update")
    rises(hub, before, "ocf_notifications_total", outcome="stored")
    rises(hub, before, "ocf_authorization_checks_total", outcome="allowed")
    rises(hub, before, "ocf_authorization_checks_total", outcome="refused")
    rises(hub, before, "ocf_store_appends_total", 4, outcome="stored")
    rises(hub, before, "ocf_store_events_total", 4)
    rises(hub, before, "ocf_store_sync_duration_seconds_count")
    rises(hub, before, "ocf_store_append_duration_seconds_count", 4)
    rises(hub, before, "ocf_http_requests_total", route="PUT /api/v1/devices/{di}/resources/{href...}", status="204")
    rises(hub, before, "ocf_http_request_duration_seconds_count")
    rises(hub, before, "ocf_shadow_answers_total")
    rises(hub, before, "ocf_loop_delay_seconds_count")
    now = metrics(hub)
    assert now.value("ocf_read_model_position") == now.value("ocf_store_position") > before.value("ocf_store_position")
    assert now.value("ocf_read_model_lag_events") == 0
    assert now.value("ocf_connections", state="signed_in") >= 1
    assert now.value("ocf_devices_online") >= 1 and now.value("ocf_devices") >= 1
    assert now.value("process_resident_memory_bytes") > 1 << 20
    assert now.value("process_open_fds") > 5
    assert now.value("process_start_time_seconds") > 1.5e9
    assert d.connection is not None


# The service has no /proc/stat (ProcSubset=pid).
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount another /proc")
def test_the_unit_knows_when_it_was_started(started, tmp_path, monkeypatch):
    confined = tmp_path / "ocf-cloud"
    confined.write_text(f'''#!/bin/sh
exec unshare --mount sh -c 'mount -t proc -o subset=pid proc /proc && exec "$0" "$@"' {BINARY} "$@"
''')
    confined.chmod(0o755)
    monkeypatch.setattr("hub.BINARY", str(confined))
    before = time.time()
    assert before - 1 <= metrics(started()).value("process_start_time_seconds") <= time.time()


# Q3
def test_a_handshake_and_one_that_fails_are_counted(hub, device):
    before = metrics(hub)
    device(tls=True).online()
    Connection.tcp(hub.address("coap-tls"), "stranger").send_bytes(b"no hello at all" * 10)
    rises(hub, before, "ocf_tls_handshakes_total", result="TLSv1.3")
    rises(hub, before, "ocf_tls_handshake_duration_seconds_count")
    rises(hub, before, "ocf_tls_handshakes_total", result="failed")
    rises(hub, before, "ocf_refusals_total", stage="tls", cause="not_tls")


# Q3: no device, owner, href, address or token is in it
def test_no_identity_is_told(hub, device, api, owner):
    d = busy(hub, device, api)
    text = metrics(hub).text + call(hub, "/readyz?verbose")[2] + call(hub, "/livez?verbose")[2]
    port = d.connection.sock.getsockname()[1]
    for canary in (d.di, owner, "/light", "light/1", f":{port}", d.access_token, d.refresh_token, hub.admin_token, api.token):
        assert canary not in text, canary
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", text)


# Q3: what peers choose is no label
def test_what_peers_invent_makes_no_series(hub, device, api):
    c = device().online().connection
    api.get("/api/v1/nothing/of/the/kind")
    c.get("/nothing/of/the/kind")
    before = len(metrics(hub).values)
    for n in range(20):
        api.get(f"/api/v1/nothing/{n}")
        api.call("BREW", f"/coffee/{n}")
        c.get(f"/nothing/{n}")
    assert len(metrics(hub).values) <= before + 4


# Q3: every limit has a row, and is counted where it is hit
def test_a_limit_that_is_hit_is_counted(started, owner):
    hub = started(limits={"connections_max": 1, "observations_per_connection_max": 5, "http_header_bytes_max": "1KiB"})
    printed = hub_limits(hub)
    assert metrics(hub).labels("ocf_limit_hits_total", "limit") == printed
    assert metrics(hub).sum("ocf_limit_hits_total") == 0
    first = hub.connect()
    poll(lambda: metrics(hub).sum("ocf_connections") == 1, "the first connection")
    hub.connect("too many")
    poll(lambda: metrics(hub).value("ocf_limit_hits_total", limit="connections_max") == 1, "connections_max is hit")
    assert metrics(hub).value("ocf_refusals_total", stage="tcp", cause="too_many_connections") == 1
    first.send(Message(GET, options=path_options("/oic/res") + [(65000, b"x")] * 80))  # options_per_message_max is 64
    poll(lambda: metrics(hub).value("ocf_limit_hits_total", limit="options_per_message_max") == 1, "options_per_message_max is hit")
    assert Api(hub, "x" * 2000).get("/api/v1/devices").status == 431
    poll(lambda: metrics(hub).value("ocf_limit_hits_total", limit="http_header_bytes_max") == 1, "http_header_bytes_max is hit")


# Q3: limits of contents too
def test_content_that_is_too_deep_is_counted(hub, device):
    d = device().online()
    deep = []
    for _ in range(40):
        deep = [deep]
    before = metrics(hub)
    assert d.connection.post(d.route("/light/1"), deep).code == BAD_REQUEST
    rises(hub, before, "ocf_limit_hits_total", limit="cbor_depth_max")


def hub_limits(hub):
    text = run_cli("config", "print").stdout
    return set(re.findall(r"^  (\w+):", text[text.index("\nlimits:"):], re.MULTILINE))


# Q3
def test_the_document_has_a_row_for_each_metric(hub, device, api):
    busy(hub, device, api)
    seen = metrics(hub)
    rows = {}
    for line in DOCUMENT.read_text().splitlines():
        row = re.match(r"^\| `(\w+)` \| (counter|gauge|histogram) \|([^|]*)\|", line)
        if row:
            rows[row[1]] = (row[2], set(re.findall(r"`(\w+)`", row[3])))
    assert rows.keys() == seen.types.keys()
    for name, (kind, labels) in rows.items():
        assert kind == seen.types[name], name
        assert seen.label_names(name) <= labels, name


# Q3
def test_a_hub_that_works_is_live_and_ready(hub):
    assert call(hub, "/livez")[::2] == (200, "ok\n")
    assert call(hub, "/readyz")[::2] == (200, "ok\n")
    status, kind, text = call(hub, "/readyz?verbose")
    assert (status, kind) == (200, "text/plain; charset=utf-8")
    names = [line[4:] for line in text.splitlines()[:-1]]
    assert names == ["started", "store", "read_models", "loop", "memory", "disk", "certificate", "connections"]
    assert all(line.startswith("[+] ") for line in text.splitlines()[:-1])
    assert call(hub, "/livez?verbose")[2].startswith("[+] store\n")


# Q3
def test_what_is_not_there_and_other_methods(hub):
    assert call(hub, "/")[0] == 404
    assert call(hub, "/api/v1/devices")[0] == 404
    assert call(hub, "/metrics", "POST")[0] == 405


# Q3
def test_a_hub_with_a_full_disk_is_live_and_not_ready(started):
    hub = started(limits={"disk_free_bytes_min": "1024GiB"})
    status, _, text = call(hub, "/readyz")
    assert status == 503 and text.startswith("[-] disk: ") and "limits.disk_free_bytes_min" in text
    assert call(hub, "/livez")[0] == 200
    assert hub.token()  # it goes on


# Q3
def test_a_hub_that_is_drained_is_not_ready(started):
    hub = started()
    hub.cli_ok("drain")
    status, _, text = call(hub, "/readyz?verbose")
    assert status == 503 and "[-] connections: " in text and "[+] store" in text
    assert call(hub, "/livez")[0] == 200


def test_the_listener_can_be_switched_off(started):
    hub = started(admin=False)
    assert "admin" not in hub.output[-1]
