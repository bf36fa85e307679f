"""Limits that no other file hits: each with a small value, its answer, and how it is counted. docs/operations/limits.md has them all."""

import contextlib
import socket
import threading
import time
from concurrent import futures

import pytest

from admin import call, metrics
from api import Api
from coap_tcp import CHANGED, CONTENT, CSM, GET, MAX_AGE, PATIENCE, TOO_MANY_REQUESTS, UNAVAILABLE, Connection, WaitTimeout, poll
from device import Device, light
from refusals import newest


def hits(hub, limit):
    return metrics(hub).value("ocf_limit_hits_total", limit=limit)


def crowd(hub, count):
    """Connections that have not signed in, each after its CSM."""
    connections = [hub.connect(f"newcomer {number}") for number in range(count)]
    for connection in connections:
        connection.wait_signal(CSM)
    return connections


def close(connections):
    for connection in connections:
        connection.close()


def connect_from(address, hub, listener="coap-tcp"):
    """A socket from another address of this machine."""
    return socket.create_connection(hub.address(listener), timeout=PATIENCE, source_address=(address, 0))


# -- Who has not signed in

def test_so_many_may_be_connected_without_a_sign_in(started):
    hub = started(limits={"unauthenticated_connections_max": 3}, tls=False)
    with Device(hub) as d:
        d.online()
        newcomers = crowd(hub, 3)
        with hub.connect() as refused:
            refused.wait_closed()
        found = newest(hub, "127.0.0.1", "tcp", "too many connections", "limits.unauthenticated_connections_max")
        assert "sign in" in found["advice"]
        assert hits(hub, "unauthenticated_connections_max") == 1
        assert d.connection.ping()
        close(newcomers[:1])
        poll(lambda: metrics(hub).value("ocf_connections", state="not_signed_in") == 2, "one is gone")
        close(crowd(hub, 1) + newcomers)


def test_who_signs_in_is_none_of_them_and_who_signs_out_is(started):
    hub = started(limits={"unauthenticated_connections_max": 1}, tls=False)
    with Device(hub) as one, Device(hub) as other:
        one.online()
        other.online()
        assert one.sign_in(login=False).code == CHANGED
        with hub.connect() as refused:
            refused.wait_closed()
        assert one.sign_in().code == CHANGED
        close(crowd(hub, 1))


def test_one_address_may_have_so_many_and_no_other_is_kept_out_by_it(started):
    hub = started(limits={"unauthenticated_connections_per_address_max": 2}, tls=False)
    newcomers = crowd(hub, 2)
    with hub.connect() as refused:
        refused.wait_closed()
    newest(hub, "127.0.0.1", "tcp", "limits.unauthenticated_connections_per_address_max")
    assert hits(hub, "unauthenticated_connections_per_address_max") == 1
    with Connection(connect_from("127.0.0.2", hub)) as another:
        assert another.wait_signal(CSM)
    close(newcomers)


# -- How fast

def test_more_connections_per_second_wait(started):
    hub = started(limits={"accepts_per_second": 2}, tls=False)
    begin = time.monotonic()
    close(crowd(hub, 25))  # the first twenty are ten seconds' worth
    assert time.monotonic() - begin > 1.9
    assert hits(hub, "accepts_per_second") >= 1


def test_more_handshakes_wait(started):
    hub = started(limits={"handshakes_in_flight_max": 2, "tls_handshake_time": "2s"})
    with Device(hub, tls=True) as d:
        d.online()
        half_open = [socket.create_connection(hub.address("coap-tls")) for _ in range(2)]
        poll(lambda: metrics(hub).value("ocf_connections", state="handshake") == 2, "two shake hands")
        begin = time.monotonic()
        with hub.connect_tls(d.di) as third:
            assert third.wait_signal(CSM)
        assert time.monotonic() - begin > 0.5
        assert hits(hub, "handshakes_in_flight_max") >= 1
        assert d.connection.ping()
        for sock in half_open:
            sock.close()


