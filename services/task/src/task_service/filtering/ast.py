"""The abstract syntax tree (AST) of a filter. Its grammar, in the ABNF of RFC 5234:

filter     = conjunction *("or" conjunction)
conjunction = term *("and" term)
term       = "not" term / "(" filter ")" / comparison
comparison = field / field operator value / field ["not"] "in" "(" value *("," value) ")"

So `not` binds tighter than `and`, and `and` tighter than `or`.
"""

from dataclasses import dataclass
from typing import Literal

ValueKind = Literal["text", "number", "datetime", "word", "none"]
Operator = Literal["=", "!=", "<", "<=", ">", ">=", "~", "in", "not in", "is"]


@dataclass(frozen=True, slots=True)
class Value:
    """What a field is compared with."""

    kind: ValueKind
    text: str
    """Without quotes; a moment with its shifts, such as `today+3d`."""
    position: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field against values; `is` without any: the field alone, which asks whether there is one."""

    field: str
    operator: Operator
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Not:
    term: "Node"


@dataclass(frozen=True, slots=True)
class And:
    terms: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    terms: tuple["Node", ...]


Node = Comparison | Not | And | Or


def collect_fields(node: Node) -> set[str]:
    """The fields that `node` compares, each once."""
    if isinstance(node, Comparison):
        return {node.field}
    terms = (node.term,) if isinstance(node, Not) else node.terms
    return set[str]().union(*map(collect_fields, terms))
