"""Why was my device refused? `ocf-cloud why` and the owner's resource say it: stage, peer, reason, advice."""

import contextlib
import socket
import ssl
import time
import uuid

import pytest

from admin import metrics
from api import Api
from coap_tcp import (BAD_REQUEST, CHANGED, DELETE, DELETED, FORBIDDEN, GET, NOT_FOUND, POST, TOO_LARGE, TOO_MANY_REQUESTS, UNAUTHORIZED, Connection, Message, encode,
                      frame, path_options, poll)
from hub import NO_HUB, OK, USAGE, run_cli
from pki import Authority, client_context
from refusals import newest, shake_hands, why

HUB = {"config": {"authorization": {"code_lifetime": "10s"}}}
V11, V12, V13 = ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


# -- Each stage


# Q3, A10
def test_a_used_code(hub, device, transport):
    d = device().connect()
    onboarding = hub.onboard(d.owner)
    assert d.sign_up(onboarding).code == CHANGED
    assert d.sign_in().code == CHANGED
    d.connect()
    assert d.sign_up(onboarding).code == UNAUTHORIZED
    found = newest(hub, d.di, "sign_up", "4.01", "used before")
    assert "new code with `ocf-cloud onboard`" in found["advice"]


# Q3, A10
def test_a_code_used_by_another_device_and_one_that_never_was(hub, device):
    one, other = device().connect(), device().connect()
    onboarding = hub.onboard(one.owner)
    assert one.sign_up(onboarding).code == CHANGED
    assert other.sign_up(onboarding).code == UNAUTHORIZED
    newest(hub, other.di, "sign_up", "used before")
    onboarding.code = "invented"
    assert other.sign_up(onboarding).code == UNAUTHORIZED
    assert "Compare the code" in newest(hub, other.di, "sign_up", "not valid")["advice"]


# Q3, A10
def test_an_expired_code(hub, device):
    d = device().connect()
    onboarding = hub.onboard(d.owner)
    issued = time.monotonic()
    poll(lambda: time.monotonic() > issued + 11, "the code's time is over", 20)
    d.connect()
    assert d.sign_up(onboarding).code == UNAUTHORIZED
    assert "authorization.code_lifetime" in newest(hub, d.di, "sign_up", "expired")["advice"]


# Q3
def test_an_unknown_provider_and_a_device_of_another_owner(hub, device):
    d = device().connect()
    onboarding = hub.onboard(d.owner)
    provider, onboarding.provider = onboarding.provider, "nobody"
    assert d.sign_up(onboarding).code == UNAUTHORIZED
    assert "(apn)" in newest(hub, d.di, "sign_up")["advice"]
    onboarding.provider = provider
    assert d.sign_up(onboarding).code == CHANGED
    assert device(owner="thief", di=d.di).connect().sign_up().code == UNAUTHORIZED
    assert "remove it first" in newest(hub, d.di, "sign_up", "another owner")["advice"]


# Q3
def test_a_sign_up_that_lacks_something_still_tells_whose_it_is(hub, device, transport):
    d = device().connect()
    assert d.send(POST, "/oic/sec/account", {"authprovider": "ocf-cloud", "di": d.di}).code == BAD_REQUEST
    assert "CBOR" in newest(hub, d.di, "sign_up", "missing")["advice"]


# Q3, A2
def test_a_wrong_token_and_then_the_close(hub, device, transport):
    d = device().connect()
    assert d.sign_up().code == CHANGED
    assert d.sign_in(access_token="invented").code == UNAUTHORIZED
    newest(hub, d.di, "sign_in", "4.01 to POST /oic/sec/session")
    assert d.sign_in(access_token="invented").code == UNAUTHORIZED
    d.connection.wait_closed()
    closed = newest(hub, "127.0.0.1", "sign_in", "closed: ")
    assert closed.get("device") == (d.di if d.tls else None)


# Q3, A2
@pytest.mark.parametrize("step", ["sign_up", "sign_in", "refresh"])
def test_a_certificate_of_another_device(hub, device, step):
    d = device(tls=True)
    if step != "sign_up":
        assert d.connect().sign_up().code == CHANGED
    d.close()
    d.connection = hub.connect_tls(str(uuid.uuid4()))
    assert getattr(d, step)().code == UNAUTHORIZED
    found = newest(hub, d.di, "token_refresh" if step == "refresh" else step, "certificate")
    assert "uuid:<its di>" in found["advice"]


