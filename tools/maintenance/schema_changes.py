"""Compares two versions of a JSON Schema and reports what would break somebody who relies on the older one.

A *reader* (of a response or an event) breaks if a field or a guarantee is taken away. A *sender* (of a
request) breaks if more is demanded, or less accepted. Additions break neither.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Schema = dict[str, Any]

UPPER_BOUNDS = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
LOWER_BOUNDS = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
FORMS = ("pattern", "format", "multipleOf", "uniqueItems")


class Party(Enum):
    """Who relies on the older version."""

    READER = "reader"
    SENDER = "sender"


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """A breaking change. where: the field, `[]` for the items of a list, empty at the top."""

    where: str
    what: str

    def below(self, name: str) -> "Change":
        separator = "" if not self.where or self.where.startswith("[") else "."
        return Change(f"{name}{separator}{self.where}", self.what)

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


@dataclass(slots=True)
class SchemaComparison:
    """Compares schemas of two documents, whose `$ref`s are resolved in `old` and `new`.

    Schemas may be recursive: a pair that is being compared already counts as equal below itself.
    """

    old: Schema
    new: Schema
    party: Party
    _known: dict[tuple[int, int], tuple[Change, ...]] = field(default_factory=dict)
    _narrowed: list[Schema] = field(default_factory=list)
    """Kept, so that no other schema gets the `id` of one that `_known` has."""

    def changes(self, old: Schema, new: Schema) -> tuple[Change, ...]:
        """The breaking changes from `old` to `new`."""
        old, new = resolve(old, self.old), resolve(new, self.new)
        pair = (id(old), id(new))
        if pair not in self._known:
            self._known[pair] = ()
            self._known[pair] = tuple(dict.fromkeys(self._unions(old, new)))
        return self._known[pair]

    def _unions(self, old: Schema, new: Schema) -> Iterator[Change]:
        before, after = list(variants(old, self.old)), list(variants(new, self.new))
        if len(before) < len(after):
            before = [each for schema in before for each in self._narrow(schema, after)]
        if len(before) == len(after) == 1:
            yield from self._single(before[0], after[0])
            return
        for each in before:
            alike = [other for other in after if kind(other) == kind(each)]
            if not alike and not any(kind(other) is None for other in after):
                yield Change("", f"no longer {kind(each)}")
            elif alike:
                same = [other for other in alike if not self._differ_in_a_constant(each, other)]
                yield from min((list(self._single(each, other)) for other in same or alike), key=len)
        if self.party is Party.READER:
            kinds = {kind(each) for each in before}
            for added in sorted({str(kind(each)) for each in after if kind(each) not in kinds}):
                if None not in kinds:
                    yield Change("", f"may now be {added}")

    def _narrow(self, schema: Schema, others: list[Schema]) -> list[Schema]:
        """The schema once for each value of the property that tells `others` apart, else as it is."""
        name = self._discriminator(others)
        known = values(_property_of(schema, name, self.old))
        if not name or not known:
            return [schema]
        narrowed = [
            {**schema, "properties": schema["properties"] | {name: {"type": "string", "const": value}}}
            for value in known
        ]
        self._narrowed += narrowed
        return narrowed

    def _discriminator(self, schemas: list[Schema]) -> str:
        """The property that has another constant in each of the new schemas; empty if there is none."""
        for name in schemas[0].get("properties", {}):
            constants = [_property_of(each, name, self.new).get("const") for each in schemas]
            if None not in constants and len(set(constants)) == len(schemas):
                return str(name)
        return ""

    def _differ_in_a_constant(self, old: Schema, new: Schema) -> bool:
        """Whether they are two of a discriminated union."""
        for name in old.get("properties", {}):
            before, after = _property_of(old, name, self.old), _property_of(new, name, self.new)
            if "const" in before and "const" in after and before["const"] != after["const"]:
                return True
        return False

    def _single(self, old: Schema, new: Schema) -> Iterator[Change]:
        yield from self._types(old, new)
        yield from self._values(old, new)
        yield from self._fields(old, new)
        if "items" in old and "items" in new:
            yield from (change.below("[]") for change in self.changes(old["items"], new["items"]))
        yield from self._bounds(old, new)

    def _types(self, old: Schema, new: Schema) -> Iterator[Change]:
        before, after = kind(old), kind(new)
        if before == after:
            return
        wider, narrower = (before, after) if self.party is Party.READER else (after, before)
        fits = wider is None or (narrower, wider) == ("integer", "number")
        if not fits:
            yield Change("", f"was {before or 'any value'}, is now {after or 'any value'}")

    def _values(self, old: Schema, new: Schema) -> Iterator[Change]:
        before, after = values(old), values(new)
        if before is not None and after is not None:
            yield from (Change("", f"value {each!r} removed") for each in before if each not in after)
        elif before is None and after is not None and self.party is Party.SENDER:
            yield Change("", f"accepts only {after}")
        elif before is not None and after is None and self.party is Party.READER:
            yield Change("", f"is no longer limited to {before}")

    def _fields(self, old: Schema, new: Schema) -> Iterator[Change]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name, schema in before.items():
            if name not in after:
                yield Change(name, "removed")
            else:
                yield from (change.below(name) for change in self.changes(schema, after[name]))
        required_before, required_after = set(old.get("required", ())), set(new.get("required", ()))
        if self.party is Party.SENDER:
            yield from (Change(name, "newly required") for name in sorted(required_after - required_before))
        else:
            dropped = sorted((required_before - required_after) & set(after))
            yield from (Change(name, "no longer always present") for name in dropped)
        yield from self._more_fields(
            old.get("additionalProperties", True), new.get("additionalProperties", True)
        )

    def _more_fields(self, old: bool | Schema, new: bool | Schema) -> Iterator[Change]:
        if isinstance(old, dict) and isinstance(new, dict):
            yield from (change.below("*") for change in self.changes(old, new))
        elif self.party is Party.SENDER and old is not False and new is False:
            yield Change("", "refuses fields it does not know")

    def _bounds(self, old: Schema, new: Schema) -> Iterator[Change]:
        forms = FORMS if self.party is Party.SENDER else ("format",)
        for name in forms:
            stays = old.get(name) == new.get(name)
            loosened = name not in new if self.party is Party.SENDER else name not in old
            if not stays and not loosened:
                yield Change("", f"{name} was {old.get(name)}, is now {new.get(name)}")
        if self.party is Party.READER:
            return
        for name in UPPER_BOUNDS:
            if new.get(name, float("inf")) < old.get(name, float("inf")):
                yield Change("", f"{name} was {old.get(name)}, is now {new[name]}")
        for name in LOWER_BOUNDS:
            if new.get(name, float("-inf")) > old.get(name, float("-inf")):
                yield Change("", f"{name} was {old.get(name)}, is now {new[name]}")


def resolve(schema: Schema, document: Schema) -> Schema:
    """The schema a `$ref` within `document` stands for; others as they are."""
    while "$ref" in schema:
        found = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        schema = found
    return schema


def _property_of(schema: Schema, name: str, document: Schema) -> Schema:
    return resolve(schema.get("properties", {}).get(name, {}), document)


def variants(schema: Schema, document: Schema) -> Iterator[Schema]:
    """The alternatives of a schema: of `anyOf`, `oneOf` and lists of types; itself if it has none."""
    schema = resolve(schema, document)
    if alternatives := schema.get("anyOf") or schema.get("oneOf"):
        for each in alternatives:
            yield from variants(each, document)
    elif isinstance(schema.get("type"), list):
        yield from ({**schema, "type": each} for each in schema["type"])
    else:
        yield schema


def kind(schema: Schema) -> str | None:
    """The JSON type of a schema without alternatives; None if it takes any value."""
    if "type" in schema:
        return str(schema["type"])
    if known := values(schema):
        names = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
        return names[type(known[0])]
    return "object" if "properties" in schema else None


def values(schema: Schema) -> list[Any] | None:
    """The only values a schema allows; None if it lists none."""
    if "const" in schema:
        return [schema["const"]]
    found: list[Any] | None = schema.get("enum")
    return found