def test_handshakes_of_one_address_keep_no_other_out(started):
    hub = started(limits={"handshakes_in_flight_max": 3, "unauthenticated_connections_per_address_max": 2})
    with Device(hub) as d, contextlib.ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(socket.create_connection(hub.address("coap-tls")))
        poll(lambda: hits(hub, "unauthenticated_connections_per_address_max") == 8, "all but two are closed")
        begin = time.monotonic()
        with Connection(hub.context(d.di).wrap_socket(connect_from("127.0.0.2", hub, "coap-tls"))) as another:
            assert another.wait_signal(CSM)
        assert time.monotonic() - begin < 5, "it did not wait for their end"


def test_a_handshake_that_does_not_go_on_is_closed(started):
    hub = started(limits={"tls_handshake_time": "1s"})
    with socket.create_connection(hub.address("coap-tls"), timeout=PATIENCE) as half_open:
        assert half_open.recv(1) == b""
    newest(hub, "127.0.0.1", "tls", "TLS handshake failed")
    assert hits(hub, "tls_handshake_time") == 1


def until_refused(ask):
    """Asks until the answer is 5.03: the refusal, and how often it was answered otherwise."""
    for count in range(100):
        answer = ask()
        if answer.code == UNAVAILABLE:
            return answer, count
        assert answer.code == CHANGED
    raise AssertionError("it is never refused")


def out_and_in(d):
    """Signs a device out, if it is in, and in again; the answer to that."""
    is_in = True

    def ask():
        nonlocal is_in
        assert not is_in or d.sign_in(login=False).code == CHANGED
        answer = d.sign_in()
        is_in = answer.code == CHANGED
        return answer

    return ask


def test_more_sign_ins_are_told_to_come_later(started):
    hub = started(limits={"sign_ins_per_second": 1, "sign_in_time": "2s"}, tls=False)
    with Device(hub) as d, Device(hub) as other:
        d.online()
        other.online()  # the two take four
        refused, before = until_refused(out_and_in(other))
        assert before >= 6  # ten seconds' worth
        assert 2 <= refused.number(MAX_AGE) <= 30 and not refused.payload
        newest(hub, other.di, "sign_in", "too many devices sign up or in at once")
        until_refused(other.refresh)
        newest(hub, other.di, "token_refresh", "too many devices sign up or in at once")
        assert hits(hub, "sign_ins_per_second") >= 2
        # Who is signed in goes on, with a new token, too.
        assert d.connection.get(d.route("/light/1")).value["name"] == "Light"
        assert d.refresh().code == CHANGED
        assert d.sign_in().code == CHANGED
        assert d.sign_in(login=False).code == CHANGED


def test_who_is_told_to_come_later_is_not_closed_meanwhile(started):
    hub = started(limits={"sign_ins_per_second": 1, "sign_in_time": "2s"}, tls=False)
    with Device(hub) as d, contextlib.ExitStack() as stack:
        d.online()
        again = out_and_in(d)
        for _ in range(10):
            late = stack.enter_context(Device(hub)).connect()
            onboarding = hub.onboard()
            until_refused(again)
            if late.sign_up(onboarding).code == UNAVAILABLE:
                break
        else:
            raise AssertionError("it is never refused")
        with pytest.raises(WaitTimeout):
            late.connection.wait_closed(2.5)
        assert late.sign_up(onboarding).code == CHANGED


# -- Devices and owners


def test_a_device_that_notifies_faster_is_heard_with_its_newest_and_gets_no_error(started, owner):
    hub = started(limits={"device_messages_per_second": 2}, tls=False)
    with Device(hub, owner=owner, resources=[light()]) as d:
        d.online().wait_observed("/light/1")
        for power in range(1, 101):
            d.change("/light/1", power=power)
        assert d.connection.ping(custody=True)  # behind what was said before it
        api = Api(hub, hub.token(owner))
        assert api.resource(d.di, "/light/1").json["power"] == 100
        powers = [event["data"]["content"]["power"] for event in api.history(d.di, "/light/1") if event["type"] == "ResourceRepresentationUpdated"]
        assert powers == sorted(powers) and len(powers) <= 30
        assert metrics(hub).value("ocf_notifications_total", outcome="coalesced") >= 70
        assert hits(hub, "device_messages_per_second") >= 1


