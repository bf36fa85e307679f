"""Seeds for the fuzzers, from the recordings of real devices (tests/captures) and a few words of every other format:
`corpora.py FOLDER` writes FOLDER/<fuzzer>/<seed>. Nothing of it is kept in the tree; the test `corpora` makes it anew."""

import base64
import datetime
import hashlib
import json
import pathlib
import ssl
import struct
import sys

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "e2e"))
import captures  # noqa: E402
from coap_tcp import CBOR, CHANGED, DELETE, GET, OBSERVE, OCF_CBOR, PING, Decoder  # noqa: E402

SEED_BYTES_MAX = 4096
DI = "028acc3a-d1a5-4246-79cd-2876cfc55916"


def message_of(raw):
    """The one message that the bytes are; None if they are cut or not a message."""
    try:
        messages = Decoder().feed(raw)
    except ValueError:
        return None
    return messages[0] if len(messages) == 1 else None


def recorded():
    """(direction, bytes, message) of everything in every recording, by recording."""
    return {name: [(direction, raw, message_of(raw)) for direction, raw in captures._lines(name)]
            for name in captures.capture_names()}


def messages(conversations, directions=("<-", "->")):
    return [(raw, message) for lines in conversations.values() for direction, raw, message in lines
            if message and direction in directions]


def payloads(conversations, *directions):
    return [message.payload for _, message in messages(conversations, *directions)
            if message.format in (CBOR, OCF_CBOR) and message.payload]


def as_json(payload):
    return json.dumps(cbor2.loads(payload), default=lambda value: value.hex()).encode()


# -- A conversation as a script of session_fuzz.cpp: one byte says which step, the next ones how

BEGIN_WITH_NOTHING = bytes([0])
ANSWER, ASK, PASS_TIME, HEAR_RECORDED = 6, 9, 13, 14
SIGNED_OUT, SIGN_IN_FAILED, NOTHING_MORE, SIGNED_IN = 0, 1, 3, 7
OBSERVATION, RETRIEVAL, COMMAND = 0, 1, 2


def heard(raw, asked=0, cut=b""):
    return bytes([HEAR_RECORDED, asked % 256]) + struct.pack(">H", len(raw)) + raw + cut


def outcome(request, answer):
    """What the recorded cloud's answer to an account request means for the session."""
    if request.path != "/oic/sec/session":
        return SIGNED_OUT if request.code == DELETE else NOTHING_MORE
    if answer and answer.code != CHANGED:
        return SIGN_IN_FAILED
    return SIGNED_IN if request.value.get("login", True) else SIGNED_OUT


def conversations_of(lines):
    """The scripts of a recording, one for each of its connections."""
    answers = {message.token: message for direction, _, message in lines
               if direction == "->" and message and message.code >= 0x40}
    scripts, script, asked, hrefs = [], BEGIN_WITH_NOTHING, {}, {}
    for direction, raw, message in lines:
        if direction == "end":
            scripts.append(script)
            script, asked = BEGIN_WITH_NOTHING, {}
        elif direction == "->":
            if message and 0 < message.code < 0x20:
                href = hrefs.setdefault(message.path, len(hrefs) % 4)
                kind = OBSERVATION if message.option(OBSERVE) == b"" else RETRIEVAL if message.code == GET else COMMAND
                asked[message.token] = len(asked)
                script += bytes([ASK, kind, href, len(message.payload) % 256])
        elif message and 0x40 <= message.code < 0xe0:
            script += heard(raw, asked.get(message.token, 0), b"\xff")
        else:
            if message and message.code == PING:
                script += bytes([PASS_TIME, 2, 10, 1])  # 20 s, as a real device does
            script += heard(raw)
            if message and 0 < message.code < 0x20:
                script += bytes([ANSWER, 0, 8, outcome(message, answers.get(message.token))])
    return [each for each in scripts + [script] if len(each) > 1]


# -- What no recording has in it

def events():
    """Events as they are stored, behind the number that events_fuzz.cpp gives their type."""
    digest, on, off = bytes(32), cbor2.dumps({"state": True}), cbor2.dumps({"state": False})
    link = {1: "/light/1", 2: ["oic.r.switch.binary"], 3: ["oic.if.a", "oic.if.baseline"], 4: 3, 5: 100, 6: "Light"}
    fields = [
        {1: "alice", 2: 1, 3: "grant"}, {1: 1},  # holder
        {1: "alice"}, {1: "g1", 2: "192.0.2.7:40112", 3: "TLSv1.3"}, {1: 2, 2: 3}, {},  # device
        {1: [link], 2: "Lamp"}, {1: ["/light/1"]},  # links
        *[{1: "c1", 2: "if=oic.if.a", 3: 10000, 4: on, 5: 1700000000123}] * 4,  # resource
        *[{1: "c1", 2: 5, 3: 10000, 4: on}] * 4,
        *[{1: "c1"}] * 3, {1: "c1", 2: 7}, {1: 10000, 2: off, 3: bytes(8)}, {1: "not CBOR", 2: 17},
        {1: "alice", 2: 1700000000123}, {1: DI, 2: "f1", 3: 1700000000123},  # code
        {1: "f1", 2: "alice", 3: digest, 4: digest, 5: 1, 6: 2}, {1: "f1", 2: 2, 3: 1, 4: digest},  # tokens
        {1: "f1", 2: 1}, {1: "f1", 2: 3, 3: 4},
    ]
    coded = [(number, cbor2.dumps(each, canonical=True)) for number, each in enumerate(fields)]
    stored = [bytes([number]) + struct.pack(">H", len(data)) + data for number, data in coded]
    return stored + [b"".join(stored)]


