"""Nothing acknowledged is lost when the power goes, at the blocks of the disk: a few cuts here, 20 and more by block_cuts.py. Needs root."""

import os

import pytest

import block_cuts

REASON = block_cuts.why_not()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON)


# R9
def test_nothing_acknowledged_is_lost_when_the_power_goes():
    report = block_cuts.run(cuts=4, seed=1)
    assert report["findings"] == []
    assert report["held against a cut"] >= 4 * block_cuts.BETWEEN_CUTS[0]


# The negative control: the same hub on a disk whose syncs do nothing
def test_a_hub_whose_syncs_do_nothing_is_found_out():
    library = os.environ.get("OCF_LYING_DISK_LIBRARY")
    if not library:
        pytest.skip("OCF_LYING_DISK_LIBRARY names the built tests/peers/lying_disk.c")
    report = block_cuts.run(cuts=2, seed=1, environment=block_cuts.lying(library, "sync"))
    assert any(finding.startswith("lost: ") for finding in report["findings"]), report
