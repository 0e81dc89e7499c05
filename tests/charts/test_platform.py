"""What `make platform` installs: pinned, in order, CRDs first, with values the charts know."""

import base64
import re
from pathlib import Path

import pytest
import yaml

from cluster import addons
from cluster.kind import DAPR_IMAGES, INSECURE_KUBELET
from cluster.toolbox import CERT_MANAGER
from contracts.names import App
from devstack.credentials import ensure_secrets
from devstack.helmfile import HELMFILE, PLATFORM, Release, list_manifests, read_releases
from devstack.paths import ROOT, RunFolder
from devstack.toolbox.dapr import DAPRD
from tests.charts.modules import module_folders
from tests.charts.rendering import Object, helm, objects, of_kind, parse
from tests.charts.schemas import PINS
from tools import install_platform, make_secrets

RELEASES, MANIFEST_FILES = read_releases(), list_manifests()
CHARTS_IN_MODULES = {
    "dapr": ("github.com/dapr/dapr", "charts/dapr"),
    "cert-manager": ("github.com/cert-manager/cert-manager", "deploy/charts/cert-manager"),
    "metrics-server": ("sigs.k8s.io/metrics-server", "charts/metrics-server"),
}


def release(name: str) -> Release:
    return next(each for each in RELEASES if each.name == name)


def rendered(name: str, tmp_path: Path, given: str = "") -> list[Object]:
    """The release, from the chart in its project's Go module. given: YAML of values in place of its own."""
    module, folder = CHARTS_IN_MODULES[name]
    wanted, values = release(name), tmp_path / "values.yaml"
    values.write_text(given or yaml.safe_dump(wanted.values))
    chart = module_folders(PINS)[module] / folder
    return parse(helm("template", name, chart, "--namespace", wanted.namespace, "--values", values))


class TestReleases:
    def test_are_all_in_the_order(self) -> None:
        files = [
            *(PLATFORM / "values").iterdir(),
            ROOT / "dapr/dapr-values.yaml",
            ROOT / "kafka/strimzi-values.yaml",
        ]
        listed = yaml.safe_load(HELMFILE.read_text())["releases"]
        named = [(PLATFORM / file).resolve() for each in listed for file in each["values"]]
        assert sorted(files) == sorted(named)

    @pytest.mark.parametrize("wanted", RELEASES, ids=lambda wanted: wanted.name)
    def test_are_pinned(self, wanted: Release) -> None:
        assert re.fullmatch(r"v?\d+\.\d+\.\d+", wanted.version)
        assert wanted.chart.startswith("oci://") != bool(wanted.repository)
        assert all(re.search(r"/v\d+\.\d+\.\d+/", address) for address in wanted.crds)

    @pytest.mark.parametrize("name", CHARTS_IN_MODULES)
    def test_are_taken_by_their_charts(self, name: str, tmp_path: Path) -> None:
        assert of_kind(rendered(name, tmp_path), "Deployment")


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
        assert steps == [*first, *each, *gateway_api, *each * 5, *first]

    def test_is_for_the_namespace_of_the_services(self) -> None:
        told = [
            path.read_text()
            for path in (install_platform.NAMESPACE, install_platform.PRIORITY, *MANIFEST_FILES)
        ]
        found = parse("\n---\n".join(install_platform.in_namespace(text, "staging") for text in told))
        assert of_kind(found, "Namespace")["staging"]["metadata"]["labels"]["dapr.io/inject"] == "true"
        for issuer in of_kind(found, "ClusterIssuer").values():
            [solver] = issuer["spec"]["acme"]["solvers"]
            assert solver["http01"]["gatewayHTTPRoute"]["parentRefs"][0]["namespace"] == "staging"


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

    def test_uses_the_gateway_api(self, tmp_path: Path) -> None:
        [settings] = of_kind(rendered("cert-manager", tmp_path), "ConfigMap").values()
        assert yaml.safe_load(settings["data"]["config.yaml"])["enableGatewayAPI"] is True

    def test_gets_its_share_of_a_busy_node(self, tmp_path: Path) -> None:
        """A webhook that gets none lets nobody change an issuer or a certificate."""
        for deployment in of_kind(rendered("cert-manager", tmp_path), "Deployment").values():
            [container] = deployment["spec"]["template"]["spec"]["containers"]
            assert container["resources"]["requests"]["cpu"]


class TestDapr:
    def test_is_the_version_of_a_laptop(self) -> None:
        assert release("dapr").version == DAPRD.version

    def test_never_starts_a_service_without_its_sidecar(self, tmp_path: Path) -> None:
        found = of_kind(rendered("dapr", tmp_path), "MutatingWebhookConfiguration")
        webhook = found["dapr-sidecar-injector"]["webhooks"][0]
        assert webhook["failurePolicy"] == "Fail"
        namespace = yaml.safe_load(install_platform.NAMESPACE.read_text())["metadata"]["labels"]
        assert webhook["namespaceSelector"]["matchLabels"].items() <= namespace.items()

    def test_runs_three_of_each_and_has_mtls_on(self, tmp_path: Path) -> None:
        found = rendered("dapr", tmp_path)
        assert {item["spec"]["replicas"] for item in of_kind(found, "Deployment").values()} == {3}
        assert of_kind(found, "Configuration")["daprsystem"]["spec"]["mtls"]["enabled"] is True

    def test_injects_sidecars_that_restricted_namespaces_take(self, tmp_path: Path) -> None:
        injector = of_kind(rendered("dapr", tmp_path), "Deployment")["dapr-sidecar-injector"]
        env = injector["spec"]["template"]["spec"]["containers"][0]["env"]
        told = {item["name"]: item.get("value") for item in env}
        assert told["SIDECAR_DROP_ALL_CAPABILITIES"] == "true"
        assert told["SIDECAR_READ_ONLY_ROOT_FILESYSTEM"] == "true"
        assert told["SIDECAR_RUN_AS_NON_ROOT"] == "true"


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
        told = of_kind(objects("todo", place), "Gateway")["todo"]["spec"]["infrastructure"]["annotations"]
        assert told == {"service.beta.kubernetes.io/do-loadbalancer-type": "REGIONAL_NETWORK"}
        service = release("nginx-gateway-fabric").values["nginx"]["service"]
        assert service["externalTrafficPolicy"] == "Local"


class TestOnKind:
    """kind can't start where no Docker is; what it is given is rendered by the charts themselves."""

    def test_metrics_server_trusts_what_the_kubelet_signs(self, tmp_path: Path) -> None:
        found = of_kind(rendered("metrics-server", tmp_path, INSECURE_KUBELET), "Deployment")
        [container] = found["metrics-server"]["spec"]["template"]["spec"]["containers"]
        assert "--kubelet-insecure-tls" in container["args"]

    def test_dapr_comes_from_its_registry(self, tmp_path: Path) -> None:
        values = addons.render_dapr_values(DAPR_IMAGES, pull_policy="IfNotPresent")
        for deployment in of_kind(rendered("dapr", tmp_path, values), "Deployment").values():
            [container] = deployment["spec"]["template"]["spec"]["containers"]
            assert container["image"].startswith(f"{DAPR_IMAGES}/")
            assert container["image"].endswith(f":{DAPRD.version}")
            assert container["imagePullPolicy"] == "IfNotPresent"
