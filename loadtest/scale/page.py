"""Writes docs/SCALE.md from the model: `python -m loadtest.scale.page`."""

from dataclasses import fields

from devstack.paths import ROOT
from loadtest.measure import report
from loadtest.scale import measured, shipped
from loadtest.scale.engines import describe_engine
from loadtest.scale.model import USERS, Assumed, Model, Need
from loadtest.scale.queueing import waiting_seconds

PAGE = ROOT / "docs" / "SCALE.md"
SHOWN_MS = 0.05
BUSY = (0.5, 0.7, 0.8, 0.9, 0.95)
TOLD = """# How its cost grows

Made by [`loadtest/scale`](../loadtest/scale) (`make generate`): what was measured comes from the
[reports](../loadtest/reports), what is shipped from the charts and `kafka/topics.yaml`, and what is neither
is listed as assumed. Another report, another page."""
ASSUMED = {
    "active": "of all users at work at the busiest time, as a share",
    "pace": "seconds between requests of one at work (Vikunja's published pace)",
    "tasks": "tasks of a user",
    "busy": "of its time a process works at most, as a share",
    "wait": "seconds 95 % of requests wait at most for a process or a core",
    "event_wait": "seconds 95 % of events wait at most for a consumer",
    "largest_cores": "cores of the largest PostgreSQL server",
    "largest_bytes": "bytes of its storage",
    "largest_connections": "connections it holds",
    "largest_partitions": "partitions of a topic",
    "pods": "pods of a cluster",
}


def render_page(model: Model) -> str:
    parts = [
        TOLD,
        "## What one core carries",
        *_render_core(model),
        "## Assumed",
        _render_assumptions(model.assumed),
    ]
    parts += ["## Why processes are not kept busier", *_render_busier_users(model)]
    for users in USERS:
        parts += [f"## {users:,} users", *_render_step(model, users)]
    return "\n\n".join([*parts, "## Cells", _render_cells(model)]) + "\n"


def read_model() -> Model:
    return Model(measured.read_measurements(), shipped.read_charts(), Assumed())


def _render_core(model: Model) -> list[str]:
    seen = model.measured
    introduction = (
        f"From [{seen.source}](../loadtest/reports/{seen.source}.json), at its best: {seen.goodput:.0f} "
        f"requests a second on {seen.cores:.2f} cores, {seen.ms_each:.2f} ms of CPU each, all processes and "
        f"their work at rest counted: **one core carries {1e3 / seen.ms_each:.0f} requests a second**, or "
        f"{_people_per_core(model):,.0f} people at work. {seen.writes * 100:.1f} % of requests write. "
        f"Costs don't grow with what is stored: with a million tasks p95 of a list is {seen.flat:.2f} times "
        "that with a thousand ([flat](../loadtest/reports/flat.md))."
    )
    dearest = sorted(seen.ms.items(), key=lambda item: -item[1])
    rows = [[name, ms] for name, ms in dearest if ms >= SHOWN_MS]
    return [introduction, report.render_table(["process", "CPU ms a request"], rows)]


def _people_per_core(model: Model) -> float:
    return model.assumed.pace * 1e3 / model.measured.ms_each


def _render_assumptions(assumed: Assumed) -> str:
    rows = [[ASSUMED[each.name], f"{getattr(assumed, each.name):,}"] for each in fields(assumed)]
    return report.render_table(["what", ""], rows)


def _render_busier_users(model: Model) -> list[str]:
    seconds = model.measured.ms["task"] / 1e3 / model.measured.visits["task"]
    rows = []
    for busy in BUSY:
        times = [waiting_seconds(servers, servers * busy / seconds, seconds) * 1e3 for servers in (1, 4, 16)]
        rows.append([f"{busy * 100:.0f} %", *times])
    introduction = (
        f"M/M/c: what 95 % of requests to `task` wait at most, in ms, at {seconds * 1e3:.2f} ms each."
    )
    return [introduction, report.render_table(["busy", "1 process", "4", "16"], rows)]


def _render_step(model: Model, users: int) -> list[str]:
    needs = model.list_needs(users)
    introduction = (
        f"{model.request_rate(users):,.0f} requests and {model.event_rate(users):,.0f} events a second at "
        f"the busiest time; {model.count_cores(users):,.0f} cores for all of it. {_render_limits(needs)}"
    )
    rows = [
        [need.what, _format_count(need.needed), _format_count(need.shipped), f"{need.share:,.2f}", need.how]
        for need in needs
    ]
    parts = [
        introduction,
        report.render_table(["part", "needed", "shipped", "needed / shipped", "calculation"], rows),
    ]
    short = [need for need in needs if need.share > 1]
    if short:
        parts.append(
            "\n".join(f"- **{need.what}**: {describe_engine(need, model.assumed)}" for need in short)
        )
    return parts


def _render_limits(needs: list[Need]) -> str:
    first = needs[0]
    if first.share <= 1:
        return f"Nothing breaks; nearest to it: {first.what}, {first.share * 100:.0f} % of what is shipped."
    return f"**First to break: {first.what}**, {first.share:,.1f} times what is shipped."


def _render_cells(model: Model) -> str:
    bound = model.bounds_of_cell()
    needed = ", ".join(f"{users:,} users {model.count_cells(users):,}" for users in USERS)
    return (
        "A cell is the whole platform with databases, Kafka and Redis of its own; a user lives in one, found "
        "by the id at the gateway. No request and no event crosses cells, so a further cell adds what the "
        f"first one carries. One carries {model.find_cell_size():,} users at most, bound by {bound.what} "
        f"({_format_count(bound.needed)} of {_format_count(bound.largest)}). Cells needed: {needed}."
    )


def _format_count(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 or number == int(number) else f"{number:.2f}"


def write_page() -> None:
    PAGE.write_text(render_page(read_model()))


if __name__ == "__main__":
    write_page()