# Q3, A11
def test_a_refresh_token_that_was_used_before(hub, device, transport):
    d = device().online()
    before = d.refresh_token
    assert d.refresh().code == CHANGED
    assert d.sign_in().code == CHANGED
    d.connect()
    assert d.refresh(refresh_token=before).code == UNAUTHORIZED
    assert "each new refresh token" in newest(hub, d.di, "token_refresh", "used before")["advice"]


# Q3, R1
def test_a_publication_before_sign_in_and_one_for_another_device(hub, device, transport):
    d = device().connect()
    assert d.publish().code == UNAUTHORIZED
    assert "sign in on this connection first" in newest(hub, d.di, "publish")["advice"]
    d.online()
    other = str(uuid.uuid4())
    assert d.publish(di=other).code == FORBIDDEN
    assert "its own di" in newest(hub, d.di, "publish", other)["advice"]
    assert why(hub, other) == []


# Q3, G1
def test_a_request_before_sign_in(hub, device, transport):
    d = device().connect()
    assert d.connection.get("/oic/res").code == UNAUTHORIZED
    found = newest(hub, d.di if d.tls else "127.0.0.1", "request", "4.01 to GET /oic/res: asked for before a sign-in")
    assert ("device" in found) == d.tls, "the certificate says who it is"


# Q3, G14
def test_a_malformed_frame_and_one_that_is_too_large(hub, device, transport):
    d = device().connect()
    d.connection.send_bytes(frame(GET, b"", b"\xff"))
    d.connection.wait_closed()
    assert "RFC 8323" in newest(hub, "127.0.0.1", "protocol", "closed: ")["advice"]
    d.online()
    d.connection.send_bytes(encode(Message(POST, b"8 bytes.", path_options("/oic/rd"), b"x" * 300_000))[:64])
    assert d.connection.stray.get().code == TOO_LARGE
    assert "limits.frame_bytes_max" in newest(hub, d.di, "protocol")["advice"]


# Q3, G3
def test_no_sign_in_in_time(started, device):
    impatient = started(limits={"first_message_time": "1s", "sign_in_time": "1s"})
    with impatient.connect() as silent:
        silent.wait_closed()
    assert "limits.sign_in_time" in newest(impatient, "127.0.0.1", "sign_in", "closed: no sign-in in time")["advice"]


# Q3
def test_a_connection_too_many(started):
    crowded = started(limits={"connections_max": 1}, tls=False)
    with crowded.connect() as first:
        first.ping()
        with crowded.connect() as second:
            second.wait_closed()
            port = second.sock.getsockname()[1]
        first.assert_open()
    found = newest(crowded, "127.0.0.1", "tcp")
    assert found["peer"] == f"127.0.0.1:{port}" and "limits.connections_max" in found["reason"]


# -- TLS


# Q3, G14
@pytest.mark.parametrize("version", [V12, V13])
def test_tls_without_a_certificate(hub, version):
    shake_hands(hub, client_context(None, None, hub.ca_file(), version=version))
    found = newest(hub, "127.0.0.1", "tls", "did not return a certificate", "offered TLS", "; required a certificate")
    assert "`ocf-cloud pki device DI`" in found["advice"]


# Q3, G14
@pytest.mark.parametrize("version", [V12, V13])
def test_tls_with_a_certificate_of_a_ca_that_is_not_trusted(hub, tmp_path, version):
    di = str(uuid.uuid4())
    shake_hands(hub, client_context(*Authority(tmp_path).device(di), hub.ca_file(), version=version))
    found = newest(hub, di, "tls", di, "unable to get local issuer certificate")
    assert found["device"] == di and "`ocf-cloud pki trust FILE`" in found["advice"]


# Q3, G14
def test_tls_with_an_expired_certificate(started, tmp_path):
    own = started()
    ca = Authority(tmp_path, "Owners Root")
    own.cli_ok("pki", "trust", ca.file)
    di = str(uuid.uuid4())
    shake_hands(own, client_context(*ca.device(di, days=-1), own.ca_file()))
    assert "Renew" in newest(own, di, "tls", "has expired")["advice"]


