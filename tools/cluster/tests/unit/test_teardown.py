from pathlib import Path
from typing import Any

from cluster.packet_filter import drop_our_rules, find_idle_tables
from cluster.teardown import list_mounts_below

SAVED = """*filter
:INPUT ACCEPT [0:0]
:KUBE-ROUTER-INPUT - [0:0]
:MINE - [0:0]
-A INPUT -m comment --comment "kube-router netpol" -j KUBE-ROUTER-INPUT
-A INPUT -j MINE
-A MINE -p tcp -j ACCEPT
COMMIT
"""


class TestMountsBelow:
    def test_finds_those_in_the_folder_only(self) -> None:
        mountinfo = (
            "21 1 8:1 / / rw - ext4 /dev/a rw\n"
            "30 21 0:5 / /srv/.cluster/state/a\\040b rw - tmpfs tmpfs rw\n"
            "31 21 0:6 / /srv/.cluster2/x rw - tmpfs tmpfs rw\n"
        )
        assert list_mounts_below(Path("/srv/.cluster"), mountinfo) == ["/srv/.cluster/state/a b"]


class TestWithoutOurRules:
    def test_keeps_what_others_have_set(self) -> None:
        kept = drop_our_rules(SAVED)
        assert "KUBE" not in kept
        assert "-A INPUT -j MINE" in kept
        assert kept.startswith("*filter\n")
        assert kept.endswith("COMMIT\n")


def ruleset(*objects: dict[str, Any]) -> dict[str, Any]:
    return {"nftables": list(objects)}


TABLE = {"table": {"family": "ip", "name": "filter"}}
CHAIN = {"family": "ip", "table": "filter", "name": "INPUT", "hook": "input"}


class TestIdleTables:
    def test_an_empty_table_of_iptables_is_idle(self) -> None:
        assert find_idle_tables(ruleset(TABLE, {"chain": {**CHAIN, "policy": "accept"}})) == [
            ("ip", "filter")
        ]

    def test_one_that_drops_is_not(self) -> None:
        assert find_idle_tables(ruleset(TABLE, {"chain": {**CHAIN, "policy": "drop"}})) == []

    def test_one_with_a_rule_is_not(self) -> None:
        rule = {"rule": {"family": "ip", "table": "filter", "chain": "INPUT", "expr": []}}
        assert find_idle_tables(ruleset(TABLE, {"chain": {**CHAIN, "policy": "accept"}}, rule)) == []

    def test_another_programs_table_is_left_alone(self) -> None:
        assert find_idle_tables(ruleset({"table": {"family": "inet", "name": "firewalld"}})) == []
