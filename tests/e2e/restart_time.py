"""How long a hub takes from its start until it serves, with many events in its log: `OCF_CLOUD=build/release/ocf-cloud
tests/e2e/restart_time.py --events 100000`. Devices tell the events; then the hub is stopped, and killed, and started again."""

import argparse
import json
import os
import shutil
import sys
import threading
import time

from api import Api
from device import Device, light
from hub import Hub
from load import LIMITS

DEVICES = 20
BURST = 250  # notifications before each Ping with Custody


def tell(device, count):
    for sent in range(0, count, BURST):
        for number in range(sent, min(sent + BURST, count)):
            device.change("/light/1", power=number + 1)
        device.connection.ping(os.urandom(8), custody=True)


def started(hub):
    """Seconds until it serves, and how long it had a processor meanwhile: of a loaded machine the second is worth more."""
    began = time.monotonic()
    hub.start()
    seconds = time.monotonic() - began
    with open(f"/proc/{hub.process.pid}/stat") as file:
        ticks = sum(map(int, file.read().rpartition(") ")[2].split()[11:13]))
    assert len(Api(hub, hub.token()).devices()) == DEVICES
    return {"seconds": round(seconds, 3), "of a processor": ticks / os.sysconf("SC_CLK_TCK")}


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, default=100_000)
    events = options.parse_args().events
    hub = Hub(tls=False, limits=LIMITS)
    devices = [Device(hub, resources=[light()]).online() for _ in range(DEVICES)]
    for device in devices:
        device.wait_observed("/light/1")
    threads = [threading.Thread(target=tell, args=(device, events // DEVICES)) for device in devices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for device in devices:
        device.close()
    hub.kill()
    report = {"events": events, "after kill -9": started(hub)}
    hub.stop()
    report["after a stop"] = started(hub)
    hub.stop()
    report["store bytes"] = sum(file.stat().st_size for file in (hub.data / "store").iterdir())
    shutil.rmtree(hub.folder)
    print(json.dumps(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
