"""What the crash tests do to a hub: devices and clients that go on until it dies, each on a thread of its own, and write what they
asked and what was acknowledged into a ledger."""

import os
import threading

from api import Api
from coap_tcp import CHANGED, DELETED, POST, request_message
from device import Device, light
from ledger import NOTIFIED, PUBLISHED, SIGNED_UP, UNPUBLISHED, UPDATED, Fact

LIGHT = "/light/1"
BURST = 5                 # notifications before each Ping with Custody
NEWCOMERS = 2             # devices that sign up in one life of the hub, at most

# Of the hub: the load is meant, and every notification of it has to be in the history.
LIMITS = {"device_messages_per_second": 1_000_000, "owner_requests_per_second": 1_000_000}


class Refused(Exception):
    """The hub refused what it has to do."""


class Load:
    """A device that changes by itself (over TLS), one that two clients update at once, by HTTP and by CoAP, and devices that
    sign up, publish and take back; and somebody who watches. The first two stay the same in every life of the hub."""

    def __init__(self, hub, ledger, owner="alice"):
        self.hub, self.ledger, self.owner = hub, ledger, owner
        self.teller = self._light(tls=True)
        self.switched = self._light()
        self.client = Device(hub, owner=owner, resources=[])
        self.newcomers = []
        self.delivered = []      # every value that reached the updated device
        self.shown = []          # every event that the owner was shown live
        self._threads = []
        self._feed = None
        self._dying = threading.Event()
        self._failures = []
        self.switched.resources[LIGHT].check = self._deliver

    def _light(self, **more):
        return Device(self.hub, owner=self.owner, resources=[light(LIGHT)], **more)

    def _deliver(self, update):
        self.delivered.append(update["power"])
        return True

    # -- One life of the hub

    def begin(self):
        """Everybody is online and goes on; returns at once."""
        self._dying.clear()
        for device in (self.teller, self.switched, self.client):
            self._come(device)
        for device in (self.teller, self.switched):
            device.wait_observed(LIGHT)
        codes = [self.hub.onboard(self.owner) for _ in range(NEWCOMERS)]
        api = Api(self.hub, self.hub.token(self.owner))
        self._feed = api.events()
        self._threads = [threading.Thread(target=self._go_on, args=work, daemon=True)
                         for work in ((self._tell,), (self._update_by_http, api), (self._update_by_coap,), (self._sign_up, codes),
                                      (self._watch,))]
        for thread in self._threads:
            thread.start()

    def dying(self):
        """From now on nobody minds errors: call it before the hub is killed."""
        self._dying.set()

    def end(self):
        """After the hub is dead: when nobody writes into the ledger any more. Fails if somebody failed before."""
        self._feed.hang_up()
        for thread in self._threads:
            thread.join()
        self._feed.close()
        for device in (self.teller, self.switched, self.client, *self.newcomers):
            device.close()
        if self._failures:
            raise self._failures[0]

    def _go_on(self, work, *arguments):
        try:
            while not self._dying.is_set():
                work(*arguments)
        except Exception as error:  # a hub that was killed is told in many ways
            if not self._dying.is_set():
                self._failures.append(error)

    def _come(self, device):
        """Up to the publication; what was acknowledged in an earlier life is not asked again."""
        if not device.access_token:
            self._register(device.connect(), self.hub.onboard(self.owner))
        else:
            device.connect()
        expect(device.sign_in(), CHANGED)
        if device.resources and not device.instances:
            self._publish(device, list(device.resources))

    # -- What they do

    def _register(self, device, code):
        fact = self.ledger.ask(Fact(SIGNED_UP, device.di))
        expect(device.sign_up(code), CHANGED)
        self.ledger.acknowledge(fact)

    def _publish(self, device, hrefs):
        facts = [self.ledger.ask(Fact(PUBLISHED, device.di, href)) for href in hrefs]
        expect(device.publish(hrefs), CHANGED)
        self.ledger.acknowledge(*facts)

    def _tell(self):
        facts = []
        for _ in range(BURST):
            facts.append(self.ledger.ask(Fact(NOTIFIED, self.teller.di, LIGHT, self.ledger.value())))
            self.teller.change(LIGHT, power=facts[-1].value)
        self.teller.connection.ping(os.urandom(8), custody=True)
        self.ledger.acknowledge(*facts)

    def _update_by_http(self, api):
        fact = self.ledger.ask(Fact(UPDATED, self.switched.di, LIGHT, self.ledger.value()))
        reply = api.update(fact.di, fact.href, {"power": fact.value})
        if not reply.ok:
            raise Refused(f"{fact}: {reply}")
        self.ledger.acknowledge(fact._replace(correlation=reply.headers["correlation-id"]))

    def _update_by_coap(self):
        fact = self.ledger.ask(Fact(UPDATED, self.switched.di, LIGHT, self.ledger.value()))
        request = request_message(POST, self.switched.route(LIGHT), {"power": fact.value})
        expect(self.client.connection.exchange(request).get(), CHANGED)
        self.ledger.acknowledge(fact)

    def _watch(self):
        while True:  # to the last event that the hub sent
            self.shown.append(self._feed.next()[2])

    def _sign_up(self, codes):
        if not codes:
            self._dying.wait(0.1)
            return
        device = Device(self.hub, owner=self.owner, resources=[light(LIGHT), light("/light/2")])
        self._register(device.connect(), codes.pop())
        self.newcomers.append(device)
        expect(device.sign_in(), CHANGED)
        self._publish(device, list(device.resources))
        fact = self.ledger.ask(Fact(UNPUBLISHED, device.di, "/light/2"))
        expect(device.unpublish(["/light/2"]), DELETED)
        self.ledger.acknowledge(fact)
        device.close()


def expect(answer, code):
    if answer.code != code:
        raise Refused(str(answer))