def test_a_client_that_asks_faster_is_told_so_and_goes_on_later(started):
    hub = started(limits={"device_messages_per_second": 2}, tls=False)
    with Device(hub, resources=[]) as d:
        d.online()
        refused = next(answer for answer in (d.send(GET, "/oic/res") for _ in range(100)) if answer.code == TOO_MANY_REQUESTS)
        assert refused.number(MAX_AGE) >= 1
        newest(hub, d.di, "request", "4.29", "too many requests in this time")
        assert hits(hub, "device_messages_per_second") >= 1
        poll(lambda: d.send(GET, "/oic/res").code == CONTENT, "it may ask again")


def test_who_goes_on_asking_too_fast_is_closed_all_the_same(started):
    hub = started(limits={"device_messages_per_second": 1, "sign_in_time": "2s", "sign_in_time_after_503": "3s"}, tls=False)
    connection = hub.connect()
    begun = time.monotonic()
    while not connection.closed.is_set() and time.monotonic() < begun + 10:
        with contextlib.suppress(WaitTimeout, OSError):
            connection.post("/oic/sec/account", {})
        connection.closed.wait(0.1)
    assert connection.closed.is_set() and time.monotonic() > begun + 2


def test_an_owner_that_asks_faster_is_told_so_on_every_face(started, owner):
    hub = started(limits={"owner_requests_per_second": 1}, tls=False)
    api, other = Api(hub, hub.token(owner)), Api(hub, hub.token())
    with Device(hub, owner=owner) as d:
        d.online()  # what it publishes does not count
        for _ in range(5):
            assert api.get("/api/v1/devices").status == 200
            assert d.send(GET, "/oic/res").code == CONTENT
        poll(lambda: api.get("/api/v1/devices").status == 429, "the owner is told")
        reply = next(reply for reply in (api.get("/api/v1/devices") for _ in range(10)) if reply.status == 429)
        assert reply.json["reason"] == "too_many_requests" and int(reply.headers["retry-after"]) >= 1
        refused = next(answer for answer in (d.send(GET, "/oic/res") for _ in range(10)) if answer.code == TOO_MANY_REQUESTS)
        assert refused.number(MAX_AGE) >= 1
        assert hits(hub, "owner_requests_per_second") >= 3
        assert d.publish().code == CHANGED and d.connection.ping()
        assert other.get("/api/v1/devices").status == 200
        poll(lambda: api.get("/api/v1/devices").status == 200, "it may ask again")


def test_an_owner_may_have_so_many_devices(started, owner):
    hub = started(limits={"devices_per_owner_max": 2}, tls=False)
    api = Api(hub, hub.token(owner))
    with contextlib.ExitStack() as stack:
        first, second, third = (stack.enter_context(Device(hub, owner=owner)).connect() for _ in range(3))
        assert first.sign_up().code == second.sign_up().code == CHANGED
        onboarding = hub.onboard(owner)
        assert third.sign_up(onboarding).code == UNAVAILABLE
        newest(hub, third.di, "sign_up", "as many devices as an owner may have")
        assert hits(hub, "devices_per_owner_max") == 1
        assert second.sign_up().code == CHANGED  # it is one of them
        assert api.call("DELETE", f"/api/v1/devices/{first.di}").ok
        assert third.sign_up(onboarding).code == CHANGED
        assert stack.enter_context(Device(hub)).connect().sign_up().code == CHANGED  # another owner's


