import pytest

from delivery.operators import build_waits
from tests.charts.rendering import manifests


def waited_for(manifest: str) -> list[str]:
    return [wait[1].partition(".")[0] for wait in build_waits(manifest, "10m")]


class TestWaits:
    @pytest.mark.parametrize("place", ["staging", "production"])
    def test_cover_what_operators_make(self, place: str) -> None:
        expected = ["kafkas", "kafkatopics", "kafkausers", "clusters", "databases"]
        assert waited_for(manifests("data", place)) == expected

    def test_are_not_for_what_is_not_there(self) -> None:
        """kubectl fails for a resource whose CRD is missing."""
        settings = ("kafka.enabled=false", "postgres.enabled=false")
        assert waited_for(manifests("data", "production", settings)) == []

    def test_of_a_database_end_when_it_has_been_created(self) -> None:
        *_, wait = build_waits("kind: Cluster\n---\nkind: Database\n", "10m")
        assert "--for=jsonpath={.status.applied}=true" in wait
        assert "--timeout=10m" in wait
