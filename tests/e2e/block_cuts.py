"""Power cuts below the file system: `OCF_CLOUD=… tests/e2e/block_cuts.py --cuts 20`, as root.

The hub's data lies on an ext4 image, and that in a file of an XFS that can share blocks (reflink): `cp --reflink` is one atomic picture of
the disk, without what only the page cache holds. Each is mounted, which replays the journal, a hub is started on it and held against
what was acknowledged, and shown to somebody live, before the picture was taken. Prints a report as JSON, and ends with 1 if something was lost."""

import argparse
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

from api import Api
from coap_tcp import poll
from hub import Hub
from kill_loop import lying
from ledger import Judge, Ledger
from load import LIMITS, Load

CUTS_OF_A_LOAD = 5        # so that no stream is longer than the API tells
BETWEEN_CUTS = (3, 40)    # acknowledgements
_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def why_not():
    """Why this machine cannot do it; empty if it can."""
    if os.geteuid() != 0:
        return "block-level power cuts need root, for loop devices and mounts"
    missing = [tool for tool in ("losetup", "mkfs.xfs", "mkfs.ext4") if not shutil.which(tool, path=_PATH)]
    if missing:
        return f"block-level power cuts need {', '.join(missing)}"
    with tempfile.TemporaryDirectory(prefix="ocf-cloud-cuts-") as folder:
        try:
            Disk(pathlib.Path(folder)).close()
        except subprocess.CalledProcessError as error:
            return f"block-level power cuts need file systems on loop devices: {error.stderr.decode().strip()}"
    return ""


def call(*command):
    subprocess.run([str(part) for part in command], check=True, capture_output=True, env={**os.environ, "PATH": _PATH})


class Disk:
    """An ext4 file system whose blocks can be copied at once, mounted at `path`."""

    def __init__(self, folder):
        self.folder = folder
        self.host, self.path = folder / "xfs", folder / "disk"
        self._mounted = []
        try:
            self._make(folder / "xfs.img", "1G", "mkfs.xfs", "-q", "-m", "reflink=1")
            self._mount(folder / "xfs.img", self.host)
            self._make(self.host / "disk.img", "160M", "mkfs.ext4", "-q", "-F")
            self._mount(self.host / "disk.img", self.path)
        except subprocess.CalledProcessError:
            self.close()
            raise

    def cut(self, number):
        """The file with the disk as it is at this moment."""
        file = self.host / f"cut-{number}.img"
        call("cp", "--reflink=always", self.host / "disk.img", file)
        return file

    def mount_cut(self, file):
        """Where it is mounted, its journal replayed."""
        path = self.folder / file.stem
        self._mount(file, path)
        return path

    def unmount(self, path):
        call("umount", path)
        self._mounted.remove(path)

    def close(self):
        for path in reversed(self._mounted):
            subprocess.run(["umount", "-l", str(path)], check=False)

    @staticmethod
    def _make(file, size, *command):
        call("truncate", "-s", size, file)
        call(*command, file)

    def _mount(self, file, path):
        path.mkdir(exist_ok=True)
        call("mount", "-o", "loop", file, path)
        self._mounted.append(path)


def run(cuts, seed, environment=None):
    """The report; findings is empty if nothing was lost. `environment` may make the hub's disk lie."""
    chance = random.Random(seed)
    ledger, taken, shown = Ledger(), [], []
    report = {"seed": seed, "cuts": cuts, "findings": []}
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ocf-cloud-cuts-"))
    disk = Disk(folder)
    hub = None
    try:
        (disk.path / "hub").mkdir()
        hub = Hub(limits=LIMITS, folder=disk.path / "hub", environment=environment)
        with Api(hub, hub.token()).events() as feed:
            beginning, _, _ = feed.told()
        while len(taken) < cuts:
            load = Load(hub, ledger)
            load.begin()
            if not taken:
                os.sync()  # what the hub is given, as opposed to what it stores
            for _ in range(min(CUTS_OF_A_LOAD, cuts - len(taken))):
                target = len(ledger) + chance.randint(*BETWEEN_CUTS)
                poll(lambda: len(ledger) >= target, "so much is acknowledged", timeout=120)
                acknowledged, seen = ledger.acknowledged(), shown + load.shown
                taken.append((disk.cut(len(taken)), acknowledged, ledger.asked(), seen))
            load.dying()
            load.end()
            shown += load.shown
        hub.kill()
        disk.unmount(disk.path)
        for number, (file, acknowledged, asked, seen) in enumerate(taken):
            path = disk.mount_cut(file)
            found = findings(path / "hub", acknowledged, asked, beginning, seen)
            report["findings"] += [f"{finding} (cut {number})" for finding in found]
            disk.unmount(path)
    finally:
        if hub and hub.running():
            hub.kill()
        disk.close()
        shutil.rmtree(folder, ignore_errors=True)
    report.update({"acknowledged": ledger.counts(), "held against a cut": sum(len(acknowledged) for _, acknowledged, _, _ in taken),
                   "shown live": len(shown)})
    return report


def findings(folder, acknowledged, asked, beginning, shown):
    try:
        hub = Hub(folder=folder)
    except AssertionError as error:
        return [f"lost: all, for the hub does not start: {str(error)[:300]}"]
    with hub:
        api, judge = Api(hub, hub.token()), Judge()
        return judge.findings(api, asked, acknowledged) + judge.feed_findings(api, beginning, shown)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cuts", type=int, default=20)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--lying-disk", metavar="LIBRARY", help="the negative control: has to end with 1")
    chosen = options.parse_args()
    reason = why_not()
    if reason:
        print(json.dumps({"skipped": reason}))
        return 0
    report = run(chosen.cuts, chosen.seed, lying(chosen.lying_disk, "sync") if chosen.lying_disk else None)
    print(json.dumps(report, indent=2))
    return 1 if report["findings"] else 0


if __name__ == "__main__":
    sys.exit(main())
