"""Certificates over their life: who must show one, what it must say, chains, revocation, and files that change."""

import json
import signal
import ssl
import uuid

import pytest
from cryptography import x509

from api import Api
from coap_tcp import CONTENT, UNAUTHORIZED, Connection, poll
from hub import NOT_FOUND, REFUSED, USAGE
from pki import Authority, certificate_in, client_context, serial_in
from refusals import newest, shake_hands

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.fixture
def root(tmp_path):
    """A CA of the device's owner."""
    return Authority(tmp_path, "Owners Root")


@pytest.fixture
def own(started):
    """A hub of this test alone."""
    return started()


def trusted(own, root):
    own.cli_ok("pki", "trust", root.file)
    return root


def connected(device, own, crt, key, di=None):
    """A device with this certificate, online."""
    d = device(on=own, tls=True, **({"di": di} if di else {}))
    d.context = client_context(crt, key, own.ca_file())
    return d.online()


def device_of(root, device, own, **more):
    """A device with a certificate of this CA, online; and its certificate's file."""
    d = device(on=own, tls=True)
    crt, key = root.device(d.di, **more)
    d.context = client_context(crt, key, own.ca_file())
    return d.online(), crt


def is_offline(own, d):
    api = Api(own, own.token(d.owner))
    return poll(lambda: not api.get(f"/api/v1/devices/{d.di}").json["online"], f"{d.di} is offline")


# -- Who must show one


@pytest.fixture(scope="module")
def lenient(started):
    return started(config={"tls": {"client_certificate": "if_given"}})


# G14, A1, A2
@pytest.mark.parametrize("version", [V12, V13])
def test_where_a_certificate_is_optional_a_device_without_one_is_who_it_says(lenient, device, version):
    d = device(on=lenient, tls=True)
    d.context = client_context(None, None, lenient.ca_file(), version=version)
    d.online()
    assert d.connection.get(d.route("/light/1")).code == CONTENT


# G14, A2
def test_where_a_certificate_is_optional_one_that_is_shown_has_to_hold(lenient, root, device):
    di = str(uuid.uuid4())
    shake_hands(lenient, client_context(*root.device(di), lenient.ca_file()))
    newest(lenient, di, "tls", "unable to get local issuer certificate")
    d = device(on=lenient, tls=True)
    d.context = lenient.context(str(uuid.uuid4()))
    assert d.connect().sign_up().code == UNAUTHORIZED
    newest(lenient, d.di, "sign_up", "certificate")
    d.context = lenient.context(d.di)
    d.online()


# -- What it must say


# G14, A2, Q3
@pytest.mark.parametrize("version", [V12, V13])
@pytest.mark.parametrize("more, complaint", [
    ({"purposes": ()}, "it is not for OCF identity"), ({"common_name": "Kitchen lamp"}, "it names no device")],
    ids=["usage", "name"])
def test_a_certificate_that_is_no_ocf_identity_is_refused_and_says_what_is_missing(hub, root, more, complaint, version):
    trusted(hub, root)
    di = str(uuid.uuid4())
    crt, key = root.device(di, **more)
    shake_hands(hub, client_context(crt, key, hub.ca_file(), version=version))
    found = newest(hub, "127.0.0.1", "tls", complaint, f"serial {serial_in(crt)}", 'issuer "Owners Root"',
                   "usages 1.3.6.1.5.5.7.3.1 1.3.6.1.5.5.7.3.2", "; required usages 1.3.6.1.5.5.7.3.2",
                   "1.3.6.1.4.1.44924.1.6 (OCF identity)", "uuid:<device id>")
    assert "OCF identity certificate" in found["advice"]
    assert ("device" in found) == (complaint == "it is not for OCF identity"), "named by its common name"


# G14
@pytest.mark.parametrize("version", [V12, V13])
def test_a_chain_with_an_intermediate_is_accepted_if_the_device_sends_it(own, root, device, version):
    trusted(own, root)
    below = Authority(root.folder, "Owners Factory", issuer=root)
    d = device(on=own, tls=True)
    crt, key = below.device(d.di, chain=[below])
    d.context = client_context(crt, key, own.ca_file(), version=version)
    d.online()
    alone = below.device(d.di)
    shake_hands(own, client_context(*alone, own.ca_file(), version=version))
    found = newest(own, d.di, "tls", "unable to get local issuer certificate", "; required a chain to a CA")
    assert "intermediate" in found["advice"]


