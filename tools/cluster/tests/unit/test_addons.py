from pathlib import Path
from typing import Any

import pytest
import yaml

from cluster import addons
from cluster.certificates import Authorities, create_authority
from cluster.images.build import SERVERS, SIDECAR
from cluster.images.platform import DAPR_REGISTRY
from cluster.paths import ClusterFolder


def documents(text: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(text))


@pytest.fixture
def metrics_server() -> list[dict[str, Any]]:
    return documents(
        addons.render_metrics_server(
            Authorities(create_authority("a"), create_authority("b"), create_authority("c"))
        )
    )


class TestManifests:
    def test_containers_keep_to_the_restricted_profile(self, metrics_server: list[dict[str, Any]]) -> None:
        for document in [*documents(addons.render_coredns()), *metrics_server]:
            if document["kind"] == "Deployment":
                pod = document["spec"]["template"]["spec"]
                assert pod["securityContext"]["runAsNonRoot"]
                assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
                for container in pod["containers"]:
                    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
                    assert container["securityContext"]["allowPrivilegeEscalation"] is False
                    assert container["imagePullPolicy"] == "Never"

    def test_the_api_server_verifies_the_metrics_server(self, metrics_server: list[dict[str, Any]]) -> None:
        (service,) = [document for document in metrics_server if document["kind"] == "APIService"]
        assert service["spec"]["caBundle"]
        assert "insecureSkipTLSVerify" not in service["spec"]

    def test_dapr_comes_from_local_images(self) -> None:
        values = yaml.safe_load(addons.render_dapr_values())
        assert values["global"]["registry"] == DAPR_REGISTRY
        assert values["dapr_sidecar_injector"]["webhookFailurePolicy"] == "Fail"


class TestCloudNativePg:
    """Its own manifest lies in its Go module, which is downloaded for it."""

    def test_runs_the_program_that_is_built_here(self) -> None:
        found = documents(addons.render_cloudnative_pg())
        [deployment] = [each for each in found if each["kind"] == "Deployment"]
        [container] = deployment["spec"]["template"]["spec"]["containers"]
        values = {variable["name"]: variable.get("value") for variable in container["env"]}
        assert container["image"] == values["OPERATOR_IMAGE_NAME"] == "local/cloudnative-pg:1.30.0"
        assert container["imagePullPolicy"] == "Never"

    def test_brings_its_own_definitions(self) -> None:
        kinds = {
            each["spec"]["names"]["kind"]
            for each in documents(addons.render_cloudnative_pg())
            if each["kind"] == "CustomResourceDefinition"
        }
        assert {"Cluster", "Database", "ScheduledBackup"} <= kinds


class TestBarmanCloud:
    """The plugin's own manifest lies in its Go module."""

    @pytest.fixture
    def plugin(self) -> list[dict[str, Any]]:
        return documents(addons.render_barman_cloud())

    def test_runs_the_programs_that_are_built_here(self, plugin: list[dict[str, Any]]) -> None:
        [deployment] = [each for each in plugin if each["kind"] == "Deployment"]
        [container] = deployment["spec"]["template"]["spec"]["containers"]
        assert container["image"] == "local/plugin-barman-cloud:0.13.0"
        assert container["env"] == [
            {"name": "SIDECAR_IMAGE", "value": "local/plugin-barman-cloud-sidecar:0.13.0"}
        ]
        assert SERVERS[SIDECAR] == "local/plugin-barman-cloud-sidecar:0.13.0"

    def test_has_certificates_without_cert_manager(self, plugin: list[dict[str, Any]]) -> None:
        assert not [each for each in plugin if each["apiVersion"].startswith("cert-manager.io")]
        [deployment] = [each for each in plugin if each["kind"] == "Deployment"]
        volumes = deployment["spec"]["template"]["spec"]["volumes"]
        [service] = [each for each in plugin if each["kind"] == "Service"]
        named = {each["secret"]["secretName"] for each in volumes}
        annotations = service["metadata"]["annotations"]
        assert named == {annotations[f"cnpg.io/plugin{end}Secret"] for end in ("Client", "Server")}
        assert {each["metadata"]["name"] for each in plugin if each["kind"] == "Secret"} == named

    def test_brings_its_own_definition(self, plugin: list[dict[str, Any]]) -> None:
        [definition] = [each for each in plugin if each["kind"] == "CustomResourceDefinition"]
        assert definition["spec"]["names"]["kind"] == "ObjectStore"


class TestVolumes:
    def test_each_has_a_folder(self, tmp_path: Path) -> None:
        _, *volumes = documents(addons.render_volumes(ClusterFolder(tmp_path, "192.0.2.10")))
        places = {volume["spec"]["local"]["path"] for volume in volumes}
        assert len(places) == addons.VOLUMES
        assert all(Path(place).is_dir() for place in places)
