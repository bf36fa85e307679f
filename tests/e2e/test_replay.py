"""Many at once with one one-time code: the figure of docs/requirements.md, A10."""

import collections
import uuid

from api import Api
from coap_tcp import CHANGED, PATIENCE, POST, UNAVAILABLE, UNAUTHORIZED, poll, request_message

CONNECTIONS = 200
REQUESTS = 50  # on each: 10,000 in flight

HUB = {"limits": {"sign_ins_per_second": 10_000}}  # what is refused for its number is not replayed


# A1, A10
def test_ten_thousand_replays_of_a_code_give_one_registration(hub, owner):
    onboarding = hub.onboard(owner)
    inboxes = []
    connections = [hub.connect(f"thief {number}") for number in range(CONNECTIONS)]
    try:
        for connection in connections:
            connection.csm()
        for _ in range(REQUESTS):
            for connection in connections:
                sign_up = {"di": str(uuid.uuid4()), "authprovider": onboarding.provider, "accesstoken": onboarding.code}
                inboxes.append(connection.exchange(request_message(POST, "/oic/sec/account", sign_up)))
        codes = collections.Counter(inbox.get(10 * PATIENCE).code for inbox in inboxes)
    finally:
        for connection in connections:
            connection.close()
    assert sum(codes.values()) == CONNECTIONS * REQUESTS
    assert codes[CHANGED] == 1, codes
    assert set(codes) <= {CHANGED, UNAUTHORIZED, UNAVAILABLE}, codes
    print(codes)

    # The replays tell that the code was stolen: what it gave does not work either, and its device stays the only one.
    api = Api(hub, hub.token(owner))
    poll(lambda: len(api.devices()) == 1, "one registration")
    registered = [event for di in api.devices() for event in api.history(di) if event["type"] == "DeviceRegistered"]
    assert len(registered) == 1
