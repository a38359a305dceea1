from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from foistats.reports.changes.rows import row_changes, undone
from foistats.reports.changes.sheets import Sheet, key_of, paired, read_sheet

NAMES = st.lists(st.sampled_from("abcde"), min_size=1, max_size=4, unique=True)


def _sheet(*rows: str) -> Sheet:
    found = read_sheet("\n".join(rows).encode())
    assert found is not None
    return found


def test_what_is_no_csv_in_utf_8_is_not_read() -> None:
    assert read_sheet(b"\xff\xfe") is None
    assert read_sheet(b'a,b\n"x') is None
    assert read_sheet(b"") == Sheet((), ())


def test_columns_have_names_of_their_own_and_short_rows_are_filled() -> None:
    found = _sheet("\ufeffa,a,", "1,2,3,4", "5")
    assert found.columns == ("a", "a (2)", "column 3", "column 4")
    assert list(found.rows[1].values()) == ["5", "", "", ""]


def test_rows_are_paired_by_the_first_column_that_names_them() -> None:
    before, after = _sheet("id,n", "a,1", "b,2"), _sheet("id,n", "b,2", "a,9", "c,1")
    found = paired(before, after)
    assert found.key == ("id",)
    assert (found.pairs, found.removed, found.added) == (((1, 0), (0, 1)), (), (2,))


def test_a_count_is_no_name_where_words_are() -> None:
    before = _sheet("Threshold,Role,Cases", "low,all,7", "low,staff,3", "high,all,9")
    after = _sheet("Threshold,Role,Cases", "low,all,8", "low,staff,3", "high,all,9")
    assert key_of(before, after) == ("Threshold", "Role")


def test_the_number_of_a_row_is_a_name_in_the_first_column() -> None:
    before, after = _sheet("case,what", "1,x", "2,x"), _sheet("case,what", "1,y", "2,x")
    assert key_of(before, after) == ("case",)


def test_a_column_that_changed_altogether_is_not_the_key() -> None:
    before, after = _sheet("said,force", "p,Ash", "q,Elm"), _sheet("said,force", "r,Ash", "s,Elm")
    assert key_of(before, after) == ("force",)


def test_three_columns_of_words_and_years_name_a_row() -> None:
    rows = [f"{force},{year},{role},5" for force in "ab" for year in (1, 2) for role in "xy"]
    before = _sheet("force,year,role,n", *rows)
    assert key_of(before, before) == ("force", "year", "role")


def test_decimals_name_nothing_and_content_pairs_what_is_left() -> None:
    before = _sheet("what,much", "x,1.5", "x,2.5", "x,2.5", "y,0.1")
    after = _sheet("what,much", "x,2.5", "x,1.5", "y,0.2", "x,2.5")
    found = paired(before, after)
    assert found.key == ()
    assert found.pairs == ((1, 0), (0, 1), (2, 3))
    assert (found.removed, found.added) == ((3,), (2,))


def test_a_row_with_another_name_is_another_row() -> None:
    before = _sheet("force,n", "Ash,1", "Elm,2", "Oak,2")
    after = _sheet("force,n", "Ash,1", "Yew,2", "Oak,2")
    found = row_changes(before, after)
    assert [(change.kind, change.name) for change in found.changes] == [
        ("added", "Yew"),
        ("removed", "Elm"),
    ]


def test_where_nothing_names_a_row_the_most_alike_is_the_same() -> None:
    before = _sheet("a,b,much", "x,x,1.5", "x,x,1.5", "y,z,2.5")
    after = _sheet("a,b,much", "x,x,1.5", "x,x,1.75", "q,r,0.5")
    (changed, added, removed) = row_changes(before, after).changes
    assert (changed.kind, changed.cells[0].after) == ("changed", "1.75")
    assert (added.kind, removed.kind) == ("added", "removed")


@st.composite
def _sheets(draw: st.DrawFn) -> Sheet:
    columns = tuple(draw(NAMES))
    cell = st.sampled_from(["", "0", "1", "x", "y", "1.5", "é,\n"])
    rows = draw(st.lists(st.tuples(*[cell] * len(columns)), max_size=6))
    return Sheet(columns, tuple(dict(zip(columns, row, strict=True)) for row in rows))


@given(_sheets(), _sheets())
def test_changes_can_be_undone(before: Sheet, after: Sheet) -> None:
    found = row_changes(before, after)
    told = found.counts() | {"changes": [change.as_dict() for change in found.changes]}
    assert undone(after, told) == before


@given(_sheets(), _sheets())
def test_every_row_is_told_once(before: Sheet, after: Sheet) -> None:
    found = row_changes(before, after)
    rows = found.counts()["rows"]
    assert rows["same"] + rows["changed"] + rows["removed"] == len(before.rows)
    assert rows["same"] + rows["changed"] + rows["added"] == len(after.rows)


@given(_sheets())
def test_a_text_read_again_is_the_same(sheet: Sheet) -> None:
    again = read_sheet(sheet.text())
    assert again is not None
    assert again == sheet


def test_nothing_is_undone_that_was_left_out() -> None:
    assert undone(_sheet("a", "1"), {"left_out": 3, "changes": []}) is None
