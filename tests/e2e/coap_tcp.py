"""CoAP over TCP and TLS (RFC 8323) as the tests speak it: a codec of its own, written apart from the hub's, and a connection.

Message is a value; encode() and Decoder turn it into bytes and back. Connection owns a socket and one reading thread; every
wait has a time limit and fails with WaitTimeout.
"""

import collections
import contextlib
import ctypes
import os
import select
import socket
import ssl
import struct
import threading
import time
from dataclasses import dataclass, field

import cbor2

_SO_ATTACH_FILTER = 26  # asm/socket.h

GET, POST, PUT, DELETE, FETCH, PATCH, IPATCH = range(0x01, 0x08)
CREATED, DELETED, VALID, CHANGED, CONTENT, CONTINUE = 0x41, 0x42, 0x43, 0x44, 0x45, 0x5F
BAD_REQUEST, UNAUTHORIZED, BAD_OPTION, FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED, NOT_ACCEPTABLE = range(0x80, 0x87)
INCOMPLETE, TOO_LARGE, UNSUPPORTED_FORMAT, TOO_MANY_REQUESTS = 0x88, 0x8D, 0x8F, 0x9D
UNAVAILABLE, GATEWAY_TIMEOUT = 0xA3, 0xA4
CSM, PING, PONG, RELEASE, ABORT = range(0xE1, 0xE6)

IF_MATCH, URI_HOST, ETAG, OBSERVE, URI_PORT, URI_PATH = 1, 3, 4, 6, 7, 11
CONTENT_FORMAT, MAX_AGE, URI_QUERY, ACCEPT, BLOCK2, BLOCK1, SIZE2, SIZE1 = 12, 14, 15, 17, 23, 27, 28, 60
ACCEPT_VERSION, FORMAT_VERSION = 2049, 2053
CUSTODY = MAX_MESSAGE_SIZE = 2
BLOCK_WISE_TRANSFER = HOLD_OFF = 4

CBOR, OCF_CBOR = 60, 10000

# How long a test waits for what has to come; sanitizers and a loaded machine are slow.
PATIENCE = float(os.environ.get("OCF_E2E_PATIENCE", "15"))


class WaitTimeout(AssertionError):
    """What a test waited for did not come in time."""


class Malformed(ValueError):
    """Bytes that are no CoAP message."""


def code_text(code):
    """0x45 as "2.05"."""
    return f"{code >> 5}.{code & 31:02d}"


def uint(value):
    """An option's uint value: as few bytes as it takes, none for 0."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


@dataclass
class Message:
    code: int
    token: bytes = b""
    options: list = field(default_factory=list)  # (number, value) in the order of the wire
    payload: bytes = b""

    def all(self, number):
        return [value for n, value in self.options if n == number]

    def option(self, number):
        values = self.all(number)
        return values[0] if values else None

    def number(self, number):
        value = self.option(number)
        return None if value is None else int.from_bytes(value, "big")

    @property
    def path(self):
        return "/" + "/".join(value.decode(errors="replace") for value in self.all(URI_PATH))

    @property
    def query(self):
        return [value.decode() for value in self.all(URI_QUERY)]

    @property
    def format(self):
        return self.number(CONTENT_FORMAT)

    @property
    def value(self):
        """The payload as CBOR."""
        return cbor2.loads(self.payload)

    def __str__(self):
        return (f"{code_text(self.code)} token={self.token.hex()} "
                f"{[(n, v.hex()) for n, v in self.options]} payload={self.payload.hex()}")


def path_options(href):
    """Uri-Path options of an href, and Uri-Query options of what follows its question mark."""
    path, _, query = href.partition("?")
    options = [(URI_PATH, part.encode()) for part in path.split("/") if part]
    return options + [(URI_QUERY, part.encode()) for part in query.split("&") if part]


def request_message(method, href, value=None, *, payload=None, accept=None, format=None, observe=None, etags=(), options=()):
    """A request as an OCF client would make it. `value` is sent as OCF CBOR, `payload` as it is."""
    found = path_options(href) + list(options)
    found += [(ETAG, etag) for etag in etags]
    if observe is not None:
        found.append((OBSERVE, uint(observe)))
    if value is not None:
        payload = cbor2.dumps(value)
        format = OCF_CBOR if format is None else format
    if format is not None:
        found.append((CONTENT_FORMAT, uint(format)))
    if accept is not None:
        found.append((ACCEPT, uint(accept)))
    return Message(method, b"", sorted(found, key=lambda option: option[0]), payload or b"")


def _extended(value):
    """The nibble and the extension bytes of an option's delta or length (RFC 7252 section 3.1)."""
    if value < 13:
        return value, b""
    if value < 269:
        return 13, bytes([value - 13])
    return 14, (value - 269).to_bytes(2, "big")


