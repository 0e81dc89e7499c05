"""Values: a typo is refused with a word on where it is, and a service says only what is its own."""

import re
from collections import defaultdict

import pytest
import yaml

from devstack.paths import ROOT
from tests.architecture.sources import SERVICES
from tests.charts.rendering import CHARTS, RenderError, manifests, objects

MAX_LINES_A_SERVICE = 40
SAME_LINES = 10


class TestTypo:
    @pytest.mark.parametrize(
        ("chart", "setting", "where"),
        [
            ("todo", "task.autoscalling.max=3", "autoscalling"),
            ("todo", "task.autoscaling.maximum=3", "maximum"),
            ("todo", "tasks.replicas=3", "tasks"),
            ("todo", "global.kafka.broker=kafka:9092", "broker"),
            ("todo", "task.image.digest=latest", "/image/digest"),
            ("todo", "global.image.tag=latest", "/global/image/tag"),
            ("todo", "task.resources.limits.memory=lots", "/resources/limits/memory"),
            ("todo", "global.monitoring.traceSampleRatio=2", "/global/monitoring/traceSampleRatio"),
            ("todo", "global.network.gateway.ranges={anywhere}", "/global/network/gateway/ranges/0"),
            ("todo", "gateway.enabled=maybe", "/gateway/enabled"),
            ("data", "kafka.enable=false", "enable"),
            ("data", "redis.storage=2G", "/redis/storage"),
        ],
    )
    def test_is_refused_and_named(self, chart: str, setting: str, where: str) -> None:
        with pytest.raises(RenderError, match="don't meet the specifications") as refusal:
            manifests(chart, "staging", (setting,))
        assert where in str(refusal.value)

    def test_in_the_image_tag_is_refused_too(self) -> None:
        with pytest.raises(RenderError, match="says what to run"):
            manifests("todo", "staging", ("global.image.tag=",))


class TestValuesOfAService:
    @pytest.mark.parametrize("place", ["", "-staging", "-production", "-cluster-test", "-kind"])
    @pytest.mark.parametrize("service", SERVICES)
    def test_are_few_lines(self, service: str, place: str) -> None:
        text = (CHARTS / "todo" / f"values{place}.yaml").read_text()
        block = re.search(rf"^{service}:.*\n(?:[ #].*\n)*", text, re.M)
        assert block
        assert len(block[0].splitlines()) < MAX_LINES_A_SERVICE


class TestTemplates:
    def test_are_written_once(self) -> None:
        """No ten lines in a row stand in two places; what two charts need, one of them has a link to."""
        places: dict[str, set[str]] = defaultdict(set)
        for path in [each for each in CHARTS.glob("*/templates/*") if not each.is_symlink()]:
            lines = [line.strip() for line in path.read_text().splitlines() if line.strip()]
            for number in range(len(lines) - SAME_LINES + 1):
                places["\n".join(lines[number : number + SAME_LINES])].add(f"{path.name}:{number}")
        assert {text: where for text, where in places.items() if len(where) > 1} == {}

    def test_have_the_files_of_dapr_as_they_are(self) -> None:
        """The charts reach them through links, which Helm follows."""
        rendered = objects("todo", "production")
        for path in [
            *(ROOT / "dapr" / "components").iterdir(),
            ROOT / "dapr" / "cluster" / "secretstore.yaml",
        ]:
            assert yaml.safe_load(path.read_text()) in rendered

    def test_of_services_are_one_chart(self) -> None:
        dependencies = yaml.safe_load((CHARTS / "todo" / "Chart.yaml").read_text())["dependencies"]
        assert {item["name"] for item in dependencies} == {"service"}
        assert {item["alias"] for item in dependencies} == set(SERVICES)
