"""What `make platform` installs: pinned, in order, CRDs first, with values the charts know."""

import base64
import re
from pathlib import Path

import pytest
import yaml

from cluster import addons
from cluster.kind import DAPR_IMAGES, INSECURE_KUBELET
from cluster.toolbox import CERT_MANAGER, PLUGIN_BARMAN_CLOUD
from contracts.names import App
from delivery.environments import list_environments
from devstack.credentials import ensure_secrets
from devstack.helmfile import (
    DEFAULT,
    HELMFILE,
    PLATFORM,
    Release,
    list_manifests,
    read_helmfile,
    read_releases,
)
from devstack.paths import ROOT, RunFolder
from devstack.toolbox.dapr import DAPRD
from tests.charts.other_charts import render
from tests.charts.rendering import Object, objects, of_kind, parse
from tools import install_platform, make_secrets

KIND = "kind"
"""Environment of the platform on the cluster of nightly.yml, which no release of ours goes to."""
RELEASES, MANIFEST_FILES = read_releases(), list_manifests()


def release(name: str) -> Release:
    return next(each for each in RELEASES if each.name == name)


def rendered(name: str, given: str = "") -> list[Object]:
    """The release, by its own chart. given: YAML of values in place of its own."""
    return parse(render(release(name), yaml.safe_load(given) if given else None))


class TestReleases:
    def test_are_all_in_the_order(self) -> None:
        files = [
            *(PLATFORM / "values").iterdir(),
            *PLATFORM.glob("environments/*/*"),
            ROOT / "dapr/dapr-values.yaml",
            ROOT / "kafka/strimzi-values.yaml",
        ]
        named = {
            (PLATFORM / file).resolve()
            for name in [DEFAULT, KIND, *list_environments()]
            for each in read_helmfile(HELMFILE, name)["releases"]
            for file in each["values"]
        }
        assert set(files) <= named
        assert all(file in files or "environments" in file.parts for file in named)

    def test_have_no_budget_that_would_keep_a_single_pod_on_its_node(self) -> None:
        """Charts ask for one pod at least to stay, and staging has one."""
        values = {each.name: each.values for each in read_releases(environment="staging")}
        assert values["strimzi"]["replicas"] == values["cert-manager"]["replicaCount"] == 1
        assert values["strimzi"]["podDisruptionBudget"]["enabled"] is False
        assert values["cert-manager"]["podDisruptionBudget"]["enabled"] is False
        assert values["cert-manager"]["webhook"]["podDisruptionBudget"]["enabled"] is False
        assert values["metrics-server"]["podDisruptionBudget"]["maxUnavailable"] == 1

    @pytest.mark.parametrize("pinned", RELEASES, ids=lambda pinned: pinned.name)
    def test_are_pinned(self, pinned: Release) -> None:
        assert re.fullmatch(r"v?\d+\.\d+\.\d+", pinned.version)
        assert pinned.chart.startswith("oci://") != bool(pinned.repository)
        assert all(re.search(r"/v\d+\.\d+\.\d+/", address) for address in pinned.crds)


class TestInstalling:
    def test_applies_crds_before_each_release(self, monkeypatch: pytest.MonkeyPatch) -> None:
        steps: list[str] = []

        def run(command: list[str], _: str) -> str:
            steps.append(" ".join(command[1:3]))
            return "kind: CustomResourceDefinition" if command[1:3] == ["show", "crds"] else ""

        monkeypatch.setattr(install_platform, "_run", run)
        monkeypatch.setattr(install_platform, "require_command", lambda name, _: name)
        monkeypatch.setattr(install_platform, "find_tool", lambda _: "helm")
        monkeypatch.setattr(install_platform, "ensure_tools", lambda _: None)
        install_platform.main([])
        first = ["apply --server-side"]  # the namespace
        gateway_api = ["apply --server-side"]
        each = ["show crds", "apply --server-side", "upgrade --install"]
        assert steps == [*first, *each, *gateway_api, *each * 6, *first]

    def test_is_for_the_namespace_of_the_services(self) -> None:
        texts = [
            path.read_text()
            for path in (install_platform.NAMESPACE, install_platform.PRIORITY, *MANIFEST_FILES)
        ]
        found = parse("\n---\n".join(install_platform.in_namespace(text, "staging") for text in texts))
        assert of_kind(found, "Namespace")["staging"]["metadata"]["labels"]["dapr.io/inject"] == "true"
        for issuer in of_kind(found, "ClusterIssuer").values():
            by_gateway, by_ingress = issuer["spec"]["acme"]["solvers"]
            assert by_gateway["http01"]["gatewayHTTPRoute"]["parentRefs"][0]["namespace"] == "staging"
            assert "ingress" in by_ingress["http01"]


