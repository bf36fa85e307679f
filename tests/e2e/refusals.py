"""What the hub says of those that it refused: `ocf-cloud why`."""

import json
import ssl

from coap_tcp import Connection, poll

KEYS = {"time", "count", "since", "stage", "peer", "reason", "advice"}


def why(hub, *about):
    """The refusals, newest first."""
    return json.loads(hub.cli_ok("why", *about, "--json"))["refusals"]


def newest(hub, about, stage, *words):
    """The newest refusal, once it is one at that stage with these words in its reason; complete, and told by the log, too."""
    def fits():
        found = why(hub, about)[:1]
        return [one for one in found if one["stage"] == stage and all(word in one["reason"] for word in words)]

    found = poll(fits, f"a refusal at {stage}: {words}")[0]
    assert set(found) - {"device"} == KEYS
    assert found["peer"].startswith("127.0.0.1:")
    assert found["advice"].endswith(".")
    hub.logged(found["peer"] + (f" {found['device']}" if "device" in found else "") + ": " + found["reason"])
    return found


def shake_hands(hub, context):
    """Tries; what the client makes of a refusal is not of interest."""
    try:
        with Connection.tls(hub.address("coap-tls"), context) as connection:
            connection.wait_closed()
    except (ssl.SSLError, ConnectionError):
        pass