def encode_options(options):
    out = bytearray()
    last = 0
    for number, value in options:
        delta, delta_bytes = _extended(number - last)
        length, length_bytes = _extended(len(value))
        out += bytes([delta << 4 | length]) + delta_bytes + length_bytes + value
        last = number
    return bytes(out)


def frame(code, token, body):
    """A message whose options, marker and payload are given as bytes (RFC 8323 section 3.2)."""
    size = len(body)
    if size < 13:
        nibble, extension = size, b""
    elif size < 269:
        nibble, extension = 13, bytes([size - 13])
    elif size < 65805:
        nibble, extension = 14, (size - 269).to_bytes(2, "big")
    else:
        nibble, extension = 15, (size - 65805).to_bytes(4, "big")
    return bytes([nibble << 4 | len(token)]) + extension + bytes([code]) + token + body


def encode(message):
    body = encode_options(message.options)
    if message.payload:
        body += b"\xff" + message.payload
    return frame(message.code, message.token, body)


def _decode_body(code, token, body):
    options = []
    number = at = 0

    def extended(nibble):
        nonlocal at
        width = {13: 1, 14: 2}.get(nibble, 0)
        if nibble == 15 or at + width > len(body):
            raise Malformed("option extension")
        value = nibble if width == 0 else int.from_bytes(body[at:at + width], "big") + (13 if width == 1 else 269)
        at += width
        return value

    while at < len(body):
        if body[at] == 0xFF:
            if at + 1 == len(body):
                raise Malformed("payload marker without payload")
            return Message(code, token, options, body[at + 1:])
        head = body[at]
        at += 1
        number += extended(head >> 4)
        length = extended(head & 15)
        if at + length > len(body):
            raise Malformed("option value")
        options.append((number, body[at:at + length]))
        at += length
    return Message(code, token, options)


class Decoder:
    """Bytes in, messages out."""

    def __init__(self):
        self.pending = b""

    def feed(self, data):
        """The messages that are complete with these bytes."""
        self.pending += data
        messages = []
        while (taken := self._one()) is not None:
            messages.append(taken)
        return messages

    def _one(self):
        if not self.pending:
            return None
        nibble, token_length = self.pending[0] >> 4, self.pending[0] & 15
        if token_length > 8:
            raise Malformed("token length")
        width = {13: 1, 14: 2, 15: 4}.get(nibble, 0)
        if len(self.pending) < 2 + width + token_length:
            return None
        extension = int.from_bytes(self.pending[1:1 + width], "big")
        size = nibble if width == 0 else extension + {1: 13, 2: 269, 4: 65805}[width]
        start = 2 + width + token_length
        if len(self.pending) < start + size:
            return None
        code = self.pending[1 + width]
        token = self.pending[2 + width:start]
        body = self.pending[start:start + size]
        self.pending = self.pending[start + size:]
        return _decode_body(code, token, body)


def cut(data):
    """(message, its bytes) for each in these bytes, which have to end where a message does."""
    decoder = Decoder()
    decoder.pending = data
    found = []
    while decoder.pending:
        before = decoder.pending
        message = decoder._one()
        if message is None:
            raise Malformed("bytes behind the last message")
        found.append((message, before[:len(before) - len(decoder.pending)]))
    return found


