"""monitoring/telemetry.yaml against the source, and what rules and documents name against both."""

import re

import pytest
import yaml

from devstack.observe.prometheus import RULES
from tests.architecture.sources import ROOT, production
from tests.monitoring.telemetry import SUFFIXES, logged, series_names, telemetry

NO_METRIC = re.compile(
    r"\b(and|or|unless|sum|min|max|count)\b|\b(by|on) \([^)]*\)|\{[^}]*\}|\[[^]]*\]|\"[^\"]*\"|\w+(?=\()"
)
"""Of an expression in PromQL: words of the language, labels, times, strings and functions."""
WORD = r"(?:[a-z][a-z']*(?:-[a-z]+)*[,;]?|…)"
SENTENCE = re.compile(rf"`({WORD}(?: {WORD}){{3,}})`")
"""Four words and more, quoted in a text."""


def list_named() -> set[str]:
    """Every metric that a rule names, but what another rule records."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    expressions = [NO_METRIC.sub(" ", rule["expr"]) for group in groups for rule in group["rules"]]
    names = {name for each in expressions for name in re.findall(r"[a-z_:][a-z0-9_:]*", each)}
    return names - {rule["record"] for group in groups for rule in group["rules"] if "record" in rule}


def quoted_sentences(text: str) -> list[str]:
    return SENTENCE.findall(re.sub(r"```.*?```", "", text, flags=re.S))


@pytest.mark.parametrize("name", ["MONITORING.md", "RUNBOOK.md", "TROUBLESHOOTING.md"])
def test_documents_quote_what_services_say(name: str) -> None:
    texts = "\n".join(re.sub("%[rsd]", "…", each.text) for each in production("services", "libs"))
    assert not [each for each in quoted_sentences((ROOT / "docs" / name).read_text()) if each not in texts]


def test_quoted_sentences_are_found() -> None:
    text = "its log says `relay stopped; starting again`, and `no key` of `a_name with_more than_four words`"
    assert quoted_sentences(text) == ["relay stopped; starting again"]


class TestTelemetry:
    def test_tells_every_log_event_there_is(self) -> None:
        assert set(telemetry()["logs"]) == logged()

    def test_tells_meaning_and_unit_of_all_else(self) -> None:
        for kind in ("metrics", "attributes", "fields"):
            for name, entry in telemetry()[kind].items():
                assert entry["meaning"], name
                assert entry["unit"], name

    def test_tells_no_label_with_ids(self) -> None:
        labels = {label for entry in telemetry()["metrics"].values() for label in entry.get("labels", [])}
        assert not labels & {"user", "user_id", "task_id", "id", "event_id", "trace_id", "path"}
        assert {entry["type"] for entry in telemetry()["metrics"].values()} <= set(SUFFIXES)


class TestRules:
    def test_name_metrics_that_are_known(self) -> None:
        """Ours, or another project's, whose source was read: a misspelt name is silent for ever."""
        ours, others = set(series_names()), [name for used in telemetry()["used"].values() for name in used]
        assert len(others) == len(set(others))
        assert list_named() - ours == set(others)
