"""A device in Python that behaves on the wire as iotivity-lite does (tests/captures), its intolerances included.

What a real device would not bear makes this one close the connection and is kept in `violations`; check() fails on them.
"""

import itertools
import threading
import uuid

import cbor2

import ocf_cbor
from coap_tcp import (ACCEPT, ACCEPT_VERSION, BAD_REQUEST, BLOCK1, BLOCK2, CHANGED, CONTENT, CONTENT_FORMAT, CREATED, DELETE,
                      DELETED, ETAG, FORBIDDEN, FORMAT_VERSION, GET, METHOD_NOT_ALLOWED, NOT_FOUND, OBSERVE, OCF_CBOR, POST,
                      URI_HOST, URI_PATH, URI_PORT, URI_QUERY, VALID, Inbox, Message, encode,
                      path_options, poll, uint)

VERSION_1_0 = b"\x08\x00"
LARGEST_REQUEST = 8192  # that the hub may send; more makes a device close
_KNOWN_OPTIONS = {URI_HOST, URI_PORT, URI_PATH, URI_QUERY, CONTENT_FORMAT, ACCEPT, OBSERVE, ETAG, ACCEPT_VERSION, FORMAT_VERSION}

DISCOVERABLE, OBSERVABLE = 1, 2


def refusal_of(message, largest=LARGEST_REQUEST):
    """Why a real device would close the connection; None: it would not."""
    for number in (CONTENT_FORMAT, ACCEPT):
        if message.number(number) not in (None, OCF_CBOR, 50):
            return f"option {number} is {message.number(number)}"
    for number, _ in message.options:
        if number in (BLOCK1, BLOCK2):
            return "block-wise"
        if number % 2 == 1 and number not in _KNOWN_OPTIONS:
            return f"unknown critical option {number}"
    if len(encode(message)) > largest:
        return "an oversized message"
    return None


class Resource:
    """A resource that the device hosts. `check(update)` says whether an update is acceptable."""

    def __init__(self, href, types, interfaces, value, *, observable=True, check=None, writable=False):
        self.href = href
        self.types = types
        self.interfaces = interfaces
        self.value = value
        self.observable = observable
        self.writable = writable
        self.check = check or (lambda update: True)
        self.version = 1

    @property
    def etag(self):
        return self.version.to_bytes(8, "little")

    def link(self, ins):
        return {"href": self.href, "rt": self.types, "if": self.interfaces, "rel": "hosts", "ins": ins,
                "p": {"bm": DISCOVERABLE | (OBSERVABLE if self.observable else 0)}}


def light(href="/light/1"):
    return Resource(href, ["core.light"], ["oic.if.rw", "oic.if.baseline"], {"state": False, "power": 0, "name": "Light"},
                    writable=True, check=lambda update: isinstance(update.get("state", False), bool))


def usual_resources(di):
    """What the example device of iotivity-lite hosts, as far as tests need it."""
    return [
        Resource("/oic/d", ["oic.d.cloudDevice", "oic.wk.d"], ["oic.if.r", "oic.if.baseline"],
                 {"di": di, "n": "dev1", "icv": "ocf.2.0.5", "dmv": "ocf.res.1.3.0", "piid": str(uuid.uuid4())}),
        Resource("/oic/p", ["oic.wk.p"], ["oic.if.r", "oic.if.baseline"], {"pi": str(uuid.uuid4()), "mnmn": "ocfcloud.com"}),
        light(),
        Resource("/switches", ["oic.wk.col"], ["oic.if.ll", "oic.if.create", "oic.if.b", "oic.if.baseline"], []),
    ]


