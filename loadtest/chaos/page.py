"""Writes docs/RELIABILITY.md from the result file of the chaos runs: `python -m loadtest.chaos.page`."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from devstack.paths import ROOT
from loadtest.chaos import ledger
from loadtest.chaos.faults import list_faults
from loadtest.chaos.prose import CLUSTER, DOING, READING, RECOVERED_SECONDS, TOLD
from loadtest.chaos.traffic import Traffic
from loadtest.measure import report

PAGE = ROOT / "docs" / "RELIABILITY.md"
RESULT = report.FOLDER / "chaos.json"
Row = dict[str, Any]
GOALS = {
    ledger.LOST: "lost writes",
    ledger.MISSING: "missing effects",
    ledger.DOUBLED: "doubled effects",
    ledger.REMINDED: "wrong reminders",
    "unanswered": "unanswered writes",
}
"""What is to be 0 after each fault, and what the page calls it."""


def save_rows(traffic: Traffic, machine: str, rows: Sequence[Row], path: Path = RESULT) -> None:
    """Put these rows in the place of those of the same faults; those of faults that are no more go."""
    kept = {row["fault"]: row for row in read_result(path).get("faults", [])}
    kept |= {row["fault"]: row for row in rows if "skipped" not in row or row["fault"] not in kept}
    order = [fault.name for fault in list_faults()]
    found = [kept[name] for name in order if name in kept]
    content = {"machine": machine, "traffic": asdict(traffic), "faults": found}
    path.write_text(json.dumps(content, indent=1) + "\n")


def read_result(path: Path = RESULT) -> Row:
    found: Row = json.loads(path.read_text()) if path.exists() else {}
    return found


def list_missed(row: Row) -> list[str]:
    """Which goals a fault misses; none of one that was skipped."""
    if "skipped" in row:
        return []
    missed = [f"{row[kind]} {words}" for kind, words in GOALS.items() if row[kind]]
    if row["recovered"] is None or row["recovered"] >= RECOVERED_SECONDS:
        missed.append("recovery")
    return missed


def describe_row(row: Row) -> str:
    """A line for whoever watches."""
    if "skipped" in row:
        return f"{row['fault']}: {row['skipped']}"
    numbers = ", ".join(f"{row[kind]} {words}" for kind, words in GOALS.items())
    outcome = "; ".join(row["findings"])
    return (
        f"{row['fault']}: recovered after {row['recovered']} s, {row['writes']} writes, {numbers} {outcome}"
    )


def render_page(found: Row) -> str:
    known = {row["fault"]: row for row in found.get("faults", [])}
    rows = [known.get(each.name) or {"fault": each.name, "skipped": "not run yet"} for each in list_faults()]
    parts = [TOLD, "## Results", _render_load(found), _render_summary(rows), _render_rows(rows)]
    parts += [*_render_misses(rows), READING, DOING, CLUSTER]
    return "\n\n".join(parts) + "\n"


def write_page(result: Path = RESULT, path: Path = PAGE) -> None:
    path.write_text(render_page(read_result(result)))


def _render_load(found: Row) -> str:
    if not found:
        return "Nothing was measured yet."
    traffic, mix = found["traffic"], "[mix](../loadtest/scenarios/shares.py)"
    commits = ", ".join(sorted({row["commit"] for row in found["faults"] if "commit" in row}))
    return (
        f"{found['machine']} Commit {commits}.\n\n"
        f"Meanwhile {traffic['rate']:g} requests a second, of the {traffic['knee']:g} up to which "
        f"[nearly all are served](PERFORMANCE.md#c-more-and-more-users): {traffic['mixed']} people who "
        f"ask for the {mix} of the load tests and {traffic['writers']} who only write, each "
        f"once in {traffic['pace']:g} s, and a round of requests of every kind a second."
    )


def _render_summary(rows: Sequence[Row]) -> str:
    ran = [row for row in rows if "skipped" not in row]
    late = [row["recovered"] for row in ran if row["recovered"] is not None]
    slowest = f"{max(late):.1f} s" if len(late) == len(ran) and late else "not always within two minutes"
    cells: list[list[object]] = [[words, sum(row[kind] for row in ran), "0"] for kind, words in GOALS.items()]
    cells.append(["slowest recovery", slowest, f"< {RECOVERED_SECONDS} s"])
    writes, reminders = sum(row["writes"] for row in ran), sum(row["reminders"] for row in ran)
    introduction = f"{len(ran)} faults, {writes:,} acknowledged writes, {reminders:,} reminders:"
    return f"{introduction}\n\n{report.render_table(['', 'all faults', 'goal'], cells)}"


def _render_rows(rows: Sequence[Row]) -> str:
    header = ["fault", "lasted, s", "requests", "failed", "writes", "lost", "missing", "doubled"]
    header += ["reminders", "wrong", "recovered, s", "machine", ""]
    return report.render_table(header, [_list_cells(row) for row in rows])


def _list_cells(row: Row) -> list[object]:
    if "skipped" in row:
        return [row["fault"], *[""] * 11, row["skipped"]]
    lasted = row["lasted"] if row["lasted"] else "–"
    recovered = "> 120" if row["recovered"] is None else row["recovered"]
    requests, missed = row["requests"], list_missed(row)
    counts = [row["writes"], row[ledger.LOST], row[ledger.MISSING], row[ledger.DOUBLED]]
    cells = [row["fault"], lasted, requests["sent"], requests["failed"], *counts]
    return [
        *cells,
        row["reminders"],
        row[ledger.REMINDED],
        recovered,
        row.get("load", ""),
        "**missed**" if missed else "met",
    ]


def _render_misses(rows: Sequence[Row]) -> list[str]:
    """What exactly was found, of faults that miss a goal."""
    lines = [
        f"- {row['fault']}: {', '.join(list_missed(row))}. {'; '.join(row['findings'])}".rstrip(". ") + "."
        for row in rows
        if list_missed(row)
    ]
    return ["## Goals missed", "\n".join(lines)] if lines else []


if __name__ == "__main__":
    write_page()
