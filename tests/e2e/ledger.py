"""The acknowledgement log of the crash tests, kept by the clients, and the judge who holds a restarted hub against it.

A fact is what one client asked of the hub. It is `asked` before it is sent, for then it may be there, and `acknowledged` when
the hub's answer (or its Pong with Custody) has come, for then it has to be. Values are used once, so a value names its fact.
"""

import itertools
import threading
from collections import Counter
from typing import NamedTuple

from coap_tcp import PATIENCE

SIGNED_UP, PUBLISHED, UNPUBLISHED, NOTIFIED, UPDATED = "sign-up", "publication", "unpublication", "notification", "update"

STATUS = "/oic/cloud/s"  # hosted by the hub

_DEVICE = {"DeviceRegistered", "DeviceConnected", "DeviceSynchronized", "DeviceDisconnected", "DeviceDeregistered"}
_TERMINAL = {"ResourceUpdated", "CommandCanceled", "CommandExpired", "CommandOutcomeUnknown"}


class Fact(NamedTuple):
    kind: str
    di: str
    href: str = ""
    value: int = 0
    correlation: str = ""  # of an update by HTTP, once it is answered

    def __str__(self):
        return " ".join(str(part) for part in self if part)


class Ledger:
    """Only grows; any thread."""

    def __init__(self, first_value=1):
        self._lock = threading.Lock()
        self._values = itertools.count(first_value)
        self._asked = set()
        self._acknowledged = []

    def value(self):
        return next(self._values)

    def ask(self, fact):
        with self._lock:
            self._asked.add(fact)
        return fact

    def acknowledge(self, *facts):
        with self._lock:
            self._acknowledged += facts

    def __len__(self):
        return len(self._acknowledged)

    def asked(self):
        with self._lock:
            return set(self._asked)

    def acknowledged(self):
        """As they stand now, in the order of the acknowledgements."""
        with self._lock:
            return list(self._acknowledged)

    def counts(self):
        found = {}
        for fact in self.acknowledged():
            found[fact.kind] = found.get(fact.kind, 0) + 1
        return found


# Of a feed that waits for the hub's word that there is no more: it comes after 15 s.
_QUIET = PATIENCE + 30


