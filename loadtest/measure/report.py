"""A report: what was measured, on which machine, as a table."""

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "reports"

Row = Sequence[object]


def render_table(header: Sequence[str], rows: Sequence[Row]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *[[_format_cell(cell) for cell in row] for row in rows]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write_report(name: str, title: str, introduction: str, *tables: str) -> None:
    """Print the report and keep it under `loadtest/reports`."""
    text = "\n\n".join([f"# {title}", introduction, *tables, describe_machine()]) + "\n"
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.md").write_text(text)
    print(text)


def describe_machine() -> str:
    """One line about where this ran; the environment's NOTE, such as what ran beside it, ends it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    when = datetime.now(UTC).date()
    note = os.environ.get("NOTE", "")
    return (
        f"Measured on {when}: {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}; generator, servers and services share the machine"
        + (f"; {note}." if note else ".")
    )


def describe_commit() -> str:
    """Of this checkout; `-dirty` behind it if files were changed."""
    command = ["git", "-C", str(FOLDER), "describe", "--always", "--dirty"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all values don't exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _format_cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
