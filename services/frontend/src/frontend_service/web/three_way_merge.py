"""Three versions of the same fields: what was read, what is meant, and what is stored by now."""

from dataclasses import dataclass

Fields = dict[str, str]


@dataclass(frozen=True, slots=True)
class Merge:
    """Both sides brought together.

    fields: each side's changes; the own one where both changed the same field.
    conflicts: the stored values of those fields.
    """

    fields: Fields
    conflicts: Fields


def changed_fields(base: Fields, mine: Fields) -> Fields:
    """The fields of `mine` that differ from what was read."""
    return {name: value for name, value in mine.items() if base.get(name) != value}


def merge(base: Fields, mine: Fields, theirs: Fields) -> Merge:
    """Bring `mine` and `theirs` together, both of which began as `base`."""
    own, other = changed_fields(base, mine), changed_fields(base, theirs)
    conflicts = {name: other[name] for name in own if name in other and other[name] != own[name]}
    return Merge(theirs | own, conflicts)
