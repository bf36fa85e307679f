"""The admin listener as tests use it: /metrics read by the rules of its text format, /livez, /readyz."""

import http.client
import re

from coap_tcp import PATIENCE

_SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$')
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')


def call(hub, path, method="GET"):
    """(status, content type, text)"""
    connection = http.client.HTTPConnection(*hub.address("admin"), timeout=2 * PATIENCE)
    try:
        connection.request(method, path)
        reply = connection.getresponse()
        return reply.status, reply.getheader("Content-Type"), reply.read().decode()
    finally:
        connection.close()


class Metrics:
    """What /metrics said: types by family, values by sample."""

    def __init__(self, text):
        self.text = text
        self.types, self.helps, self.values = {}, {}, {}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                self.types[name] = kind
            elif line.startswith("# HELP "):
                _, _, name, sentence = line.split(" ", 3)
                self.helps[name] = sentence
            else:
                name, labels, value = _SAMPLE.match(line).groups()
                read = _LABEL.findall(labels or "")
                assert ",".join(f'{k}="{v}"' for k, v in read) == (labels or ""), line
                key = (name, frozenset(read))
                assert key not in self.values, f"twice: {line}"
                self.values[key] = float(value)

    def value(self, name, **labels):
        """One sample; 0 where there is none."""
        return self.values.get((name, frozenset(labels.items())), 0.0)

    def sum(self, name, **labels):
        """Of all samples that have these labels."""
        return sum(value for (n, has), value in self.values.items() if n == name and labels.items() <= dict(has).items())

    def labels(self, name, label):
        """The values of a label."""
        return {dict(has)[label] for (n, has) in self.values if n == name and label in dict(has)}

    def label_names(self, family):
        """Without `le`, which is the format's own."""
        mine = {family} if self.types[family] != "histogram" else {f"{family}_{part}" for part in ("bucket", "sum", "count")}
        return {label for (n, has) in self.values if n in mine for label, _ in has} - {"le"}


def metrics(hub):
    status, kind, text = call(hub, "/metrics")
    assert status == 200 and kind.startswith("text/plain; version=0.0.4"), (status, kind)
    return Metrics(text)
