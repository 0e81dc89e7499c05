"""The API and the events keep what the last release promised.

A failure here breaks somebody's client. If that is intended, add the line to `docs/api/accepted-breaks.txt`
and to the changelog; the next release then has to be one that may break.
"""

from tools.maintenance.api_changes import RELEASED, ROOT, accepted_breaks, breaking_changes


def test_nothing_breaks_that_was_not_accepted() -> None:
    assert breaking_changes() == accepted_breaks()


def test_every_topic_with_a_schema_is_kept() -> None:
    kept = {path.name for path in (ROOT / RELEASED / "events").iterdir()}
    assert kept <= {path.name for path in (ROOT / "kafka" / "schemas").iterdir()}
    assert len(kept) >= 4