class TestIssuers:
    def test_ask_another_acme_server_if_told(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """For a company's own: `--acme-server`, and who vouches for it."""
        applied: list[str] = []

        def run(_: list[str], content: str) -> str:
            applied.append(content)
            return ""

        monkeypatch.setattr(install_platform, "_run", run)
        monkeypatch.setattr(install_platform, "require_command", lambda name, _: name)
        monkeypatch.setattr(install_platform, "find_tool", lambda _: "helm")
        monkeypatch.setattr(install_platform, "ensure_tools", lambda _: None)
        authority = tmp_path / "authority.pem"
        authority.write_text("PEM")
        url = "https://acme.example.com/directory"
        install_platform.main(["--acme-server", url, "--acme-authority", str(authority)])
        issuers = of_kind(parse(applied[-1]), "ClusterIssuer")
        assert set(issuers) == {"letsencrypt", "letsencrypt-staging"}
        for issuer in issuers.values():
            assert issuer["spec"]["acme"]["server"] == url
            assert base64.b64decode(issuer["spec"]["acme"]["caBundle"]) == b"PEM"


class TestCertManager:
    def test_is_the_version_the_cluster_of_the_tests_runs(self) -> None:
        assert release("cert-manager").version == f"v{CERT_MANAGER.version}"

    def test_uses_the_gateway_api(self) -> None:
        [settings] = of_kind(rendered("cert-manager"), "ConfigMap").values()
        assert yaml.safe_load(settings["data"]["config.yaml"])["enableGatewayAPI"] is True

    def test_gets_its_share_of_a_busy_node(self) -> None:
        """A webhook that gets none lets nobody change an issuer or a certificate."""
        for deployment in of_kind(rendered("cert-manager"), "Deployment").values():
            [container] = deployment["spec"]["template"]["spec"]["containers"]
            assert container["resources"]["requests"]["cpu"]


class TestBarmanCloud:
    def test_is_the_version_the_cluster_of_the_tests_runs(self) -> None:
        values = release("plugin-barman-cloud").values
        tags = {values[image]["tag"].partition("@")[0] for image in ("image", "sidecarImage")}
        assert tags == {f"v{PLUGIN_BARMAN_CLOUD.version}"}

    def test_is_where_the_operator_looks_for_plugins(self) -> None:
        assert release("plugin-barman-cloud").namespace == release("cloudnative-pg").namespace


class TestDapr:
    def test_is_the_version_of_a_laptop(self) -> None:
        assert release("dapr").version == DAPRD.version

    def test_never_starts_a_service_without_its_sidecar(self) -> None:
        found = of_kind(rendered("dapr"), "MutatingWebhookConfiguration")
        webhook = found["dapr-sidecar-injector"]["webhooks"][0]
        assert webhook["failurePolicy"] == "Fail"
        namespace = yaml.safe_load(install_platform.NAMESPACE.read_text())["metadata"]["labels"]
        assert webhook["namespaceSelector"]["matchLabels"].items() <= namespace.items()

    def test_runs_three_of_each_and_has_mtls_on(self) -> None:
        found = rendered("dapr")
        assert {item["spec"]["replicas"] for item in of_kind(found, "Deployment").values()} == {3}
        assert of_kind(found, "Configuration")["daprsystem"]["spec"]["mtls"]["enabled"] is True

    def test_injects_sidecars_that_restricted_namespaces_take(self) -> None:
        injector = of_kind(rendered("dapr"), "Deployment")["dapr-sidecar-injector"]
        env = injector["spec"]["template"]["spec"]["containers"][0]["env"]
        environment = {item["name"]: item.get("value") for item in env}
        assert environment["SIDECAR_DROP_ALL_CAPABILITIES"] == "true"
        assert environment["SIDECAR_READ_ONLY_ROOT_FILESYSTEM"] == "true"
        assert environment["SIDECAR_RUN_AS_NON_ROOT"] == "true"


def passwords(made: make_secrets.Secrets) -> list[str]:
    return [content["password"] for content in made.values() if "password" in content]


class TestSecrets:
    def test_have_the_names_and_keys_of_a_laptop(self, tmp_path: Path) -> None:
        laptop = {name: set(keys) for name, keys in ensure_secrets(RunFolder(tmp_path)).items()}
        cluster = {name: set(keys) for name, keys in make_secrets.build_secrets(ephemeral=False).items()}
        assert laptop.items() <= cluster.items()

    def test_are_different_each_time(self) -> None:
        one, other = (
            make_secrets.build_secrets(ephemeral=True),
            make_secrets.build_secrets(ephemeral=True),
        )
        values = [
            content["password"] for made in (one, other) for content in made.values() if "password" in content
        ]
        assert len(values) == len(set(values))

    def test_are_logins_for_those_with_a_database(self) -> None:
        made = make_secrets.build_secrets(ephemeral=False)
        names = {name.removeprefix("postgres-") for name in made if name.startswith("postgres-")}
        assert names == set(App) - {App.FRONTEND}
        assert (
            make_secrets.build_manifest("postgres-task", made["postgres-task"])["type"]
            == "kubernetes.io/basic-auth"
        )

    def test_fit_into_a_url(self) -> None:
        """The charts put them into the address of the database as they are."""
        made = make_secrets.build_secrets(ephemeral=True)
        assert all(
            re.fullmatch(r"[\w-]+", content["password"]) for content in made.values() if "password" in content
        )


@pytest.mark.parametrize("place", ["staging", "production"])
class TestLoadBalancer:
    def test_keeps_the_address_of_people(self, place: str) -> None:
        """One that ended connections itself would be the sender of all of them."""
        annotations = of_kind(objects("todo", place), "Gateway")["todo"]["spec"]["infrastructure"][
            "annotations"
        ]
        assert annotations == {"service.beta.kubernetes.io/do-loadbalancer-type": "REGIONAL_NETWORK"}
        service = release("nginx-gateway-fabric").values["nginx"]["service"]
        assert service["externalTrafficPolicy"] == "Local"


class TestOnKind:
    """kind can't start where no Docker is; what it is given is rendered by the charts themselves."""

    def test_metrics_server_trusts_what_the_kubelet_signs(self) -> None:
        found = of_kind(rendered("metrics-server", INSECURE_KUBELET), "Deployment")
        [container] = found["metrics-server"]["spec"]["template"]["spec"]["containers"]
        assert "--kubelet-insecure-tls" in container["args"]

    def test_make_platform_upgrades_what_make_cluster_has_installed(self) -> None:
        """Kubernetes refuses a StatefulSet or a Deployment that differs in one of these."""
        fixed = ("selector", "serviceName", "podManagementPolicy", "volumeClaimTemplates")
        by_platform = {each.name: each.values for each in read_releases(environment=KIND)}
        by_cluster = {
            "dapr": addons.render_dapr_values(DAPR_IMAGES, pull_policy="IfNotPresent"),
            "metrics-server": INSECURE_KUBELET,
        }
        for name, values in by_cluster.items():
            before = rendered(name, values)
            after = rendered(name, yaml.safe_dump(by_platform[name]))
            for kind in ("StatefulSet", "Deployment"):
                old, new = of_kind(before, kind), of_kind(after, kind)
                for workload in old.keys() & new.keys():
                    specs = [each[workload]["spec"] for each in (old, new)]
                    assert [specs[0].get(key) for key in fixed] == [specs[1].get(key) for key in fixed]

    def test_make_platform_keeps_metrics_server_trusting_the_kubelet(self) -> None:
        [values] = [each.values for each in read_releases(environment=KIND) if each.name == "metrics-server"]
        found = of_kind(rendered("metrics-server", yaml.safe_dump(values)), "Deployment")
        [container] = found["metrics-server"]["spec"]["template"]["spec"]["containers"]
        assert "--kubelet-insecure-tls" in container["args"]

    def test_dapr_comes_from_its_registry(self) -> None:
        values = addons.render_dapr_values(DAPR_IMAGES, pull_policy="IfNotPresent")
        for deployment in of_kind(rendered("dapr", values), "Deployment").values():
            [container] = deployment["spec"]["template"]["spec"]["containers"]
            assert container["image"].startswith(f"{DAPR_IMAGES}/")
            assert container["image"].endswith(f":{DAPRD.version}")
            assert container["imagePullPolicy"] == "IfNotPresent"