class Judge:
    """Holds what a hub tells against what was acknowledged. Keeps every event that it has seen: none may change or go."""

    def __init__(self):
        self._seen = {}  # stream → {version: event}

    def findings(self, api, asked, acknowledged, devices=None):
        """What is wrong, in words that begin with its kind: `lost`, `twice`, `hole`, `order`, `changed`, `ended`, `invented`,
        `foreign` or `read model`.
        Asks a hub that was just started, before any device is back; of these devices, or of all that were acknowledged."""
        listed = api.devices()
        found = []
        for di in devices or sorted({fact.di for fact in acknowledged}):
            facts = [fact for fact in acknowledged if fact.di == di]
            if di not in listed:
                found += [f"lost: {fact}" for fact in facts]
                continue
            wanted = {fact for fact in asked if fact.di == di}
            found += self._device(api, di, facts, listed[di], api.device(di).json["links"])
            for href in sorted({fact.href for fact in wanted if fact.kind in (NOTIFIED, UPDATED)}):
                found += self._resource(api, di, href, [fact for fact in facts if fact.href == href],
                                        [fact for fact in wanted if fact.href == href])
        return found

    def feed_findings(self, api, cursor, shown=()):
        """Of the feed from this cursor on: every event that was seen, or shown to somebody live, is in it, once, as it was, and
        behind those that come before it."""
        wanted = {place(event): event for stream in self._seen.values() for event in stream.values()}
        found = [f"changed: {place(event)} was shown as another event" for event in shown
                 if wanted.setdefault(place(event), event) != event]
        told, ends = set(), {}
        with api.events(last_id=cursor, timeout=_QUIET) as feed:
            feed.told()
            while not told >= wanted.keys() and (event := feed.told()[2]) is not None:
                partition, offset = place(event)
                if place(event) in told:
                    found.append(f"twice: {place(event)} in the feed")
                elif offset < ends.get(partition, 0):
                    found.append(f"order: {place(event)} in the feed, behind {ends[partition]}")
                if wanted.get(place(event), event) != event:
                    found.append(f"changed: {place(event)} in the feed")
                told.add(place(event))
                ends[partition] = max(offset, ends.get(partition, 0))
        return found + [f"lost: {missing} is not in the feed" for missing in sorted(wanted.keys() - told)]

    def events(self):
        return sum(map(len, self._seen.values()))

    # -- Streams

    def _stream(self, key, events):
        """(every event of the stream in order, findings)."""
        seen = self._seen.setdefault(key, {})
        found = []
        versions = [event["version"] for event in events]
        if seen and not events:
            found.append(f"lost: the events of {key}")
        if versions != list(range(versions[0], versions[0] + len(versions)) if versions else []) or (
                versions and versions[0] > len(seen) + 1):
            found.append(f"hole: {key} has versions {versions}, seen were {len(seen)}")
        if versions and versions[-1] < len(seen):
            found.append(f"lost: {key} ended with version {len(seen)}, now with {versions[-1]}")
        for event in events:
            if seen.setdefault(event["version"], event) != event:
                found.append(f"changed: {key} version {event['version']}")
        return [seen[version] for version in sorted(seen)], found

    def _device(self, api, di, facts, listed, links):
        history = api.whole_history(di)
        device, found = self._stream((di, "device"), [e for e in history if e["type"] in _DEVICE])
        published, more = self._stream((di, "links"), [e for e in history if e["type"] not in _DEVICE])
        found += more
        registered = sum(e["type"] == "DeviceRegistered" for e in device)
        found += once(registered, [fact for fact in facts if fact.kind == SIGNED_UP])
        told = Counter(link["href"] for e in published if e["type"] == "LinksPublished" for link in e["data"]["links"])
        taken = Counter(href for e in published if e["type"] == "LinksUnpublished" for href in e["data"]["hrefs"])
        for fact in facts:
            if fact.kind == PUBLISHED:
                found += once(told[fact.href], [fact])
            elif fact.kind == UNPUBLISHED:
                found += once(taken[fact.href], [fact])
        now = set()
        for event in published:
            if event["type"] == "LinksPublished":
                now.update(link["href"] for link in event["data"]["links"])
            else:
                now.difference_update(event["data"]["hrefs"])
        shown = {link["href"] for link in links} - {STATUS}
        if shown != now:
            found.append(f"read model: links of {di} are {shown}, by the events {now}")
        connected = [e["type"] for e in device if e["type"] in ("DeviceConnected", "DeviceDisconnected")]
        if listed["online"] != (connected[-1:] == ["DeviceConnected"]) or listed["online"]:
            found.append(f"read model: {di} online is {listed['online']}, its events end with {connected[-1:]}")
        return found

    def _resource(self, api, di, href, facts, wanted):
        values = {fact.value for fact in wanted}
        shadow = api.resource(di, href)
        untold = shadow.status == 404 and not any((di, href) == key for key in self._seen)
        events, found = self._stream((di, href), [] if untold else api.history(di, href))
        said = [e["data"]["content"]["power"] for e in events if e["type"] == "ResourceRepresentationUpdated"]
        pending = {e["correlationId"]: e["data"]["content"]["power"] for e in events if e["type"] == "ResourceUpdatePending"}
        ended = [e["correlationId"] for e in events if e["type"] in _TERMINAL]
        done = {}  # what was updated to → the commands that did it
        for event in events:
            if event["type"] == "ResourceUpdated":
                done.setdefault(pending.get(event["correlationId"]), []).append(event["correlationId"])
        times_said = Counter(said)
        for fact in facts:
            if fact.kind == NOTIFIED:
                found += once(times_said[fact.value], [fact])
            elif fact.kind == UPDATED:
                ends = done.get(fact.value, [])
                found += once(len(ends), [fact])
                if ends and fact.correlation and fact.correlation not in ends:
                    found.append(f"changed: {fact} has another correlation id")
        if sorted(ended) != sorted(pending):
            found.append(f"ended: of {len(pending)} commands to {di}{href} {len(set(pending) - set(ended))} are open, "
                         f"{len(ended) - len(set(ended))} ended twice")
        if said != sorted(said) and not any(fact.kind == UPDATED for fact in wanted):  # values are given in their order
            found.append(f"order: {di}{href} said {[pair for pair in zip(said, said[1:]) if pair[0] > pair[1]]}")
        found += [f"twice: {di}{href} said {value}" for value in more_than_once(said)]
        found += [f"invented: {di}{href} {value}" for value in sorted({*said, *pending.values()} - values - {0})]
        if said and (shadow.status != 200 or shadow.json["power"] != said[-1]):
            found.append(f"read model: {di}{href} is {shadow}, by the events {said[-1]}")
        return found


def foreign_findings(api, cursor):
    """Of the feed of somebody without a device, from this cursor on: nothing is in it."""
    with api.events(last_id=cursor, timeout=_QUIET) as feed:
        feed.told()
        event = feed.told()[2]
    return [] if event is None else [f"foreign: {event} is shown to a stranger"]


def place(event):
    return event["position"]["partition"], event["position"]["offset"]


def more_than_once(values):
    return sorted(value for value, times in Counter(values).items() if times > 1)


def once(count, facts):
    return [] if count == 1 else [f"{'lost' if count == 0 else 'twice'}: {fact}" for fact in facts]