# Q3, G14: what was offered, and what is wanted
@pytest.mark.parametrize("more, reason, advice", [
    ({"version": V12, "ciphers": "ECDHE-RSA-AES128-GCM-SHA256"},
     ["offered TLS 1.2, ECDHE-RSA-AES128-GCM-SHA256", ", groups ", ", signatures ecdsa_secp256r1_sha256",
      "; required one of ", "ECDHE-ECDSA-AES128-GCM-SHA256", "P-256:P-384"], "ECDHE-ECDSA-AES128"),
    ({"version": V11, "ciphers": "DEFAULT:@SECLEVEL=0"}, ["offered TLS 1.1", "; required TLS 1.2 or TLS 1.3"],
     "TLS 1.2 or TLS 1.3")], ids=["suite", "version"])
def test_tls_with_another_suite_or_version(hub, more, reason, advice):
    shake_hands(hub, hub.context(str(uuid.uuid4()), **more))
    assert advice in newest(hub, "127.0.0.1", "tls", *reason)["advice"]


# Q3, G14
def test_tls_with_a_device_that_does_not_trust_the_hub(hub, tmp_path):
    shake_hands(hub, client_context(*hub.certificate(str(uuid.uuid4())), Authority(tmp_path).file))
    assert "trust anchor" in newest(hub, "127.0.0.1", "tls", "unknown ca")["advice"]


# Q3, G14
def test_no_tls_at_all(hub):
    with Connection.tcp(hub.address("coap-tls")) as plain:
        plain.send_bytes(bytes.fromhex("58e17aee378402fe89b52310000020"))
        plain.wait_closed()
    assert "coaps+tcp" in newest(hub, "127.0.0.1", "tls", "no ClientHello")["advice"]


# -- Who is told what


# Q3, R14
def test_owners_read_the_refusals_of_their_registered_devices(hub, device, api):
    d = device().connect()
    onboarding = hub.onboard(d.owner)
    code, onboarding.code = onboarding.code, "invented"
    assert d.sign_up(onboarding).code == UNAUTHORIZED
    assert api.get(f"/api/v1/devices/{d.di}/refusals").status == 404, "nobody's device yet"
    onboarding.code = code
    assert d.sign_up(onboarding).code == CHANGED
    assert d.sign_in(access_token="invented").code == UNAUTHORIZED
    reply = api.get(f"/api/v1/devices/{d.di}/refusals")
    assert reply.status == 200, reply
    assert reply.json["refusals"] == why(hub, d.di)[:1], "not what was refused before the registration"
    assert len(why(hub, d.di)) == 2


# Q3, R14
def test_refusals_of_others_do_not_exist(hub, device, api):
    d = device(owner="somebody-else").connect()
    d.sign_up()
    assert d.sign_in(access_token="invented").code == UNAUTHORIZED
    path = f"/api/v1/devices/{d.di}/refusals"
    foreign, nobody = api.get(path), api.get(f"/api/v1/devices/{uuid.uuid4()}/refusals")
    assert foreign.status == nobody.status == 404 and foreign.body == nobody.body
    assert Api(hub, hub.token("somebody-else")).get(path).json["refusals"]


# Q3
def test_no_secret_is_told(hub, device, api, transport):
    d = device().connect()
    onboarding = hub.onboard(d.owner)
    assert d.sign_up(onboarding).code == CHANGED
    first = d.refresh_token
    assert d.sign_in().code == CHANGED
    assert d.refresh().code == CHANGED
    assert d.sign_in().code == CHANGED
    d.connect()
    d.sign_up(onboarding)
    d.sign_in(access_token="canary-access")
    d.connect()
    d.refresh(refresh_token=first)
    d.refresh(refresh_token="canary-refresh")
    d.send(DELETE, "/oic/sec/account", query=[f"di={d.di}", "accesstoken=canary-query"])
    poll(lambda: sum(one["count"] for one in why(hub, d.di)) >= 5, "all are recorded")
    told = hub.cli_ok("why") + hub.cli_ok("why", "--json") + hub.cli_ok("why", d.di) + hub.log()
    told += api.get(f"/api/v1/devices/{d.di}/refusals").body.decode()
    for secret in ("canary-", onboarding.code, first, d.access_token, d.refresh_token):
        assert secret not in told


