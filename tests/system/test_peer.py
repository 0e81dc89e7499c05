"""Our example of a peer, against the running system."""

from devstack.paths import ROOT
from devstack.stack import Stack
from loadtest.measure.peer import Watched, measure_peer
from loadtest.peers import config


async def test_our_example_is_answered(healthy: Stack) -> None:
    peer = config.read_config(ROOT / "loadtest" / "peers" / "ours.toml")
    watched = Watched({}, healthy.folder.path)
    found = await measure_peer(peer, f"{healthy.addresses.edge}/api/v1", watched, seconds=0.5, tasks=5)
    assert [each.what for each in found] == list(config.ASKED)
    assert all(each.tally.failed == 0 < each.tally.accepted for each in found), found
    assert all(each.cpu["task"] >= 0 and each.cpu["frontend"] >= 0 for each in found)
