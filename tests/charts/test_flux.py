"""charts/flux: Flux takes it, with the versions and values of the helmfiles; what an image restarts."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.names import IMAGES, App
from delivery.environments import list_environments, load_environment
from delivery.pins import find_images_file
from devstack.helmfile import (
    HELMFILE,
    MONITORING_HELMFILE,
    Release,
    list_manifests,
    merge_values,
    read_releases,
)
from devstack.paths import ROOT
from tests.charts.flux_builds import FLUX, STAGES, build, built, fetch, read_values
from tests.charts.modules import module_folders
from tests.charts.rendering import CHARTS, Object, RenderError, build_dependencies, helm, of_kind, parse
from tests.charts.schemas import PINS
from tests.charts.test_manifests import conforms
from tools import flux_releases, install_platform

ENVIRONMENTS = list_environments()
PINNED = [
    (environment, stage, release)
    for environment in ENVIRONMENTS
    for stage, helmfile in (("platform", HELMFILE), ("observability", MONITORING_HELMFILE))
    for release in read_releases(helmfile, environment)
]
TITLES = [f"{environment}-{release.name}" for environment, _, release in PINNED]
DIGEST = f"sha256:{'0' * 64}"
COMMITS = ("0.1.0+0123456789ab", "0.1.0+fedcba987654")
"""Versions source-controller gives a chart of ours at two commits."""


def stages(environment: str) -> dict[str, Object]:
    return of_kind(built(environment), "Kustomization")


def pod_templates(found: list[Object]) -> dict[str, Any]:
    """What a pod restarts for if it differs, and what Kubernetes never lets anybody change."""
    kept = ("template", "selector", "volumeClaimTemplates")
    return {
        f"{each['kind']} {each['metadata']['name']}": {key: each["spec"].get(key) for key in kept}
        for each in found
        if each["kind"] in ("Deployment", "StatefulSet", "DaemonSet")
    }


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fetch(tmp_path_factory.mktemp("flux"), "staging")


class TestGenerated:
    def test_is_what_the_helmfiles_say(self) -> None:
        for path, content in flux_releases.list_files():
            assert (FLUX / path).read_text() == content, "run `make generate`"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
class TestEnvironment:
    @pytest.mark.parametrize("stage", ["", *STAGES])
    def test_is_what_flux_takes(self, environment: str, stage: str) -> None:
        assert conforms(build(environment, stage)) == ""

    def test_has_a_folder_for_each_stage(self, environment: str) -> None:
        found = {name: each["spec"]["path"] for name, each in stages(environment).items()}
        own = f"./charts/flux/environments/{environment}"
        assert found == {
            "environment": own,
            "gateway-api": "./config/crd",
            **{stage: f"{own}/{stage}" for stage in STAGES},
        }

    def test_begins_a_stage_when_what_it_needs_is_ready(self, environment: str) -> None:
        found = stages(environment)
        needs = {
            name: {each["name"] for each in stage["spec"].get("dependsOn", [])}
            for name, stage in found.items()
        }
        assert needs == {
            "environment": set(),
            "foundations": set(),
            "gateway-api": set(),
            "platform": {"foundations", "gateway-api"},
            "issuers": {"platform"},
            "data": {"platform"},
            "observability": {"data"},
            "todo": {"issuers", "observability"},
        }
        assert all(stage["spec"]["wait"] for name, stage in found.items() if name != "environment")

    def test_loses_no_data_by_what_is_taken_out_of_git(self, environment: str) -> None:
        pruned = {name for name, stage in stages(environment).items() if stage["spec"]["prune"]}
        assert pruned == {"environment", "observability", "todo"}

    def test_has_the_namespaces_and_issuers_of_make_platform(self, environment: str) -> None:
        expected = parse(install_platform.foundations(environment))
        found = built(environment, "foundations")
        assert all(each in found for each in expected)
        releases = [release for where, _, release in PINNED if where == environment]
        namespaces = {release.namespace for release in releases} - {"kube-system"}
        assert set(of_kind(found, "Namespace")) == {environment, *namespaces}
        issuers = [install_platform.in_namespace(path.read_text(), environment) for path in list_manifests()]
        assert built(environment, "issuers") == parse("---\n".join(issuers))

    def test_fetches_what_a_release_refers_to(self, environment: str) -> None:
        found = [each for stage in ("", *STAGES) for each in built(environment, stage)]
        sources = {
            (each["kind"], each["metadata"]["name"]) for each in found if "url" in each.get("spec", {})
        }
        for each in found:
            spec = each.get("spec", {})
            chart = spec.get("chartRef") or spec.get("chart", {}).get("spec", {}).get("sourceRef")
            if reference := chart or spec.get("sourceRef"):
                assert (reference["kind"], reference["name"]) in sources

    @pytest.mark.parametrize("name", ["data", "todo"])
    def test_gives_our_charts_the_values_of_make_deploy(self, environment: str, name: str) -> None:
        found = built(environment, name)
        release = of_kind(found, "HelmRelease")[name]
        assert release["metadata"]["namespace"] == environment
        files = [CHARTS / name / f"values-{environment}.yaml"]
        if name == "todo":
            files.append(find_images_file(load_environment(environment)))
        expected: dict[str, Any] = {}
        for file in files:
            expected = merge_values(expected, yaml.safe_load(file.read_text()))
        assert read_values(found, release) == expected
        order = [each["name"] for each in release["spec"]["valuesFrom"]]
        assert order[1:] == ["infrastructure-values", *order[:1]][: len(files)]


@pytest.mark.parametrize(("environment", "stage", "pinned"), PINNED, ids=TITLES)
class TestPinnedRelease:
    def found(self, environment: str, stage: str, pinned: Release) -> Object:
        release = of_kind(built(environment, stage), "HelmRelease")[pinned.name]
        assert release["metadata"]["namespace"] == pinned.namespace
        return release

    def test_has_the_values_of_the_helmfile(self, environment: str, stage: str, pinned: Release) -> None:
        release = self.found(environment, stage, pinned)
        assert read_values(built(environment, stage), release) == pinned.values

    def test_has_its_chart_and_version(self, environment: str, stage: str, pinned: Release) -> None:
        spec = self.found(environment, stage, pinned)["spec"]
        found = built(environment, stage)
        if pinned.chart.startswith("oci://"):
            source = of_kind(found, "OCIRepository")[spec["chartRef"]["name"]]["spec"]
            assert (source["url"], source["ref"]) == (pinned.chart, {"tag": pinned.version})
        elif pinned.repository:
            chart = spec["chart"]["spec"]
            source = of_kind(found, "HelmRepository")[chart["sourceRef"]["name"]]["spec"]
            assert (source["url"], chart["chart"]) == (pinned.repository, pinned.chart)
            assert chart["version"] == pinned.version
        else:
            assert spec["chart"]["spec"]["chart"] == f"packages/{pinned.chart}"

    def test_brings_its_crds_up_to_date_first(self, environment: str, stage: str, pinned: Release) -> None:
        spec = self.found(environment, stage, pinned)["spec"]
        assert spec["install"]["crds"] == spec["upgrade"]["crds"] == "CreateReplace"


class TestCrds:
    def test_of_the_gateway_api_are_those_of_the_module_at_this_version(self) -> None:
        source = of_kind(built("staging"), "GitRepository")["gateway-api"]["spec"]
        folder = module_folders(PINS)["sigs.k8s.io/gateway-api"]
        assert folder.name == f"gateway-api@{source['ref']['tag']}"
        assert (folder / "config/crd/kustomization.yaml").exists()


class TestOurCharts:
    """source-controller leaves links out of what it fetches; `include` puts back what charts need."""

    @pytest.mark.parametrize("environment", ENVIRONMENTS)
    @pytest.mark.parametrize("name", ["data", "observability", "todo"])
    def test_are_what_helm_makes_of_the_working_copy(self, served: Path, name: str, environment: str) -> None:
        chart = served / "packages/charts" / name
        helm("dependency", "build", chart, "--skip-refresh")
        build_dependencies()
        assert self.render(chart, name, environment) == self.render(CHARTS / name, name, environment)

    @pytest.mark.parametrize("name", ["data", "observability", "todo"])
    def test_restart_nothing_because_of_another_commit(self, name: str, tmp_path: Path) -> None:
        """Its hash is in the chart's version, which is in labels; there `+` isn't allowed."""
        build_dependencies()
        found = []
        for version in COMMITS:
            helm("package", CHARTS / name, "--version", version, "--destination", tmp_path)
            found.append(self.render(tmp_path / f"{name}-{version}.tgz", name, "staging"))
        assert "+" not in str([each["metadata"].get("labels") for each in found[0]])
        assert pod_templates(found[0]) == pod_templates(found[1])

    def render(self, chart: Path, name: str, environment: str) -> list[Object]:
        stage = built(environment, name)
        values = yaml.safe_dump(read_values(stage, of_kind(stage, "HelmRelease")[name]))
        image = ["--set-string", "global.image.tag=1.2.3"] if name == "todo" else []
        return parse(helm("template", name, chart, "-n", environment, "-f", "-", *image, stdin=values))


class TestImages:
    """A merge restarts what has changed: each image is pinned by itself."""

    def render(self, **pins: dict[str, Any]) -> dict[str, Object]:
        build_dependencies()
        every = {app: {"image": {"tag": "a" * 40, "digest": DIGEST}} for app in map(str, App)}
        backup = {"global": {"backup": {"image": {"tag": "a" * 40, "digest": DIGEST}}}}
        values = yaml.safe_dump({**every, **backup, **pins})
        own = CHARTS / "todo" / "values-staging.yaml"
        found = parse(helm("template", "todo", CHARTS / "todo", "-f", own, "-f", "-", stdin=values))
        return {f"{each['kind']} {each['metadata']['name']}": each for each in found}

    @pytest.mark.parametrize("app", App)
    def test_of_one_service_changes_that_service_alone(self, app: App) -> None:
        other = {"image": {"tag": "b" * 40, "digest": DIGEST.replace("0", "1")}}
        before, after = self.render(), self.render(**{app: other})
        changed = {name for name in before | after if before.get(name) != after.get(name)}
        migration = {f"Job {app}-migration"} if app is not App.FRONTEND else set()
        assert changed >= {f"Deployment {app}"}
        assert {name for name in changed if not re.search(rf"\b{app}\b", name)} == set()
        assert {name for name in changed if not name.startswith("CronJob")} == {
            f"Deployment {app}"
        } | migration

    def test_are_taken_by_tag_where_there_is_no_digest(self) -> None:
        found = self.render(task={"image": {"tag": "b" * 40}})
        [container] = found["Deployment task"]["spec"]["template"]["spec"]["containers"]
        assert container["image"].endswith(f"/task:{'b' * 40}")

    def test_have_to_be_pinned(self) -> None:
        with pytest.raises(RenderError, match="says what to run"):
            self.render(task={"image": {"tag": "", "digest": ""}})

    def test_are_all_there_are(self) -> None:
        assert set(IMAGES) == {*App, "backup"}


def test_every_file_is_part_of_a_stage() -> None:
    """A manifest no kustomization names is one that Flux never sees."""
    named = {
        (file.parent / entry).resolve()
        for file in FLUX.rglob("kustomization.yaml")
        for entry in yaml.safe_load(file.read_text())["resources"]
    }
    others = {"kustomization.yaml", "references.yaml", "images.yaml"}
    files = {path for path in FLUX.rglob("*.yaml") if path.name not in others}
    assert files <= named
    assert all(path.exists() for path in named), ROOT
