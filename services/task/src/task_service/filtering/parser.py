"""Reads a filter: recursive descent over its tokens; every mistake has its place."""

from difflib import get_close_matches

from task_service.filtering.ast import All, Any, Comparison, Node, Not, Operator, Value
from task_service.filtering.errors import FilterError
from task_service.filtering.fields import EXAMPLES, FIELDS, OPERATORS, VALUES, Field
from task_service.filtering.tokenizer import Token, tokens

MAX_DEPTH = 50
"""Of parentheses and negations."""
MAX_COMPARISONS = 100
MAX_LISTED = 100
MOMENTS = ("now", "today", "tomorrow", "yesterday", "week")
KEYWORDS = ("and", "or", "not", "in", "true", "false", "none", *MOMENTS)


def parse(filter: str) -> Node:
    """The tree of `filter`. Raises `FilterError`."""
    reader = _Reader(list(tokens(filter)))
    found = reader.any()
    reader.expect_end()
    return found


class _Reader:
    """The tokens, and how far they are read."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._next = 0
        self._comparisons = 0

    @property
    def token(self) -> Token:
        return self._tokens[self._next]

    def any(self, depth: int = 0) -> Node:
        terms = [self._all(depth)]
        while self._take("word", "or"):
            terms.append(self._all(depth))
        return terms[0] if len(terms) == 1 else Any(tuple(terms))

    def expect_end(self) -> None:
        if self.token.kind != "end":
            raise self._wrong("Here “and”, “or” or the end is expected")

    def _all(self, depth: int) -> Node:
        terms = [self._term(depth)]
        while self._take("word", "and"):
            terms.append(self._term(depth))
        return terms[0] if len(terms) == 1 else All(tuple(terms))

    def _term(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise FilterError(f"This is nested more than {MAX_DEPTH} deep.", self.token.position)
        if self._take("word", "not"):
            return Not(self._term(depth + 1))
        opened = self.token
        if self._take("sign", "("):
            found = self.any(depth + 1)
            if not self._take("sign", ")"):
                raise self._wrong(f"The parenthesis at {opened.position} is not closed here")
            return found
        return self._comparison()

    def _comparison(self) -> Comparison:
        name, field = self._field()
        self._comparisons += 1
        if self._comparisons > MAX_COMPARISONS:
            raise FilterError(f"A filter compares at most {MAX_COMPARISONS} times.", self.token.position)
        start = self.token
        operator = self._operator()
        if operator is None:
            if not field.stands_alone:
                raise self._wrong(f"After {name} a comparison is expected, such as {name} {_example(field)}")
            return Comparison(name, "is", ())
        if operator not in OPERATORS[field.type]:
            known = ", ".join(sorted(OPERATORS[field.type]))
            raise FilterError(f"{name} can't be compared by {operator}; it takes {known}.", start.position)
        if operator in ("in", "not in"):
            return Comparison(name, operator, self._list(name, field))
        return Comparison(name, operator, (self._value(name, field, operator),))

    def _field(self) -> tuple[str, Field]:
        token = self.token
        if token.kind != "word":
            raise self._wrong("Here the name of a field is expected, such as done, due or label")
        if token.text not in FIELDS:
            close = get_close_matches(token.text, FIELDS, n=1)
            hint = f"Is {close[0]} meant?" if close else f"There are {', '.join(FIELDS)}."
            raise FilterError(f"There is no field “{token.shown}”. {hint}", token.position)
        self._next += 1
        return token.text, FIELDS[token.text]

    def _operator(self) -> Operator | None:
        token = self.token
        if token.kind == "sign" and token.text not in "(),":
            self._next += 1
            return token.text  # type: ignore[return-value]  # every other sign is an operator
        if self._take("word", "in"):
            return "in"
        following = self._tokens[min(self._next + 1, len(self._tokens) - 1)]
        if (token.text, following.text) == ("not", "in") and {token.kind, following.kind} == {"word"}:
            self._next += 2
            return "not in"
        return None

    def _list(self, name: str, field: Field) -> tuple[Value, ...]:
        if not self._take("sign", "("):
            raise self._wrong("After “in” values in parentheses are expected")
        found = [self._value(name, field, "=")]
        while self._take("sign", ","):
            found.append(self._value(name, field, "="))
            if len(found) > MAX_LISTED:
                raise FilterError(f"A list has at most {MAX_LISTED} values.", found[-1].position)
        if not self._take("sign", ")"):
            raise self._wrong("Here a comma or the closing parenthesis is expected")
        return tuple(found)

    def _value(self, name: str, field: Field, operator: Operator) -> Value:
        token = self.token
        if token.kind == "word" and token.text == "none" and field.can_miss and operator in ("=", "!="):
            self._next += 1
            return Value("none", "", token.position)
        kind = VALUES[field.type]
        found = self._moment() if kind == "moment" else self._plain(kind)
        if found is None:
            raise self._wrong(f"{name} is compared with {EXAMPLES[field.type]}")
        return found

    def _plain(self, kind: str) -> Value | None:
        token = self.token
        if token.kind != kind or (kind == "word" and token.text not in ("true", "false")):
            return None
        if kind == "number" and (len(token.text) > 1 or token.text > "4"):
            return None
        self._next += 1
        return Value(kind, token.text, token.position)  # type: ignore[arg-type]  # the same words

    def _moment(self) -> Value | None:
        token = self.token
        if token.kind != "date" and not (token.kind == "word" and token.text in MOMENTS):
            return None
        self._next += 1
        text = token.text
        while self.token.kind == "shift":
            if self.token.text[-1] not in "hdw":
                raise FilterError(
                    "A shift is a number of hours, days or weeks: +2h, +3d, -1w.", self.token.position
                )
            text += f" {self.token.text}"
            self._next += 1
        return Value("moment", text, token.position)

    def _take(self, kind: str, text: str) -> bool:
        if (self.token.kind, self.token.text) != (kind, text):
            return False
        self._next += 1
        return True

    def _wrong(self, expected: str) -> FilterError:
        token = self.token
        found = "the filter ends" if token.kind == "end" else f"“{token.shown}” stands there"
        hint = ""
        if token.kind == "word" and token.text not in (*KEYWORDS, *FIELDS):
            hint = f' Text stands in double quotes: "{token.shown}".'
        return FilterError(f"{expected}, but {found}.{hint}", token.position)


def _example(field: Field) -> str:
    return {"number": ">= 3", "moment": "< today"}.get(field.type, '~ "milk"')
