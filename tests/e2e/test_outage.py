"""A store that is away, on the wire: the disk of a running hub is full for a while. Needs root, for a small file system of its own."""

import os
import shutil
import subprocess
import time
import tempfile

import pytest

from api import Api
from coap_tcp import CHANGED, CUSTODY, PING, PONG, UNAVAILABLE, Message, WaitTimeout, poll
from device import light
from hub import Hub

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")


class Disk:
    """The file system under a hub's data."""

    def __init__(self, data):
        self.filler = data / "filler"

    def fill(self):
        with open(self.filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(65536))
            except OSError:
                pass

    def free(self):
        self.filler.unlink()


@pytest.fixture
def full(owner):
    """(hub, disk, api): a hub whose disk can be filled."""
    folder = tempfile.mkdtemp(prefix="ocf-cloud-outage-")
    data = os.path.join(folder, "data")
    os.mkdir(data, 0o700)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=700,size=32m", "none", data], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        with Hub(folder=folder) as hub:
            yield hub, Disk(hub.data), Api(hub, hub.token(owner))
    finally:
        subprocess.run(["umount", "-l", data], check=True)
        shutil.rmtree(folder)


def wait_away(hub, device):
    """The store refuses: what the device says now is not stored."""
    def is_away():
        device.change("/light/1", power=device.resources["/light/1"].value["power"] + 1)
        return "No space left on device" in hub.log()
    poll(is_away, "the store is away")


def observed_meanwhile(hub, disk, device, *hrefs):
    """A device whose lights are observed, and then the disk is full."""
    d = device(on=hub, resources=[light(href) for href in hrefs]).online()
    for href in hrefs:
        d.wait_observed(href)
    disk.fill()
    wait_away(hub, d)
    return d


def publish_meanwhile(hub, disk, device):
    """A device that publishes /light/2 while the disk is full, and where the answer will be."""
    d = observed_meanwhile(hub, disk, device, "/light/1")
    d.resources["/light/2"] = light("/light/2")
    sent = d.publish_later(["/light/2"])
    d.connection.ping()
    return d, sent


# R9, G8: a device cannot be told "later", so its newest word is kept
def test_of_what_devices_say_meanwhile_the_newest_is_stored_afterwards(full, device):
    hub, disk, api = full
    d = observed_meanwhile(hub, disk, device, "/light/1", "/light/2")
    before = len(api.history(d.di, "/light/1"))
    for n in range(3000):
        d.change("/light/1", power=1000 + n)
    d.change("/light/2", power=77)
    d.connection.ping()
    assert api.resource(d.di, "/light/1").status == 200, "readers are served all the while"
    disk.free()
    poll(lambda: api.resource(d.di, "/light/1").json["power"] == 3999, "the newest")
    poll(lambda: api.resource(d.di, "/light/2").json["power"] == 77, "of the other one, too")
    assert len(api.history(d.di, "/light/1")) - before <= 1100, "it was not all of them"
    poll(lambda: "representations were replaced by newer ones" in hub.log(), "what was left out is counted")
    d.connection.assert_open()
    d.change("/light/1", power=5)
    poll(lambda: api.resource(d.di, "/light/1").json["power"] == 5, "it goes on")


def ask_for_custody(device):
    """A Ping with Custody, and what brings its Pong."""
    token = os.urandom(8)
    device.connection.send(Message(PING, token, [(CUSTODY, b"")]))
    return lambda timeout=None: device.connection.signals.get_matching(lambda m: m.code == PONG and m.token == token, timeout)


# G3, R9: a receipt for what is not stored would be a lie
def test_custody_is_told_once_what_stands_for_it_is_stored(full, device):
    hub, disk, api = full
    d = observed_meanwhile(hub, disk, device, "/light/1", "/light/2")
    d.change("/light/2", power=101)
    pong = ask_for_custody(d)
    d.change("/light/2", power=102)
    d.change("/light/1", power=900)
    with pytest.raises(WaitTimeout):
        pong(3)
    disk.free()
    assert pong().option(CUSTODY) == b""
    assert api.resource(d.di, "/light/2").json["power"] == 102


