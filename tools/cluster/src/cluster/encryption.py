"""Rotation of the key Secrets are encrypted with in etcd.

The order is that of https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/ for one API server:
write with the new key and read with both, rewrite every Secret, forget the old key.
"""

import base64
import copy
import os
import re
import secrets
from pathlib import Path
from typing import Any

import yaml

from cluster.certificates import write_secret
from cluster.cluster import Cluster
from cluster.waiting import wait_for
from devstack.errors import CommandError

METRIC = "apiserver_encryption_config_controller_automatic_reloads_total"
RELOADED = re.compile(rf'^{METRIC}\{{.*status="success".*\}} (\d+)', re.M)
RELOAD_SECONDS = 150
"""The API server looks at its configuration once a minute."""
REWRITES = 5


def rotate_key(cluster: Cluster) -> str:
    """Encrypt every Secret with a new key; returns its name. The API server answers all the while.

    Raises `CommandError` if the API server doesn't take a configuration; then the old key is still in it.
    """
    file = cluster.folder.settings / "encryption.yaml"
    both = add_key(yaml.safe_load(file.read_text()))
    _apply(cluster, file, both)
    _rewrite_secrets(cluster)
    newest = keep_first_key(both)
    _apply(cluster, file, newest)
    return str(_keys(newest)[0]["name"])


def add_key(configuration: dict[str, Any]) -> dict[str, Any]:
    """The configuration with a fresh key before the others: it encrypts, all of them decrypt."""
    changed = copy.deepcopy(configuration)
    number = max(int(key["name"].removeprefix("key")) for key in _keys(changed)) + 1
    secret = base64.b64encode(secrets.token_bytes(32)).decode()
    _keys(changed).insert(0, {"name": f"key{number}", "secret": secret})
    return changed


def keep_first_key(configuration: dict[str, Any]) -> dict[str, Any]:
    changed = copy.deepcopy(configuration)
    del _keys(changed)[1:]
    return changed


def _keys(configuration: dict[str, Any]) -> list[dict[str, str]]:
    keys: list[dict[str, str]] = configuration["resources"][0]["providers"][0]["secretbox"]["keys"]
    return keys


def _apply(cluster: Cluster, file: Path, configuration: dict[str, Any]) -> None:
    """Write the configuration in one step and wait until the API server has it."""
    before = _count_reloads(cluster)
    new = file.with_suffix(".new")
    write_secret(new, yaml.safe_dump(configuration).encode())
    os.replace(new, file)
    wait_for(
        "The new configuration of encryption",
        lambda: _count_reloads(cluster) > before,
        RELOAD_SECONDS,
        lambda: "See the log of kube-apiserver.",
    )


def _count_reloads(cluster: Cluster) -> int:
    return sum(map(int, RELOADED.findall(cluster.kubectl("get", "--raw=/metrics"))))


def _rewrite_secrets(cluster: Cluster) -> None:
    """Store every Secret as it is. One that changed or went meanwhile is refused; then all again."""
    for attempt in range(1, REWRITES + 1):
        found = cluster.kubectl("get", "secrets", "--all-namespaces", "--output=json")
        try:
            cluster.kubectl("replace", "--filename", "-", stdin=found)
        except CommandError:
            if attempt == REWRITES:
                raise
        else:
            return
