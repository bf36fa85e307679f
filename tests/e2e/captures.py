"""Recorded conversations of real devices (tests/captures/*.log), and their replay against a running hub.

The device's side is sent byte for byte, except code, uid, tokens and instance numbers, which are those that this hub issued.
What the hub asks is answered with what the device answered in the recording, matched by method, path and query; nothing
recorded: 4.04, but for what the device published, which a real one would not deny to have: the light answers as in
device-basic, others 4.01, as where no access control entry lets the hub in.
"""

import ast
import functools
import pathlib
import re
import threading

import cbor2

import ocf_cbor
from coap_tcp import CSM, CUSTODY, DELETE, NOT_FOUND, OBSERVE, PING, POST, UNAUTHORIZED, Decoder, Message, encode
from device import LARGEST_REQUEST, refusal_of

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "captures"

_ARROW = re.compile(r"^\s*[\d.]+\s+(<-|->)\s+(.*)$")
_HEX = re.compile(r"^\s*[\d.]+\s+hex ([0-9a-f]+)(?:\.\.\.\((\d+)\))?$")
_END = re.compile(r"^\s*[\d.]+\s+DISCONNECT")
_TAIL = re.compile(r"\s([0-9a-f]+)(\.\.\.)?(\(\d+\))?$")


def capture_names():
    return sorted(path.stem for path in FOLDER.glob("*.log"))


def recorded_messages(name):
    """(direction, bytes) of the device's messages, in the order of the recording."""
    return [(direction, raw) for direction, raw in _lines(name) if direction == "<-"]


