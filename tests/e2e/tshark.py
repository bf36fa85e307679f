"""Wireshark's dissector as a judge of bytes: a capture file is written from what a connection read, and tshark decodes it."""

import shutil
import struct
import subprocess
from xml.etree import ElementTree

from coap_tcp import CSM, PATIENCE

TSHARK = shutil.which("tshark")

# tshark 4.0 does not know OCF's option 2053, and takes the options of signaling messages (RFC 8323 section 5), which count
# on their own, for If-Match and the like: 2 is then no number at all, and 4, Block-Wise-Transfer or Hold-Off, an ETag.
_NOT_KNOWN = {"Unknown Option Number 2053"}
_NOT_KNOWN_IN_SIGNALING = {"Invalid Option Number 2", "Invalid Option Range: 0 (1 < x < 8)"}

_COAP_PORT = 5683
_SEGMENT_MAX = 60_000


def _ip_packet(source_port, sequence, data):
    """An IPv4 packet of a TCP stream between two ports of loopback; tshark does not check sums unless it is told to."""
    tcp = struct.pack(">HHIIBBHHH", _COAP_PORT, source_port, sequence, 1, 5 << 4, 0x18, 0xFFFF, 0, 0)
    loopback = bytes([127, 0, 0, 1])
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp) + len(data), 0, 0x4000, 64, 6, 0, loopback, loopback)
    return ip + tcp + data


def write_capture(path, streams):
    """A capture file: each stream is the frames that one connection got, in order.

    A frame has segments of its own, because tshark 4.0 passes over what follows the first message in a segment.
    """
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 101))  # 101: raw IP
        time = 0
        for number, frames in enumerate(streams):
            sequence = 1
            for segment in (frame[at:at + _SEGMENT_MAX] for frame in frames for at in range(0, len(frame), _SEGMENT_MAX)):
                packet = _ip_packet(40_000 + number, sequence, segment)
                time += 1
                file.write(struct.pack("<IIII", 1_700_000_000, time, len(packet), len(packet)) + packet)
                sequence += len(segment)


class Dissection:
    """What tshark makes of a capture file."""

    def __init__(self, path):
        done = subprocess.run([TSHARK, "-r", str(path), "-T", "pdml", "-d", f"tcp.port=={_COAP_PORT},coap"],
                              capture_output=True, timeout=4 * PATIENCE)
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        self._tree = ElementTree.fromstring(done.stdout)

    def messages(self):
        """(code, token in hexadecimal, bytes) of every CoAP message, in order."""
        return [(_code(message), _shown(message, "coap.token").replace(":", ""), int(message.get("size")))
                for message in self._coap()]

    def complaints(self):
        """What tshark calls malformed, or remarks on as an expert, in CoAP and above; but for what it does not know."""
        found = ["malformed" for _ in self._tree.iterfind("./packet/proto[@name='_ws.malformed']")]
        for message in self._coap():
            known = _NOT_KNOWN_IN_SIGNALING if _code(message) >= CSM else _NOT_KNOWN
            remarks = [remark.get("show") for remark in message.iterfind(".//field[@name='_ws.expert.message']")]
            found += [remark for remark in remarks if remark not in known]
        return found

    def _coap(self):
        return self._tree.iterfind(".//proto[@name='coap']")


def _shown(message, name):
    field = message.find(f".//field[@name='{name}']")
    return "" if field is None else field.get("show")


def _code(message):
    return int(_shown(message, "coap.code"))
