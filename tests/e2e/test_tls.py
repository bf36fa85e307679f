"""Mutual TLS: who gets a session, with which suites, and what the certificate has to say."""

import socket
import ssl
import uuid

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID

from admin import metrics
from coap_tcp import (CHANGED, CONTENT, CSM, GET, PATIENCE, PING, POST, UNAUTHORIZED, Connection, Inbox, Message, encode, poll,
                      request_message)
from device import Resource
from pki import Authority, client_context

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.fixture(scope="module")
def foreign(tmp_path_factory):
    """A CA that the hub does not know."""
    return Authority(tmp_path_factory.mktemp("foreign"))


def gets_a_session(hub, context):
    """Whether a connection with this context is talked to. TLS 1.3 tells a client of its refusal only afterwards."""
    try:
        with Connection.tls(hub.address("coap-tls"), context) as connection:
            connection.send(Message(PING, b"8 bytes."))
            connection.signals.get_matching(lambda m: m.code != CSM, 5)
            return True
    except (ssl.SSLError, ConnectionError, AssertionError):
        return False


# G14
@pytest.mark.parametrize("version, suite", [
    (V12, "ECDHE-ECDSA-AES128-GCM-SHA256"), (V12, "ECDHE-ECDSA-AES256-GCM-SHA384"), (V12, "ECDHE-ECDSA-AES128-SHA256"),
    (V12, "ECDHE-ECDSA-AES256-SHA384"), (V13, None)])
def test_a_device_signs_in_with_every_suite_it_may_offer(hub, device, version, suite):
    d = device(tls=True)
    d.context = hub.context(d.di, version=version, ciphers=suite)
    d.online()
    used, _, _ = d.connection.sock.cipher()
    assert d.connection.sock.version() == ("TLSv1.2" if version == V12 else "TLSv1.3")
    assert suite is None or used == suite
    assert d.connection.get("/oic/res").code == CONTENT


# G14
def test_other_suites_and_older_versions_are_refused(hub, device):
    di = str(uuid.uuid4())
    assert gets_a_session(hub, hub.context(di, version=V12))
    assert not gets_a_session(hub, hub.context(di, version=V12, ciphers="ECDHE-RSA-AES128-GCM-SHA256"))
    assert not gets_a_session(hub, hub.context(di, version=V12, ciphers="ECDHE-ECDSA-CHACHA20-POLY1305"))
    assert not gets_a_session(hub, hub.context(di, version=ssl.TLSVersion.TLSv1_1, ciphers="DEFAULT:@SECLEVEL=0"))


# G14
@pytest.mark.parametrize("version", [V12, V13])
def test_a_client_without_a_certificate_is_refused(hub, version):
    assert not gets_a_session(hub, client_context(None, None, hub.ca_file(), version=version))


# G14
@pytest.mark.parametrize("version", [V12, V13])
def test_a_certificate_of_a_foreign_ca_is_refused(hub, foreign, version):
    crt, key = foreign.device(str(uuid.uuid4()))
    assert not gets_a_session(hub, client_context(crt, key, hub.ca_file(), version=version))
    assert gets_a_session(hub, hub.context(str(uuid.uuid4())))


# G14
def test_a_self_signed_certificate_is_refused(hub, foreign):
    key = foreign.folder / "self.key"
    key.write_bytes(foreign.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                              serialization.NoEncryption()))
    assert not gets_a_session(hub, client_context(foreign.file, key, hub.ca_file()))


# G14: the device's own CA, as the page "connect your own device" says
def test_a_ca_that_was_trusted_is_accepted(started, tmp_path, device):
    own = started()
    ca = Authority(tmp_path, "Owners Root")
    d = device(on=own, tls=True)
    crt, key = ca.device(d.di)
    context = client_context(crt, key, own.ca_file())
    assert not gets_a_session(own, context)
    own.cli_ok("pki", "trust", ca.file)
    assert gets_a_session(own, context)
    d.context = context
    d.online()
    own.restart()
    d.online()


# G14
def test_an_expired_certificate_is_refused(started, tmp_path):
    own = started()
    ca = Authority(tmp_path, "Owners Root")
    own.cli_ok("pki", "trust", ca.file)
    di = str(uuid.uuid4())
    assert gets_a_session(own, client_context(*ca.device(di), own.ca_file()))
    assert not gets_a_session(own, client_context(*ca.device(di, days=-1), own.ca_file()))