# -- Revocation


# G14, A2, Q3
@pytest.mark.parametrize("name", ["device", "serial", "file"])
def test_a_revoked_certificate_ends_its_connection_and_gets_no_other(own, device, name):
    d, neighbour = device(on=own, tls=True).online(), device(on=own, tls=True).online()
    crt, _ = own.certificate(d.di)
    what = {"device": d.di, "serial": serial_in(crt), "file": crt}[name]
    said = own.cli_ok("pki", "revoke", what)
    assert serial_in(crt) in said and "Connections closed: 1." in said
    d.connection.wait_closed()
    is_offline(own, d)
    found = newest(own, d.di, "tls", "closed: the certificate was revoked")
    assert "`ocf-cloud pki device DI`" in found["advice"]

    shake_hands(own, own.context(d.di))
    newest(own, d.di, "tls", "certificate revoked", f"serial {serial_in(crt)}", "; required a certificate that no CRL")
    neighbour.connection.assert_open()
    assert neighbour.connection.get(neighbour.route("/light/1")).code == CONTENT

    own.restart()
    shake_hands(own, own.context(d.di))
    newest(own, d.di, "tls", "certificate revoked")
    neighbour.online()


# G14: a new certificate for the same device is another one
def test_a_device_whose_certificate_was_revoked_gets_in_with_a_new_one(own, device):
    d = device(on=own, tls=True).online()
    own.cli_ok("pki", "revoke", d.di)
    d.connection.wait_closed()
    prefix = own.folder / "renewed"
    own.cli_ok("pki", "device", d.di, "--out", prefix)
    d.context = client_context(prefix.with_suffix(".crt"), prefix.with_suffix(".key"), own.ca_file())
    d.online()


# Q3: the log of events says so, too
def test_the_events_name_the_revocation(own, device):
    d = device(on=own, tls=True).online()
    own.cli_ok("pki", "revoke", d.di)
    is_offline(own, d)
    history = Api(own, own.token(d.owner)).get(f"/api/v1/devices/{d.di}/history").body.decode()
    assert "certificate_revoked" in history


# G14
def test_what_the_hub_did_not_issue_is_not_revoked(own, root):
    unknown = own.cli("pki", "revoke", uuid.uuid4())
    assert unknown.returncode == NOT_FOUND and "name its serial" in unknown.stderr
    nonsense = own.cli("pki", "revoke", "my-lamp")
    assert nonsense.returncode == USAGE and "serial" in nonsense.stderr
    foreign = own.cli("pki", "revoke", root.device(str(uuid.uuid4()))[0])
    assert foreign.returncode == REFUSED and "tls.crl_files" in foreign.stderr
    assert not (own.data / "pki" / "ca.crl").exists()


# G14
@pytest.mark.parametrize("days", [30, -1], ids=["current", "out of date"])
def test_a_list_of_another_ca_counts_for_that_ca_also_out_of_date(started, tmp_path, root, device, days):
    listed = Authority(tmp_path, "Listed Root")
    bad, good = (listed.device(str(uuid.uuid4())) for _ in range(2))
    own = started(config={"tls": {"crl_files": [str(listed.revocations(bad[0], days=days))],
                                  "trusted_ca_files": [str(listed.file)]}})
    trusted(own, root)
    shake_hands(own, client_context(*bad, own.ca_file()))
    newest(own, "127.0.0.1", "tls", "certificate revoked", f"serial {serial_in(bad[0])}")
    d = device(on=own, tls=True)
    crt, key = listed.device(d.di)
    connected(device, own, crt, key, d.di)
    device_of(root, device, own)  # of a CA without a list
    assert ("the list of 'Listed Root' is out of date" in own.log()) == (days < 0)
    assert ["crl", "Listed", "Root"] in [line.split()[:3] for line in own.cli_ok("pki", "list").splitlines()]


