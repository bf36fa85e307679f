"""A hub with one defect: a proxy before the real one that spoils what the hub says in one named way, and nothing else.

A judge that passes against the hub has to fail here, or it judges nothing. Without a defect the judge has to pass, or the
proxy is what it fails at. Over TLS the proxy terminates both sides, with certificates of a CA of the tests' own.
"""

import select
import socket
import ssl
import threading

from coap_tcp import CSM, PATIENCE, Decoder, encode

NO_CSM = "no CSM"                    # the hub's CSM never arrives
SHORT_TOKENS = "short tokens"        # signaling without token: a CSM of 6 bytes, a Ping of 2
COALESCE = "coalesced"               # what the hub says within a moment is one segment, over TLS one record

# How long COALESCE waits for more. A judge needs no luck with it: the hub asks for every link at once.
_GATHERING = 0.3


class WorseHub:
    """Listens on a free port of loopback; each connection is carried to `hub` and back until either side ends it.

    `di` and `authority` (pki.Authority) are for TLS: for whom the hub takes the proxy, and who the proxy's own certificate is of.
    """

    def __init__(self, hub, *defects, di=None, authority=None):
        self._hub = hub
        self._defects = set(defects)
        self._di = di
        self._context = None
        if di:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.maximum_version = ssl.TLSVersion.TLSv1_2
            self._context.load_cert_chain(*authority.device(di))
        self.spoiled = 0  # messages that were left out, cut short or joined to another
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = self._listener.getsockname()
        self._threads = [threading.Thread(target=self._accept, daemon=True, name="worse hub")]
        self._threads[0].start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._closing.set()
        for thread in list(self._threads):
            thread.join(PATIENCE)
        self._listener.close()

    def _accept(self):
        while not self._closing.is_set():
            if not select.select([self._listener], [], [], 0.1)[0]:
                continue
            peer, _ = self._listener.accept()
            self._threads.append(threading.Thread(target=self._carry, args=(peer,), daemon=True, name="worse hub"))
            self._threads[-1].start()

    def _carry(self, peer):
        hub = socket.create_connection(self._hub.address("coap-tls" if self._context else "coap-tcp"), timeout=PATIENCE)
        try:
            if self._context:
                hub = self._hub.context(self._di).wrap_socket(hub)
                peer = self._context.wrap_socket(peer, server_side=True)
            for sock in (hub, peer):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._carry_both_ways(hub, peer)
        except OSError:
            pass  # one side has ended; the other learns of it now
        finally:
            hub.close()
            peer.close()

    def _carry_both_ways(self, hub, peer):
        decoder = Decoder()
        gathered = []
        while not self._closing.is_set():
            readable = [sock for sock in (hub, peer) if isinstance(sock, ssl.SSLSocket) and sock.pending()]
            readable = readable or select.select([hub, peer], [], [], _GATHERING if gathered else 0.1)[0]
            if not readable and gathered:
                peer.sendall(b"".join(gathered))
                gathered.clear()
            if peer in readable:
                data = peer.recv(65536)
                if not data:
                    return
                hub.sendall(data)
            if hub in readable:
                data = hub.recv(65536)
                if not data:
                    return
                for message in decoder.feed(data):
                    self._say(message, peer, gathered)

    def _say(self, message, peer, gathered):
        if NO_CSM in self._defects and message.code == CSM:
            self.spoiled += 1
            return
        if SHORT_TOKENS in self._defects and message.code >= CSM:
            self.spoiled += 1
            message.token = b""
        if COALESCE in self._defects:
            self.spoiled += bool(gathered)
            gathered.append(encode(message))
        else:
            peer.sendall(encode(message))
