"""Requests schemathesis makes up, one after the other along the links between operations.

Links are what the OpenAPI document implies: the `id` of what one operation answers is the `{id}` another
takes. Walked here and not by schemathesis' state machine, which is one of Hypothesis: it wants the same
answers to the same requests, and the system remembers.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.core.result import Ok
from schemathesis.generation.stateful.state_machine import StepOutput

from tests.system.fuzzing.operations import DOCUMENT, read_operations

CASES = 4
"""Of each operation, for all journeys together."""

BY_PATH = {f"{each.method} {each.path}": each for each in read_operations()}
Case = schemathesis.Case[Any]


class Journeys:
    """The operations with made-up requests to each, and the ways from one to another."""

    def __init__(self, number: int, without: set[str]) -> None:
        """number: the seed; without: operations, by id, that take no part."""
        schema = schemathesis.openapi.from_path(DOCUMENT).exclude(operation_id=list(without))
        self.links = schema.as_state_machine()._transitions.operations  # type: ignore[attr-defined]
        found = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
        self.cases = {operation.label: _cases(operation, number) for operation in found}
        self.begins = [label for label in self.cases if label.startswith("POST") and "{" not in label]
        self.others = [label for label in self.cases if label not in self.links]

    def steps(self, random: Random, length: int) -> Iterator[tuple[Case, list[StepOutput]]]:
        """Cases to be called, each with a list for its response, which tells where to go from there."""
        known: list[StepOutput] = []
        for _ in range(length):
            case, responses = self._next(random, known), list[StepOutput]()
            yield case, responses
            known += [each for each in responses if each.response.status_code < 300 and self._ways_from(each)]

    def _next(self, random: Random, known: list[StepOutput]) -> Case:
        if not known or random.random() < 0.2:
            return self._case(random, random.choice(self.begins if random.random() < 0.7 else self.others))
        last = known[-1] if random.random() < 0.7 else random.choice(known)
        link = random.choice(self._ways_from(last))
        case = self._case(random, link.target.label)
        _fill(case, link.extract(last), random)
        return case

    def _ways_from(self, output: StepOutput) -> list[Any]:
        label = output.case.operation.label
        return self.links[label].outgoing if label in self.links else []

    def _case(self, random: Random, label: str) -> Case:
        return random.choice(self.cases[label])


def _fill(case: Case, transition: Any, random: Random) -> None:
    for container, parameters in transition.parameters.items():
        for name, extracted in parameters.items():
            if isinstance(extracted.value, Ok):
                value = extracted.value.ok()
                value = random.choice(value.values) if hasattr(value, "values") else value
                if isinstance(value, str):
                    getattr(case, container)[name] = value


def _cases(operation: Any, number: int) -> list[Case]:
    kept: list[Case] = []

    @seed(number)
    @settings(
        max_examples=CASES,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy())
    def keep(case: Case) -> None:
        kept.append(case)

    keep()
    if operation.body:
        plain = BY_PATH[operation.label].body
        kept += [operation.Case(body=plain, media_type="application/json")] * 2
    return kept
