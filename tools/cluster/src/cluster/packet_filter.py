"""Removes what kube-proxy, the kubelet, CNI plugins and kube-router put into the kernel's packet filter."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterable
from typing import Any

from cluster import toolbox
from cluster.node import build_environment
from devstack.toolbox.tool import run_command

FAMILIES = {"iptables": "ip", "ip6tables": "ip6"}
OURS = re.compile(r"KUBE-|CNI-|kube-router")
OUR_SETS = re.compile(r"^(inet6:|TMP-)?(KUBE-|kube-router)")


def remove_rules() -> None:
    """Leave no table, chain, rule or set of a cluster; other programs' stay as they are."""
    if toolbox.NODE_PROGRAMS.find() is None:
        return
    for family in FAMILIES.values():
        _quietly(["nft", "delete", "table", family, "kube-proxy"])
    for program in FAMILIES:
        _remove_own_rules(program)
    for name in _output(["ipset", "list", "-name"]).split():
        if OUR_SETS.match(name):
            run_command([_program("ipset"), "destroy", name])
    for family, table in find_idle_tables(json.loads(_output(["nft", "--json", "list", "ruleset"]) or "{}")):
        run_command([_program("nft"), "delete", "table", family, table])


def drop_our_rules(saved: str) -> str:
    """The output of `iptables-save` less our chains and every rule that names one."""
    return "".join(f"{line}\n" for line in saved.splitlines() if not OURS.search(line))


def find_idle_tables(ruleset: dict[str, Any]) -> list[tuple[str, str]]:
    """Tables of iptables that let everything pass and hold no rule: as good as absent."""
    objects: Iterable[dict[str, Any]] = ruleset.get("nftables", [])
    tables, busy = [], set()
    for entry in objects:
        for kind, value in entry.items():
            if kind == "table" and value["family"] in FAMILIES.values() and value["name"] in IPTABLES:
                tables.append((value["family"], value["name"]))
            elif kind == "rule" or (kind == "chain" and _decides(value)):
                busy.add((value["family"], value["table"]))
    return [table for table in tables if table not in busy]


IPTABLES = ("filter", "nat", "mangle", "raw", "security")


def _decides(chain: dict[str, Any]) -> bool:
    """Whether a chain is someone's own, or drops what no rule lets pass."""
    return "hook" not in chain or chain.get("policy", "accept") != "accept"


def _remove_own_rules(program: str) -> None:
    saved = _output([f"{program}-save"])
    if OURS.search(saved):
        subprocess.run(
            [_program(f"{program}-restore")],
            input=drop_our_rules(saved),
            text=True,
            check=True,
            env=build_environment(),
        )


def _output(command: list[str]) -> str:
    program, *arguments = command
    done = subprocess.run(
        [_program(program), *arguments], capture_output=True, text=True, check=False, env=build_environment()
    )
    return done.stdout


def _quietly(command: list[str]) -> None:
    _output(command)


def _program(name: str) -> str:
    found = shutil.which(name, path=build_environment()["PATH"])
    assert found, f"{name} is not among the node's programs"
    return found
