"""Bugs that others had, as far as no other file has a test for them: docs/known-bugs.md is the list with all of them."""

import os
import select
import socket
import ssl
import subprocess
import threading
import time
import uuid

import pytest

from api import Api
from coap_tcp import (ABORT, BAD_REQUEST, BLOCK1, BLOCK2, CHANGED, CSM, GET, OCF_CBOR, PATIENCE, PING, POST, Connection, Message,
                      encode, frame, poll, request_message, uint)
from device import silence
from pki import Authority, client_context

_TERMINAL = {"ResourceUpdated", "CommandCanceled", "CommandExpired", "CommandOutcomeUnknown"}


# -- iotivity-lite 417: every malformed message over TCP is kept until the connection closes


# G14: the connection ends with it, and what follows is not even read as messages
def test_nothing_is_heard_after_a_malformed_message(hub):
    with hub.connect() as connection:
        ping = encode(Message(PING, b"8 bytes."))
        connection.send_bytes(ping + frame(GET, b"12345678", b"\xf1x") + ping * 1000)
        connection.wait_closed()
        codes = []
        while not connection.signals.empty():
            codes.append(connection.signals.get().code)
        assert codes == [CSM, 0xE3, ABORT]
        assert connection.stray.empty()


# -- libcoap CVE-2026-29013: a message without the data that it is about


# G14
def test_blocks_without_data_are_refused(device):
    client = device(resources=[]).connect()
    client.connection.csm(block_wise=True)
    client.sign_up()
    client.sign_in()
    ask = client.connection
    more = uint(0 << 4 | 8 | 6)
    assert ask.post("/oic/rd", payload=b"", format=OCF_CBOR, options=[(BLOCK1, more)]).code == BAD_REQUEST
    assert ask.post("/oic/rd", payload=b"", format=OCF_CBOR, options=[(BLOCK1, uint(0xF))]).code == BAD_REQUEST  # BERT
    assert ask.get("/oic/res", options=[(BLOCK2, uint(5 << 4 | 6))]).code == BAD_REQUEST
    assert ask.get("/oic/route/nobody/light/1", options=[(BLOCK2, uint(5 << 4 | 6))]).code >= 0x80
    ask.assert_open()


# -- Californium CVE-2022-2576: resumption that falls back to full handshakes


@pytest.fixture
def foreign_session(tmp_path):
    """foreign_session(context): a TLS 1.2 session that another server gave to a client with this context."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.maximum_version = ssl.TLSVersion.TLSv1_2
    authority = Authority(tmp_path, "Elsewhere")
    server.load_cert_chain(*authority.device(str(uuid.uuid4())))

    def give(context):
        context.load_verify_locations(authority.file)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            def serve():
                accepted, _ = listener.accept()
                with server.wrap_socket(accepted, server_side=True) as secured:
                    secured.recv(1)

            serving = threading.Thread(target=serve, daemon=True)
            serving.start()
            with context.wrap_socket(socket.create_connection(listener.getsockname(), timeout=PATIENCE)) as secured:
                session = secured.session
                secured.send(b"x")
            serving.join(PATIENCE)
        return session

    return give


# G14: who offers a session that the hub never gave has a handshake like everybody, with its certificate
@pytest.mark.parametrize("certified", [True, False])
def test_a_session_of_another_server_is_no_way_around_the_handshake(hub, foreign_session, certified):
    di = str(uuid.uuid4())
    crt, key = hub.certificate(di) if certified else (None, None)
    context = client_context(crt, key, hub.ca_file(), version=ssl.TLSVersion.TLSv1_2)
    session = foreign_session(context)
    assert session.has_ticket or session.id
    raw = socket.create_connection(hub.address("coap-tls"), timeout=PATIENCE)
    if not certified:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            context.wrap_socket(raw, session=session)
        raw.close()
        return
    with Connection(context.wrap_socket(raw, session=session)) as connection:
        assert not connection.sock.session_reused
        connection.assert_open()


# G14: one handshake per connection; asking for another costs the hub nothing
def test_renegotiation_is_refused(hub):
    crt, key = hub.certificate(str(uuid.uuid4()))
    command = ["openssl", "s_client", "-connect", "{}:{}".format(*hub.address("coap-tls")), "-tls1_2", "-cert", crt, "-key", key,
               "-CAfile", hub.ca_file()]
    with subprocess.Popen([*map(str, command)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as client:
        said = b""
        end = time.monotonic() + PATIENCE
        asked = False
        while time.monotonic() < end and client.poll() is None:
            if select.select([client.stdout], [], [], 0.1)[0]:
                said += os.read(client.stdout.fileno(), 65536)
            # not before the hub's CSM (7.01) is there: what comes into the middle of its handshake is another error to this client
            if b"\xe1" in said and not asked:
                asked = True
                client.stdin.write(b"R\n")  # its command for a renegotiation
                client.stdin.flush()
        client.kill()
        said += client.stdout.read()
    assert asked and b"RENEGOTIATING" in said
    assert b"no renegotiation" in said, said[-2000:]


# -- plgd hub 627 and 997: a device shown online after its gateway died; 371: commands that wait for ever


# G4, G7, G13
def test_after_kill_9_no_device_is_online_and_no_command_waits(started, device, owner):
    hub = started()
    d = device(on=hub).online()
    d.wait_observed("/light/1")
    d.answers[(POST, "/light/1")] = silence
    api = Api(hub, hub.token(owner))
    assert api.devices()[d.di]["online"]
    waiting = threading.Thread(target=lambda: pytest.raises(Exception, api.update, d.di, "/light/1", {"power": 5}), daemon=True)
    waiting.start()
    d.wait_asked(POST, "/light/1")
    hub.kill()
    waiting.join(PATIENCE)
    d.close()
    hub.start()
    api = Api(hub, hub.token(owner))
    assert not api.devices()[d.di]["online"]

    def ended():
        return [event["type"] for event in api.history(d.di, "/light/1") if event["type"] in _TERMINAL]

    poll(lambda: ended() == ["CommandOutcomeUnknown"], f"the command ends once: {ended()}")
    with device(on=hub, resources=[]).online() as client:
        answer = client.connection.exchange(request_message(POST, d.route("/light/1"), {"power": 6})).get()
        assert answer.code == 0xA3, "and no other one is let in to wait for it"
    d.connect()
    assert d.sign_in().code == CHANGED
    assert api.devices()[d.di]["online"]
