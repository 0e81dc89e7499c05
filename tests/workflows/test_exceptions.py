"""Findings of scanners that are let pass: each has a reason, and a day when it no longer does."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import yaml

from devstack.paths import ROOT

FILE = ROOT / ".trivyignore.yaml"
TODAY = datetime.now(UTC).date()
LONGEST = timedelta(days=90)
FINE = {"id": "CVE-2026-0001", "statement": "The function is never called.", "expired_at": TODAY}


def complain(entry: dict[str, Any]) -> str:
    """What is wrong with one entry; empty if nothing is."""
    expires = entry.get("expired_at")
    if not entry.get("id") or len(str(entry.get("statement", "")).split()) < 3:
        return "no reason"
    if not isinstance(expires, date):
        return "no expiry date"
    if expires < TODAY:
        return "expired"
    return "too long" if expires - TODAY > LONGEST else ""


def test_every_entry_has_a_reason_and_has_not_expired() -> None:
    for kind, entries in yaml.safe_load(FILE.read_text()).items():
        assert kind in ("vulnerabilities", "misconfigurations", "secrets", "licenses")
        assert [(entry.get("id"), complain(entry)) for entry in entries if complain(entry)] == []


@pytest.mark.parametrize(
    ("differing", "complaint"),
    [
        ({}, ""),
        ({"statement": "no"}, "no reason"),
        ({"expired_at": None}, "no expiry date"),
        ({"expired_at": TODAY - timedelta(days=1)}, "expired"),
        ({"expired_at": TODAY + timedelta(days=91)}, "too long"),
    ],
)
def test_others_are_refused(differing: dict[str, Any], complaint: str) -> None:
    assert complain(FINE | differing) == complaint
