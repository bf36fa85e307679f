"""An OTLP/HTTP collector: takes JSON bodies, as strictly as the protocol's JSON mapping is, and keeps them."""

import http.server
import json
import threading


class Collector:
    """`bodies` has what was posted to each path, oldest first; set `status` to refuse what comes next."""

    def __init__(self):
        self.bodies, self.status = {"/v1/metrics": [], "/v1/traces": []}, 200
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                fits = self.path in collector.bodies and self.headers["Content-Type"] == "application/json"
                if fits and collector.status == 200:
                    collector.bodies[self.path].append(json.loads(body))
                self.send_response(collector.status if fits else 400)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def endpoint(self):
        return "http://127.0.0.1:%d" % self.server.server_port

    @property
    def spans(self):
        return [span for body in self.bodies["/v1/traces"] for resource in body["resourceSpans"]
                for scope in resource["scopeSpans"] for span in scope["spans"]]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
