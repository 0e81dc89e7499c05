"""A release whose edge goes out as a canary: it serves a growing share of requests, then all of them or none.

Each step is a revision of Helm's release, so what is known of a canary is in the cluster: a run that was cut
off is taken up by the next one. To go back is to roll back to the revision before the canary, the other
services of the release included. docs/decisions/0050 has the reasons.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from contracts.names import App
from delivery import releases
from delivery.access import Access
from delivery.environments import CHARTS
from delivery.infrastructure_values import read_values
from delivery.judge import BUDGETS, FAST_BURN, LONG, SLOW_BURN, Judge
from delivery.releases import CANARY, Release, Revision
from devstack.errors import CommandError

EDGE = App.FRONTEND
POLL_SECONDS = 15
"""As often as Prometheus asks the pods."""


@dataclass(frozen=True, slots=True)
class Step:
    """weight: per cent of requests the canary gets. minutes: how long it has to do well with them."""

    weight: int
    minutes: float


@dataclass(frozen=True, slots=True)
class Plan:
    """`canary` of the edge's values.

    window: what is judged, in Prometheus' notation. requests: fewer in a window say nothing.
    patience: minutes without that many, until it goes back.
    """

    steps: list[Step]
    window: str
    requests: int
    patience: float

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> "Plan":
        steps = [Step(each["weight"], each["minutes"]) for each in values["steps"]]
        return cls(steps, values["window"], values["requests"], values["patience"])


@dataclass(frozen=True, slots=True)
class State:
    """What the cluster knows of a canary.

    weight: none if there is no canary. promoted: the other pods of the edge have been replaced.
    """

    tag: str
    weight: int | None
    promoted: bool


@dataclass(frozen=True, slots=True)
class CanaryRelease:
    """One run of `delivery canary`. report: takes each line for a person."""

    access: Access
    release: Release
    report: Callable[[str], None]
    sleep: Callable[[float], None] = time.sleep

    @property
    def judge(self) -> Judge:
        return Judge(self.access)

    def run(self) -> Revision:
        """Put the release out. Raises `CommandError` if it had to go back; then the last one runs."""
        revisions = releases.list_revisions(self.access, none_is_fine=True)
        if not revisions:
            return releases.upgrade_release(self.access, self.release)
        releases.build_dependencies(self.access)
        if revisions[-1].status.startswith("pending"):  # Helm refuses to go on after that
            self.report("The last change was cut off.")
            self._retreat()
        state = read_state(self.access)
        if state.weight is not None and state.tag != self.release.tag:
            self.report(f"A canary of {state.tag} was left behind.")
            self._retreat()
            state = read_state(self.access)
        plan = Plan.parse(self.release.environment.find_canary(read_values(self.access)))
        if state.weight is None and not self._begin(plan):
            return releases.upgrade_release(self.access, self.release)
        try:
            if not state.promoted:
                self._pass_steps(plan, state.weight or 0)
            return self._promote(is_done=state.promoted)
        except CommandError as error:
            self._retreat()
            raise CommandError(f"The canary went back: {error}") from error

    def _begin(self, plan: Plan) -> bool:
        """Start its pods, without requests yet, and release the other services. False if it needs none."""
        before = find_edge(yaml.safe_load_all(self.access.helm("get", "manifest", releases.RELEASE)))
        rendered = releases.render_release(self.access, self.release)
        is_routed = any(each["kind"] == "HTTPRoute" for each in rendered)
        if not plan.steps or not is_routed or before in (None, find_edge(rendered)):
            self.report("The edge stays as it is, or has no canary here.")
            return False
        canary = {"enabled": True, "weight": 0, "stable": yaml.safe_dump(before, sort_keys=False)}
        values = [part for key, value in canary.items() for part in _set(key, value)]
        description = f"{CANARY} 0 %"
        releases.upgrade_release(self.access, self.release, *values, f"--description={description}")
        self.report(f"{description}: its pods are ready, the other services are released.")
        return True

    def _pass_steps(self, plan: Plan, weight: int) -> None:
        """From `weight` on; a step that was cut off begins anew."""
        for step in plan.steps:
            if step.weight >= weight:
                self._change(f"{CANARY} {step.weight} %", weight=step.weight)
                self._watch(plan, step)
        measured = self.judge.measure("canary", LONG, LONG)
        if burning := measured.burning(SLOW_BURN):
            raise CommandError(f"of all its requests {' and '.join(burning)}")

    def _watch(self, plan: Plan, step: Step) -> None:
        """Until the step is over. Time without enough requests to judge doesn't count."""
        left, silent, seen = step.minutes * 60, 0.0, time.monotonic()
        while left > 0:
            self.sleep(POLL_SECONDS)
            self._require_pods()
            measured = self.judge.measure("canary", plan.window)
            now = time.monotonic()
            passed, seen = max(now - seen, POLL_SECONDS), now
            if measured.requests < plan.requests or measured.ratios.keys() != BUDGETS.keys():
                silent += passed
                if silent > plan.patience * 60:
                    raise CommandError(f"for {silent / 60:.0f} min it had {measured}")
                continue
            silent, left = 0.0, left - passed
            if burning := measured.burning(FAST_BURN):
                others = self.judge.measure("stable", plan.window)
                raise CommandError(f"{' and '.join(burning)}, of the others: {others}")
        self.report(f"  {step.weight} %: {measured}")

    def _require_pods(self) -> None:
        """What has no pod that is ready counts no requests, while the gateway answers them with errors."""
        deployment = self.access.kubectl("get", f"deployment/{EDGE}-canary", "--output=json")
        if not json.loads(deployment)["status"].get("readyReplicas"):
            raise CommandError("none of its pods is ready")

    def _promote(self, *, is_done: bool) -> Revision:
        """The others become what the canary is, while it serves on; then it goes."""
        try:
            if not is_done:
                self._change(f"{CANARY} promoted", stable="")
            self._change("Upgrade complete", enabled=False, weight=0)
        except CommandError as error:
            raise CommandError(f"the others did not become what it is\n{error}") from error
        return releases.list_revisions(self.access)[-1]

    def _change(self, description: str, **canary: object) -> None:
        """Change values of the canary alone: migrations have run, everything else stays."""
        values = [part for key, value in canary.items() for part in _set(key, value)]
        command = ["upgrade", releases.RELEASE, str(CHARTS / "todo"), "--reuse-values", *values]
        how = ["--no-hooks", "--wait", f"--timeout={self.release.wait}", f"--description={description}"]
        self.access.helm(*command, *how, f"--history-max={releases.KEPT_REVISIONS}")
        self.report(f"{description}.")

    def _retreat(self) -> None:
        """To what ran before: the newest revision that was good and no canary."""
        revisions = releases.list_revisions(self.access)
        good = [each for each in revisions if each.is_good]
        if not good:
            raise CommandError("There is no earlier release to go back to.")
        kept = {each.number for each in revisions}
        target = good[-1].content if good[-1].content in kept else good[-1].number
        revision = releases.roll_back(self.access, target, wait=self.release.wait)
        self.report(f"{revision.description}: it is revision {revision.number} now.")


def read_state(access: Access) -> State:
    """Out of the values of Helm's release."""
    values = releases.read_running_values(access)
    canary = values.get(EDGE, {}).get("canary", {})
    tag = str(values.get("global", {}).get("image", {}).get("tag", ""))
    is_running = bool(canary.get("enabled"))
    return State(tag, int(canary["weight"]) if is_running else None, is_running and not canary.get("stable"))


def find_edge(manifests: Any) -> Any:
    """Pod template of the edge; none if it isn't there."""
    for each in manifests:
        if each and each["kind"] == "Deployment" and each["metadata"]["name"] == EDGE:
            return each["spec"]["template"]
    return None


def _set(key: str, value: object) -> list[str]:
    return ["--set-json", f"{EDGE}.canary.{key}={json.dumps(value)}"]
