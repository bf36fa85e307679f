"""Our codecs and others', over generated messages: CBOR with cbor2, CoAP over TCP with aiocoap. What one writes the
other reads as the same, and of damaged bytes both say that they are damaged.

OCF_DIFFERENTIAL_RUNS: messages of each kind. A failure names the seed of its round; OCF_DIFFERENTIAL_SEED repeats it."""

import io
import math
import os
import random
import re
import struct
import subprocess

import cbor2
from aiocoap import Message
from aiocoap.error import UnparsableMessage
from aiocoap.numbers.optionnumbers import OptionNumber
from aiocoap.transports.tcp import _decode_message, _extract_message_size, _serialize

PROGRAM = os.environ["OCF_CODEC_DIFFERENTIAL"]
RUNS = int(os.environ.get("OCF_DIFFERENTIAL_RUNS", 20_000))
SEED = int(os.environ.get("OCF_DIFFERENTIAL_SEED", 1))
ROUND = 5_000


def rounds():
    for number in range(math.ceil(RUNS / ROUND)):
        yield SEED + number, random.Random(SEED + number)


def ours(kind, messages):
    """What our codec says of each message."""
    lines = "".join(f"{kind} {message.hex()}\n" for message in messages)
    done = subprocess.run([PROGRAM], input=lines, capture_output=True, text=True, timeout=600, check=True)
    answers = done.stdout.splitlines()
    assert len(answers) == len(messages)
    return answers


def damaged(rng, message):
    message = bytearray(message)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(message))
        how = rng.randrange(4)
        if how == 0:
            message[at] = rng.randrange(256)
        elif how == 1:
            message[at] ^= 1 << rng.randrange(8)
        elif how == 2 and len(message) > 1:
            del message[at]
        else:
            message.insert(at, rng.randrange(256))
    return bytes(message)


# -- CBOR

def number(rng):
    magnitude = rng.getrandbits(rng.choice([3, 5, 8, 16, 32, 53, 63]))
    return rng.choice([magnitude, -1 - magnitude, magnitude | 1 << 63])


def floating(rng):
    return rng.choice([
        lambda: rng.uniform(-1e3, 1e3), lambda: struct.unpack(">f", rng.randbytes(4))[0],
        lambda: struct.unpack(">d", rng.randbytes(8))[0], lambda: struct.unpack(">e", rng.randbytes(2))[0],
        lambda: float(rng.randint(-2048, 2048)), lambda: math.inf])()


def text(rng):
    return "".join(chr(rng.choice([rng.randint(0, 0x7f), rng.randint(0xa0, 0xd7ff), rng.randint(0xe000, 0x10ffff)]))
                   for _ in range(rng.choice([0, 3, 23, 24, 100])))


def value(rng, depth=0):
    kind = rng.randrange(6 if depth > 3 else 8)
    if kind < 6:
        return [number, floating, text, lambda r: r.randbytes(r.choice([0, 5, 24, 260])),
                lambda r: r.random() < 0.5, lambda r: None][kind](rng)
    count = rng.choice([0, 1, 3, 25 if depth == 0 else 2])
    if kind == 6:
        return [value(rng, depth + 1) for _ in range(count)]
    return {rng.choice([text, number])(rng): value(rng, depth + 1) for _ in range(count)}


def head(major, argument, size):
    """A head with its argument in so many bytes, which may be more than it needs."""
    return bytes([major << 5 | {1: 24, 2: 25, 4: 26, 8: 27}[size]]) + argument.to_bytes(size, "big")


def spelled(rng, item):
    """The item in one of the ways that CBOR allows: indefinite lengths, long heads, chunks, wide floats."""
    loose = rng.random() < 0.3
    if isinstance(item, (bytes, str)) and loose:
        parts = [item[at:at + 7] for at in range(0, len(item), 7)]
        major = 0x7f if isinstance(item, str) else 0x5f
        return bytes([major]) + b"".join(cbor2.dumps(part) for part in parts) + b"\xff"
    if isinstance(item, list):
        inner = b"".join(spelled(rng, each) for each in item)
        return b"\x9f" + inner + b"\xff" if loose else head(4, len(item), rng.choice([1, 2, 4, 8])) + inner
    if isinstance(item, dict):
        inner = b"".join(spelled(rng, key) + spelled(rng, item[key]) for key in item)
        return b"\xbf" + inner + b"\xff" if loose else head(5, len(item), rng.choice([1, 2, 4, 8])) + inner
    if isinstance(item, int) and not isinstance(item, bool) and loose:
        return head(0, item, 8) if item >= 0 else head(1, -1 - item, 8)
    return cbor2.dumps(item, canonical=rng.random() < 0.5)


def plain(item):
    """Comparable: a NaN equals itself, 1 is not 1.0 and not True."""
    if isinstance(item, dict):
        return "map", [(plain(key), plain(each)) for key, each in item.items()]
    if isinstance(item, (list, tuple)):
        return "array", [plain(each) for each in item]
    return type(item).__name__, repr(item)


