"""Writes docs/PERFORMANCE.md from the result files of loads: `python -m loadtest.load.page`."""

from collections.abc import Callable, Sequence
from pathlib import Path

from devstack.paths import ROOT
from loadtest.load import results
from loadtest.load.goals import check_goals
from loadtest.load.plots import Line, render_plot
from loadtest.load.results import Result
from loadtest.measure import report

PAGE = ROOT / "docs" / "PERFORMANCE.md"
REPORTS = {
    "load-pace-4.7s": ("a", "A request every 4.7 seconds", "make load USERS=1000 PACE=4.7 SECONDS=180"),
    "load-pace-1s": ("b", "A request every second", "make load USERS=1000 PACE=1 SECONDS=120"),
    "load-staircase": ("c", "More and more users", "make load KIND=staircase"),
    "load-overload": ("d", "Ten times as much for a minute", "make load KIND=overload"),
}
"""By the name of the report: its letter, its heading, how it is made."""
SHOWN_CORES = 0.005
PLOTTED_SECONDS = 5
TOLD = """# Performance

What the whole system carries, with PostgreSQL, on one machine. This page is made from the result files in
[loadtest/reports](../loadtest/reports) (`load-*.json`). Each run writes it anew; Locust's own report with its
plots then lies beside its result file as `.html` (not in the repository: a megabyte each).

The traffic is [`mix.py`](../loadtest/scenarios/mix.py): of 100 requests 52 a task by id, 20 lists, 25 other
reads, 3 writes, at the pace the heading says. **Locust runs on the same cores as the system it asks**, so
what it takes (`generator` in the tables) the system doesn't get; nor does it get what `other programs` took.
Accounts and their first tasks are made before the time begins, eight at once: a sign-up is an Argon2 hash,
which would be most of the load. The rate limit is lifted; all else is as shipped.

- *offered*: requests a second the users would send if each were answered within the pace; a user whose answer
  takes longer sends fewer. *sent*: what they sent.
- *goodput*: accepted (2xx, 3xx) a second. *refused*: 429 or 503. *failed*: any other answer, or none and the
  connection silent for ten seconds. Where a connection ends without a response to a read, Locust itself asks
  again on another, so a response may take longer than that.
- *generator late*: p95 of how late Locust noticed that 100 ms were over, in ms. What a response took is known
  no more exactly: where it is much, the times are those of a generator that waits for a processor.
- *accepted a second for each core the others left*: goodput by the cores that neither the generator nor other
  programs used: what is left of the system's own pace where the generator grows with the load.
- Times are in milliseconds, from sending to the whole response, as Locust saw them; percentiles of accepted
  requests, but for those of refusals.
"""
TIMES = ["p50", "p95", "p99", "refused p50", "refused p95", "within 50 ms"]


def render_page(found: dict[str, Result]) -> str:
    """The page for these results, by their names."""
    parts = [TOLD.strip(), "## Goals", _render_goals(found)]
    for name, (goal, heading, command) in REPORTS.items():
        parts += [f"## {goal}. {heading}", f"`{command}`"]
        parts += _render_section(found[name]) if name in found else ["Not measured yet."]
    return "\n\n".join(parts) + "\n"


def write_page(folder: Path = report.FOLDER, path: Path = PAGE) -> None:
    path.write_text(render_page(read_all(folder)))


def read_all(folder: Path = report.FOLDER) -> dict[str, Result]:
    """The results there are, in the order of the page."""
    return {name: results.read_result(name, folder) for name in REPORTS if (folder / f"{name}.json").exists()}


def _render_goals(found: dict[str, Result]) -> str:
    rows = [
        [goal.of, goal.what, goal.measured, "met" if goal.met else "**missed**"]
        for goal in check_goals(found)
    ]
    return report.render_table(["load", "goal", "measured", ""], rows)


