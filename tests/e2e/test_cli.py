"""The command line: what it prints, how it ends, and what it says when it cannot."""

import json
import pathlib
import re
import signal
import subprocess
import threading
import uuid

import pytest

from coap_tcp import PATIENCE, Inbox, poll
from hub import BINARY, NO_HUB, NOT_FOUND, OK, REFUSED, USAGE, Hub, run_cli

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def watched(hub, device):
    d = device(owner="admin").online()
    d.wait_observed("/light/1")
    return d


def test_the_first_start_prints_one_admin_token_and_the_ready_line(started):
    hub = started()
    assert [line.split(":")[0].split()[0] for line in hub.output] == ["admin", "ready"]
    assert len(hub.admin_token) > 20
    hub.restart()
    assert [line.split()[0] for line in hub.output] == ["ready"]
    assert hub.admin_token not in hub.log()


def test_only_the_listeners_that_exist_are_in_the_ready_line(started):
    hub = started(tcp=False, http=False, admin=False)
    assert re.fullmatch(r"ready coap-tls=127\.0\.0\.1:\d+", hub.output[-1])


# Loopback only for now
@pytest.mark.parametrize("address", ["0.0.0.0:0", "192.0.2.1:8080"])
def test_http_elsewhere_than_on_loopback_is_refused_with_the_reason(tmp_path, address):
    done = run_cli("serve", "--data", tmp_path / "data", "--http", address, "--coap-tls", "127.0.0.1:0")
    assert done.returncode == USAGE
    assert "loopback" in done.stderr.lower()
    assert done.stdout == ""


@pytest.mark.parametrize("words", [[], ["nonsense"], ["serve", "--nonsense"], ["get"], ["set", "x"], ["token"]])
def test_a_mistake_in_the_command_line_is_usage(words):
    done = run_cli(*words)
    assert done.returncode == USAGE and done.stderr.strip()


@pytest.mark.parametrize("words", [["frobnicate"], ["store", "frobnicate"]])
def test_a_command_that_is_none_is_said_to_be_none(words):
    done = run_cli(*words)
    assert done.returncode == USAGE and "There is no command 'frobnicate'" in done.stderr


def test_the_version_is_printed():
    done = run_cli("--version")
    assert done.returncode == OK and re.fullmatch(r"ocf-cloud \d+\.\d+\.\d+\n", done.stdout)


@pytest.mark.parametrize("words", [["pki", "device", str(uuid.uuid4())], ["token", "--owner", "alice"], ["onboard", "--owner", "alice"],
                                   ["devices"], ["pki", "list"], ["audit", "--administration"]], ids=" ".join)
