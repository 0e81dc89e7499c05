"""monitoring/telemetry.yaml against the source."""

from tests.monitoring.telemetry import SUFFIXES, logged, telemetry


class TestTelemetry:
    def test_tells_every_log_event_there_is(self) -> None:
        assert set(telemetry()["logs"]) == logged()

    def test_tells_meaning_and_unit_of_all_else(self) -> None:
        for kind in ("metrics", "attributes", "fields"):
            for name, told in telemetry()[kind].items():
                assert told["meaning"], name
                assert told["unit"], name

    def test_tells_no_label_with_ids(self) -> None:
        labels = {label for told in telemetry()["metrics"].values() for label in told.get("labels", [])}
        assert not labels & {"user", "user_id", "task_id", "id", "event_id", "trace_id", "path"}
        assert {told["type"] for told in telemetry()["metrics"].values()} <= set(SUFFIXES)
