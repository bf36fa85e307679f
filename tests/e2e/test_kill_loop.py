"""Nothing acknowledged is lost at kill -9, cycle after cycle: 20 here, more by OCF_KILL_CYCLES, other moments by OCF_KILL_SEED."""

import contextlib
import os

import pytest

import kill_loop
from api import Reply
from ledger import NOTIFIED, PUBLISHED, SIGNED_UP, UPDATED, Fact, Judge, foreign_findings

CYCLES = int(os.environ.get("OCF_KILL_CYCLES", "20"))
SEED = int(os.environ.get("OCF_KILL_SEED", "1"))


# R9, R7, R10, R11
def test_nothing_acknowledged_is_lost_whenever_the_hub_is_killed():
    report = kill_loop.run(CYCLES, SEED)
    assert report["findings"] == []
    assert report["kills"] == CYCLES
    assert report["kills while starting"] >= 1
    assert report["shown live"] >= report["kills"]
    assert sum(report["acknowledged"].values()) >= 5 * CYCLES


# The negative control: the same run on a disk that acknowledges what it only keeps in memory
def test_a_hub_whose_disk_lies_is_found_out():
    library = os.environ.get("OCF_LYING_DISK_LIBRARY")
    if not library:
        pytest.skip("OCF_LYING_DISK_LIBRARY names the built tests/peers/lying_disk.c")
    report = kill_loop.run(5, SEED, kill_loop.lying(library))
    assert any(finding.startswith("lost: ") for finding in report["findings"]), report


# -- The judge itself


class Tale:
    """The API of a hub that tells what a test wants it to tell: of one device that said 1, was asked for 2, and said 2."""

    def __init__(self):
        self.online = False
        self.power = 2
        self.device_events = [event(1, "DeviceRegistered"), event(2, "DeviceConnected"), event(3, "DeviceDisconnected")]
        self.links_events = [event(1, "LinksPublished", links=[{"href": "/light/1"}])]
        self.events = [event(1, "ResourceRepresentationUpdated", content={"power": 1}),
                       event(2, "ResourceUpdatePending", "c", content={"power": 2}), event(3, "CommandDispatched", "c"),
                       event(4, "ResourceUpdated", "c"), event(5, "ResourceRepresentationUpdated", content={"power": 2})]

    def devices(self):
        return {"di": {"online": self.online}}

    def device(self, di):
        return Reply(200, {}, b'{"links":[{"href":"/light/1"},{"href":"/oic/cloud/s"}]}')

    def resource(self, di, href):
        return Reply(200, {}, b'{"power":%d}' % self.power)

    def history(self, di, href):
        return self.events

    def whole_history(self, di):
        return self.device_events + self.links_events


def event(version, type, correlation="", **data):
    return {"version": version, "type": type, "correlationId": correlation, "data": data, "position": {"partition": 0, "offset": version}}


FACTS = [Fact(SIGNED_UP, "di"), Fact(PUBLISHED, "di", "/light/1"), Fact(NOTIFIED, "di", "/light/1", 1),
         Fact(UPDATED, "di", "/light/1", 2, "c")]


def judged(*tales):
    """What a judge finds who is told one tale after the other."""
    judge = Judge()
    return [judge.findings(tale, set(FACTS), FACTS) for tale in tales][-1]


def test_the_judge_is_content_with_what_is_right():
    assert judged(Tale()) == judged(Tale(), Tale()) == []


@pytest.mark.parametrize("defect, found", {
    "a notification is gone": (lambda tale: tale.events.pop(), "read model"),
    "it is gone from the middle": (lambda tale: tale.events.pop(0), "hole"),
    "all of it is gone": (lambda tale: tale.events.clear(), "lost"),
    "it is stored twice": (lambda tale: tale.events.append({**tale.events[-1], "version": 6}), "twice"),
    "a command ended twice": (lambda tale: tale.events.append({**tale.events[3], "version": 6}), "ended"),
    "a command never ended": (lambda tale: tale.events[3].update(type="NotificationRejected"), "ended"),
    "it is another command's end": (lambda tale: tale.events[1]["data"]["content"].update(power=9), "invented"),
    "a sign-up is gone": (lambda tale: tale.device_events.__delitem__(slice(0, None)), "lost"),
    "a publication is gone": (lambda tale: tale.links_events.clear(), "lost"),
    "the shadow is another": (lambda tale: setattr(tale, "power", 7), "read model"),
    "it is online by itself": (lambda tale: setattr(tale, "online", True), "read model"),
}.values(), ids=lambda value: value if isinstance(value, str) else "")
def test_the_judge_finds(defect, found):
    tale = Tale()
    defect(tale)
    assert any(finding.startswith(found) for finding in judged(tale))


def test_the_judge_knows_in_which_order_a_device_spoke():
    said = [Fact(NOTIFIED, "di", "/light/1", 1), Fact(NOTIFIED, "di", "/light/1", 2)]
    for values in ((1, 2), (2, 1)):
        tale = Tale()
        tale.events = [event(version, "ResourceRepresentationUpdated", content={"power": value}) for version, value in enumerate(values, 1)]
        tale.power = values[-1]
        found = Judge().findings(tale, {*FACTS[:2], *said}, FACTS[:2] + said)
        assert [finding.partition(":")[0] for finding in found] == ([] if values == (1, 2) else ["order"])


class FeedTale:
    """The API of a hub whose feed gives its place, these events, and that there is no more."""

    def __init__(self, *events):
        self._answers = iter([("1", None, None), *(("1", one["type"], one) for one in events), ("1", None, None)])

    def events(self, **_):
        return contextlib.nullcontext(self)

    def told(self):
        return next(self._answers)


ONE, TWO, OTHER = (event(version, "ResourceRepresentationUpdated", content={"power": power}) for version, power in ((1, 1), (2, 2), (2, 3)))


@pytest.mark.parametrize("feed, shown, found", [
    ([ONE, TWO], [ONE, TWO], []),
    ([ONE, TWO], [TWO], []),
    ([ONE], [ONE, TWO], ["lost"]),
    ([ONE, OTHER], [ONE, TWO], ["changed"]),
    ([ONE, TWO], [ONE, TWO, OTHER], ["changed"]),
    ([ONE, ONE, TWO], [ONE, TWO], ["twice"]),
    ([TWO, ONE], [ONE, TWO], ["order"]),
])
def test_the_judge_holds_what_was_shown_against_the_feed(feed, shown, found):
    assert [finding.partition(":")[0] for finding in Judge().feed_findings(FeedTale(*feed), "cursor", shown)] == found


def test_the_judge_knows_that_a_stranger_is_shown_nothing():
    assert foreign_findings(FeedTale(), "cursor") == []
    assert [finding.partition(":")[0] for finding in foreign_findings(FeedTale(ONE), "cursor")] == ["foreign"]


def test_the_judge_knows_what_it_has_seen():
    shorter, other = Tale(), Tale()
    del shorter.events[3:], other.events[4]
    other.events.append(event(5, "ResourceRepresentationUpdated", content={"power": 1}))
    assert any(finding.startswith("lost: ('di', '/light/1') ended with version 5") for finding in judged(Tale(), shorter))
    assert any(finding.startswith("changed") for finding in judged(Tale(), other))