def _lines(name):
    """What the device sent, whole; of the scripted cloud's requests the bytes as far as they were kept; ends of connections."""
    lines = (FOLDER / f"{name}.log").read_text().splitlines()
    found = []
    for at, line in enumerate(lines):
        arrow = _ARROW.match(line)
        if _END.match(line):
            found.append(("end", b""))
        if not arrow:
            continue
        if arrow[1] == "<-":
            kept = _HEX.match(lines[at + 1])
            raw = bytes.fromhex(kept[1])
            found.append(("<-", _whole(raw, int(kept[2]), arrow[2]) if kept[2] else raw))
        elif (tail := _TAIL.search(arrow[2])):
            found.append(("->", bytes.fromhex(tail[1][:len(tail[1]) // 2 * 2])))
    return found


def _whole(kept, size, decoded):
    """Bytes that the recording cut short, completed from the decoded payload beside them."""
    payload = ocf_cbor.dumps(ast.literal_eval(decoded.split(")=", 1)[1]))
    start = size - len(payload)
    raw = kept[:start] + payload
    assert start > 0 and raw.startswith(kept), "the recording's decoded payload does not fit its bytes"
    return raw


def _decode(raw):
    try:
        messages = Decoder().feed(raw)
    except ValueError:
        messages = []
    return messages[0] if messages else None


def _question(message):
    return message.code, message.path, tuple(sorted(message.query))


class Device:
    """One device of a recording: what it said of itself on each of its connections, and what it answered."""

    def __init__(self, di):
        self.di = di
        self.connections = []  # lists of requests, Pings and CSMs
        self.ended = True      # the last of them
        self.answers = {}      # question → list of (answer, [notifications])

    def says(self, message):
        if self.ended:
            self.connections.append([])
            self.ended = False
        self.connections[-1].append(message)


def load(name):
    """The devices of a recording. A recording of several devices has no mark of the connection: a request is its di's, the
    recorded answers are the device's whose di they name, or everybody's."""
    devices, asked, answered, last = {}, {}, {}, None
    for direction, raw in _lines(name):
        if direction == "end":
            for device in devices.values():
                device.ended = True
            continue
        message = _decode(raw)
        if message is None:
            continue
        if direction == "->":
            if message.code < 0x20:
                asked[message.token] = _question(message)
            continue
        if 0 < message.code < 0x20:
            di = _di_of(message)
            last = devices.setdefault(di, Device(di)) if di else last
            last.says(message)
        elif message.code in (PING, CSM):
            last.says(message)
        elif message.token in asked:
            if message.token in answered:
                answered[message.token][1].append(message)
            else:
                answered[message.token] = (message, [])
                holders = [d for d in devices.values() if d.di.encode() in message.payload] or list(devices.values())
                for device in holders:
                    device.answers.setdefault(asked[message.token], []).append(answered[message.token])
    return list(devices.values())


@functools.cache
def _light():
    """What the light answered where it was asked for everything: the recorded devices are one program."""
    (device,) = load("device-basic")
    return {key: pairs for key, pairs in device.answers.items() if key[1] == "/light/1"}


def _di_of(message):
    for query in message.query:
        if query.startswith("di="):
            return query[3:]
    if message.payload and message.code == POST:
        value = message.value
        return value.get("di") if isinstance(value, dict) else None
    return None


class Replay:
    """Plays one recorded device, connection by connection. `asked` collects the hub's questions, `violations` what a real
    device would not bear."""

    def __init__(self, connection, device, code):
        self.device = device
        self.code = code
        self.issued = {}
        self.instances = []  # that the hub gave in its last answer to a publication; the scripted cloud gave 100, 101, …
        self.links = set()
        self.asked = []
        self.observed = []
        self.violations = []
        self._latest = {}    # question → what it notified last: the answer from then on
        self._lock = threading.Lock()
        self.connection = None
        self.move_to(connection)

    def move_to(self, connection):
        """As after a loss: the connection before is gone, and what was observed there."""
        if self.connection:
            self.connection.close()
        self.connection = connection
        with self._lock:
            self.asked, self.observed = [], []
        connection.on_request = self._answer
        connection.watch_segments(self._check)

    def run(self, turn=0):
        """What the device said on this one of its connections, in turn; [(message, answer)], without CSMs."""
        said = [(message, self.play(message)) for message in self.device.connections[turn]]
        return [(message, answer) for message, answer in said if answer]

    def run_all(self, connect):
        """The same on all of them; connect() gives a new connection to the hub."""
        said = self.run()
        for turn in range(1, len(self.device.connections)):
            self.move_to(connect())
            said += self.run(turn)
        return said

    def play(self, recorded):
        if recorded.code == CSM:
            return self.connection.send(recorded)
        if recorded.code == PING:
            return self.connection.ping(recorded.token, custody=recorded.option(CUSTODY) is not None)
        request = self._with_issued(recorded)
        if recorded.path == "/oic/rd" and recorded.code == POST:
            self.links |= {link["href"] for link in recorded.value["links"]}
        answer = self.connection.exchange(request).get()
        if recorded.path in ("/oic/sec/account", "/oic/sec/tokenrefresh") and answer.payload:
            self.issued.update(answer.value)
        if recorded.path == "/oic/rd" and recorded.code == POST:
            self.instances = [link["ins"] for link in answer.value["links"]]
        return answer

    def _with_issued(self, recorded):
        """The request with this hub's code, uid and tokens in the place of the recorded ones; lengths follow."""
        request = Message(recorded.code, recorded.token, list(recorded.options), recorded.payload)
        instead = {}
        if recorded.path.startswith("/oic/sec/"):
            instead = dict(self.issued)
            if recorded.path == "/oic/sec/account":
                instead["accesstoken"] = self.code if recorded.code == POST else self.issued.get("accesstoken", "")
            if recorded.code == POST:
                for key, old in recorded.value.items():
                    if key in ("uid", "accesstoken", "refreshtoken") and key in instead:
                        request.payload = request.payload.replace(cbor2.dumps(old), cbor2.dumps(instead[key]))
        if recorded.path == "/oic/rd" and recorded.code == DELETE:
            instead = {str(100 + at): ins for at, ins in enumerate(self.instances)}
        request.options = [(number, self._query_with(value, instead)) for number, value in request.options]
        return request

    def _check(self, data, messages):
        if self.connection.tls and len(messages) > 1:
            self.violations.append(f"{len(messages)} messages in one TLS record")
        if len(data) < 6 or any(len(encode(message)) <= 6 for message in messages):
            self.violations.append("six bytes or fewer")
        for message in messages:
            largest = LARGEST_REQUEST + 512 * len(self.links)
            refusal = refusal_of(message, largest) if message.code < 0xE0 else None
            if refusal:
                self.violations.append(f"{refusal}: {message}")

    @staticmethod
    def _query_with(value, instead):
        key, _, old = value.decode(errors="replace").partition("=")
        if key == "ins":
            return f"ins={instead[old]}".encode()
        return f"{key}={instead[key]}".encode() if key in ("uid", "accesstoken") and key in instead else value

    def _answer(self, question):
        """The recorded answer under the hub's token; an observation's notifications follow it."""
        key = _question(question)
        with self._lock:
            self.asked.append(question)
            recorded = self.device.answers.get(key) or _light().get(key)
        if not recorded:
            return Message(UNAUTHORIZED if question.path in self.links else NOT_FOUND, question.token)
        observing = question.option(OBSERVE) == b""
        kept = [pair for pair in recorded if (pair[0].option(OBSERVE) is not None) == observing] or recorded
        first, following = kept[0]
        if not observing:
            first, following = _without_observe(self._latest.get(key, first)), []
        self.connection.send(Message(first.code, question.token, first.options, first.payload))
        if observing:
            self.observed.append(key)
            self._latest[key] = ([first] + following)[-1]
            for notification in following:
                self.connection.send(Message(notification.code, question.token, notification.options, notification.payload))
        return None


def _without_observe(message):
    return Message(message.code, b"", [option for option in message.options if option[0] != OBSERVE], message.payload)
