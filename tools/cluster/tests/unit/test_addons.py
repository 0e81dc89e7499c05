from pathlib import Path
from typing import Any

import pytest
import yaml

from cluster import addons
from cluster.certificates import Authorities, create_authority
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


class TestVolumes:
    def test_each_has_a_folder(self, tmp_path: Path) -> None:
        _, *volumes = documents(addons.render_volumes(ClusterFolder(tmp_path, "192.0.2.10")))
        places = {volume["spec"]["local"]["path"] for volume in volumes}
        assert len(places) == addons.VOLUMES
        assert all(Path(place).is_dir() for place in places)
