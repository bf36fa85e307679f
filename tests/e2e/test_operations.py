"""A hub is operated: configuration read anew, drained before a stop, under a service manager."""

import contextlib
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import threading

import pytest

from api import Api
from coap_tcp import CHANGED, PATIENCE, POST, RELEASE, Message, poll
from device import silence
from hub import BINARY, REFUSED

SYSTEMD = pathlib.Path(__file__).resolve().parents[2] / "packaging" / "systemd"


@pytest.fixture
def own(started):
    return started(limits={"ping_interval": "50s"})


# -- Reload


def reload(hub):
    return json.loads(hub.cli_ok("reload", "--json"))


def test_nothing_changed_is_said(own):
    assert reload(own)["changes"] == []
    said = own.cli_ok("reload")
    assert "The configuration is the one that the hub runs with." in said
    assert "The certificates, CAs and lists are those that the hub runs with." in said


def test_a_limit_is_in_force_at_once_and_the_difference_is_shown(own):
    api = Api(own, own.token())
    own.configure(limits={"ping_interval": "50s", "http_body_bytes_max": "1KiB"}, config={"authorization": {"provider": "other"}})
    assert reload(own)["changes"] == [
        {"key": "authorization.provider", "from": "ocf-cloud", "to": "other", "needs_restart": True},
        {"key": "limits.http_body_bytes_max", "from": "256KiB", "to": "1KiB", "needs_restart": False},
    ]
    assert api.call("PUT", api.resource_path("0" * 8 + "-0000-4000-8000-000000000001", "/light/1"), {"text": "x" * 2000}).status == 413
    assert own.onboard().provider == "ocf-cloud"
    own.restart()
    assert own.onboard().provider == "other"


def test_a_mistake_in_the_file_changes_nothing(own):
    api = Api(own, own.token())
    own.configure(limits={"http_body_bytes_max": "1KiB", "ping_intervall": "50s"})
    done = own.cli("reload")
    assert done.returncode == 1
    assert "everything stays as it was" in done.stderr and "did you mean 'ping_interval'?" in done.stderr
    assert "did you mean 'ping_interval'?" in own.logged("everything stays as it was")[0]
    assert api.call("PUT", api.resource_path("0" * 8 + "-0000-4000-8000-000000000001", "/light/1"), {"text": "x" * 2000}).status == 404


def test_a_hangup_is_a_reload(own):
    own.configure(limits={"ping_interval": "40s"})
    own.process.send_signal(signal.SIGHUP)
    poll(lambda: "limits.ping_interval: 50s -> 40s" in own.log(), "the difference in the log")
    own.configure(limits={"ping_interval": "soon"})
    own.process.send_signal(signal.SIGHUP)
    poll(lambda: "'soon' is not a duration" in own.log(), "the mistake in the log")


# -- Drain


# G4: devices are sent away a few at a time, and told when to come back; none is cut off in the middle of a command
def test_a_drain_sends_everybody_away_and_lets_nobody_in(own, device, owner):
    devices = [device(on=own).online() for _ in range(5)]
    draining = threading.Thread(target=own.cli_ok, args=("drain", "--rate", "50"), daemon=True)
    draining.start()
    for d in devices:
        d.connection.wait_signal(RELEASE)
        d.connection.wait_closed()
    draining.join(PATIENCE)
    assert not draining.is_alive()
    with pytest.raises(OSError):
        own.connect()
    api = Api(own, own.token(owner))
    poll(lambda: not any(entry["online"] for entry in api.devices().values()), "all devices offline")


def test_a_drain_waits_for_answers(own, device, owner):
    idle = device(on=own, resources=[]).online()
    busy = device(on=own).online()
    busy.wait_observed("/light/1")
    busy.answers[(POST, "/light/1")] = silence
    api = Api(own, own.token(owner))
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(api.update(busy.di, "/light/1", {"power": 5})), daemon=True)
    waiting.start()
    request = busy.wait_asked(POST, "/light/1")
    draining = threading.Thread(target=own.cli, args=("drain", "--rate", "50"), daemon=True)
    draining.start()
    idle.connection.wait_signal(RELEASE)
    busy.connection.assert_open()
    busy.connection.send(Message(CHANGED, request.token))
    busy.connection.wait_signal(RELEASE)
    waiting.join(PATIENCE)
    assert answers and answers[0].ok
    draining.join(PATIENCE)