# Q3: an attacker learns nothing about codes
def test_the_peer_is_told_only_that_it_was_refused(hub, device):
    d = device().connect()
    d.connection.csm(block_wise=True)
    onboarding = hub.onboard(d.owner)
    assert d.sign_up(onboarding).code == CHANGED
    assert d.sign_in().code == CHANGED
    answers = [d.sign_up(onboarding)]
    onboarding.code = "invented"
    answers.append(d.sign_up(onboarding))
    assert {answer.code for answer in answers} == {UNAUTHORIZED}
    assert {answer.payload for answer in answers} == {b"the credentials are not valid"}


# -- The command


# Q3
def test_it_prints_for_people(hub, device):
    d = device().connect()
    assert d.sign_in(access_token="x", uid="y").code == UNAUTHORIZED
    text = hub.cli_ok("why", d.di)
    head, reason, advice = text.splitlines()
    assert head.split()[1:] == ["sign_in", "127.0.0.1:%d" % d.connection.sock.getsockname()[1], d.di]
    assert reason.startswith("  why: 4.01 ") and advice.startswith("  do:  Let the device ")
    assert hub.cli_ok("why").startswith(text), "without an argument the newest of anybody comes first"
    for address in ("127.0.0.1", "127.0.0.1:4711"):
        assert hub.cli_ok("why", address).startswith(text)


# Q3: a device that tries again and again leaves one record, not ten
def test_what_is_refused_again_is_counted(hub, device, api):
    d = device().connect()
    assert d.sign_up().code == CHANGED
    for _ in range(6):
        d.connect()
        assert d.sign_in(access_token="invented").code == UNAUTHORIZED
        assert d.sign_in(access_token="invented").code == UNAUTHORIZED
        d.connection.wait_closed()
    found = poll(lambda: [one for one in why(hub, d.di) if one["count"] == 12], "counted")
    assert len(why(hub, d.di)) == 1 and found[0]["since"] < found[0]["time"]
    assert found[0]["reason"].startswith("4.01 to POST /oic/sec/session")
    head = hub.cli_ok("why", d.di).splitlines()[0]
    assert head.endswith(f"  12 times since {found[0]['since']}")
    assert api.get(f"/api/v1/devices/{d.di}/refusals").json["refusals"] == found
    assert d.connect().sign_up().code == CHANGED  # the same registration goes on


# Q3, R14: the next owner does not learn how often the one before was refused
def test_another_registration_is_counted_anew(hub, device, api):
    d = device(owner="the-first").connect()
    assert d.sign_up().code == CHANGED
    assert d.sign_in(access_token="invented").code == UNAUTHORIZED
    assert d.connect().sign_in().code == CHANGED
    assert d.send(DELETE, "/oic/sec/account", query=[f"di={d.di}"]).code == DELETED
    heir = device(di=d.di).connect()
    assert heir.sign_up().code == CHANGED
    assert heir.sign_in(access_token="invented", uid=d.uid).code == UNAUTHORIZED
    refusals = api.get(f"/api/v1/devices/{d.di}/refusals").json["refusals"]
    assert [one["count"] for one in refusals] == [1]
    assert len(why(hub, d.di)) >= 2


# Q3
def test_it_says_so_when_there_is_nothing_to_tell(hub, tmp_path):
    done = hub.cli("why", str(uuid.uuid4()))
    assert done.returncode == OK and "no refusal" in done.stdout
    assert why(hub, "192.0.2.7") == why(hub, "::1") == []
    nonsense = hub.cli("why", "my-lamp")
    assert nonsense.returncode == USAGE and "my-lamp" in nonsense.stderr
    assert run_cli("why", "--data", tmp_path).returncode == NO_HUB


# Q3
def test_it_remembers_so_many_and_they_are_gone_with_the_hub(started, device):
    own = started(limits={"refusals_per_subject_max": 2})
    d = device(on=own).online()
    for path in ("/a", "/b", "/c"):
        assert d.connection.get(path).code == NOT_FOUND
    poll(lambda: [refusal["reason"].split()[3] for refusal in why(own)] == ["/c:", "/b:"], "the newest two")
    own.restart()
    assert why(own) == []


