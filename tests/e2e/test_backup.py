"""Backup of a hub that runs, under load, and restore into another data directory; a damaged backup is refused by name."""

import json
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import tempfile

import pytest

from api import Api
from coap_tcp import CHANGED, poll
from hub import BINARY, NO_HUB, OK, REFUSED, Hub, run_cli
from ledger import Judge, Ledger
from load import LIMITS, Load, expect


@pytest.fixture
def folder():
    path = pathlib.Path(tempfile.mkdtemp(prefix="ocf-backup-e2e-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


def digests(folder):
    return {file["path"]: file["sha256"] for file in json.loads((folder / "manifest.json").read_text())["files"]}


def restored(backup, folder):
    """A hub in a data directory that was made of the backup."""
    done = run_cli("restore", "--from", backup, "--data", folder / "data")
    assert done.returncode == OK and "Restored" in done.stdout, done
    return Hub(folder=folder, limits=LIMITS)


@pytest.fixture
def backed_up(started, device, owner, folder):
    """(backup, its device)"""
    hub = started()
    d = device(on=hub).online()
    d.wait_observed("/light/1")
    hub.cli_ok("backup", "--to", folder / "backup")
    return folder / "backup", d


# R9: with the tokens that they have
def test_everything_acknowledged_before_the_backup_began_is_in_the_restored_hub(folder):
    ledger = Ledger()
    hub = Hub(limits=LIMITS)
    load = Load(hub, ledger)
    try:
        load.begin()
        poll(lambda: len(ledger) >= 100, "so much is acknowledged", timeout=120)
        acknowledged = ledger.acknowledged()
        told = json.loads(hub.cli_ok("backup", "--to", folder / "backup", "--json"))
        assert told["events"] >= 100 and told["files"] == len(digests(folder / "backup"))
        during = len(ledger)
        poll(lambda: len(ledger) > during, "the hub goes on")
        asked = ledger.asked()
    finally:
        load.dying()
        hub.kill()
    load.end()
    assert not list(hub.data.glob("checkpoint-*"))
    with restored(folder / "backup", folder) as again:
        assert Judge().findings(Api(again, again.token()), asked, acknowledged) == []
        for d in (load.teller, load.switched):
            d.hub = again
            expect(d.connect().sign_in(), CHANGED)
            d.close()
    shutil.rmtree(hub.folder, ignore_errors=True)


# R12: of what happened after the backup the restored hub knows nothing
def test_who_follows_events_is_told_to_resync_by_the_restored_hub(backed_up, folder):
    backup, d = backed_up
    api = Api(d.hub, d.hub.token(d.owner))
    with api.events() as events:
        for n in range(1, 10):
            d.change("/light/1", power=n)
        place, _, _ = events.next(lambda _id, _name, data: (data["data"].get("content") or {}).get("power") == 9)
    with restored(backup, folder) as again:
        api = Api(again, again.token(d.owner))
        with api.events(last_id=place) as events:
            id, name, data = events.told()
            assert (id, name, data["type"]) == (None, "resync", "resync")
            assert events.told()[1:] == (None, None) and events.last_id != place
            assert list(api.devices()) == [d.di]
            assert api.remove(d.di).ok
            assert events.next()[2]["device"] == d.di


def test_only_its_owner_may_read_a_backup(backed_up):
    backup, _ = backed_up
    for path in (backup, *backup.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_backup_goes_into_a_new_folder_and_needs_a_hub(started, folder):
    hub = started()
    (folder / "used").mkdir()
    (folder / "used" / "file").write_text("")
    done = hub.cli("backup", "--to", folder / "used")
    assert done.returncode == REFUSED and "not empty" in done.stderr
    assert run_cli("backup", "--data", folder / "nothing", "--to", folder / "b").returncode == NO_HUB


# A checkpoint holds files that the store has long given up.
def test_what_an_interrupted_backup_left_goes_with_the_next_one(started, device, folder):
    hub = started()
    device(on=hub).online().wait_observed("/light/1")
    for attempt in range(3):
        making = subprocess.Popen([BINARY, "backup", "--data", hub.data, "--to", folder / str(attempt)], stdout=subprocess.DEVNULL)
        while making.poll() is None and not (folder / str(attempt)).exists():
            pass
        second = hub.cli("backup", "--to", folder / "second") if attempt == 0 and not making.send_signal(signal.SIGSTOP) else None
        making.kill()
        assert making.wait() != OK, "it was killed in the middle"
        assert len(list(hub.data.glob("checkpoint-*"))) == 1
        assert second is None or (second.returncode == REFUSED and "Another backup" in second.stderr)
    hub.cli_ok("backup", "--to", folder / "whole")
    assert not list(hub.data.glob("checkpoint-*"))


def test_a_restore_goes_into_a_new_directory(backed_up, folder):
    backup, _ = backed_up
    (folder / "data").mkdir()
    (folder / "data" / "sid").write_text("mine")
    done = run_cli("restore", "--from", backup, "--data", folder / "data")
    assert done.returncode == REFUSED and "not empty: what is restored goes into a new directory" in done.stderr
    assert (folder / "data" / "sid").read_text() == "mine"


def test_a_restore_touches_nothing_of_a_hub_that_runs(backed_up, started, folder):
    backup, _ = backed_up
    other = started()
    (other.data / "restoring").touch()  # as if one had been killed there, and the hub had started all the same
    before = sorted(other.data.rglob("*"))
    done = run_cli("restore", "--from", backup, "--data", other.data)
    assert done.returncode == REFUSED and "another hub runs" in done.stderr
    assert sorted(other.data.rglob("*")) == before
    (other.data / "restoring").unlink()


# a flipped bit, in each kind of file
@pytest.mark.parametrize("kind", ["store/*.sst", "store/MANIFEST-*", "pki/hub.key", "signing-key.pem", "sid"])
def test_a_damaged_file_is_refused_by_name(backed_up, folder, kind):
    backup, _ = backed_up
    path = sorted(backup.glob(kind))[0]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    done = run_cli("restore", "--from", backup, "--data", folder / "data")
    assert done.returncode == REFUSED and str(path) in done.stderr, done
    assert not list((folder / "data").glob("*"))


def test_what_is_missing_is_refused_by_name(backed_up, folder):
    backup, _ = backed_up
    path = sorted(backup.glob("store/*.sst"))[0]
    path.unlink()
    done = run_cli("restore", "--from", backup, "--data", folder / "data")
    assert done.returncode == REFUSED and f"{path} is missing" in done.stderr
    (backup / "manifest.json").unlink()
    done = run_cli("restore", "--from", backup, "--data", folder / "data")
    assert done.returncode == REFUSED and "manifest.json" in done.stderr


# Digests hold, and yet the events are others: the replay finds it.
def test_events_that_are_not_those_of_the_manifest_are_refused(backed_up, folder):
    backup, _ = backed_up
    manifest = json.loads((backup / "manifest.json").read_text())
    for key, other in (("events", manifest["events"] + 1), ("readModels", "0" * 64), ("log", "0" * 64)):
        (backup / "manifest.json").write_text(json.dumps({**manifest, key: other}))
        done = run_cli("restore", "--from", backup, "--data", folder / f"data-{key}")
        assert done.returncode == REFUSED and "do not fold" in done.stderr, (key, done)


    refused = serve(folder / "data-log")
    assert refused.returncode == REFUSED and "was not finished" in refused.stderr


def serve(data):
    """The finished hub in a directory where none should start."""
    return run_cli("serve", "--data", data, "--coap-tls", "off", "--http", "off", "--admin", "off")


def test_no_hub_starts_in_a_backup(backed_up, folder):
    backup, _ = backed_up
    before = {path: path.read_bytes() for path in backup.rglob("*") if path.is_file()}
    refused = serve(backup)
    assert refused.returncode == REFUSED and f"{backup} is a backup" in refused.stderr, refused
    assert {path: path.read_bytes() for path in backup.rglob("*") if path.is_file()} == before
    assert run_cli("restore", "--from", backup, "--data", folder / "data").returncode == OK


def test_a_restore_that_was_killed_starts_no_hub_and_can_be_made_again(backed_up, folder):
    backup, d = backed_up
    data = folder / "data"
    restoring = subprocess.Popen([BINARY, "restore", "--from", backup, "--data", data], stdout=subprocess.DEVNULL)
    while restoring.poll() is None and not (data / "store").exists():
        pass
    restoring.kill()
    assert restoring.wait() != OK and (data / "store").exists(), "it was killed in the middle"
    refused = serve(data)
    assert refused.returncode == REFUSED and "was not finished" in refused.stderr, refused
    with restored(backup, folder) as again:
        assert d.di in Api(again, again.token(d.owner)).devices()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can restore for somebody else")
def test_what_root_restores_belongs_to_the_owner_of_the_directory(backed_up, folder):
    backup, _ = backed_up
    data = folder / "data"
    data.mkdir()
    os.chown(data, 65534, 65534)
    assert run_cli("restore", "--from", backup, "--data", data).returncode == OK
    assert {(path.stat().st_uid, path.stat().st_gid) for path in (data, *data.rglob("*"))} == {(65534, 65534)}
    (data / "lock").unlink(missing_ok=True)
    assert run_cli("store", "verify", "--data", data).returncode == OK
    assert (data / "lock").stat().st_uid == 65534


@pytest.mark.parametrize("path", ["../sid", "/etc/hostname", "store/../../sid"])
def test_a_manifest_names_nothing_outside(backed_up, folder, path):
    backup, _ = backed_up
    manifest = json.loads((backup / "manifest.json").read_text())
    manifest["files"][0]["path"] = path
    (backup / "manifest.json").write_text(json.dumps(manifest))
    done = run_cli("restore", "--from", backup, "--data", folder / "data")
    assert done.returncode == REFUSED and "is no manifest" in done.stderr