# -- Files that change


# G14, A2
def test_a_list_that_is_read_again_closes_only_what_it_names(started, root, device):
    own = started(config={"tls": {"crl_files": [str(root.revocations())], "trusted_ca_files": [str(root.file)]}})
    d, crt = device_of(root, device, own)
    neighbour, _ = device_of(root, device, own)
    root.revocations(crt)
    assert "Connections closed: 1." in own.cli_ok("reload")
    d.connection.wait_closed()
    is_offline(own, d)
    neighbour.connection.assert_open()


def hubs_serial(own, ca):
    """The serial of the certificate that a new connection is shown."""
    context = client_context(*own.certificate(str(uuid.uuid4())), ca)
    with Connection.tls(own.address("coap-tls"), context) as connection:
        return x509.load_der_x509_certificate(connection.sock.getpeercert(True)).serial_number


# G14
@pytest.mark.parametrize("by", ["command", "signal"])
def test_a_renewed_certificate_is_shown_to_new_connections_and_old_ones_stay(own, root, device, by):
    def reload():
        if by == "command":
            return own.cli("reload")
        return own.process.send_signal(signal.SIGHUP)

    d = device(on=own, tls=True).online()
    kept = hubs_serial(own, own.ca_file())
    crt, key = root.device(own.onboard().sid)
    (own.data / "pki" / "hub.crt").write_bytes(crt.read_bytes())
    done = reload()  # the key is still that of the old one
    poll(lambda: "everything stays as it was" in (done.stderr if done else own.log()), "told that it is no good")
    assert done is None or (done.returncode == REFUSED and "private key" in done.stderr)
    assert hubs_serial(own, own.ca_file()) == kept

    (own.data / "pki" / "hub.key").write_bytes(key.read_bytes())
    reload()
    poll(lambda: "configuration and certificates were read again" in own.log(), "read again")
    assert hubs_serial(own, root.file) == certificate_in(crt).serial_number
    d.connection.assert_open()
    assert d.connection.get(d.route("/light/1")).code == CONTENT


# G14
def test_the_hubs_certificate_may_come_from_the_service_manager(own, root, monkeypatch):
    crt, key = root.device(own.onboard().sid)
    credentials = own.folder / "credentials"
    credentials.mkdir()
    (credentials / "hub.crt").write_bytes(crt.read_bytes())
    (credentials / "hub.key").write_bytes(key.read_bytes())
    own.configure(config={"tls": {"certificate_file": "credential:hub.crt"}})
    assert "tls.certificate_file and tls.key_file go together" in own.cli("reload").stderr
    own.configure(config={"tls": {"certificate_file": "credential:hub.crt", "key_file": "credential:hub.key"}})
    assert "there is no service manager that gives it" in own.cli("reload").stderr
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    own.restart()
    assert hubs_serial(own, root.file) == certificate_in(crt).serial_number
    assert "credential:hub.crt" in own.cli_ok("pki", "list")


# G14
def test_a_ca_whose_file_is_gone_is_not_trusted_any_more_and_its_open_connections_stay(own, root, device):
    trusted(own, root)
    d, _ = device_of(root, device, own)
    file = next((own.data / "pki" / "trusted").iterdir())
    file.write_text("nothing")
    bad = own.cli("reload")
    assert bad.returncode == REFUSED and str(file) in bad.stderr
    file.unlink()
    own.cli_ok("reload")
    shake_hands(own, d.context)
    newest(own, d.di, "tls", "unable to get local issuer certificate")
    d.connection.assert_open()


def reloaded(own):
    """What `reload` says of files: of each its name, what it held and what it holds."""
    return {change["file"].rsplit("/", 1)[-1]: (change["role"], change["from"], change["to"])
            for change in json.loads(own.cli_ok("reload", "--json"))["certificates"]}