def test_a_device_that_says_more_than_may_wait_is_closed(started):
    hub = started(limits={"device_messages_per_second": 1, "notifications_queued_bytes_max": "64KiB"}, tls=False)
    hrefs = [f"/light/{number}" for number in range(3)]
    with Device(hub, resources=[light(href) for href in hrefs]) as d:
        d.online()
        for href in hrefs:
            d.wait_observed(href)
        with contextlib.suppress(OSError):
            for number in range(20):  # ten are stored at once
                for href in hrefs:
                    d.change(href, name=f"{number}" + "x" * 40_000)
        d.connection.wait_closed()
        newest(hub, d.di, "protocol", "the device says more than the hub can store")
        assert hits(hub, "notifications_queued_bytes_max") >= 1


def test_so_many_commands_may_wait_for_a_device(started, owner):
    hub = started(limits={"pending_commands_per_device_max": 2}, tls=False)
    api = Api(hub, hub.token(owner))
    with Device(hub, owner=owner) as d, futures.ThreadPoolExecutor() as pool:
        d.online().wait_observed("/light/1")
        d.close()
        poll(lambda: not api.device(d.di).json["online"], "the device is offline")

        def update(power):
            return api.call("PUT", api.resource_path(d.di, "/light/1", timeToLive=60), {"power": power})

        waiting = [pool.submit(update, power) for power in (1, 2)]
        poll(lambda: metrics(hub).value("ocf_commands_pending") == 2, "two commands wait")
        refused = update(3)
        assert refused.status == 503 and refused.json["reason"] == "too_many_pending"
        assert hits(hub, "pending_commands_per_device_max") == 1
        d.online()
        assert all(command.result().ok for command in waiting)


# -- Memory


def test_a_peer_that_reads_nothing_is_closed(started):
    hub = started(limits={"write_queue_bytes_max": "64KiB", "device_messages_per_second": 1_000_000,
                          "owner_requests_per_second": 1_000_000}, tls=False)
    stalled, done = threading.Event(), threading.Event()
    with Device(hub, resources=[light(f"/light/{number}") for number in range(20)]) as d:
        d.online()
        d.connection.watch_segments(lambda data, messages: stalled.is_set() and done.wait())  # holds up who reads
        stalled.set()
        try:
            for _ in range(200):
                with contextlib.suppress(OSError):
                    for _ in range(50):
                        d.send_later(GET, "/oic/res")
                if hits(hub, "write_queue_bytes_max"):
                    break
            newest(hub, d.di, "tcp", "closed:")
            assert hits(hub, "write_queue_bytes_max") == 1
        finally:
            done.set()


def test_without_memory_the_newest_newcomers_go_and_nobody_is_accepted(started):
    hub = started(tls=False)
    with Device(hub) as d, contextlib.ExitStack() as stack:
        d.online()
        newcomers = crowd(hub, 5)
        hub.configure(limits={"memory_bytes_max": "1MiB"})
        hub.cli_ok("reload")
        for newcomer in newcomers:
            newcomer.wait_closed()
        newest(hub, "127.0.0.1", "tcp", "the hub's memory is short")
        assert hits(hub, "memory_bytes_max") >= 1
        hub.logged("limits.memory_bytes_max): nobody is accepted")
        status, _, text = call(hub, "/readyz")
        assert status == 503 and "memory: more is in use than limits.memory_bytes_max" in text
        assert metrics(hub).value("ocf_memory_budget_bytes") == 1 << 20

        assert d.connection.ping()
        assert d.connection.get(d.route("/light/1")).value["name"] == "Light"
        waiting = stack.enter_context(hub.connect())  # the kernel has it
        with pytest.raises(WaitTimeout):
            waiting.wait_signal(CSM, 1.5)
        assert not waiting.closed.is_set()

        hub.configure(limits={"memory_bytes_max": "1024GiB"})
        hub.cli_ok("reload")
        assert waiting.wait_signal(CSM)
        assert call(hub, "/readyz")[0] == 200
        hub.logged("connections are accepted again")