def test_a_result_that_cannot_be_printed_is_not_done(hub, words):
    with open("/dev/full", "w") as full:
        done = subprocess.run([BINARY, *words, "--data", hub.data], stdout=full, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
    assert done.returncode == REFUSED and "Standard output takes no more" in done.stderr


@pytest.mark.parametrize("words", [["watch"], ["top"]], ids=" ".join)
def test_a_command_that_goes_on_ends_when_nothing_can_be_printed(hub, watched, words):
    with open("/dev/full", "w") as full:
        going = subprocess.Popen([BINARY, *words, "--data", hub.data], stdout=full, stderr=subprocess.PIPE, text=True)
    try:
        poll(lambda: watched.change("/light/1", power=uuid.uuid4().int % 100) or going.poll() is not None, "its end", timeout=PATIENCE)
        assert going.returncode == REFUSED and "Standard output takes no more" in going.stderr.read()
    finally:
        going.kill()
        going.communicate()


def test_help_is_there():
    done = run_cli("--help")
    assert done.returncode == OK
    for command in "serve demo token onboard devices resources get set watch history why pki config".split():
        assert re.search(rf"\b{command}\b", done.stdout), command


@pytest.mark.parametrize("words", [["token", "--owner", "a"], ["onboard", "--owner", "a"], ["devices"],
                                   ["get", str(uuid.uuid4()), "/x"], ["pki", "device", str(uuid.uuid4())]], ids=lambda words: words[0])
def test_without_a_running_hub_it_says_so(tmp_path, words):
    done = run_cli(*words, "--data", tmp_path)
    assert done.returncode == NO_HUB
    assert "no hub" in done.stderr.lower() or "not running" in done.stderr.lower() or "runs" in done.stderr.lower(), done.stderr


# A1
def test_onboard_prints_what_a_mediator_needs(hub):
    value = json.loads(hub.cli_ok("onboard", "--owner", "alice", "--json"))
    assert set(value) >= {"code", "authprovider", "cis", "sid", "ca"}
    assert len(value["code"]) >= 22, "128 bits at least"
    uuid.UUID(value["sid"])
    assert value["cis"] == "coaps+tcp://{}:{}".format(*hub.address("coap-tls"))
    assert value["ca"].startswith("-----BEGIN CERTIFICATE-----")
    text = hub.cli_ok("onboard", "--owner", "alice")
    assert value["sid"] in text


def test_pki_device_prints_a_certificate_and_its_key(hub):
    text = hub.cli_ok("pki", "device", str(uuid.uuid4()))
    assert text.index("BEGIN CERTIFICATE") < text.index("PRIVATE KEY")
    assert hub.cli("pki", "device", "not-a-uuid").returncode in (REFUSED, USAGE)
    crt, key = hub.certificate(str(uuid.uuid4()))
    assert key.stat().st_mode & 0o077 == 0
    assert "PRIVATE KEY" not in crt.read_text()


def test_pki_trust_refuses_what_is_no_certificate(hub, tmp_path):
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")
    for file in (nonsense, tmp_path / "missing.pem"):
        done = hub.cli("pki", "trust", file)
        assert done.returncode in (REFUSED, USAGE) and done.stderr.strip()


# R5
def test_devices_resources_and_get_print_what_is_there(hub, watched):
    assert watched.di in hub.cli_ok("devices")
    assert "/light/1" in hub.cli_ok("resources", watched.di)
    assert "Light" in hub.cli_ok("get", watched.di, "/light/1")
    assert watched.di in json.dumps(json.loads(hub.cli_ok("devices", "--json")))
    assert "/light/1" in json.dumps(json.loads(hub.cli_ok("resources", watched.di, "--json")))
    assert json.loads(hub.cli_ok("get", watched.di, "/light/1", "--json"))


# R5, R7
def test_set_changes_the_device(hub, watched):
    hub.cli_ok("set", watched.di, "/light/1", '{"power": 23}')
    assert watched.resources["/light/1"].value["power"] == 23
    poll(lambda: "23" in hub.cli_ok("get", watched.di, "/light/1"), "the changed value")


# R7
def test_set_tells_the_devices_refusal(hub, watched):
    done = hub.cli("set", watched.di, "/light/1", '{"state": 5}')
    assert done.returncode == REFUSED and done.stdout + done.stderr
    assert hub.cli("set", watched.di, "/light/1", "{nonsense").returncode in (REFUSED, USAGE)
    assert watched.resources["/light/1"].value["state"] is False


# R15
def test_history_prints_the_events(hub, watched):
    hub.cli_ok("set", watched.di, "/light/1", '{"power": 31}')
    text = poll(lambda: "ResourceUpdated" in (t := hub.cli_ok("history", watched.di, "/light/1")) and t, "the history")
    assert "ResourceUpdatePending" in text and "31" in text
    assert "ResourceUpdated" in json.dumps([json.loads(line) for line in hub.cli_ok(
        "history", watched.di, "/light/1", "--json").splitlines() if line.strip().startswith("{") and line.strip().endswith("}")]
        or json.loads(hub.cli_ok("history", watched.di, "/light/1", "--json")))


@pytest.mark.parametrize("words", [["get", "{nobody}", "/light/1"], ["get", "{di}", "/nothing"],
                                   ["set", "{nobody}", "/light/1", "{{}}"], ["resources", "{nobody}"], ["history", "{nobody}", "/light/1"]], ids=lambda words: words[0])
def test_what_is_not_there_is_not_found(hub, watched, words):
    words = [word.format(di=watched.di, nobody=uuid.uuid4()) for word in words]
    done = hub.cli(*words)
    assert done.returncode == NOT_FOUND, done
    assert done.stderr.strip()


# R5 (notify), R12
def test_watch_prints_changes_as_they_come(hub, watched):
    process = subprocess.Popen([BINARY, "watch", watched.di, "/light/1", "--data", hub.data], stdout=subprocess.PIPE, text=True)
    lines = Inbox("line of watch")
    threading.Thread(target=lambda: [lines.put(line) for line in process.stdout], daemon=True).start()
    try:
        seen = []

        def shown():
            watched.change("/light/1", power=watched.resources["/light/1"].value["power"] + 1000)
            while not lines.empty():
                seen.append(lines.get())
            return any("000" in line for line in seen)

        poll(shown, "a change is printed", 2 * PATIENCE)
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
    finally:
        process.kill()
        process.wait()


def test_sigterm_stops_cleanly(started):
    hub = started()
    hub.process.send_signal(signal.SIGTERM)
    assert hub.process.wait(2 * PATIENCE) == 0
    assert not (hub.data / "ocf-cloud.sock").exists() or hub.cli("devices").returncode == NO_HUB
    hub.start()


# -- Configuration


def test_the_documented_file_is_what_config_print_prints():
    assert run_cli("config", "print").stdout == (ROOT / "config" / "ocf-cloud.yaml").read_text()
    assert run_cli("config", "check", ROOT / "config" / "ocf-cloud.yaml").returncode == OK


def test_all_mistakes_of_a_configuration_are_reported_at_once_by_line(tmp_path):
    file = tmp_path / "wrong.yaml"
    file.write_text("limits:\n  ping_interval: soon\n  nonsense: 1\nunknown: 2\n")
    for words in (["config", "check", file], ["serve", "--config", file, "--data", tmp_path / "data"]):
        done = run_cli(*words)
        assert done.returncode == USAGE
        for part in ("line 2", "ping_interval", "line 3", "nonsense", "line 4", "unknown"):
            assert part in done.stderr, done.stderr


def test_a_configuration_that_is_missing_or_no_yaml_is_refused(tmp_path):
    file = tmp_path / "broken.yaml"
    file.write_text("limits: [")
    assert run_cli("config", "check", file).returncode == USAGE
    assert run_cli("serve", "--config", tmp_path / "missing.yaml", "--data", tmp_path).returncode == USAGE


# The embedded store: a newer schema is refused with a clear sentence
def test_a_hub_that_cannot_start_says_why(tmp_path):
    (tmp_path / "data").write_text("a file, not a folder")
    done = run_cli("serve", "--data", tmp_path / "data", "--coap-tls", "127.0.0.1:0", "--http", "127.0.0.1:0",
                   "--admin", "off")
    assert done.returncode == REFUSED
    assert len(done.stderr.strip().splitlines()) >= 1 and "data" in done.stderr


def test_a_port_that_is_taken_is_named():
    with Hub() as hub:
        port = hub.address("coap-tcp")[1]
        done = run_cli("serve", "--data", hub.folder / "other", "--coap-tcp", f"127.0.0.1:{port}",
                       "--coap-tls", "off", "--http", "off", "--admin", "off")
        assert done.returncode == REFUSED and str(port) in done.stderr


# demo: hub, device and hints in the foreground
def test_demo_runs_a_device_and_says_what_to_type(tmp_path):
    process = subprocess.Popen([BINARY, "demo", "--data", tmp_path / "demo"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               text=True)
    lines = Inbox("line of demo")
    threading.Thread(target=lambda: [lines.put(line) for line in process.stdout], daemon=True).start()
    try:
        lines.get_matching(lambda line: "ocf-cloud" in line, 2 * PATIENCE)
        poll(lambda: (d := run_cli("devices", "--json", "--data", tmp_path / "demo")).returncode == OK and "true" in d.stdout,
             "the simulated device is online", 2 * PATIENCE)
        process.send_signal(signal.SIGINT)
        assert process.wait(2 * PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
