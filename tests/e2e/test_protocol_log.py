"""The messages of one device's connections can be followed as they come, without the secrets in them."""

import json
import socket
import subprocess
import threading

from api import Api
from coap_tcp import CHANGED, PATIENCE, PING, Message, encode, poll
from hub import BINARY


class ProtocolLog:
    """`ocf-cloud protocol-log DI`, running; its lines as JSON."""

    def __init__(self, hub, di, owner):
        self.hub = hub
        self.process = subprocess.Popen([BINARY, "protocol-log", di, "--owner", owner, "--data", hub.data, "--json"],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines = []
        assert "Listening" in self.process.stderr.readline()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def wait(self, direction, *parts):
        """The first message in that direction that has all of these in it."""
        return poll(lambda: next((line for line in list(self.lines) if line.get("direction") == direction
                                  and all(part in line["message"] for part in parts)), None), f"{direction} {parts}")

    def text(self):
        return "\n".join(line.get("message", "") for line in list(self.lines))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


# Q3
def test_each_message_of_a_device_is_told_and_no_secret(hub, api, device, owner, transport):
    d = device().online()
    d.wait_observed("/light/1")
    with ProtocolLog(hub, d.di, owner) as log:
        d.change("/light/1", power=17)
        log.wait("from_device", "2.05 Content", "Observe: ", '"power": 17')
        assert api.update(d.di, "/light/1", {"power": 18}).status == 204
        asked = log.wait("to_device", "POST", "Uri-Path: light", '{"power": 18}')
        token = asked["message"].split("token ")[1].split("\n")[0]
        log.wait("from_device", f"2.04 Changed, token {token}")
        d.connection.ping()
        log.wait("from_device", "Ping")
        log.wait("to_device", "Pong")

        # Tokens go both ways in these, and none is shown.
        assert d.refresh().code == CHANGED
        log.wait("from_device", "Uri-Path: tokenrefresh", '"refreshtoken": "[secret]"', f'"uid": "{d.uid}"')
        log.wait("to_device", "2.04 Changed", '"accesstoken": "[secret]"', '"refreshtoken": "[secret]"')
        assert d.sign_in().code == CHANGED
        log.wait("from_device", "Uri-Path: session", '"accesstoken": "[secret]"')
        assert not hub.told_secret(log.text())

        # The log goes on with the next connection; where a certificate says whose it is, from its first message on.
        log.lines.clear()
        d.connect()
        assert d.sign_in().code == CHANGED
        if transport == "tls":
            log.wait("to_device", "CSM", "Max-Message-Size")
            log.wait("from_device", "Uri-Path: session", '"accesstoken": "[secret]"')
        log.wait("to_device", "2.04 Changed")
        d.wait_observed("/light/1")
        assert not hub.told_secret(log.text())


# Q3
def test_it_is_printed_for_people(hub, device, owner):
    d = device().online()
    process = subprocess.Popen([BINARY, "protocol-log", d.di, "--owner", owner, "--data", hub.data],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr.readline() == f"Listening to {d.di} until Ctrl-C.\n"
        d.connection.ping()
        assert process.stdout.readline().endswith("  from the device\n")
        assert process.stdout.readline().startswith("  Ping, token ")
    finally:
        process.kill()
        process.wait()


# Q3: what is not the caller's does not exist
def test_only_the_owner_listens_and_only_while_it_owns_the_device(hub, api, device, owner):
    d = device().online()
    mallory = Api(hub, hub.token("mallory"))
    assert mallory.get(f"/api/v1/devices/{d.di}/protocol-log").status == 404
    with ProtocolLog(hub, d.di, owner) as log:
        api.remove(d.di)
        assert log.process.wait(20) == 1 and "no such device" in log.process.stderr.read()
        device(owner="mallory", di=d.di).online()
        assert mallory.get(f"/api/v1/devices/{d.di}/resources").status == 200  # it is another's now, and there
        assert api.get(f"/api/v1/devices/{d.di}/protocol-log").status == 404


# Q3, D4
def test_logs_are_bounded_and_say_what_they_leave_out(started, device):
    hub = started(limits={"protocol_logs_max": 1, "protocol_log_bytes_max": "4KiB"})
    d = device(on=hub).online()
    d.wait_observed("/light/1")
    api = Api(hub, hub.token(d.owner))
    with ProtocolLog(hub, d.di, d.owner) as log:
        refused = api.get(f"/api/v1/devices/{d.di}/protocol-log")
        assert (refused.status, refused.json["reason"]) == (503, "too_many_protocol_logs")
        d.connection.send_bytes(encode(Message(PING, b"\x01" * 8)) * 200)
        poll(lambda: sum(line.get("messages", 0) for line in list(log.lines)), "that messages were left out")
        poll(lambda: sum(line.get("messages", 1) for line in list(log.lines)) == 400, "all pings and pongs are accounted for")
    # The end of the reader makes room for another one.
    poll(lambda: status_of_stream(api, d.di) == 200, "room for another reader")


# Q3, D4: of the eight that may be read at once
def test_one_owner_reads_a_quarter_of_the_logs(hub, api, device):
    d, other = device().online(), device(owner="neighbour").online()
    neighbour = Api(hub, hub.token("neighbour"))
    with ProtocolLog(hub, d.di, d.owner), ProtocolLog(hub, d.di, d.owner):
        refused = api.get(f"/api/v1/devices/{d.di}/protocol-log")
        assert (refused.status, refused.json["reason"]) == (503, "too_many_protocol_logs")
        assert status_of_stream(neighbour, other.di) == 200
    poll(lambda: status_of_stream(api, d.di) == 200, "room for another reader")


def status_of_stream(api, di):
    """Of a reader that leaves at once."""
    with socket.create_connection(api.address, timeout=PATIENCE) as sock:
        sock.sendall(f"GET /api/v1/devices/{di}/protocol-log HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {api.token}\r\n\r\n".encode())
        return int(sock.recv(100).split()[1])