def test_a_rate_of_nothing_is_a_mistake(own):
    assert own.cli("drain", "--rate", "0").returncode == 2
    assert own.cli("drain", "--rate", "many").returncode == 2


def test_a_drain_asks_again_where_it_gets_no_answer(tmp_path):
    with socket.socket(socket.AF_UNIX) as hub:
        hub.bind(str(tmp_path / "ocf-cloud.sock"))
        hub.listen()
        hub.settimeout(PATIENCE)
        draining = subprocess.Popen([BINARY, "drain", "--data", str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for answer in (b"", b'{"connections": 3}\n', b"", b'{"connections": 0}\n'):
            asking, _ = hub.accept()
            with asking:
                asking.recv(4096)
                asking.sendall(answer)
        output, errors = draining.communicate(timeout=PATIENCE)
    assert draining.returncode == 0 and "3 connections are open.\nNo connection is open" in output
    assert errors.count("It is asked again.") == 2


# -- Many who ask at once


def test_who_connects_and_says_nothing_keeps_nobody_from_asking(own, device):
    for _ in range(3):
        device(on=own).online()
    with contextlib.ExitStack() as open_sockets:
        for _ in range(9):
            idle = open_sockets.enter_context(socket.socket(socket.AF_UNIX))
            idle.connect(str(own.data / "ocf-cloud.sock"))
        assert "No connection is open" in own.cli_ok("drain", "--rate", "1")


# -- Descriptors


def cpu_seconds(hub):
    fields = pathlib.Path(f"/proc/{hub.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_without_descriptors_the_hub_waits_until_it_can_answer_commands_again(own):
    if "libubsan" in pathlib.Path(f"/proc/{own.process.pid}/maps").read_text():
        pytest.skip("to look at an object the sanitizer opens a pipe, and takes it for damaged if it cannot")
    usual = resource.prlimit(own.process.pid, resource.RLIMIT_NOFILE)
    in_use = {int(name) for name in os.listdir(f"/proc/{own.process.pid}/fd")}
    first_free = min(set(range(len(in_use) + 1)) - in_use)
    resource.prlimit(own.process.pid, resource.RLIMIT_NOFILE, (first_free, usual[1]))
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(1)
        asking.connect(str(own.data / "ocf-cloud.sock"))
        asking.sendall(b'{"verb": "status"}\n')
        before = cpu_seconds(own)
        with pytest.raises(TimeoutError):
            asking.recv(1)
        assert cpu_seconds(own) - before < 0.5, "it waits"
        resource.prlimit(own.process.pid, resource.RLIMIT_NOFILE, usual)
        asking.settimeout(PATIENCE)
        assert asking.recv(1) == b"{"


# -- The service manager


class Manager:
    """What systemd would hear of a hub: sd_notify(3)."""

    def __init__(self, folder):
        self.path = str(folder / "notify.sock")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(PATIENCE)

    def wait(self, state):
        while True:
            lines = self.socket.recv(4096).decode().split("\n")
            if state in lines:
                return lines


@pytest.fixture
def manager(tmp_path, monkeypatch):
    made = Manager(tmp_path)
    monkeypatch.setenv("NOTIFY_SOCKET", made.path)
    monkeypatch.setenv("WATCHDOG_USEC", "1000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    yield made
    made.socket.close()


def test_the_service_manager_is_told_how_the_hub_is(started, manager):
    hub = started()
    assert hub.admin_token is None and "eyJ" not in "".join(hub.output), "the journal keeps what it prints"
    assert any("ocf-cloud token --owner admin" in line for line in hub.output)
    manager.wait("READY=1")
    manager.wait("WATCHDOG=1")
    manager.wait("WATCHDOG=1")
    hub.process.send_signal(signal.SIGHUP)
    assert any(line.startswith("MONOTONIC_USEC=") for line in manager.wait("RELOADING=1"))
    manager.wait("READY=1")
    hub.process.send_signal(signal.SIGTERM)
    manager.wait("STOPPING=1")
    hub.process.wait(PATIENCE)


def systemd_analyze(*arguments):
    try:
        return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=PATIENCE * 4)
    except FileNotFoundError:
        pytest.skip("systemd-analyze is not there")


def test_the_unit_is_well_formed(tmp_path):
    # The program it names is not installed where tests run.
    unit = tmp_path / "ocf-cloud.service"
    unit.write_text((SYSTEMD / "ocf-cloud.service").read_text().replace("/usr/bin/ocf-cloud", "/bin/true"))
    done = systemd_analyze("verify", "--man=no", unit)
    assert done.returncode == 0 and not done.stderr.strip(), done.stderr


def test_a_reload_by_the_unit_fails_where_the_file_is_no_good(own):
    line = re.search(r"^ExecReload=(.+)$", (SYSTEMD / "ocf-cloud.service").read_text(), re.MULTILINE)[1]
    command = line.replace("/usr/bin/ocf-cloud", BINARY).replace("/var/lib/ocf-cloud", str(own.data)).split()
    assert subprocess.run(command, timeout=PATIENCE).returncode == 0
    own.configure(limits={"ping_interval": "soon"})
    assert subprocess.run(command, timeout=PATIENCE).returncode == 1


def test_the_unit_is_confined():
    done = systemd_analyze("security", "--offline=true", str(SYSTEMD / "ocf-cloud.service"))
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout + done.stderr)
    assert level, done.stdout + done.stderr
    assert float(level[1]) < 2.0, done.stdout


# -- The doctor


def findings(hub, *arguments):
    done = hub.cli("doctor", "--json", *arguments)
    return done.returncode, {finding["subject"]: finding for finding in json.loads(done.stdout)["findings"]}


def test_the_doctor_sees_a_hub_that_runs(own):
    code, found = findings(own, "--config", own.config_file, "--public-address", "localhost:5684")
    assert code == 0
    assert found["hub"]["health"] == "good" and "answers" in found["hub"]["sentence"]
    assert "good" in own.cli_ok("doctor", "--public-address", "localhost:5684")


def test_the_doctor_says_what_is_bad_and_what_to_do(own):
    (own.data / "signing-key.pem").chmod(0o644)
    own.config_file.write_text("limits:\n  ping_interval: soon\n")
    code, found = findings(own, "--config", own.config_file)
    assert code == 1 and "line 2: limits.ping_interval" in found["configuration"]["sentence"]
    code, found = findings(own)
    assert code == 1 and "chmod go=" in found["data"]["sentence"]
    (own.data / "signing-key.pem").chmod(0o600)


# A volume that was not mounted, a copy that is not whole: a new hub in its place would know no device.
@pytest.mark.parametrize("lost", ["store", "store/CURRENT", "sid", "signing-key.pem", "pki", "pki/ca.key"])
def test_a_directory_that_was_in_use_and_lost_something_starts_no_hub(started, device, lost, tmp_path):
    hub = started()
    d = device(on=hub).online()
    hub.stop()
    shutil.move(hub.data / lost, tmp_path / "away")
    if lost == "store":
        (hub.data / "store").mkdir()  # where it was mounted
    before = sorted(hub.data.rglob("*"))
    refused = hub.cli("serve", "--coap-tls", "off", "--http", "off", "--admin", "off")
    assert refused.returncode == REFUSED and f"{hub.data} was in use and lacks" in refused.stderr, refused
    assert lost in refused.stderr and "ready" not in refused.stdout
    assert sorted(hub.data.rglob("*")) == before, "nothing was made in its place"
    code, found = findings(hub)
    assert code == 1 and lost in found["data"]["sentence"]
    shutil.rmtree(hub.data / "store", ignore_errors=True) if lost == "store" else None
    shutil.move(tmp_path / "away", hub.data / lost)
    hub.start()
    assert d.di in Api(hub, hub.token(d.owner)).devices()
