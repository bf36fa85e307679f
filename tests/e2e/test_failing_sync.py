"""A disk whose syncs fail for a while, although what was written is there afterwards: nobody knows meanwhile what is stored.
Needs OCF_LYING_DISK_LIBRARY, the built tests/peers/lying_disk.c."""

import os
import pathlib
import shutil
import tempfile
import threading

import pytest

from api import Api
from coap_tcp import CHANGED, POST, UNAVAILABLE, Message, poll
from device import light
from hub import Hub

LIBRARY = os.environ.get("OCF_LYING_DISK_LIBRARY")
pytestmark = pytest.mark.skipif(not LIBRARY, reason="OCF_LYING_DISK_LIBRARY names the built tests/peers/lying_disk.c")
COMMAND_SECONDS = 3


class Disk:
    def __init__(self, file):
        self.file = file

    def fail(self):
        self.file.touch()

    def heal(self):
        self.file.unlink()


@pytest.fixture
def failing(owner):
    """(hub, disk, api): a hub whose syncs can be made to fail."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ocf-cloud-sync-"))
    file = folder / "syncs-fail"
    environment = {"LD_PRELOAD": LIBRARY, "OCF_FAILING_SYNC": str(file), "ASAN_OPTIONS": "verify_asan_link_order=0"}
    with Hub(folder=folder, environment=environment, limits={"command_time": f"{COMMAND_SECONDS}s"}) as hub:
        yield hub, Disk(file), Api(hub, hub.token(owner))
    shutil.rmtree(folder)


def types(api, *where):
    return [event["type"] for event in api.history(*where)]


# R9, ADR 4: after an outcome that is unknown, nothing is "as it was already"
def test_the_last_word_of_a_device_stands(failing, device):
    hub, disk, api = failing
    d = device(on=hub, resources=[light()])
    d._touch = lambda resource: None  # one ETag for ever: only the content tells
    d.online().wait_observed("/light/1")
    before = d.resources["/light/1"].value["power"]
    poll(lambda: api.device(d.di).json["inSync"], "in sync")
    assert types(api, d.di, "/light/1") == ["ResourceRepresentationUpdated"]
    disk.fail()
    d.change("/light/1", power=before + 1)
    poll(lambda: "Input/output error" in hub.log(), "a sync failed")
    d.change("/light/1", power=before)
    d.connection.ping()
    disk.heal()
    poll(lambda: len(types(api, d.di, "/light/1")) == 3, "both words are stored")
    assert api.resource(d.di, "/light/1").json["power"] == before


def test_a_device_whose_sign_in_was_stored_after_all_is_offline(failing, device):
    hub, disk, api = failing
    d = device(on=hub, resources=[light()]).online()
    d.close()
    poll(lambda: not api.device(d.di).json["online"], "offline")
    count = len(types(api, d.di))
    d.connect()
    disk.fail()
    assert d.sign_in().code == UNAVAILABLE
    d.close()
    disk.heal()
    poll(lambda: types(api, d.di)[count:] == ["DeviceConnected", "DeviceDisconnected"], "the session ends")
    assert not api.device(d.di).json["online"]


def test_a_command_that_was_stored_after_all_ends(failing, device):
    hub, disk, api = failing
    d = device(on=hub, resources=[light()]).online()
    d.wait_observed("/light/1")
    poll(lambda: api.device(d.di).json["inSync"], "in sync")
    disk.fail()
    answer = api.update(d.di, "/light/1", {"power": 5})
    assert answer.status in (503, 504), answer
    disk.heal()
    poll(lambda: types(api, d.di, "/light/1")[-1] == "CommandExpired", "it ends")
    d.connection.assert_open()  # it was never asked
    assert api.update(d.di, "/light/1", {"power": 6}).status == 204


def test_a_device_that_answered_meanwhile_stays_connected(failing, device):
    hub, disk, api = failing
    d = device(on=hub, resources=[light()]).online()
    d.wait_observed("/light/1")
    poll(lambda: api.device(d.di).json["inSync"], "in sync")
    asked, answered = threading.Event(), threading.Event()

    def answer(message):
        asked.set()
        answered.wait()
        return Message(CHANGED, message.token, [], b"")

    d.answers[(POST, "/light/1")] = answer
    caller = threading.Thread(target=api.update, args=(d.di, "/light/1", {"power": 5}))
    caller.start()
    asked.wait()
    disk.fail()
    answered.set()
    caller.join()  # it gave up some seconds after the command's time: the sweep went over it several times
    d.connection.assert_open()
    disk.heal()
    poll(lambda: types(api, d.di, "/light/1")[-1] == "ResourceUpdated", "the answer is stored")
    d.connection.assert_open()
    assert api.device(d.di).json["online"]
