"""Two changes of the same thing, brought together field by field."""

from frontend_service.web.three_way_merge import Fields, changed_fields, merge
from hypothesis import given
from hypothesis import strategies as st

NAMES = ("title", "notes", "labels")
VALUES = st.sampled_from(["", "a", "b", "c"])
VERSIONS = st.fixed_dictionaries(dict.fromkeys(NAMES, VALUES))


class TestChanged:
    def test_names_only_what_differs(self) -> None:
        assert changed_fields({"title": "a", "notes": "n"}, {"title": "b", "notes": "n"}) == {"title": "b"}

    def test_counts_everything_where_nothing_was_read(self) -> None:
        assert changed_fields({}, {"title": ""}) == {"title": ""}


class TestMerge:
    def test_keeps_changes_of_different_fields(self) -> None:
        base = {"title": "a", "notes": "n"}
        merged = merge(base, base | {"title": "mine"}, base | {"notes": "theirs"})
        assert merged.fields == {"title": "mine", "notes": "theirs"}
        assert merged.conflicts == {}

    def test_tells_of_a_field_that_both_changed(self) -> None:
        base = {"title": "a"}
        merged = merge(base, {"title": "mine"}, {"title": "theirs"})
        assert merged.fields == {"title": "mine"}
        assert merged.conflicts == {"title": "theirs"}

    def test_is_silent_where_both_mean_the_same(self) -> None:
        assert merge({"title": "a"}, {"title": "b"}, {"title": "b"}).conflicts == {}

    @given(VERSIONS, VERSIONS, VERSIONS)
    def test_loses_no_change_unseen(self, base: Fields, mine: Fields, theirs: Fields) -> None:
        merged = merge(base, mine, theirs)
        for name in NAMES:
            assert merged.fields[name] in (mine[name], theirs[name])
            if mine[name] != base[name]:
                assert merged.fields[name] == mine[name]
            lost = theirs[name] not in (base[name], merged.fields[name])
            assert lost == (name in merged.conflicts)

    @given(VERSIONS, VERSIONS)
    def test_of_no_change_is_the_other_side(self, base: Fields, theirs: Fields) -> None:
        assert merge(base, base, theirs).fields == theirs
