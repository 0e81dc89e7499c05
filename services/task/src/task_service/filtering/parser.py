"""Recursive-descent parser: one method per rule of the grammar in `ast`, one token of lookahead.

Only `not in` needs a second one: a `not` begins a term elsewhere. Depth, comparisons and list values are
bounded, since the text comes from anybody: the first bounds recursion, the others the SQL that is made of it.
"""

from difflib import get_close_matches

from task_service.filtering.ast import And, Comparison, Node, Not, Operator, Or, Value
from task_service.filtering.errors import FilterError
from task_service.filtering.fields import EXAMPLES, FIELDS, OPERATORS, VALUES, Field
from task_service.filtering.tokenizer import Token, tokenize

MAX_DEPTH = 50
"""Of parentheses and negations."""
MAX_COMPARISONS = 100
MAX_LISTED = 100
DATE_KEYWORDS = ("now", "today", "tomorrow", "yesterday", "week")
KEYWORDS = ("and", "or", "not", "in", "true", "false", "none", *DATE_KEYWORDS)


def parse_filter(filter: str) -> Node:
    """The AST of `filter`. Raises `FilterError` at the first token that no rule allows."""
    reader = Parser(list(tokenize(filter)))
    found = reader.parse_or()
    reader.expect_end()
    return found


class Parser:
    """The tokens, and the index of the next one."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._next = 0
        self._comparisons = 0

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def parse_or(self, depth: int = 0) -> Node:
        terms = [self._parse_and(depth)]
        while self._accept("word", "or"):
            terms.append(self._parse_and(depth))
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def expect_end(self) -> None:
        if self._token.kind != "end":
            raise self._make_error("Expected “and”, “or” or the end of the filter")

    def _parse_and(self, depth: int) -> Node:
        terms = [self._parse_term(depth)]
        while self._accept("word", "and"):
            terms.append(self._parse_term(depth))
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def _parse_term(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise FilterError(f"Filters can be nested up to {MAX_DEPTH} levels.", self._token.position)
        if self._accept("word", "not"):
            return Not(self._parse_term(depth + 1))
        opened = self._token
        if self._accept("sign", "("):
            found = self.parse_or(depth + 1)
            if not self._accept("sign", ")"):
                raise self._make_error(f"Expected a closing parenthesis for the one at {opened.position}")
            return found
        return self._parse_comparison()

    def _parse_comparison(self) -> Comparison:
        name, field = self._parse_field()
        self._comparisons += 1
        if self._comparisons > MAX_COMPARISONS:
            raise FilterError(
                f"A filter can have at most {MAX_COMPARISONS} comparisons.", self._token.position
            )
        start = self._token
        operator = self._parse_operator()
        if operator is None:
            if not field.stands_alone:
                raise self._make_error(
                    f"Expected a comparison after {name}, such as {name} {_example_for(field)}"
                )
            return Comparison(name, "is", ())
        if operator not in OPERATORS[field.type]:
            known = ", ".join(sorted(OPERATORS[field.type]))
            raise FilterError(
                f"{name} can't be compared with {operator}; it supports {known}.", start.position
            )
        if operator in ("in", "not in"):
            return Comparison(name, operator, self._parse_list(name, field))
        return Comparison(name, operator, (self._parse_value(name, field, operator),))

    def _parse_field(self) -> tuple[str, Field]:
        token = self._token
        if token.kind != "word":
            raise self._make_error("Expected a field name, such as done, due or label")
        if token.text not in FIELDS:
            close = get_close_matches(token.text, FIELDS, n=1)
            hint = f"Did you mean {close[0]}?" if close else f"The fields are {', '.join(FIELDS)}."
            raise FilterError(f"Unknown field “{token.raw}”. {hint}", token.position)
        self._next += 1
        return token.text, FIELDS[token.text]

    def _parse_operator(self) -> Operator | None:
        token = self._token
        if token.kind == "sign" and token.text not in "(),":
            self._next += 1
            return token.text  # type: ignore[return-value]  # every other sign is an operator
        if self._accept("word", "in"):
            return "in"
        following = self._tokens[min(self._next + 1, len(self._tokens) - 1)]
        if (token.text, following.text) == ("not", "in") and {token.kind, following.kind} == {"word"}:
            self._next += 2
            return "not in"
        return None

    def _parse_list(self, name: str, field: Field) -> tuple[Value, ...]:
        if not self._accept("sign", "("):
            raise self._make_error("Expected values in parentheses after “in”")
        found = [self._parse_value(name, field, "=")]
        while self._accept("sign", ","):
            found.append(self._parse_value(name, field, "="))
            if len(found) > MAX_LISTED:
                raise FilterError(f"A list can have at most {MAX_LISTED} values.", found[-1].position)
        if not self._accept("sign", ")"):
            raise self._make_error("Expected a comma or a closing parenthesis")
        return tuple(found)

    def _parse_value(self, name: str, field: Field, operator: Operator) -> Value:
        token = self._token
        if token.kind == "word" and token.text == "none" and field.nullable and operator in ("=", "!="):
            self._next += 1
            return Value("none", "", token.position)
        kind = VALUES[field.type]
        found = self._parse_datetime() if kind == "datetime" else self._parse_literal(kind)
        if found is None:
            raise self._make_error(f"Expected {EXAMPLES[field.type]} for {name}")
        return found

    def _parse_literal(self, kind: str) -> Value | None:
        token = self._token
        if token.kind != kind or (kind == "word" and token.text not in ("true", "false")):
            return None
        if kind == "number" and (len(token.text) > 1 or token.text > "4"):
            return None
        self._next += 1
        return Value(kind, token.text, token.position)  # type: ignore[arg-type]  # the same words

    def _parse_datetime(self) -> Value | None:
        token = self._token
        if token.kind != "date" and not (token.kind == "word" and token.text in DATE_KEYWORDS):
            return None
        self._next += 1
        text = token.text
        while self._token.kind == "shift":
            if self._token.text[-1] not in "hdw":
                raise FilterError(
                    "An offset is a number of hours, days or weeks: +2h, +3d, -1w.", self._token.position
                )
            text += f" {self._token.text}"
            self._next += 1
        return Value("datetime", text, token.position)

    def _accept(self, kind: str, text: str) -> bool:
        if (self._token.kind, self._token.text) != (kind, text):
            return False
        self._next += 1
        return True

    def _make_error(self, expected: str) -> FilterError:
        token = self._token
        found = "the end of the filter" if token.kind == "end" else f"“{token.raw}”"
        hint = ""
        if token.kind == "word" and token.text not in (*KEYWORDS, *FIELDS):
            hint = f' Put text in double quotes: "{token.raw}".'
        return FilterError(f"{expected}, found {found}.{hint}", token.position)


def _example_for(field: Field) -> str:
    return {"number": ">= 3", "datetime": "< today"}.get(field.type, '~ "milk"')