def poll(condition, what, timeout=None):
    """The first true value of condition(), asked again and again until the time is over."""
    end = time.monotonic() + (PATIENCE if timeout is None else timeout)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise WaitTimeout(what)
        time.sleep(0.02)


class Inbox:
    """A queue whose get() fails by its time limit, or as soon as nothing can come any more."""

    def __init__(self, name):
        self.name = name
        self._items = collections.deque()
        self._changed = threading.Condition()
        self._ended = False

    def put(self, item):
        with self._changed:
            self._items.append(item)
            self._changed.notify_all()

    def end(self):
        """Nothing more is put."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def get(self, timeout=None):
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._ended, PATIENCE if timeout is None else timeout)
            if not self._items:
                raise WaitTimeout(f"nothing came{', and the connection is closed' if self._ended else ''}: {self.name}")
            return self._items.popleft()

    def get_matching(self, condition, timeout=None):
        """The next item for which condition(item); those before it are dropped."""
        end = time.monotonic() + (PATIENCE if timeout is None else timeout)
        while True:
            item = self.get(max(0.0, end - time.monotonic()))
            if condition(item):
                return item

    def empty(self):
        with self._changed:
            return not self._items


class Connection:
    """One connection to the hub. Answers to exchanges go to their inbox, signaling messages to `signals`, the hub's own
    requests to on_request(); each is called on the reading thread.

    `segments` keeps what each read returned: over TLS one record each.
    """

    def __init__(self, sock, name="connection"):
        self.name = name
        self.sock = sock
        self.tls = isinstance(sock, ssl.SSLSocket)
        self.signals = Inbox(f"signaling message on {name}")
        self.stray = Inbox(f"message without an exchange on {name}")
        self.segments = []
        self._watching = threading.Lock()
        self._cut = []  # the messages of each segment
        self._on_segment = lambda data, messages: None
        self.closed = threading.Event()  # by the hub, by an error, or by close()
        self.error = None
        self.on_request = lambda message: Message(NOT_FOUND, message.token)
        self._exchanges = {}
        self._lock = threading.Lock()  # OpenSSL's objects do not bear reading and writing at the same time
        self._decoder = Decoder()
        self._closing = False
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setblocking(False)
        self._reader = threading.Thread(target=self._read, daemon=True, name=name)
        self._reader.start()

    @classmethod
    def tcp(cls, address, name="connection"):
        return cls(socket.create_connection(address, timeout=PATIENCE), name)

    @classmethod
    def tls(cls, address, context, name="connection"):
        """Fails with ssl.SSLError or ConnectionError if there is no handshake."""
        sock = socket.create_connection(address, timeout=PATIENCE)
        try:
            return cls(context.wrap_socket(sock), name)
        except BaseException:
            sock.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # -- Sending

    def send_bytes(self, data):
        """One write: one segment, over TLS one record."""
        end = time.monotonic() + PATIENCE
        view = memoryview(data)
        while view:
            with self._lock:
                try:
                    view = view[self.sock.send(view):]
                    continue
                except (ssl.SSLWantWriteError, ssl.SSLWantReadError, BlockingIOError):
                    pass
            if time.monotonic() > end:
                raise WaitTimeout(f"{self.name}: the hub reads nothing")
            select.select([], [self.sock], [], 0.1)

    def send(self, message):
        self.send_bytes(encode(message))

    def csm(self, max_message_size=1152 * 1024, block_wise=False):
        options = [(MAX_MESSAGE_SIZE, uint(max_message_size))] + ([(BLOCK_WISE_TRANSFER, b"")] if block_wise else [])
        self.send(Message(CSM, os.urandom(8), options))

    def exchange(self, message):
        """Sends a request with a fresh token, or its own if it has one; the inbox gets every answer to it."""
        message.token = message.token or os.urandom(8)
        inbox = Inbox(f"answer on {self.name} to {code_text(message.code)} {message.path}")
        self._exchanges[message.token] = inbox
        if self.closed.is_set():
            inbox.end()
        self.send(message)
        return inbox

    def request(self, method, href, value=None, *, timeout=None, **more):
        return self.exchange(request_message(method, href, value, **more)).get(timeout)

    def get(self, href, **more):
        return self.request(GET, href, **more)

    def post(self, href, value=None, **more):
        return self.request(POST, href, value, **more)

    def delete(self, href, **more):
        return self.request(DELETE, href, **more)

    def observe(self, href, **more):
        """The inbox of an observation, and the token to end it with."""
        message = request_message(GET, href, observe=0, **more)
        inbox = self.exchange(message)
        return inbox, message.token

    def cancel(self, href, token, **more):
        """Ends an observation; the answer comes where its notifications came."""
        message = request_message(GET, href, observe=1, **more)
        message.token = token
        self.send(message)

    def ping(self, token=b"8 bytes.", custody=False):
        self.send(Message(PING, token, [(CUSTODY, b"")] if custody else []))
        return self.signals.get_matching(lambda m: m.code == PONG and m.token == token)

    @contextlib.contextmanager
    def deaf(self):
        """Takes nothing off the socket meanwhile, and lets the kernel keep little of it."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with self._lock:
            yield

    # -- Waiting

    def wait_signal(self, code, timeout=None):
        return self.signals.get_matching(lambda m: m.code == code, timeout)

    def wait_closed(self, timeout=None):
        if not self.closed.wait(PATIENCE if timeout is None else timeout):
            raise WaitTimeout(f"{self.name} was not closed")

    def assert_open(self):
        self.ping(os.urandom(8))
        assert not self.closed.is_set(), f"{self.name} was closed"

    # -- Ending

    def close(self):
        self._closing = True
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        if threading.current_thread() is not self._reader:
            self._reader.join(PATIENCE)
        self.sock.close()
        self.closed.set()

    def reset(self):
        """Ends the connection as a crash would: with RST, or without close_notify."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self._closing = True
        self._reader.join(PATIENCE)
        self.sock.close()

    def vanish(self):
        """As if its host had lost power: the kernel drops all that comes for it, unacknowledged and without a reset."""
        drop = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))  # BPF: return 0, of each packet nothing
        self.sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HL", 1, ctypes.addressof(drop)))

    # -- The reading thread

    def _read(self):
        try:
            while not self._closing:
                data = self._some()
                if data is None:
                    continue
                if not data:
                    break
                messages = self._decoder.feed(data)
                with self._watching:
                    self.segments.append(data)
                    self._cut.append(messages)
                    self._on_segment(data, messages)
                for message in messages:
                    self._dispatch(message)
        except (OSError, Malformed) as error:
            self.error = error
        finally:
            self.closed.set()
            for inbox in (self.signals, self.stray, *self._exchanges.copy().values()):
                inbox.end()

    def _some(self):
        """What one read gives; None: nothing yet; empty: the hub closed."""
        with self._lock:
            try:
                return self.sock.recv(65536)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
                pass
        select.select([self.sock], [], [], 0.1)
        return None

    def watch_segments(self, on_segment):
        """Calls on_segment(data, messages) for each segment, from the first one on: the hub may have spoken already."""
        with self._watching:
            for data, messages in zip(self.segments, self._cut):
                on_segment(data, messages)
            self._on_segment = on_segment

    def _dispatch(self, message):
        if message.code == PING:
            self.send(Message(PONG, message.token, [(n, v) for n, v in message.options if n == CUSTODY]))
        if message.code >= 0xE0:
            self.signals.put(message)
        elif message.code == 0:
            pass
        elif message.code < 0x20:
            answer = self.on_request(message)
            if answer is not None:
                self.send(answer)
        else:
            self._exchanges.get(message.token, self.stray).put(message)