class Device:
    """One device or client. connect(), sign_up(), sign_in() and publish() are what it does of itself; meanwhile it answers."""

    def __init__(self, hub, *, owner="alice", di=None, tls=False, resources=None, name="dev1", batch=False):
        self.hub = hub
        self.owner = owner
        self.di = di or str(uuid.uuid4())
        self.tls = tls
        self.name = name
        self.batch = batch       # whether /oic/res can be observed, as a batch of everything
        self.context = None      # TLS: another certificate, version or suite than the usual ones
        self.resources = {r.href: r for r in (usual_resources(self.di) if resources is None else resources)}
        self.uid = self.access_token = self.refresh_token = None
        self.connection = None
        self.violations = []
        self.largest_request = LARGEST_REQUEST
        self.requests = []       # what the hub asked, newest last
        self.asked = Inbox(f"request to {self.di}")
        self.answers = {}        # (method, href) → function(message) → Message, or None to stay silent
        self.instances = {}      # href → ins, as the hub gave it
        self._observers = {}     # (href, query) → token
        self._sequence = itertools.chain([0], itertools.count(2))
        self._talking = threading.RLock()  # keeps notifications behind the answer that began their observation

    # -- What it does of itself

    def connect(self):
        if self.connection:
            self.connection.close()
        self._observers.clear()
        self._sequence = itertools.chain([0], itertools.count(2))
        name = f"device {self.di}"
        self.connection = self.hub.connect_tls(self.di, name, self.context) if self.tls else self.hub.connect(name)
        self.connection.on_request = self._on_request
        self.connection.watch_segments(self._on_segment)
        return self

    def send(self, method, href, value=None, *, query=(), timeout=None):
        """A request as iotivity-lite writes it; the answer."""
        return self.send_later(method, href, value, query=query).get(timeout)

    def send_later(self, method, href, value=None, *, query=()):
        """The same, without waiting; where the answer will be."""
        options = path_options(href) + [(CONTENT_FORMAT, uint(OCF_CBOR))] + [(URI_QUERY, q.encode()) for q in query]
        options += [(ACCEPT, uint(OCF_CBOR)), (ACCEPT_VERSION, VERSION_1_0), (FORMAT_VERSION, VERSION_1_0)]
        payload = ocf_cbor.dumps(value) if value is not None else b""
        return self.connection.exchange(Message(method, b"", sorted(options, key=lambda o: o[0]), payload))

    def sign_up(self, onboarding=None, *, di=None):
        """The answer; what it grants is kept."""
        onboarding = onboarding or self.hub.onboard(self.owner)
        answer = self.send(POST, "/oic/sec/account", {"di": di or self.di, "authprovider": onboarding.provider,
                                                      "accesstoken": onboarding.code, "devicetype": "device"})
        if answer.code == CHANGED:
            self._keep(answer.value)
        return answer

    def sign_in(self, *, di=None, access_token=None, uid=None, login=True):
        answer = self.send(POST, "/oic/sec/session", {"uid": uid or self.uid, "di": di or self.di,
                                                      "accesstoken": access_token or self.access_token, "login": login})
        return answer

    def refresh(self, *, refresh_token=None, di=None):
        answer = self.send(POST, "/oic/sec/tokenrefresh", {
            "uid": self.uid, "di": di or self.di, "refreshtoken": refresh_token or self.refresh_token,
            "authprovider": "ocf-cloud", "granttype": "refresh_token"})
        if answer.code == CHANGED:
            self._keep(answer.value)
        return answer

    def publish(self, hrefs=None, *, di=None):
        """Publishes these of its resources, or all; the answer."""
        answer = self.publish_later(hrefs, di=di).get()
        if answer.code == CHANGED:
            self.instances.update({link["href"]: link["ins"] for link in answer.value["links"]})
        return answer

    def publish_later(self, hrefs=None, *, di=None):
        """The same, without waiting; where the answer will be."""
        links = [self.resources[href].link(1_000_000 + at) for at, href in enumerate(hrefs or self.resources)]
        return self.send_later(POST, "/oic/rd", {"di": di or self.di, "n": self.name, "ttl": 0, "links": links},
                               query=["rt=oic.wk.rdpub"])

    def unpublish(self, hrefs=()):
        return self.send(DELETE, "/oic/rd", query=[f"di={self.di}"] + [f"ins={self.instances[href]}" for href in hrefs])

    def online(self, onboarding=None):
        """Everything up to the publication, on a new connection; itself."""
        if not self.access_token:
            onboarding = onboarding or self.hub.onboard(self.owner)
        self.connect()
        if not self.access_token:
            assert self.sign_up(onboarding).code == CHANGED
        assert self.sign_in().code == CHANGED
        if self.resources and not self.instances:
            assert self.publish().code == CHANGED
        return self

    def _keep(self, granted):
        self.uid = granted.get("uid", self.uid)
        self.access_token = granted["accesstoken"]
        self.refresh_token = granted["refreshtoken"]
        self.hub.secrets.update((self.access_token, self.refresh_token))

    def route(self, href, prefix="/oic/route"):
        """The path under which the hub forwards to this device's resource."""
        return f"{prefix}/{self.di}{href}"

    def change(self, href, **update):
        """Changes a value of its own accord and notifies whoever observes."""
        with self._talking:
            self.change_quietly(href, **update)
            self._notify(href)

    def change_quietly(self, href, **update):
        """The same, and tells nobody: it may be offline."""
        resource = self.resources[href]
        resource.value = {**resource.value, **update}
        self._touch(resource)

    def _touch(self, resource):
        """ETags of a device count up, whichever resource changes."""
        resource.version = 1 + self._latest()

    def _latest(self):
        return max((r.version for r in self.resources.values()), default=0)

    def notify_bytes(self, href, payload):
        """Notifies whoever observes of bytes that need not be CBOR."""
        with self._talking:
            for (observed, _), token in self._observers.items():
                if observed == href:
                    options = [(OBSERVE, uint(next(self._sequence))), (CONTENT_FORMAT, uint(OCF_CBOR))]
                    self.connection.send(Message(CONTENT, token, options, payload))

    def close(self):
        if self.connection:
            self.connection.close()

    def check(self):
        """Fails if the hub did what real devices do not bear."""
        assert not self.violations, self.violations

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.close()
        if kind is None:
            self.check()

    # -- What it waits for

    def wait_asked(self, method, href, timeout=None):
        """The next request of the hub for this resource; earlier ones are dropped."""
        return self.asked.get_matching(lambda m: m.code == method and m.path == href, timeout)

    def end_observations(self, href, code):
        """Notifies of an error, which ends them (RFC 7641 §4.2)."""
        with self._talking:
            for key in [key for key in self._observers if key[0] == href]:
                self.connection.send(Message(code, self._observers.pop(key)))

    def wait_observed(self, href, timeout=None):
        poll(lambda: any(h == href for h, _ in self._observers), f"the hub observes {href}", timeout)

    def observed(self):
        return sorted({href for href, _ in self._observers})

    # -- What it answers

    def _on_segment(self, data, messages):
        if self.tls and len(messages) > 1:
            self.violations.append(f"{len(messages)} messages in one TLS record")
        if any(len(encode(message)) <= 6 for message in messages):
            self.violations.append("a message of 6 bytes or fewer")

    def _on_request(self, message):
        refusal = refusal_of(message, self.largest_request)
        if refusal:
            self.violations.append(refusal)
            self.connection.close()
            return None
        self.requests.append(message)
        self.asked.put(message)
        if message.code > DELETE:  # FETCH, PATCH and iPATCH get no answer at all
            return None
        own = self.answers.get((message.code, message.path))
        if own:
            answer = own(message)
            if answer is not None:
                self._say(answer, message)
            return None
        with self._talking:
            answer = self._answer(message)
            self._say(answer, message)
            if message.code == POST and answer.code == CHANGED:
                self._notify(message.path)
        return None

    def _say(self, answer, request):
        self.connection.send(Message(answer.code, request.token, answer.options, answer.payload))

    def _answer(self, message):
        if message.path == "/oic/res" and message.code == GET:
            return self._discovery(message)
        resource = self.resources.get(message.path)
        if resource is None:
            return Message(NOT_FOUND)
        if message.code == GET:
            return self._retrieve(resource, message)
        if message.code == POST:
            return self._update(resource, message)
        if message.code == DELETE and message.path.startswith("/switches/"):
            del self.resources[message.path]
            return Message(DELETED)
        return Message(METHOD_NOT_ALLOWED)

    def _discovery(self, message):
        if "if=oic.if.b" in message.query:
            return self._batch(message)
        return content([{"anchor": f"ocf://{self.di}", **r.link(1)} for r in self.resources.values()])

    def _batch(self, message):
        """Of everything, or of what is newer than the ETag that the asker knows."""
        known = [int.from_bytes(etag, "little") for etag in message.all(ETAG)]
        options = [(ETAG, self._latest().to_bytes(8, "little"))]
        if self.batch and message.option(OBSERVE) == b"":
            self._observers["/oic/res", tuple(message.query)] = message.token
            options.append((OBSERVE, uint(next(self._sequence))))
        if known and known[0] == self._latest():
            return Message(VALID, b"", options)
        after = known[0] if known and "incChanges=" in message.query else 0
        return content(self._items(lambda r: r.version > after), options)

    def _items(self, wanted):
        return [{"href": f"ocf://{self.di}{r.href}", "rt": r.types, "etag": r.etag, "rep": r.value}
                for r in self.resources.values() if wanted(r)]

    def _retrieve(self, resource, message):
        wanted = [query[3:] for query in message.query if query.startswith("if=")]
        if wanted and wanted[0] not in resource.interfaces:
            return Message(FORBIDDEN)
        value = resource.value
        if wanted == ["oic.if.baseline"] and isinstance(value, dict):
            value = {"rt": resource.types, "if": resource.interfaces, **value}
        if wanted == ["oic.if.b"]:
            value = [{"href": r.href, "rep": r.value} for r in self.resources.values() if r.href.startswith(resource.href + "/")]
        options = [(ETAG, resource.etag)]
        key = (resource.href, tuple(message.query))
        if message.option(OBSERVE) == b"" and resource.observable:
            self._observers[key] = message.token
            options.append((OBSERVE, uint(next(self._sequence))))
        elif message.number(OBSERVE) == 1:
            self._observers.pop(key, None)
        if resource.etag in message.all(ETAG):
            return Message(VALID, b"", options)
        return content(value, options)

    def _update(self, resource, message):
        if "if=oic.if.create" in message.query and "oic.if.create" in resource.interfaces:
            return self._create(resource, message)
        if not resource.writable:
            return Message(METHOD_NOT_ALLOWED)
        try:
            update = message.value
        except (cbor2.CBORDecodeError, ValueError):
            return Message(BAD_REQUEST)
        if not isinstance(update, dict) or not resource.check(update):
            return Message(BAD_REQUEST)
        resource.value = {**resource.value, **{k: v for k, v in update.items() if k in resource.value}}
        self._touch(resource)
        return Message(CHANGED)

    def _create(self, collection, message):
        wanted = message.value
        href = f"{collection.href}/{1 + sum(h.startswith(collection.href + '/') for h in self.resources)}"
        self.resources[href] = Resource(href, wanted["rt"], wanted["if"], wanted["rep"], writable=True)
        return Message(CREATED, b"", [(CONTENT_FORMAT, uint(OCF_CBOR)), (FORMAT_VERSION, VERSION_1_0)],
                       ocf_cbor.dumps({"href": href, "rt": wanted["rt"], "if": wanted["if"], "p": {"bm": 3}, "ins": 7,
                                       "rep": wanted["rep"]}))

    def _notify(self, href):
        """Tells every observer of the resource, in the order of the changes."""
        with self._talking:
            resource = self.resources[href]
            for (observed, _), token in list(self._observers.items()):
                if observed in (href, "/oic/res"):
                    value = resource.value if observed == href else self._items(lambda r: r is resource)
                    options = [(ETAG, resource.etag), (OBSERVE, uint(next(self._sequence)))]
                    notification = content(value, options)
                    self.connection.send(Message(notification.code, token, notification.options, notification.payload))


def content(value, options=()):
    """2.05 with OCF CBOR."""
    found = list(options) + [(CONTENT_FORMAT, uint(OCF_CBOR)), (FORMAT_VERSION, VERSION_1_0)]
    return Message(CONTENT, b"", sorted(found, key=lambda option: option[0]), ocf_cbor.dumps(value))


def answer_with(code, value=None):
    """An entry of Device.answers: always this."""
    return lambda message: content(value) if code == CONTENT else Message(
        code, b"", [] if value is None else [(CONTENT_FORMAT, uint(OCF_CBOR))], b"" if value is None else ocf_cbor.dumps(value))


def silence(_message):
    """An entry of Device.answers: nothing, ever."""
    return None