# G14, Q3
def test_a_reload_says_which_certificates_came_went_and_were_renewed(own, root):
    pki = own.data / "pki"
    assert reloaded(own) == {}
    (pki / "trusted" / "owners.crt").write_bytes(root.file.read_bytes())
    described = f"'Owners Root', serial {serial_in(root.file)}, until {root.certificate.not_valid_after:%Y-%m-%dT%H:%M:%S}"
    role, before, now = reloaded(own)["owners.crt"]
    assert (role, before) == ("trusted", "") and now.startswith(described)
    assert reloaded(own) == {}

    (pki / "trusted" / "owners.crt").unlink()
    crt, key = root.device(own.onboard().sid)
    former = serial_in(pki / "hub.crt")
    (pki / "hub.crt").write_bytes(crt.read_bytes())
    (pki / "hub.key").write_bytes(key.read_bytes())
    said = own.cli_ok("reload")
    assert f"removed {pki}/trusted/owners.crt (trusted): {described}" in said
    renewed = next(line for line in said.splitlines() if line.startswith(f"{pki}/hub.crt (hub): "))
    before, now = renewed.split(" -> ")
    assert former in before and serial_in(crt) in now

    own.logged("certificates: added")
    own.logged("certificates: removed")
    own.logged(f"{pki}/hub.crt (hub): ")
    acts = [json.loads(line) for line in own.cli_ok("audit", "--administration", "--json").splitlines()]
    assert {f"{pki}/hub.crt, {pki}/trusted/owners.crt", f"{pki}/trusted/owners.crt"} <= {act["about"] for act in acts}


# G14, A2
def test_a_reload_says_how_a_list_changed(started, root):
    crl = root.revocations()
    own = started(config={"tls": {"crl_files": [str(crl)], "trusted_ca_files": [str(root.file)]}})
    root.revocations(root.device("028acc3a-d1a5-4246-79cd-000000000001")[0])
    role, before, now = reloaded(own)[crl.name]
    assert role == "crl"
    assert before.startswith("list of 'Owners Root', 0 revoked, ") and now.startswith("list of 'Owners Root', 1 revoked, ")


# The first certificate is a CA's, and TLS would refuse everything for the second one.
def test_a_ca_that_tls_cannot_use_is_not_trusted_and_stops_nothing(own, root, device):
    bad = own.folder / "bad.pem"
    bad.write_text(root.file.read_text() + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    refused = own.cli("pki", "trust", bad)
    assert refused.returncode == REFUSED and "cannot be trusted" in refused.stderr
    assert "Owners Root" not in own.cli_ok("pki", "list")
    d = device(on=own, tls=True).online()
    own.cli_ok("pki", "revoke", d.di)
    d.connection.wait_closed()
    (own.data / "pki" / "trusted" / "bad.crt").write_bytes(bad.read_bytes())
    reload = own.cli("reload")
    assert reload.returncode == REFUSED and "trusted/bad.crt" in reload.stderr
    (own.data / "pki" / "trusted" / "bad.crt").unlink()
    own.restart()


# -- ALPN


# G14
@pytest.mark.parametrize("version", [V12, V13])
@pytest.mark.parametrize("offered, agreed", [(("coap",), "coap"), (("h2", "coap"), "coap"), ((), None)],
                         ids=["coap", "coap among others", "none"])
def test_the_protocol_coap_is_agreed_upon_where_it_is_offered(hub, version, offered, agreed):
    with Connection.tls(hub.address("coap-tls"), hub.context(str(uuid.uuid4()), version=version, alpn=offered)) as connection:
        assert connection.sock.selected_alpn_protocol() == agreed
        connection.assert_open()


# G14, Q3: RFC 7301, section 3.2
@pytest.mark.parametrize("version", [V12, V13])
def test_other_protocols_than_coap_are_refused(hub, version):
    context = hub.context(str(uuid.uuid4()), version=version, alpn=("h2", "http/1.1"))
    with pytest.raises(ssl.SSLError, match="(?i)no.application.protocol"):
        Connection.tls(hub.address("coap-tls"), context)
    found = newest(hub, "127.0.0.1", "tls", "no application protocol", ", ALPN h2 http/1.1; required ALPN coap, or none")
    assert "application protocol coap" in found["advice"]
