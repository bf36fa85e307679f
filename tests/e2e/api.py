"""The HTTP API as tests use it: one connection per request, JSON in and out, and server-sent events."""

import contextlib
import http.client
import json
import socket
import urllib.parse

from coap_tcp import PATIENCE, WaitTimeout


class Reply:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def ok(self):
        return 200 <= self.status < 300

    @property
    def type(self):
        return (self.headers.get("content-type") or "").split(";")[0]

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"HTTP {self.status} {self.headers} {self.body[:400]!r}"


class Api:
    def __init__(self, hub, token):
        self.hub = hub
        self.address = hub.address("http")
        self.token = token

    def call(self, method, path, body=None, *, headers=None, token=None, timeout=None):
        connection = http.client.HTTPConnection(*self.address, timeout=2 * PATIENCE if timeout is None else timeout)
        sent = {**({"Authorization": f"Bearer {token or self.token}"} if (token or self.token) else {}), **(headers or {})}
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, path, body, sent)
            reply = connection.getresponse()
            answer = Reply(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())
            told = self.hub.told_secret(answer.body.decode(errors="replace"))
            assert not told, f"{method} {path} tells the secret {told[:12]}…"
            return answer
        finally:
            connection.close()

    def get(self, path, **more):
        return self.call("GET", path, **more)

    # -- The routes

    def devices(self):
        """{di: device}"""
        reply = self.get("/api/v1/devices")
        assert reply.status == 200, reply
        return {device["di"]: device for device in reply.json["devices"]}

    def device(self, di):
        return self.get(f"/api/v1/devices/{di}")

    def remove(self, di):
        return self.call("DELETE", f"/api/v1/devices/{di}")

    @staticmethod
    def resource_path(di, href, **query):
        """The href below resources/ keeps its slashes."""
        path = f"/api/v1/devices/{di}/resources/{urllib.parse.quote(href.lstrip('/'))}"
        return path + ("?" + urllib.parse.urlencode(query) if query else "")

    def resources(self, di):
        return self.get(f"/api/v1/devices/{di}/resources").json["resources"]

    def resource(self, di, href, **query):
        return self.get(self.resource_path(di, href, **query))

    def update(self, di, href, value, **more):
        return self.call("PUT", self.resource_path(di, href), value, **more)

    def history(self, di, href=None):
        """The newest events that fit into an answer, oldest first."""
        return self._page_of_history(di, {} if href is None else {"href": href})["events"]

    def whole_history(self, di):
        """Every event of the device and its links, oldest first."""
        page = self._page_of_history(di, {})
        events = page["events"]
        while "more" in page:
            page = self._page_of_history(di, {"cursor": page["more"]})
            events = page["events"] + events
        return events

    def _page_of_history(self, di, query):
        reply = self.get(f"/api/v1/devices/{di}/history" + ("?" + urllib.parse.urlencode(query) if query else ""))
        assert reply.status == 200, reply
        return reply.json

    def events(self, *, last_id=None, timeout=PATIENCE, **query):
        return Events(self, last_id, query, timeout)


class Events:
    """A stream of server-sent events. next() gives (id, event name, data as JSON). It begins with an id alone, and there is one
    whenever nothing happened for a while; told() gives those, too, without name and data."""

    def __init__(self, api, last_id, query, timeout):
        self.last_id = last_id
        self._sock = socket.create_connection(api.address, timeout=timeout)
        path = "/api/v1/events" + ("?" + urllib.parse.urlencode(query) if query else "")
        head = f"GET {path} HTTP/1.1\r\nHost: hub\r\nAccept: text/event-stream\r\nAuthorization: Bearer {api.token}\r\n"
        if last_id is not None:
            head += f"Last-Event-ID: {last_id}\r\n"
        self._sock.sendall(head.encode() + b"\r\n")
        self._response = http.client.HTTPResponse(self._sock)
        self._response.begin()
        self.status = self._response.status
        self.type = (self._response.getheader("Content-Type") or "").split(";")[0]

    def next(self, condition=lambda id, name, data: True):
        """The next event that fits; comments (keep-alives) and others are passed over."""
        while True:
            event = self._one()
            if condition(*event):
                return event

    def _one(self):
        while True:
            event = self.told()
            if event[2] is not None:
                return event

    def told(self):
        fields = {"id": None, "event": None, "data": []}
        while True:
            try:
                line = self._response.readline()
            except (TimeoutError, socket.timeout):
                raise WaitTimeout("no event came") from None
            if not line:
                raise WaitTimeout("the stream of events ended")
            line = line.decode().rstrip("\r\n")
            if not line:
                self.last_id = fields["id"] or self.last_id
                if fields["id"] or fields["data"]:
                    return fields["id"], fields["event"], json.loads("\n".join(fields["data"])) if fields["data"] else None
                continue
            name, _, value = line.partition(":")
            value = value[1:] if value.startswith(" ") else value
            if name == "data":
                fields["data"].append(value)
            elif name in fields:
                fields[name] = value

    def hang_up(self):
        """Ends it for whoever reads it in another thread, behind what has come."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def close(self):
        self._response.close()
        self._sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
