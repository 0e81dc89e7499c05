"""Which changes of a schema break a reader, and which a sender."""

from typing import Any

import pytest

from tools.maintenance.schema_changes import Party, SchemaComparison

STRING = {"type": "string"}
OPTIONAL = {"anyOf": [STRING, {"type": "null"}]}
COLORS = {"enum": ["red", "green"], "type": "string"}

Schema = dict[str, Any]


def thing(*required: str, **fields: Schema) -> Schema:
    return {"type": "object", "properties": fields, "required": list(required)}


def changes(party: Party, old: Schema, new: Schema) -> list[str]:
    return [str(change) for change in SchemaComparison(old, new, party).changes(old, new)]


def both(old: Schema, new: Schema) -> list[list[str]]:
    return [changes(party, old, new) for party in (Party.READER, Party.SENDER)]


class TestFields:
    def test_removed_break_both(self) -> None:
        assert both(thing(a=STRING, b=STRING), thing(a=STRING)) == [["b: removed"], ["b: removed"]]

    def test_added_break_neither(self) -> None:
        assert both(thing(a=STRING), thing(a=STRING, b=STRING)) == [[], []]

    def test_newly_required_break_senders(self) -> None:
        old, new = thing("a", a=STRING), thing("a", "b", a=STRING, b=STRING)
        assert both(old, new) == [[], ["b: newly required"]]

    def test_no_longer_always_present_break_readers(self) -> None:
        assert both(thing("a", a=STRING), thing(a=STRING)) == [["a: no longer always present"], []]

    def test_are_found_in_lists_and_objects_inside(self) -> None:
        old = thing(items={"type": "array", "items": thing(due=thing(at=STRING))})
        new = thing(items={"type": "array", "items": thing(due=thing())})
        assert changes(Party.READER, old, new) == ["items[].due.at: removed"]

    def test_that_are_unknown_may_not_be_refused_all_at_once(self) -> None:
        closed = thing(a=STRING) | {"additionalProperties": False}
        assert both(thing(a=STRING), closed) == [[], ["refuses fields it does not know"]]

    def test_of_a_map_are_compared(self) -> None:
        old = {"type": "object", "additionalProperties": thing(a=STRING)}
        new = {"type": "object", "additionalProperties": thing()}
        assert changes(Party.READER, old, new) == ["*.a: removed"]


class TestTypes:
    def test_that_change_break_both(self) -> None:
        expected = ["was string, is now integer"]
        assert both(STRING, {"type": "integer"}) == [expected, expected]

    def test_that_narrow_break_senders_only(self) -> None:
        assert both({"type": "number"}, {"type": "integer"}) == [[], ["was number, is now integer"]]

    def test_that_widen_break_readers_only(self) -> None:
        assert both(STRING, {}) == [["was string, is now any value"], []]

    def test_with_a_new_null_break_readers(self) -> None:
        assert both(STRING, OPTIONAL) == [["may now be null"], []]

    def test_that_lose_null_break_senders_and_are_told_to_readers(self) -> None:
        assert changes(Party.SENDER, OPTIONAL, STRING) == ["no longer null"]

    def test_written_as_a_list_are_alternatives(self) -> None:
        assert both(OPTIONAL, {"type": ["string", "null"]}) == [[], []]


class TestValues:
    def test_removed_break_both(self) -> None:
        expected = ["value 'green' removed"]
        assert both(COLORS, {"const": "red"}) == [expected, expected]

    def test_added_break_neither(self) -> None:
        assert both(COLORS, COLORS | {"enum": ["red", "green", "blue"]}) == [[], []]

    def test_that_become_any_break_readers(self) -> None:
        assert both(COLORS, STRING) == [["is no longer limited to ['red', 'green']"], []]

    def test_that_were_any_break_senders(self) -> None:
        assert both(STRING, COLORS) == [[], ["accepts only ['red', 'green']"]]


class TestDiscriminatedUnions:
    """One schema for each kind of a thing, where there was one for all, or one more."""

    CREATE = thing("type", "title", type=STRING | {"const": "create"}, title=STRING)
    DELETE = thing("type", "id", type=STRING | {"const": "delete"}, id=STRING)
    GENERAL = thing("type", type=STRING | {"enum": ["create", "delete"]}, title=STRING, id=STRING)

    def test_in_place_of_one_schema_are_compared_kind_by_kind(self) -> None:
        union = {"oneOf": [self.CREATE, self.DELETE]}
        expected = ["id: removed", "title: newly required", "title: removed", "id: newly required"]
        assert changes(Party.SENDER, self.GENERAL, union) == expected

    def test_without_one_of_the_kinds_break_senders(self) -> None:
        before = {"oneOf": [self.CREATE, self.DELETE]}
        assert changes(Party.SENDER, before, before) == []
        assert "type: value 'delete' removed" in changes(Party.SENDER, before, {"oneOf": [self.CREATE]})

    def test_are_not_mixed_up_when_another_kind_has_fewer_changes(self) -> None:
        stricter = thing("type", *"abc", type=STRING | {"const": "create"}, title=STRING, a=STRING)
        found = changes(Party.SENDER, self.CREATE, {"oneOf": [stricter, self.DELETE]})
        assert found == ["a: newly required", "b: newly required", "c: newly required"]


class TestBounds:
    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ({"maxLength": 100}, {"maxLength": 50}),
            ({}, {"maxItems": 3}),
            ({"minimum": 0}, {"minimum": 1}),
            ({}, {"minLength": 1}),
            ({}, {"pattern": "^a"}),
            ({"format": "date-time"}, {"format": "date"}),
        ],
    )
    def test_that_tighten_break_senders(self, old: Schema, new: Schema) -> None:
        [change] = changes(Party.SENDER, STRING | old, STRING | new)
        assert str(next(iter(new.values()))) in change

    @pytest.mark.parametrize(
        ("old", "new"),
        [({"maxLength": 50}, {"maxLength": 100}), ({"minimum": 1}, {}), ({"pattern": "a"}, {})],
    )
    def test_that_loosen_break_nobody(self, old: Schema, new: Schema) -> None:
        assert both(STRING | old, STRING | new) == [[], []]

    def test_of_a_format_that_is_gone_break_readers(self) -> None:
        assert both(STRING | {"format": "date"}, STRING) == [["format was date, is now None"], []]


class TestReferences:
    def test_are_compared_by_what_they_stand_for(self) -> None:
        old = {"$ref": "#/$defs/Old", "$defs": {"Old": thing(a=STRING)}}
        new = {"$ref": "#/$defs/New", "$defs": {"New": thing(a=STRING, b=STRING)}}
        assert both(old, new) == [[], []]

    def test_may_go_round_in_a_circle(self) -> None:
        tree = {"type": "object", "properties": {"below": {"$ref": "#/$defs/Tree"}, "name": STRING}}
        old = {"$ref": "#/$defs/Tree", "$defs": {"Tree": tree}}
        new = {"$ref": "#/$defs/Tree", "$defs": {"Tree": thing(below={"$ref": "#/$defs/Tree"})}}
        assert changes(Party.READER, old, old) == []
        assert changes(Party.READER, old, new) == ["name: removed"]
