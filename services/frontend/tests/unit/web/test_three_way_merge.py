"""Two changes of the same thing, brought together field by field."""

from frontend_service.web.three_way_merge import Fields, changed_fields, merge
from hypothesis import given
from hypothesis import strategies as st

NAMES = ("title", "notes", "labels")
VALUES = st.sampled_from(["", "a", "b", "c"])
VERSIONS = st.fixed_dictionaries(dict.fromkeys(NAMES, VALUES))


class TestChangedFields:
    def test_are_only_those_that_differ(self) -> None:
        assert changed_fields({"title": "a", "notes": "n"}, {"title": "b", "notes": "n"}) == {"title": "b"}

    def test_are_all_fields_without_a_base_version(self) -> None:
        assert changed_fields({}, {"title": ""}) == {"title": ""}


class TestThreeWayMerge:
    def test_keeps_changes_of_different_fields(self) -> None:
        base = {"title": "a", "notes": "n"}
        merged = merge(base, base | {"title": "mine"}, base | {"notes": "theirs"})
        assert merged.fields == {"title": "mine", "notes": "theirs"}
        assert merged.conflicts == {}

    def test_reports_a_field_that_both_changed(self) -> None:
        base = {"title": "a"}
        merged = merge(base, {"title": "mine"}, {"title": "theirs"})
        assert merged.fields == {"title": "mine"}
        assert merged.conflicts == {"title": "theirs"}

    def test_reports_nothing_where_both_made_the_same_change(self) -> None:
        assert merge({"title": "a"}, {"title": "b"}, {"title": "b"}).conflicts == {}

    @given(VERSIONS, VERSIONS, VERSIONS)
    def test_never_loses_a_change_silently(self, base: Fields, mine: Fields, theirs: Fields) -> None:
        merged = merge(base, mine, theirs)
        for name in NAMES:
            assert merged.fields[name] in (mine[name], theirs[name])
            if mine[name] != base[name]:
                assert merged.fields[name] == mine[name]
            lost = theirs[name] not in (base[name], merged.fields[name])
            assert lost == (name in merged.conflicts)

    @given(VERSIONS, VERSIONS)
    def test_of_no_change_returns_the_other_side(self, base: Fields, theirs: Fields) -> None:
        assert merge(base, base, theirs).fields == theirs
