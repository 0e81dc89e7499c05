"""The part of docs/SETUP.md on what environments need and cost."""

from collections.abc import Callable, Sequence
from pathlib import Path

from contracts.names import App
from devstack.errors import CommandError
from devstack.paths import ROOT
from tools.capacity import sizing
from tools.capacity.environment import NAMES, Environment, read_provider
from tools.capacity.packing import lose_node, place, sum_allocatable
from tools.capacity.pods import GIB, Amounts, sum_requests
from tools.capacity.rendered import render

PAGE = ROOT / "docs" / "SETUP.md"
BEGIN, END = "<!-- made by `make generate`: capacity -->\n", "<!-- end: capacity -->\n"
MIB = 2**20
SIZING = """\
A pod requests the memory it holds at rest and a quarter more, or what it holds under load; and the CPU it
takes while {users:,} users send {rate:.0f} requests a second ([SCALE](SCALE.md)) to the fewest pods of
production:

{table}

Another pod comes when the apps of a service use more than 500m on average. The last step of the
[staircase](PERFORMANCE.md) that refused nothing had the processors {knee:.0%} busy; three quarters of that,
of the one core a process of Python can use, is {target:.0f}m."""


def write_page(page: Path = PAGE) -> None:
    page.write_text(insert(page.read_text()))


def insert(text: str) -> str:
    """The page, with this part made anew. Raises `CommandError` if it has no place for it."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise CommandError(f"{PAGE.name} lacks the lines {BEGIN.strip()} and {END.strip()}.")
    return f"{before}{BEGIN}{render_part()}{END}{after}"


def render_part() -> str:
    environments = [Environment(name) for name in NAMES]
    return "\n".join([_render_sums(environments), _render_prices(environments), _render_sizing(), ""])


def _render_sums(environments: Sequence[Environment]) -> str:
    rows: dict[str, Callable[[Environment], str]] = {
        "workers": lambda each: f"{each.fewest}–{each.most} `{each.worker_size}`",
        "system node": lambda each: f"`{each.system_size}`",
        "the fewest nodes offer": lambda each: _amounts(sum_allocatable(each.list_nodes(each.fewest))),
        "of that, on every node: DigitalOcean's pods, logs, metrics": _render_system,
        "requested by all else, at rest": lambda each: _amounts(sum_requests(each.list_running())),
        "and more at the busiest": lambda each: _amounts(sum_requests(each.list_busiest())),
        "waits when a worker is lost": _render_waiting,
        "requested at the most, at the busiest": lambda each: _amounts(
            sum_requests([*each.list_running("maxReplicas"), *each.list_busiest("maxReplicas")])
        ),
        "the most nodes offer": lambda each: _amounts(sum_allocatable(each.list_nodes(each.most))),
        "a month with the fewest workers": lambda each: f"**${sum(each.price(each.fewest).values()):,.0f}**",
        "a month with the most": lambda each: f"${sum(each.price(each.most).values()):,.0f}",
    }
    body = [[name, *(cell(each) for each in environments)] for name, cell in rows.items()]
    return _table(["", *NAMES], body)


def _render_system(environment: Environment) -> str:
    nodes = environment.list_nodes(environment.fewest)
    return _amounts(sum_requests(pod for node in nodes for pod in node.system))


def _render_waiting(environment: Environment) -> str:
    """Of what finds no place on the other nodes the kinds, whichever worker is lost."""
    found: set[str] = set()
    for number in range(environment.fewest):
        nodes = environment.list_nodes(environment.fewest)
        place(environment.list_running(), nodes)
        found |= {pod.owner for pod in lose_node(nodes, nodes[number])}
    return f"one each of {', '.join(sorted(found))}" if found else "nothing"


def _render_prices(environments: Sequence[Environment]) -> str:
    provider = read_provider()
    lines = ["", "What is paid for each month; buckets and registry are for all environments:", ""]
    for each in environments:
        items = [f"{name} ${price:,.0f}" for name, price in each.price(each.fewest).items() if price]
        lines.append(f"- {each.name}: {', '.join(items)}")
    sizes, prices = provider["sizes"], provider["prices"]
    sources = [
        f"[sizes]({sizes['source']}) of {sizes['read']}",
        f"[machines]({sizes['prices']}) of {sizes['prices_read']}",
        f"[everything else]({prices['source']}) of {prices['read']}",
    ]
    return "\n".join([*lines, "", f"The provider's pages: {', '.join(sources)}.", ""])


def _render_sizing() -> str:
    objects = render("todo", "production")
    fewest = {
        each["metadata"]["name"]: int(each["spec"]["minReplicas"])
        for each in objects
        if each["kind"] == "HorizontalPodAutoscaler"
    }
    deployments = {each["metadata"]["name"]: each for each in objects if each["kind"] == "Deployment"}
    demands, rows = sizing.list_demands(fewest), []
    for app in App:
        template = deployments[app]["spec"]["template"]
        annotations = template["metadata"]["annotations"]
        requests = {
            app.value: Amounts.parse(template["spec"]["containers"][0]["resources"]["requests"]),
            sizing.SIDECAR(app): Amounts.parse(
                {of: annotations[f"dapr.io/sidecar-{of}-request"] for of in ("cpu", "memory")}
            ),
        }
        rows += [
            [
                process,
                f"{demands[process].held / MIB:,.0f}",
                f"{requested.memory / MIB:,.0f}",
                f"{demands[process].seconds * 1e3:.2f}",
                f"{demands[process].cpu * 1e3:,.0f}",
                f"{requested.cpu * 1e3:,.0f}",
            ]
            for process, requested in requests.items()
        ]
    head = ["of one pod", "MiB held", "requests", "CPU ms a request", "m at the busiest time", "requests"]
    knee, target = sizing.busy_at_the_knee(), sizing.scaling_target() * 1e3
    return SIZING.format(
        users=sizing.USERS, rate=sizing.request_rate(), table=_table(head, rows), knee=knee, target=target
    )


def _amounts(amounts: Amounts) -> str:
    return f"{amounts.cpu:.1f} cores, {amounts.memory / GIB:.1f} GiB"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
