"""What Flux would make of charts/flux, by the same rules; Flux itself runs nowhere here."""

import functools
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from cluster.toolbox import KUBECTL
from devstack.helmfile import merge_values
from devstack.paths import ROOT
from tests.charts.rendering import Object, of_kind, parse

FLUX = ROOT / "charts" / "flux"
STAGES = ("foundations", "platform", "issuers", "data", "observability", "todo")


def find_kubectl() -> str:
    """One that is there, for building it takes minutes; GitHub's machines have it."""
    if found := KUBECTL.find() or shutil.which("kubectl"):
        return str(found)
    if os.environ.get("CI"):
        pytest.fail("kubectl, which builds the kustomizations, is missing")
    pytest.skip("kubectl, which builds the kustomizations, isn't installed")


@functools.cache
def build(environment: str, stage: str = "") -> str:
    """YAML of a stage, or of what starts Flux. To Flux, too, files may be anywhere in the repository."""
    folder = FLUX / "environments" / environment / stage
    command = [find_kubectl(), "kustomize", "--load-restrictor=LoadRestrictionsNone", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def built(environment: str, stage: str = "") -> list[Object]:
    return parse(build(environment, stage))


def read_values(found: list[Object], release: Object) -> dict[str, Any]:
    """The values helm-controller gives to Helm; those of ConfigMaps that nobody here makes are left out."""
    maps = {
        (each["metadata"]["namespace"], each["metadata"]["name"]): each["data"]
        for each in found
        if each["kind"] == "ConfigMap"
    }
    values: dict[str, Any] = {}
    for reference in release["spec"]["valuesFrom"]:
        data = maps.get((release["metadata"]["namespace"], reference["name"]))
        if data is None:
            assert reference["name"] == "infrastructure-values", f"nobody makes {reference['name']}"
            continue
        values = merge_values(values, yaml.safe_load(data[reference.get("valuesKey", "values.yaml")]) or {})
    return values


def fetch(folder: Path, environment: str) -> Path:
    """What source-controller would serve as the GitRepository `charts`: without links, with what it includes.

    Ignored files are left in. Raises `FileNotFoundError` for an include of what isn't there, and
    `FileExistsError` for one that would replace what is.
    """
    fetched = folder / "todo"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file() and not (ROOT / name).is_symlink():
            (fetched / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, fetched / name)
    served = folder / "charts"
    for each in of_kind(built(environment), "GitRepository")["charts"]["spec"]["include"]:
        source, target = fetched / each["fromPath"], served / each["toPath"]
        if target.exists():
            raise FileExistsError(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copyfile(source, target)
    return served
