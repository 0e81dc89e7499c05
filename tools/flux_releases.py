"""Writes what Flux needs to install the pinned releases, from the two helmfiles: `flux_releases [FOLDER]`.

A HelmRelease each, its source, and a kustomization that makes a ConfigMap of the very files of values the
helmfile names. What an environment has otherwise is merged into that ConfigMap by its overlay. What is no
pinned release is written by hand, beside it in charts/flux.
"""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from os.path import relpath
from pathlib import Path
from typing import Any

import yaml

from delivery.environments import list_environments
from devstack.helmfile import HELMFILE, MONITORING_HELMFILE, WAIT, read_helmfile, read_releases
from devstack.paths import ROOT

FOLDER = ROOT / "charts" / "flux"
STAGES = {"platform": HELMFILE, "observability": MONITORING_HELMFILE}
SOURCES = "flux-system"
"""Namespace of Flux and of everything it fetches from."""
OUR_CHARTS, PACKAGES = "charts", "packages"
"""GitRepository with our charts and what they link to, and its folder (charts/flux/cluster/sources.yaml)."""
SHARED, OWN = "values.yaml", "environment.yaml"
"""Keys of the ConfigMap: values of every environment, and of this one."""
CRD_FOLDERS = {"https://github.com/kubernetes-sigs/gateway-api": "./config/crd"}
"""Repositories that publish their CRDs as one file: where its parts are."""
RELEASED_FILE = re.compile(r"(https://github\.com/[\w-]+/[\w-]+)/releases/download/([^/]+)/")
CHART_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
HEADER = "# Made by `make generate` from {source}; change that.\n"
EVERY = "1h"

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PinnedRelease:
    """One release of a helmfile.

    shared: its values in every environment, if it has such a file. own: what environments have otherwise.
    repository: URL of the Helm repository of a chart that is neither ours nor an OCI artifact.
    needs: namespace and name of releases that come before it.
    """

    name: str
    namespace: str
    chart: str
    version: str
    repository: str
    shared: Path | None
    own: Mapping[str, Path]
    needs: Sequence[tuple[str, str]]
    crds: Sequence[str]

    @property
    def values(self) -> str:
        """Name of the ConfigMap with its values."""
        return f"values-{self.name}"


def read_pinned(helmfile: Path) -> list[PinnedRelease]:
    """The releases of a helmfile, in its order, for all environments at once."""
    contents = {name: read_helmfile(helmfile, name)["releases"] for name in list_environments()}
    return [
        PinnedRelease(
            name=release.name,
            namespace=release.namespace,
            chart=release.chart,
            version=release.version,
            repository=release.repository,
            shared=_find_shared(helmfile, [entries[number]["values"] for entries in contents.values()]),
            own=dict(_list_own(helmfile, {name: each[number]["values"] for name, each in contents.items()})),
            needs=[_split_need(each) for each in next(iter(contents.values()))[number].get("needs", [])],
            crds=release.crds,
        )
        for number, release in enumerate(read_releases(helmfile, list_environments()[0]))
    ]


def build_release(release: PinnedRelease) -> Manifest:
    """Retried until it is there, and taken back if an upgrade fails; CRDs are brought up to date first."""
    spec: Manifest = {
        "interval": EVERY,
        "timeout": WAIT,
        **_refer_to_chart(release),
        "install": {"crds": "CreateReplace", "strategy": {"name": "RetryOnFailure"}},
        "upgrade": {"crds": "CreateReplace", "remediation": {"retries": 1, "remediateLastFailure": True}},
        "valuesFrom": [
            {"kind": "ConfigMap", "name": release.values, "valuesKey": key} for key in (SHARED, OWN)
        ],
    }
    if release.needs:
        spec["dependsOn"] = [{"name": name, "namespace": where} for where, name in release.needs]
    return _manifest("helm.toolkit.fluxcd.io/v2", "HelmRelease", release.name, release.namespace, spec)


def build_sources(releases: Sequence[PinnedRelease]) -> Iterator[Manifest]:
    """Where each chart of others is from; it has the name of the release."""
    api = "source.toolkit.fluxcd.io/v1"
    for each in releases:
        if each.repository:
            spec: Manifest = {"interval": EVERY, "url": each.repository}
            yield _manifest(api, "HelmRepository", each.name, SOURCES, spec)
        elif each.chart.startswith("oci://"):
            spec = {
                "interval": EVERY,
                "url": each.chart,
                "ref": {"tag": each.version},
                "layerSelector": {"mediaType": CHART_LAYER, "operation": "copy"},
            }
            yield _manifest(api, "OCIRepository", each.name, SOURCES, spec)


def build_crds(releases: Sequence[PinnedRelease]) -> Iterator[Manifest]:
    """For CRDs that a release needs and does not bring: the repository at that version, and its stage."""
    for address in (address for each in releases for address in each.crds):
        found = RELEASED_FILE.match(address)
        assert found, f"{address} is no file of a release on GitHub"
        url, tag = found.groups()
        name = url.rpartition("/")[2]
        source = {"interval": EVERY, "url": url, "ref": {"tag": tag}, "ignore": "/*\n!/config\n"}
        yield _manifest("source.toolkit.fluxcd.io/v1", "GitRepository", name, SOURCES, source)
        stage = {
            "interval": EVERY,
            "path": CRD_FOLDERS[url],
            "prune": False,
            "wait": True,
            "timeout": WAIT,
            "sourceRef": {"kind": "GitRepository", "name": name},
        }
        yield _manifest("kustomize.toolkit.fluxcd.io/v1", "Kustomization", name, SOURCES, stage)