# Q3: a peer that is refused in a loop does not fill the disk
def test_what_is_refused_again_and_again_is_logged_more_and_more_seldom(started, device):
    hub = started()
    connection = device(on=hub, resources=[]).connect().connection
    for _ in range(1000):
        assert connection.get("/oic/res").code == UNAUTHORIZED
    lines = hub.logged("asked for before a sign-in", 12)
    assert len(lines) == 12 and lines[-1].endswith("(1000 times)"), "ten, and the hundredth and thousandth"
    assert "1000 times since" in hub.cli_ok("why", "127.0.0.1")


# Q3: whatever it invents
def test_a_stranger_that_asks_for_other_things_each_time_is_logged_as_seldom(started, device):
    hub = started()
    connection = device(on=hub, resources=[]).connect().connection
    before = len(hub.log().splitlines())
    for number in range(1000):
        assert connection.get(f"/{number}").code in (UNAUTHORIZED, TOO_MANY_REQUESTS)
    assert len(hub.log().splitlines()) - before < 40
    (refusal,) = [found for found in why(hub, "127.0.0.1") if "asked for before" in found["reason"]]
    assert refusal["count"] > 500


# -- The HTTP API


def http_refusals(hub, cause):
    return metrics(hub).value("ocf_refusals_total", stage="http", cause=cause)


def newest_of_http(hub, *words):
    found = why(hub, "127.0.0.1")[0]
    assert found["stage"] == "http" and found["peer"].startswith("127.0.0.1:") and all(word in found["reason"] for word in words), found
    hub.logged(f"{found['peer']}: {found['reason']}")
    return found


# Q3, Q4: every refusal, whatever the face
def test_requests_without_a_good_token_are_told(started, device):
    hub = started()
    assert Api(hub, None).get("/api/v1/devices?token=secret").status == 401
    found = newest_of_http(hub, "401 to GET /api/v1/devices: ", "no bearer token")
    assert "ocf-cloud token" in found["advice"] and "principal" not in found
    assert Api(hub, "nonsense").get("/api/v1/devices").status == 401
    assert "ocf-cloud token" in newest_of_http(hub, "401 to GET /api/v1/devices: ", "not valid")["advice"]
    assert (http_refusals(hub, "not_signed_in"), http_refusals(hub, "bad_token")) == (1, 1)
    assert "nonsense" not in hub.log() and "secret" not in hub.log()

    # The same again is counted, and logged more and more seldom.
    for _ in range(30):
        Api(hub, "nonsense").get("/api/v1/devices")
    assert why(hub, "127.0.0.1")[0]["count"] == 31 and http_refusals(hub, "bad_token") == 31
    assert hub.log().count("401 to GET") == 11

    # What is not there is no refusal, nor is what the caller may see no more of.
    d = device(on=hub).online()
    assert Api(hub, hub.token("mallory")).device(d.di).status == 404
    assert len(why(hub, "127.0.0.1")) == 2


# Q3, G12
def test_http_above_its_limits_is_told_with_the_limit(started, owner):
    hub = started(limits={"http_body_bytes_max": "1KiB", "http_header_bytes_max": "1KiB", "http_connections_max": 3,
                          "owner_requests_per_second": 1})
    api = Api(hub, hub.token(owner))
    assert api.call("PUT", "/api/v1/devices", "x" * 2048).status == 413
    newest_of_http(hub, "413: ")
    assert api.get("/api/v1/devices", headers={"X": "x" * 2048}).status == 431
    poll(lambda: metrics(hub).value("ocf_limit_hits_total", limit="http_header_bytes_max") >= 1, "it is counted")
    assert http_refusals(hub, "too_large") >= 2

    assert poll(lambda: api.get("/api/v1/devices").status == 429, "too many requests")
    found = newest_of_http(hub, f"429 to GET /api/v1/devices of user:{owner}: ")
    assert found["principal"] == f"user:{owner}"
    assert metrics(hub).value("ocf_limit_hits_total", limit="owner_requests_per_second") == http_refusals(hub, "unavailable")

    with contextlib.ExitStack() as held:
        for _ in range(3):
            held.enter_context(socket.create_connection(hub.address("http"))).sendall(b"GET")
        poll(lambda: metrics(hub).value("ocf_http_connections") == 3, "three connections")
        assert api.get("/api/v1/devices").status == 503
    newest_of_http(hub, "503: ", "too many connections")
    assert http_refusals(hub, "too_many_connections") >= 1