def records():
    stream = f"default/{DI}/3/resource/light/1"
    short = {1: 2, 2: 500, 3: stream, 4: 4, 5: "e1", 6: "Switched", 7: 1700000000123, 8: cbor2.dumps({1: True})}
    whole = {**short, 9: "user:alice", 10: "alice", 11: "c1", 12: "e0", 13: "00-01-02-03", 14: 7, 15: 300}
    newer = {**whole, 16: {"x": [1, 2]}}
    return [cbor2.dumps(each) for each in (short, whole, newer)] + [stream.encode(), b"default/code:0a1b/0/code"]


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def claims():
    user = {"iss": "https://hub.example", "aud": "hub", "sub": "alice", "tenant": "default",
            "iat": 1700000000, "exp": 1700003600, "jti": "t1"}
    device = {**user, "di": DI, "family": "f1", "generation": 2}
    code = base64url(b"default") + b"." + base64url(bytes(16))
    return [json.dumps(each, separators=(",", ":")).encode() for each in (user, device)] + [
        code, code + b"." + base64url(bytes(32)), b"e30.e30.AA"]


def cursors():
    offsets = [b"\x01", b"\x01\x80\x01", b"\x01\xff\xff\xff\xff\xff\xff\xff\xff\x7f", bytes([1] * 17)]
    return [bytes([count]) + base64url(each) for count, each in zip((0, 0, 0, 15), offsets)]


def targets():
    device = f"/api/v1/devices/{DI}"
    return [text.encode() for text in (
        "GET /api/v1/devices", f"DELETE {device}", f"GET {device}/history", f"GET {device}/refusals",
        f"GET {device}/resources/light/1?live=true&timeToLive=10&if=oic.if.a", f"PUT {device}/resources/%2Flight%2F1",
        "GET /api/v1/events?device=x&href=%2Fa+b&cursor=AQE", "GET //a//?x&y=&=z", "GET /%C3%A9?%C3%A9=%26%3D%2B")]


def names():
    return [text.encode() for text in (
        DI, DI.upper(), f"/oic/route/{DI}/light/1", f"/api/v1/devices/{DI}/a", f"/{DI}/a", "/oic/sec/account",
        f"uuid:{DI}", "127.0.0.1:5684", "[::1]:0")]


def admin_requests():
    return [json.dumps(each).encode() for each in (
        {"verb": "status"}, {"verb": "token", "owner": "alice"}, {"verb": "onboard", "owner": "alice"},
        {"verb": "pki_device", "di": DI}, {"verb": "pki_trust", "certificate": "-----BEGIN CERTIFICATE-----"},
        {"verb": "pki_list"}, {"verb": "why"}, {"verb": "why", "about": DI}, {"verb": "why", "about": "[::1]:40112"},
        {"verb": "token", "owner": "alice", "for": "reading"},
        {"verb": "administration", "type": "TokenIssued", "by": "uid:0", "since": "2026-11-25T07:00:00Z", "limit": 5},
        {"verb": 7, "owner": None})]


def certificate(common_name, usage):
    """A self-signed one, DER. Its key is new each time, which a seed may be."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    day = datetime.datetime(2026, 1, 1)
    made = x509.CertificateBuilder(name, name, key.public_key(), 4711, day, day + datetime.timedelta(days=30))
    made = made.add_extension(x509.ExtendedKeyUsage(usage), False).add_extension(x509.BasicConstraints(True, None), True)
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def certificates():
    return [certificate(f"uuid:{DI}", [ExtendedKeyUsageOID.CLIENT_AUTH, x509.ObjectIdentifier("1.3.6.1.4.1.44924.1.6")]),
            certificate("Lampe für alle", [ExtendedKeyUsageOID.SERVER_AUTH])]


def client_hello(version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = context.maximum_version = version
    sent = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), sent, server_hostname="hub.example").do_handshake()
    except ssl.SSLWantReadError:
        pass
    return sent.read()


def corpora():
    found = recorded()
    frames, contents = [raw for raw, _ in messages(found)], payloads(found)
    requests = [raw for raw, message in messages(found) if 0 < message.code < 0x20]
    bodies = [as_json(payload) for payload in payloads(found, ["<-"])]
    return {
        "access_token_fuzz": claims(),
        "admin_fuzz": admin_requests(),
        "block_transfer_fuzz": contents,
        "bytes_fuzz": names() + [raw.hex().encode() for raw in frames] + [base64url(raw) for raw in frames],
        "cbor_fuzz": contents,
        "certificate_fuzz": certificates() + names(),
        "client_hello_fuzz": [client_hello(ssl.TLSVersion.TLSv1_2), client_hello(ssl.TLSVersion.TLSv1_3), frames[0]],
        "cursor_fuzz": cursors(),
        "events_fuzz": events(),
        "frame_fuzz": frames,
        "json_fuzz": bodies,
        "message_fuzz": frames + names(),
        "names_fuzz": names(),
        "payloads_fuzz": contents,
        "record_fuzz": records(),
        "request_fuzz": requests,
        "session_fuzz": [script for lines in found.values() for script in conversations_of(lines)],
        "target_fuzz": targets() + [b"BODY " + text for text in bodies],
    }


def main(folder):
    for fuzzer, seeds in corpora().items():
        place = pathlib.Path(folder) / fuzzer
        place.mkdir(parents=True, exist_ok=True)
        for seed in seeds:
            seed = seed[:SEED_BYTES_MAX]
            (place / hashlib.sha1(seed).hexdigest()).write_bytes(seed)
        print(f"{fuzzer}: {len(set(seeds))} seeds")


if __name__ == "__main__":
    main(*sys.argv[1:])