def test_cbor_of_others_is_read_and_written_as_the_same():
    for seed, rng in rounds():
        items = [value(rng) for _ in range(ROUND)]
        for item, answer in zip(items, ours("c", [spelled(rng, item) for item in items])):
            assert answer.startswith("ok "), f"seed {seed}: {answer}: {item!r}"
            written = bytes.fromhex(answer[3:])
            assert plain(cbor2.loads(written)) == plain(item), f"seed {seed}: {written.hex()}"


def test_integers_and_lengths_are_as_short_as_they_can_be():
    for seed, rng in rounds():
        items = [[number(rng), text(rng), rng.randbytes(rng.choice([0, 23, 24, 256]))] for _ in range(ROUND)]
        for item, answer in zip(items, ours("c", [spelled(rng, item) for item in items])):
            assert answer == "ok " + cbor2.dumps(item, canonical=True).hex(), f"seed {seed}: {item!r}"


def accepts(message):
    """Whether cbor2 reads one item and nothing else; None: what may be there it judges by more than RFC 8949's
    well-formedness (the contents of tags) or less (a break that stands alone, simple values in the wrong form)."""
    stream = io.BytesIO(message)
    try:
        found = cbor2.CBORDecoder(stream).decode()
    except Exception:
        return None if any(0xc0 <= byte <= 0xdb for byte in message) else False
    return None if re.search("break_marker|CBORSimpleValue", repr(found)) else stream.read() == b""


def test_damaged_cbor_is_refused_by_both():
    agreed = 0
    for seed, rng in rounds():
        messages = [damaged(rng, spelled(rng, value(rng))) for _ in range(ROUND)]
        for message, answer in zip(messages, ours("c", messages)):
            theirs = accepts(message)
            if theirs is None:
                continue
            is_read = answer.startswith("ok ")
            assert is_read == theirs, f"seed {seed}: {answer}, cbor2: {theirs}: {message.hex()}"
            agreed += 1
    assert agreed > RUNS / 4


# -- CoAP over TCP

TEXT_OPTIONS = {3, 8, 11, 15, 20, 35, 39}


def option(rng):
    which = rng.choice([1, 3, 4, 5, 6, 7, 8, 11, 11, 12, 14, 15, 17, 20, 23, 27, 28, 35, 39, 60, 258, 2049, 2053,
                        rng.randrange(1, 65536)])
    size = rng.choice([0, 1, 2, 12, 13, 14, 269, 300]) if which in TEXT_OPTIONS else rng.choice([0, 1, 3, 8, 13])
    raw = bytes(rng.randint(0x21, 0x7e) for _ in range(size)) if which in TEXT_OPTIONS else rng.randbytes(size)
    return OptionNumber(which).create_option(decode=raw if which not in (23, 27) else raw[:3])


def message(rng):
    code = rng.choice([1, 2, 3, 4, 5, 0x44, 0x45, 0x84, 0xa0, 0xe1, 0xe3])
    made = Message(code=code, _token=rng.randbytes(rng.randrange(9)))
    for _ in range(rng.choice([0, 1, 4, 12])):
        made.opt.add_option(option(rng))
    made.payload = rng.randbytes(rng.choice([0, 1, 12, 13, 268, 269, 2000, 70_000 if rng.random() < 0.01 else 5]))
    return made


def words(made):
    options = ",".join(f"{int(each.number)}={each.encode().hex()}" for each in made.opt.option_list())
    return f"{made.code >> 5}.{made.code & 31:02} {made.token.hex()} {options} {made.payload.hex()}"


def test_frames_of_others_are_read_and_written_as_the_same():
    for seed, rng in rounds():
        messages = [message(rng) for _ in range(ROUND)]
        frames = [_serialize(made) for made in messages]
        for made, frame, answer in zip(messages, frames, ours("f", frames)):
            assert answer == f"ok {words(made)} {frame.hex()}", f"seed {seed}: {made!r}"


def read_frame(data):
    """aiocoap's message; "incomplete"; None: it refuses it; UnicodeError: it has no form for a text of it."""
    found = _extract_message_size(data)
    if found is None or sum(found) > len(data):
        return "incomplete"
    try:
        return _decode_message(data[:sum(found)])
    except UnparsableMessage:
        return None
    except UnicodeError:
        return UnicodeError


def agree(answer, theirs):
    if answer == "incomplete":
        return theirs == "incomplete"
    if answer.startswith("ok "):
        # The other one drops the zeros before a number.
        shortened = re.sub("=(00)+", "=", answer)
        return theirs is UnicodeError or isinstance(theirs, Message) and (
            shortened.startswith("ok " + re.sub("=(00)+", "=", words(theirs))))
    if isinstance(theirs, Message):  # RFC 7252 §3: an empty payload has no marker; §12.2: numbers have 16 bits
        return "payload marker" in answer or max(int(each.number) for each in theirs.opt.option_list()) > 65535
    # A length or a token that cannot be is told before all bytes are there.
    return theirs != "incomplete" or "larger than" in answer or "token" in answer


def test_damaged_frames_are_the_same_to_both():
    for seed, rng in rounds():
        frames = [damaged(rng, _serialize(message(rng))) for _ in range(ROUND)]
        for data, answer in zip(frames, ours("f", frames)):
            theirs = read_frame(data)
            assert agree(answer, theirs), f"seed {seed}: {answer}, aiocoap: {theirs}: {data.hex()}"