def build_namespaces(releases: Sequence[PinnedRelease]) -> Iterator[Manifest]:
    """Helm would make them with `--create-namespace`; a HelmRelease lives in one, which so comes first."""
    for name in dict.fromkeys(each.namespace for each in releases if each.namespace != "kube-system"):
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def build_base(releases: Sequence[PinnedRelease], folder: Path) -> Manifest:
    """The kustomization of a stage. folder: where it lies, in the repository."""
    generators = [
        {
            "name": each.values,
            "namespace": each.namespace,
            "files": [f"{SHARED}={relpath(each.shared, folder)}"] if each.shared else [],
            "literals": [f"{OWN}="] if each.shared else [f"{SHARED}=", f"{OWN}="],
        }
        for each in releases
    ]
    return {
        **_kustomization(["releases.yaml"], generators),
        "configurations": [relpath(FOLDER / "references.yaml", folder)],
    }


def build_overlay(releases: Sequence[PinnedRelease], environment: str, stage: str, folder: Path) -> Manifest:
    """What an environment has otherwise, in place of nothing."""
    generators = [
        {
            "name": each.values,
            "namespace": each.namespace,
            "behavior": "merge",
            "files": [f"{OWN}={relpath(each.own[environment], folder)}"],
        }
        for each in releases
        if environment in each.own
    ]
    return _kustomization([relpath(FOLDER / stage, folder)], generators)


def list_files() -> Iterator[tuple[Path, str]]:
    """Path in charts/flux of each generated file, and its content."""
    every = {stage: read_pinned(helmfile) for stage, helmfile in STAGES.items()}
    pinned = [release for releases in every.values() for release in releases]
    both = " and ".join(_name(helmfile) for helmfile in STAGES.values())
    yield Path("foundations/namespaces.yaml"), _dump(both, build_namespaces(pinned))
    yield Path("cluster/crds.yaml"), _dump(both, build_crds(pinned))
    for stage, releases in every.items():
        source = _name(STAGES[stage])
        manifests = [*build_sources(releases), *map(build_release, releases)]
        yield Path(stage, "releases.yaml"), _dump(source, manifests)
        yield Path(stage, "kustomization.yaml"), _dump(source, [build_base(releases, FOLDER / stage)])
        for environment in list_environments():
            folder = Path("environments", environment, stage)
            overlay = build_overlay(releases, environment, stage, FOLDER / folder)
            yield folder / "kustomization.yaml", _dump(source, [overlay])


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    for path, content in list_files():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_text(content)


def _find_shared(helmfile: Path, values: Sequence[Sequence[str]]) -> Path | None:
    """The file that all environments name."""
    shared = [helmfile.parent / file for file in values[0] if all(file in each for each in values)]
    assert len(shared) <= 1, f"{_name(helmfile)}: {shared} would have one key"
    return shared[0] if shared else None


def _list_own(helmfile: Path, values: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, Path]]:
    """The file that only this environment names, where there is one."""
    for name, files in values.items():
        own = [file for file in files if any(file not in others for others in values.values())]
        assert len(own) <= 1, f"{_name(helmfile)}: {own} would have one key"
        for path in (helmfile.parent / file for file in own):
            if path.exists():
                yield name, path


def _split_need(need: str) -> tuple[str, str]:
    namespace, _, name = need.partition("/")
    return namespace, name


def _refer_to_chart(release: PinnedRelease) -> Manifest:
    if release.chart.startswith("oci://"):
        return {"chartRef": {"kind": "OCIRepository", "name": release.name, "namespace": SOURCES}}
    if not release.repository:
        ours = {"kind": "GitRepository", "name": OUR_CHARTS, "namespace": SOURCES}
        chart = {"chart": f"{PACKAGES}/{release.chart}", "reconcileStrategy": "Revision", "sourceRef": ours}
        return {"chart": {"spec": chart}}
    source = {"kind": "HelmRepository", "name": release.name, "namespace": SOURCES}
    return {"chart": {"spec": {"chart": release.chart, "version": release.version, "sourceRef": source}}}


def _manifest(api: str, kind: str, name: str, namespace: str, spec: Manifest) -> Manifest:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec}


def _kustomization(resources: list[str], generators: list[Manifest]) -> Manifest:
    made: Manifest = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    made["resources"] = resources
    if generators:
        made["configMapGenerator"] = generators
    return made


def _name(helmfile: Path) -> str:
    return str(helmfile.relative_to(ROOT))


def _dump(source: str, documents: Sequence[Manifest] | Iterator[Manifest]) -> str:
    return HEADER.format(source=source) + yaml.safe_dump_all(documents, sort_keys=False, width=200)


if __name__ == "__main__":
    main()
