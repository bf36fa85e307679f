"""Recorded conversations of real devices (tests/captures/*.log), and their replay against a running hub.

The device's side is sent byte for byte, except code, uid and tokens, which are those that this hub issued. What the hub asks
is answered with what the device answered in the recording, matched by method, path and query; nothing recorded: 4.04.
"""

import ast
import pathlib
import re
import threading

import cbor2

import ocf_cbor
from coap_tcp import NOT_FOUND, OBSERVE, POST, Decoder, Message

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "captures"

_ARROW = re.compile(r"^\s*[\d.]+\s+(<-|->)\s+(.*)$")
_HEX = re.compile(r"^\s*[\d.]+\s+hex ([0-9a-f]+)(?:\.\.\.\((\d+)\))?$")
_TAIL = re.compile(r"\s([0-9a-f]+)(\.\.\.)?(\(\d+\))?$")


def capture_names():
    return sorted(path.stem for path in FOLDER.glob("*.log"))


def recorded_messages(name):
    """(direction, bytes) of the device's messages, in the order of the recording."""
    return [(direction, raw) for direction, raw in _lines(name) if direction == "<-"]


def _lines(name):
    """What the device sent, whole; of the scripted cloud's requests the bytes as far as they were kept."""
    lines = (FOLDER / f"{name}.log").read_text().splitlines()
    found = []
    for at, line in enumerate(lines):
        arrow = _ARROW.match(line)
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
    """One device of a recording: what it asked, in order, and what it answered."""

    def __init__(self, di):
        self.di = di
        self.requests = []  # messages
        self.answers = {}   # question → list of (answer, [notifications])


def load(name):
    """The devices of a recording. A recording of several devices has no mark of the connection: a request is its di's, the
    recorded answers are the device's whose di they name, or everybody's."""
    devices, asked, answered, last = {}, {}, {}, None
    for direction, raw in _lines(name):
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
            last.requests.append(message)
        elif message.token in asked:
            if message.token in answered:
                answered[message.token][1].append(message)
            else:
                answered[message.token] = (message, [])
                holders = [d for d in devices.values() if d.di.encode() in message.payload] or list(devices.values())
                for device in holders:
                    device.answers.setdefault(asked[message.token], []).append(answered[message.token])
    return list(devices.values())


def _di_of(message):
    for query in message.query:
        if query.startswith("di="):
            return query[3:]
    if message.payload and message.code == POST:
        value = message.value
        return value.get("di") if isinstance(value, dict) else None
    return None


class Replay:
    """Plays one recorded device on one connection. `asked` collects the hub's questions."""

    def __init__(self, connection, device, code):
        self.connection = connection
        self.device = device
        self.code = code
        self.issued = {}
        self.asked = []
        self.observed = []
        self._lock = threading.Lock()
        connection.on_request = self._answer

    def run(self):
        """Every recorded request in turn; [(request, answer)]."""
        return [(request, self.play(request)) for request in self.device.requests]

    def play(self, recorded):
        request = self._with_issued(recorded)
        answer = self.connection.exchange(request).get()
        if recorded.path == "/oic/sec/account" and recorded.code == POST and answer.payload:
            self.issued.update(answer.value)
        if recorded.path == "/oic/sec/tokenrefresh" and answer.payload:
            self.issued.update(answer.value)
        return answer

    def _with_issued(self, recorded):
        """The request with this hub's code, uid and tokens in the place of the recorded ones; lengths follow."""
        request = Message(recorded.code, recorded.token, list(recorded.options), recorded.payload)
        if recorded.path.startswith("/oic/sec/"):
            instead = dict(self.issued)
            if recorded.path == "/oic/sec/account":
                instead["accesstoken"] = self.code if recorded.code == POST else self.issued.get("accesstoken", "")
            if recorded.code == POST:
                for key, old in recorded.value.items():
                    if key in ("uid", "accesstoken", "refreshtoken") and key in instead:
                        request.payload = request.payload.replace(cbor2.dumps(old), cbor2.dumps(instead[key]))
            request.options = [(number, self._query_with(value, instead)) for number, value in request.options]
        return request

    @staticmethod
    def _query_with(value, instead):
        key, _, _ = value.decode(errors="replace").partition("=")
        return f"{key}={instead[key]}".encode() if key in ("uid", "accesstoken") and key in instead else value

    def _answer(self, question):
        """The recorded answer under the hub's token; an observation's notifications follow it."""
        key = _question(question)
        with self._lock:
            self.asked.append(question)
            recorded = self.device.answers.get(key)
        if not recorded:
            return Message(NOT_FOUND, question.token)
        observing = question.option(OBSERVE) == b""
        kept = [pair for pair in recorded if (pair[0].option(OBSERVE) is not None) == observing] or recorded
        first, following = kept[0]
        if first.option(OBSERVE) is not None and not observing:
            first = Message(first.code, b"", [o for o in first.options if o[0] != OBSERVE], first.payload)
            following = []
        self.connection.send(Message(first.code, question.token, first.options, first.payload))
        if observing:
            self.observed.append(key)
            for notification in following:
                self.connection.send(Message(notification.code, question.token, notification.options, notification.payload))
        return None
