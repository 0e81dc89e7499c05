"""What stands in for Alloy and Kafka Exporter: the same labels and names."""

import re
from pathlib import Path

from aiokafka import TopicPartition
from prometheus_client import CollectorRegistry, generate_latest

from devstack.observe.durations import shorten_durations
from devstack.observe.kafka_exporter import Exporter, Seen
from devstack.observe.ports import MONITORING, NAMESPACE, Ports
from devstack.observe.shipper import LogFile, Shipper, parse_line
from devstack.paths import RunFolder

ALLOY = (MONITORING / "alloy" / "config.alloy").read_text()


class TestShipper:
    def test_tells_the_trace_of_a_line_of_ours(self) -> None:
        """Without what the Dapr CLI writes before it."""
        record = '{"level": "ERROR", "trace_id": "ab", "message": "lost"}'
        for line in (record, f"== APP - task == {record}"):
            assert parse_line(line)[1:] == (record, {"trace_id": "ab", "level": "error"})

    def test_tells_the_level_of_a_line_of_daprs(self) -> None:
        assert parse_line('time="2026" level=warning msg="slow"')[2] == {"level": "warning"}

    def test_takes_any_other_line_as_it_is(self) -> None:
        assert parse_line("[2026] INFO started {")[2] == {}
        assert parse_line('{"half": ')[2] == {}

    def test_waits_for_the_end_of_a_line(self, tmp_path: Path) -> None:
        file = LogFile(tmp_path / "a.log", {})
        file.path.write_text("one\ntw")
        assert [line for _, line, _ in file.entries()] == ["one"]
        file.path.write_text("one\ntwo\n")
        assert [line for _, line, _ in file.entries()] == ["two"]

    def test_has_the_labels_of_alloy(self, tmp_path: Path) -> None:
        folder = RunFolder(tmp_path)
        folder.make()
        folder.app_logs.mkdir(parents=True)
        (folder.app_logs / "task_daprd_20261124.log").touch()
        [file] = Shipper(folder, "")._found()
        assert file.labels == {"namespace": NAMESPACE, "service": "task", "container": "daprd"}
        assert set(file.labels) == set(re.findall(r'target_label\s+= "(\w+)"', ALLOY))

    def test_has_the_structured_metadata_of_alloy(self) -> None:
        stage = re.search(r"stage\.structured_metadata \{\s+values = \{(.*)\}", ALLOY)
        assert stage
        assert set(parse_line('{"level": "INFO", "trace_id": "ab"}')[2]) == set(
            re.findall(r"(\w+) =", stage[1])
        )


class TestKafkaExporter:
    def test_tells_lag_and_offsets(self) -> None:
        exporter = Exporter()
        at = TopicPartition("todo-events", 1)
        exporter.seen = Seen(1, {at: 10}, {"task": {at: 7}})
        registry = CollectorRegistry()
        registry.register(exporter)
        metrics = generate_latest(registry).decode()
        assert (
            'kafka_consumergroup_lag{consumergroup="task",partition="1",topic="todo-events"} 3.0' in metrics
        )
        assert 'kafka_topic_partition_current_offset{partition="1",topic="todo-events"} 10.0' in metrics
        assert "kafka_brokers 1.0" in metrics

    def test_tells_no_old_news(self) -> None:
        registry = CollectorRegistry()
        registry.register(Exporter())
        metrics = generate_latest(registry).decode()
        assert "kafka_brokers 0.0" in metrics
        assert "kafka_consumergroup_lag{" not in metrics


class TestTimes:
    def test_are_all_divided(self) -> None:
        assert shorten_durations("for: 1m\nexpr: rate(x[1h]) > 60", 30) == "for: 2s\nexpr: rate(x[120s]) > 60"

    def test_leave_names_and_numbers_alone(self) -> None:
        text = "record: todo:requests_failed:ratio_rate5m; 14.4 * 0.001; 0s; todo-7d"
        assert shorten_durations(text, 30) == text


class TestPorts:
    def test_are_all_different(self) -> None:
        ports = Ports(0).all()
        assert len(set(ports.values())) == len(ports) == 12