def _render_section(found: Result) -> list[str]:
    made = found["accounts"]
    introduction = (
        f"{made['number']:,} accounts were made in {made['seconds']:,.0f} s before. Commit {found['commit']}."
    )
    parts = [f"{introduction} {found['machine']}", _render_phases(found["phases"])]
    if found["kind"] == "staircase":
        parts.append(_plot_goodput(found["phases"]))
    if found["kind"] == "overload":
        parts += [_render_recovery(found), *_plot_timeline(found["seconds"])]
    if found["kind"] == "pace":
        parts.append(_render_routes(found["phases"][0]))
    return [*parts, _render_cpu(found["phases"], found.get("processors", 0))]


def _render_phases(phases: Sequence[Result]) -> str:
    rows = []
    for phase in phases:
        all, seconds = phase["all"], phase["seconds"]
        rates = [phase["offered"], all["sent"] / seconds, all["goodput"], all["refused"] / seconds]
        rows.append(
            [phase["name"], *rates, all["failed"], *_latency_cells(all), _blank_if_none(phase.get("late"))]
        )
    header = ["users", "offered/s", "sent/s", "goodput/s", "refused/s", "failed"]
    return report.render_table([*header, *TIMES, "generator late"], rows)


def _render_routes(phase: Result) -> str:
    header = ["sent", "accepted", "refused", "failed"]
    routes = phase["routes"].items()
    rows = [[route, *(each[name] for name in header), *_latency_cells(each)] for route, each in routes]
    return report.render_table(["route", *header, *TIMES], rows)


def _latency_cells(tally: Result) -> list[object]:
    quick = tally["quick_refusals"]
    times = (tally[name] for name in ("p50", "p95", "p99", "refused_p50", "refused_p95"))
    return [*map(_blank_if_none, times), "" if quick is None else f"{quick * 100:.0f} %"]


def _blank_if_none(number: float | None) -> float | str:
    return "" if number is None else number


def _render_cpu(phases: Sequence[Result], processors: int) -> str:
    """Cores used by each process in each phase, the dearest first; processors: 0 if nobody noted them."""
    names = [phase["name"] for phase in phases]
    roles = {role for phase in phases for role, cores in phase["cores"].items() if cores >= SHOWN_CORES}
    ordered = sorted(roles, key=lambda role: -max(phase["cores"].get(role, 0) for phase in phases))
    rows = [[role, *(phase["cores"].get(role, 0.0) for phase in phases)] for role in ordered]
    costs = [results.cpu_ms_each(phase) for phase in phases]
    rows.append(["**the system, CPU ms an accepted request**", *costs])
    if processors:
        rates = [results.goodput_a_core(phase, processors) for phase in phases]
        rows.append(["**accepted a second for each core the others left**", *rates])
    return report.render_table(["cores used by", *names], rows)


def _plot_goodput(phases: Sequence[Result]) -> str:
    offered = [f"{phase['offered']:.0f}" for phase in phases]
    lines = [Line("goodput", [phase["all"]["goodput"] for phase in phases])]
    return render_plot(
        "Goodput by offered load", "requests a second offered", offered, "accepted a second", lines
    )


def _render_recovery(found: Result) -> str:
    back = found["recovery"]
    when = "not within the run" if back["seconds"] is None else f"{back['seconds']} s after it"
    return (
        f"Before the overload p95 was {back['p95_before']:.0f} ms. Normal again (five seconds with nothing "
        f"refused or failed and p95 at most {back['limit']:.0f} ms): {when}."
    )


def _plot_timeline(seconds: Sequence[Result]) -> list[str]:
    """Every few seconds of the run, in two plots."""
    groups = [seconds[first : first + PLOTTED_SECONDS] for first in range(0, len(seconds), PLOTTED_SECONDS)]
    labels = [str(group[0]["second"]) for group in groups]

    def group_means(of: Callable[[Result], float]) -> list[float]:
        return [sum(map(of, group)) / len(group) for group in groups]

    rates = [
        Line("sent", group_means(lambda second: second["sent"])),
        Line("accepted", group_means(lambda second: second["accepted"])),
    ]
    times = [Line("p95", group_means(lambda second: second["p95"] or 0))]
    return [
        render_plot("Requests sent (upper line) and accepted", "seconds", labels, "a second", rates),
        render_plot("p95 of accepted requests", "seconds", labels, "ms", times),
    ]


if __name__ == "__main__":
    write_page()
