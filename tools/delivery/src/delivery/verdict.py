"""Whether CI lets something through: a change by its jobs, an image by what Trivy found in it."""

from collections.abc import Mapping
from typing import Any

from devstack.errors import CommandError

ALWAYS = frozenset({"changes", "check"})
"""Jobs of ci.yml that no change can do without."""


def refusals(needs: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What speaks against a change, from GitHub's `needs`: job → its result.

    A job that was skipped because nothing it looks at has changed is all right.
    """
    wanted = {job: {"success"} if job in ALWAYS else {"success", "skipped"} for job in {*needs, *ALWAYS}}
    results = {job: needs.get(job, {}).get("result", "missing") for job in wanted}
    return [f"{job}: {results[job]}" for job in sorted(wanted) if results[job] not in wanted[job]]


def critical(report: Mapping[str, Any]) -> list[str]:
    """Vulnerabilities and leaked secrets of severity CRITICAL, a line each, from Trivy's JSON report.

    Raises `CommandError` for a report of another schema.
    """
    if report["SchemaVersion"] != 2:
        raise CommandError("A report of a schema we don't know could hide anything.")
    return [
        f"{result['Target']}: {each.get('VulnerabilityID') or each.get('RuleID')} {_what(each)}"
        for result in report.get("Results") or []
        for kind in ("Vulnerabilities", "Secrets")
        for each in result.get(kind) or []
        if each["Severity"] == "CRITICAL"
    ]


def _what(found: Mapping[str, Any]) -> str:
    if "PkgName" not in found:
        return str(found.get("Title", ""))
    fixed = found.get("FixedVersion") or "none yet"
    return f"in {found['PkgName']} {found['InstalledVersion']}, fixed in {fixed}"