# G3, R9
def test_a_sign_out_ends_the_wait_for_custody_without_it(full, device):
    hub, disk, _ = full
    d = observed_meanwhile(hub, disk, device, "/light/1")
    d.change("/light/1", power=9)
    pong = ask_for_custody(d)
    assert d.sign_in(login=False).code == CHANGED
    assert pong().option(CUSTODY) is None
    disk.free()


# R1: devices ignore every answer but 2.04 and do not publish again, so it is tried again and answered late
def test_a_publication_is_kept_and_answered_when_it_is_stored(full, device):
    hub, disk, api = full
    d, sent = publish_meanwhile(hub, disk, device)
    assert sent.empty()
    disk.free()
    assert sent.get().code == CHANGED
    d.wait_observed("/light/2")
    assert "/light/2" in [link["href"] for link in api.device(d.di).json["links"]]


# R1: the one that waits longer tries more seldom; the later one must not be stored before it
def test_publications_that_are_kept_are_stored_in_their_order(full, device):
    hub, disk, api = full
    d, first = publish_meanwhile(hub, disk, device)
    begun = time.monotonic()
    poll(lambda: time.monotonic() > begun + 2, "the first tries every other second")
    d.resources["/light/2"].types = ["x.later"]
    second = d.publish_later(["/light/2"])
    d.connection.ping()
    disk.free()
    assert first.get().code == second.get().code == CHANGED
    links = {link["href"]: link for link in api.device(d.di).json["links"]}
    assert links["/light/2"]["rt"] == ["x.later"]


# R1: devices ignore it, and are asked for their links at the next sign-in
def test_a_publication_too_many_is_refused(full, device):
    hub, disk, _ = full
    d, first = publish_meanwhile(hub, disk, device)
    kept = [first]

    def refused():
        sent = d.publish_later(["/light/2"])
        try:
            return sent.get(1).code
        except WaitTimeout:
            kept.append(sent)

    assert poll(refused, "one too many") == UNAVAILABLE
    # those that came before the first one was tried are not counted
    assert len(kept) >= 4 and all(sent.empty() for sent in kept)
    disk.free()
    assert {sent.get().code for sent in kept} == {CHANGED}


# R1: what could not be kept is made good at the next sign-in
def test_a_publication_that_was_lost_is_asked_for_when_the_device_comes_again(full, device):
    hub, disk, api = full
    d, _ = publish_meanwhile(hub, disk, device)
    d.close()
    disk.free()
    poll(lambda: not api.device(d.di).json["online"], "offline")
    d.online()
    d.wait_observed("/light/2")
    assert "/light/2" in [link["href"] for link in api.device(d.di).json["links"]]


# A1, A2: "try later", in the words that devices understand
def test_who_wants_to_sign_up_or_in_is_told_to_come_later(full, device):
    hub, disk, api = full
    d = device(on=hub, resources=[light()]).online()
    d.wait_observed("/light/1")
    onboarding = hub.onboard(d.owner)
    known = device(on=hub, resources=[light()]).online()
    known.close()
    disk.fill()
    wait_away(hub, d)
    new = device(on=hub, resources=[light()]).connect()
    assert new.sign_up(onboarding).code == UNAVAILABLE
    new.connection.assert_open()
    known.connect()
    assert known.sign_in().code == UNAVAILABLE
    known.connection.assert_open()
    update = api.update(d.di, "/light/1", {"power": 5})
    assert (update.status, update.json["reason"]) == (503, "store_unavailable")
    disk.free()
    poll(lambda: new.sign_up(onboarding).code == CHANGED, "the same code works now")
    assert new.sign_in().code == CHANGED
    poll(lambda: known.sign_in().code == CHANGED, "the connection was kept for it")