# G14: text may stand before "uuid:"
def test_the_common_name_may_have_text_before_the_device_id(started, tmp_path, device):
    own = started()
    ca = Authority(tmp_path, "Owners Root")
    own.cli_ok("pki", "trust", ca.file)
    d = device(on=own, tls=True)
    crt, key = ca.device(d.di, common_name=f"Lamp uuid:{d.di}")
    context = client_context(crt, key, own.ca_file())
    d.context = context
    d.online()


# G14, A2
@pytest.mark.parametrize("common_name, purposes", [("somebody", None), (None, ())])
def test_a_certificate_that_is_no_ocf_identity_gets_no_device_in(started, tmp_path, device, common_name, purposes):
    own = started()
    ca = Authority(tmp_path, "Owners Root")
    own.cli_ok("pki", "trust", ca.file)
    d = device(on=own, tls=True)
    more = {"common_name": common_name} if common_name else {"purposes": purposes}
    assert not gets_a_session(own, client_context(*ca.device(d.di, **more), own.ca_file()))
    assert gets_a_session(own, client_context(*ca.device(d.di), own.ca_file()))


# A2, G14
@pytest.mark.parametrize("step", ["sign_up", "sign_in", "refresh"])
def test_a_certificate_of_another_device_is_unauthorized(hub, device, step):
    d = device(tls=True)
    if step != "sign_up":
        assert d.connect().sign_up().code == CHANGED
    other = str(uuid.uuid4())
    d.connection and d.connection.close()
    d.connection = hub.connect_tls(other)
    assert getattr(d, step)().code == UNAUTHORIZED


# G14
def test_the_hubs_certificate_names_its_sid_and_both_persist(started, device):
    own = started()
    onboarding = own.onboard()
    assert onboarding.cis.startswith("coaps+tcp://")
    for _ in range(2):
        with own.connect_tls(str(uuid.uuid4())) as connection:
            certificate = x509.load_der_x509_certificate(connection.sock.getpeercert(True))
            names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
            assert names[0].value == f"uuid:{onboarding.sid}"
        own.restart()
        assert own.onboard().sid == onboarding.sid and own.onboard().ca == onboarding.ca


# G14: devices process one message per TLS record
def test_the_hub_sends_a_device_one_message_per_record(device):
    resources = [Resource(f"/light/{n}", ["core.light"], ["oic.if.rw", "oic.if.baseline"], {"power": 0}, writable=True)
                 for n in range(20)]
    d = device(tls=True, resources=resources).online()
    client = device(tls=True, resources=[]).online().connection
    exchanges = [client.exchange(request_message(POST, d.route(f"/light/{n % 20}"), {"power": n})) for n in range(60)]
    assert {exchange.get().code for exchange in exchanges} == {CHANGED}
    d.check()
    assert len([m for m in d.requests if m.code == POST]) == 60


# G14: a peer with Block-Wise-Transfer may send several in one
def test_several_messages_in_one_record_are_all_answered(hub, device):
    d = device(tls=True, resources=[]).online()
    messages = [request_message(GET, "/oic/res") for _ in range(5)]
    inboxes = []
    for n, message in enumerate(messages):
        message.token = bytes([n]) * 8
        inboxes.append(d.connection._exchanges.setdefault(message.token, Inbox(f"answer {n}")))
    d.connection.send_bytes(b"".join(encode(message) for message in messages))
    assert [inbox.get().code for inbox in inboxes] == [CONTENT] * 5


# G14
def test_a_stop_blames_nobody_whose_handshake_it_ends(started):
    hub = started()
    with socket.create_connection(hub.address("coap-tls"), timeout=PATIENCE) as silent:
        poll(lambda: metrics(hub).value("ocf_connections", state="handshake") == 1, "it is there")
        hub.stop()
        assert silent.recv(1) == b""
    assert "handshake failed" not in hub.log()


def test_bytes_that_are_no_tls_disturb_nobody(hub):
    with Connection.tcp(hub.address("coap-tls")) as plain:
        plain.send_bytes(bytes.fromhex("58e17aee378402fe89b52310000020"))
        plain.wait_closed()
    assert gets_a_session(hub, hub.context(str(uuid.uuid4())))
    assert hub.running()
