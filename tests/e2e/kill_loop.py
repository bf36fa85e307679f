"""kill -9 against the running hub, again and again, under load: `OCF_CLOUD=… tests/e2e/kill_loop.py --cycles 500`.

After each kill the hub is started on what it left and held against the clients' ledger, and at the end against all that somebody
was shown live. Every fifth time it is killed once more within the time that a start took: where it was not ready yet, that
counts as a kill while it started. The seed decides when; prints a report as JSON, and ends with 1 if something was lost."""

import argparse
import json
import random
import shutil
import sys
import time

from api import Api
from coap_tcp import CHANGED, poll
from hub import Hub
from ledger import Judge, Ledger, foreign_findings, more_than_once
from load import LIMITS, Load, expect

ACKNOWLEDGED = (5, 120)  # in one life of the hub


def run(cycles, seed, environment=None):
    """The report; findings is empty if nothing was lost. `environment` may make the hub's disk lie (tests/peers/lying_disk.c)."""
    chance = random.Random(seed)
    ledger, judge = Ledger(), Judge()
    report = {"seed": seed, "kills": 0, "kills while starting": 0, "kills just started": 0, "findings": []}
    hub = Hub(limits=LIMITS, environment=environment)
    load = Load(hub, ledger)
    try:
        with Api(hub, hub.token()).events() as feed:
            beginning, _, _ = feed.told()
        for cycle in range(cycles):
            load.begin()
            before = len(ledger)
            target = before + chance.randint(*ACKNOWLEDGED)
            poll(lambda: len(ledger) >= target, "so much is acknowledged", timeout=120)
            load.dying()
            hub.kill()
            load.end()
            report["kills"] += 1
            if cycle % 5 == 4:
                was_ready = hub.start_and_kill(chance.uniform(0, start_took))
                report["kills just started" if was_ready else "kills while starting"] += 1
            began = time.monotonic()
            hub.start()
            start_took = time.monotonic() - began
            last = cycle + 1 == cycles
            # Those that go on: a history shows the newest thousand events, and the judge has to see them all.
            lasting = {load.teller.di, load.switched.di, load.client.di}
            fresh = None if last else lasting | {d.di for d in load.newcomers[-2:]}
            report["findings"] += judge.findings(Api(hub, hub.token()), ledger.asked(), ledger.acknowledged(), fresh)
            report["findings"] += [f"twice: the device got {value}" for value in more_than_once(load.delivered)]
            if report["findings"]:
                break
            for device in load.newcomers[-2:]:
                expect(device.connect().sign_in(), CHANGED)
                device.close()
        report["findings"] += judge.feed_findings(Api(hub, hub.token()), beginning, load.shown)
        report["findings"] += foreign_findings(Api(hub, hub.token("a stranger")), beginning)
        hub.stop()
    finally:
        if hub.running():
            hub.kill()
    report.update({"acknowledged": ledger.counts(), "shown live": len(load.shown), "events": judge.events()})
    if not report["findings"]:
        shutil.rmtree(hub.folder)
    return report


def lying(library, about="write"):
    """The environment of a hub whose disk lies: the negative control."""
    return {"LD_PRELOAD": library, "OCF_LYING_DISK": about, "ASAN_OPTIONS": "verify_asan_link_order=0"}


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cycles", type=int, default=20)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--lying-disk", metavar="LIBRARY", help="the negative control: has to end with 1")
    chosen = options.parse_args()
    report = run(chosen.cycles, chosen.seed, lying(chosen.lying_disk) if chosen.lying_disk else None)
    print(json.dumps(report, indent=2))
    return 1 if report["findings"] else 0


if __name__ == "__main__":
    sys.exit(main())
