"""A map leaves nobody out, puts nobody on top of another, and says why there is no number."""

import pytest

from foistats.errors import InvalidStudyError
from foistats.forces.study.answers import NOT_ASKED
from foistats.forces.study.tiles import FIELDS, kinds, read_tiles, tiles


def refused(towns):
    """Return what is found wrong, one tuple each."""
    with pytest.raises(InvalidStudyError) as caught:
        read_tiles(towns.read())
    return [(f.row, f.column, f.found, f.allowed) for f in caught.value.findings]


def test_the_file_as_a_table(towns):
    frame = read_tiles(towns.read())
    assert list(frame.columns) == list(FIELDS)
    assert frame.loc[4].tolist() == ["Eastmark", "East", 1, 2]
    assert frame.dtypes[["row", "column"]].tolist() == [int, int]


def test_a_study_without_tiles_has_none(towns):
    towns.remove("tiles.csv")
    assert read_tiles(towns.read()).empty
    found = tiles(towns.compare())
    assert found.empty
    assert list(found.columns) == ["force", "short", "row", "column", "category", "text"]


def test_every_failure_at_once(towns):
    towns.change("tiles.csv", "Brackwater,Brack,0,1", "Brackwater,Brack,00,0")
    towns.change("tiles.csv", "Corrie Dun,Corrie,1,0", "Corrie Done,Corrie,1,0")
    towns.change("tiles.csv", "Fellgate,Fell,2,0", "Dunvale,Fell,2,0")
    assert refused(towns) == [
        (0, "force", "no tile for Corrie Dun", "a row for it"),
        (0, "force", "no tile for Fellgate", "a row for it"),
        (3, "row", "0, 0", "each place once"),
        (4, "force", "Corrie Done", "an area of forces.csv; did you mean 'Corrie Dun'?"),
        (7, "force", "Dunvale", "each force once"),
    ]


@pytest.mark.parametrize("found", ["x", "-1", "1.5", "", " 1", "²", "9" * 30])
def test_a_place_is_a_whole_number(towns, found):
    towns.change("tiles.csv", "Aldermoor,Ald,0,0", f"Aldermoor,Ald,{found},0")
    shown = repr(found) if found != found.strip() else found
    wrong = [finding for finding in refused(towns) if finding[1] == "row"]
    assert wrong == [(2, "row", shown, "a whole number up to 999, north first")]


@pytest.mark.parametrize("short", ["", "Aldermoor"])
def test_a_short_name_fits_its_tile(towns, short):
    towns.change("tiles.csv", "Aldermoor,Ald,", f"Aldermoor,{short},")
    assert refused(towns) == [(2, "short", short, "a short name of up to 6 letters")]


def test_no_file_an_empty_one_and_one_without_its_columns(towns):
    for text, finding in {
        "": (0, "", "an empty file", "a CSV file with a header row"),
        "force,short,row\n": (1, "column", "no such column", "a column column"),
        "force,short,row,column\n": (0, "force", "no tile for Aldermoor", "a row for it"),
    }.items():
        towns.write("tiles.csv", text)
        assert finding in refused(towns)
    (towns.folder / "tiles.csv").unlink()
    assert refused(towns) == [(0, "", "no such file", "a CSV file with a header row")]


def test_whoever_was_not_asked_needs_no_tile(towns):
    towns.drop("tiles.csv", "Kestrel")
    assert "Kestrel" not in set(read_tiles(towns.read())["force"])


def test_check_ends_with_three(towns, capsys):
    from foistats.cli import main

    towns.change("tiles.csv", "Brackwater,Brack,0,1", "Brackwater,Brack,0,0")
    assert main(["check", str(towns.folder)]) == 3
    said = capsys.readouterr().err
    assert "tiles.csv, row 3, column row" in said
    assert "each place once" in said


class TestWhatAMapShows:
    def test_a_number_is_the_ratio_and_its_colour_the_position(self, towns):
        compared = towns.compare()
        found = tiles(compared).set_index("force")
        ratios = compared.ratios.set_index("force")["estimate"]
        for town in ("Aldermoor", "Fellgate", "Inverloch"):
            assert found.loc[town, "text"] == f"{ratios[town]:.1f}"
        at = compared.funnel().positions(levels=[0.998]).set_index("force")["position"]
        words = {text: position for text, position in kinds().items() if position != "none"}
        for town in at.index[at.isin(["above", "inside", "below"])]:
            if compared.forces.set_index("force")["n_low"].notna()[town]:
                assert words[found.loc[town, "category"]] == at[town]

    def test_without_a_count_the_reason_stands_in_its_place(self, towns):
        found = tiles(towns.compare()).set_index("force")
        assert found.loc["Harrowby", ["category", "text"]].tolist() == ["refused", ""]
        assert found.loc["Jessamy", "category"] == "answered; not found in print"
        assert found.loc["Eastmark", "text"] == ""

    def test_nobody_is_said_not_to_have_been_asked_where_nothing_says_so(self, towns):
        assert tiles(towns.compare()).set_index("force").loc["Kestrel", "category"] == NOT_ASKED
        towns.remove("asked.csv")
        found = tiles(towns.compare()).set_index("force")["category"]
        assert found["Harrowby"] == NOT_ASKED == "no record of being asked"

    def test_without_sizes_all_counts_are_of_unknown_size(self, towns):
        towns.without_workforce()
        found = tiles(towns.compare()).set_index("force")
        assert found.loc["Aldermoor", ["category", "text"]].tolist() == ["size not known", ""]

    def test_every_category_is_explained(self, towns):
        assert set(tiles(towns.compare())["category"]) <= set(kinds())
        towns.without_workforce()
        assert set(tiles(towns.compare())["category"]) <= set(kinds())
