"""Verdicts: on a change, and on an image."""

from typing import Any

import pytest

from delivery.verdict import critical, refusals
from devstack.errors import CommandError


def needs(**results: str) -> dict[str, dict[str, Any]]:
    told = {"changes": "success", "check": "success", "suite": "success", "terraform": "skipped"} | results
    return {job: {"result": result, "outputs": {}} for job, result in told.items()}


class TestChange:
    def test_with_nothing_against_it_is_let_through(self) -> None:
        assert refusals(needs()) == []

    @pytest.mark.parametrize("result", ["failure", "cancelled"])
    def test_with_a_failing_suite_is_refused(self, result: str) -> None:
        assert refusals(needs(suite=result)) == [f"suite: {result}"]

    def test_may_need_no_suite(self) -> None:
        assert refusals(needs(suite="skipped")) == []

    @pytest.mark.parametrize("job", ["changes", "check"])
    def test_is_always_checked(self, job: str) -> None:
        assert refusals(needs(**{job: "skipped"})) == [f"{job}: skipped"]
        assert refusals({name: told for name, told in needs().items() if name != job}) == [f"{job}: missing"]


def report(severity: str) -> dict[str, Any]:
    """As Trivy writes it (its report of schema 2)."""
    found = {
        "VulnerabilityID": "CVE-2026-1",
        "PkgName": "openssl",
        "InstalledVersion": "3.5.1",
        "FixedVersion": "3.5.2",
        "Severity": severity,
    }
    return {"SchemaVersion": 2, "Results": [{"Target": "debian 13", "Vulnerabilities": [found]}]}


class TestImage:
    def test_with_a_critical_vulnerability_is_refused(self) -> None:
        assert critical(report("CRITICAL")) == ["debian 13: CVE-2026-1 in openssl 3.5.1, fixed in 3.5.2"]

    def test_with_a_high_one_is_reported_only(self) -> None:
        assert critical(report("HIGH")) == []

    def test_with_a_key_inside_is_refused(self) -> None:
        leak = {"RuleID": "private-key", "Severity": "CRITICAL", "Title": "Asymmetric Private Key"}
        told = {"SchemaVersion": 2, "Results": [{"Target": "/app/key.pem", "Secrets": [leak]}]}
        assert critical(told) == ["/app/key.pem: private-key Asymmetric Private Key"]

    def test_with_nothing_found_passes(self) -> None:
        assert critical({"SchemaVersion": 2, "Results": None}) == []

    def test_with_a_report_of_another_kind_does_not_pass(self) -> None:
        with pytest.raises(CommandError):
            critical({"SchemaVersion": 3, "Results": []})
