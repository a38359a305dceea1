"""Headcounts as files: what is read, and every way in which a file or setting can be wrong."""

import pytest

from foistats.cli import main
from foistats.errors import InvalidStudyError, UsageError
from foistats.forces.study.comparison import readings
from foistats.forces.study.workforce import read_workforce

FIRST = "[[workforce.readings]] kitchens with an address"
STRATA = 'strata = { public = ["school", "hospital"], private = ["caterer"] }'
PUBLIC = 'public = ["school", "hospital"], private = ["caterer"] }'
NUMBER = (
    "a whole number, zero or more, without signs or separators; empty where it is not known, "
    "which is not zero"
)
SHAPE = "label = …, strata = { role = [ groups ], … }, no group twice"
ROWS = "a row for each force, day and group"
GROUPS = "caterer, hospital, mobile, school"


def refused(towns):
    """Return what is found wrong, one tuple each."""
    with pytest.raises(InvalidStudyError) as caught:
        read_workforce(towns.read().study)
    return [(f.file, f.row, f.column, f.found, f.allowed) for f in caught.value.findings]


def setting(column, found, allowed):
    return ("kitchens/study.toml", 0, column, found, allowed)


class TestWhatIsRead:
    def test_headcounts_breaks_readings_and_populations(self, towns):
        found = read_workforce(towns.read().study)
        assert found is not None
        assert len(found.snapshots.frame) == 11 * 4 * 5
        assert found.breaks.to_dict("records") == [
            {
                "force": "Brackwater",
                "group": "caterer",
                "from": "2021-03-31",
                "reason": "the town counts stalls as kitchens",
            }
        ]
        assert found.readings[0].strata == {
            "public": ("school", "hospital"),
            "private": ("caterer",),
        }
        assert found.populations["public kitchens"] == ("public",)
        assert found.hold_days == 30

    def test_the_first_reading_is_the_primary_one(self, towns):
        register = towns.read()
        found = read_workforce(register.study)
        assert found.reading() == found.reading("kitchens with an address") == found.readings[0]
        assert readings(register) == (
            "kitchens with an address",
            "mobile kitchens among the private",
        )

    def test_a_reading_that_is_not_there(self, towns):
        message = (
            "no reading 'mobile kitchens' of the workforce; there are kitchens with an address, "
            "mobile kitchens among the private; did you mean"
        )
        with pytest.raises(UsageError, match=message):
            read_workforce(towns.read().study).reading("mobile kitchens")

    def test_a_study_without_a_workforce(self, towns):
        towns.without_workforce()
        register = towns.read()
        assert read_workforce(register.study) is None
        assert readings(register) == ()

    def test_dates_in_place_of_years(self, towns):
        before = read_workforce(towns.read().study).snapshots.frame
        text = towns.text("workforce.csv").replace(",year,", ",date,")
        for year in range(2019, 2024):
            text = text.replace(f",{year},", f",{year}-03-31,")
        towns.write("workforce.csv", text)
        assert read_workforce(towns.read().study).snapshots.frame.equals(before)

    def test_a_headcount_that_is_not_known_is_not_zero(self, towns):
        towns.change("workforce.csv", "Aldermoor,2020,school,420", "Aldermoor,2020,school,")
        frame = read_workforce(towns.read().study).snapshots.frame
        own = frame[(frame["force"] == "Aldermoor") & (frame["group"] == "school")]
        assert own["headcount"].tolist() == [400, 440, 460, 480]

    def test_a_study_without_breaks(self, towns):
        towns.remove("breaks.csv")
        assert read_workforce(towns.read().study).breaks.empty


def row(number, column, found, allowed, file="workforce.csv"):
    return (file, number, column, found, allowed)


HOSTILE_ROWS = {
    "not a whole number": ("Aldermoor,2019,school,400", "4.5", row(2, "headcount", "4.5", NUMBER)),
    "a negative one": ("Aldermoor,2019,school,400", "-4", row(2, "headcount", "-4", NUMBER)),
    "with a separator": ("Aldermoor,2019,school,400", "4 00", row(2, "headcount", "4 00", NUMBER)),
    "a word": ("Aldermoor,2019,school,400", "many", row(2, "headcount", "many", NUMBER)),
}


@pytest.mark.parametrize(("line", "found", "finding"), HOSTILE_ROWS.values(), ids=HOSTILE_ROWS)
def test_a_headcount_that_is_none(towns, line, found, finding):
    towns.change("workforce.csv", line, line.rsplit(",", 1)[0] + f",{found}")
    assert refused(towns) == [finding]


@pytest.mark.parametrize("found", ["", "20x9", "12", "2019-03-31"])
def test_a_year_that_is_none(towns, found):
    towns.change("workforce.csv", "Aldermoor,2019,school,400", f"Aldermoor,{found},school,400")
    assert refused(towns) == [row(2, "year", found, "a year such as 2012")]


def test_a_row_is_numbered_as_a_spreadsheet_numbers_it(towns):
    """Blank rows are rows."""
    text = towns.text("workforce.csv").replace("Aldermoor,2020,school", "\n\nAldermoor,2020,school")
    towns.write("workforce.csv", text + "Kestrel,2023,mobile,1\n")
    number = len((text + "x").splitlines())
    allowed = "one row per force and role_group and year"
    assert refused(towns) == [row(number, "force", "Kestrel", allowed)]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (None, row(0, "", "no such file", "a CSV file with a header row")),
        ("", row(0, "", "an empty file", "a CSV file with a header row")),
        ("force,year,role_group,headcount\n", row(0, "", "no rows", ROWS)),
        ("force,year,headcount\n", row(1, "role_group", "no such column", "a column role_group")),
    ],
    ids=["missing", "empty", "no rows", "bad header"],
)
def test_a_file_that_is_no_table(towns, text, finding):
    (towns.folder / "workforce.csv").unlink()
    if text is not None:
        towns.write("workforce.csv", text)
    assert refused(towns) == [finding]


def test_a_column_that_is_misspelt(towns):
    towns.change("workforce.csv", "force,year,role_group,headcount", "force,year,role,headcount")
    found = refused(towns)
    assert row(1, "role_group", "no such column", "a column role_group") in found
    allowed = "force, year, date, role_group, headcount, fte; did you mean 'role_group'?"
    assert any(f[2:4] == ("role", "role") for f in found), allowed


SETTINGS = {
    "a stratum of no role": (
        *('private = ["caterer"] }\n\n[[', 'owners = ["caterer"] }\n\n[['),
        setting(FIRST, "owners", "public, private"),
        setting(
            FIRST, "no private", "groups for it: [workforce.populations] all kitchens covers it"
        ),
    ),
    "a role that a population covers and a reading has not": (
        *(STRATA, 'strata = { public = ["school", "hospital"] }'),
        setting(
            FIRST, "no private", "groups for it: [workforce.populations] all kitchens covers it"
        ),
    ),
    "a group that nobody counts": (
        *('"hospital"], private = ["caterer"] }', '"hospitals"], private = ["caterer"] }'),
        setting(FIRST, "hospitals", f"{GROUPS}; did you mean 'hospital'?"),
    ),
    "a population of an unknown role": (
        *('"public kitchens" = ["public"]', '"public kitchens" = ["publick"]'),
        setting(
            "[workforce.populations] public kitchens",
            "publick",
            "public, private; did you mean 'public'?",
        ),
    ),
    "a population that is no list": (
        *('"public kitchens" = ["public"]', '"public kitchens" = "public"'),
        setting("[workforce.populations] public kitchens", "'public'", "a list of roles"),
    ),
    "a negative number of days": (
        *("hold_days = 30", "hold_days = -1"),
        setting("[workforce] hold_days", "-1", "a number of days, zero or more"),
    ),
    "true in place of days": (
        *("hold_days = 30", "hold_days = true"),
        setting("[workforce] hold_days", "true", "a number of days, zero or more"),
    ),
    "a day that is none": (
        *('day       = "03-31"', 'day       = "02-30"'),
        setting("[workforce] day", "02-30", "a month and day of every year, such as 03-31"),
    ),
    "a day of some years only": (
        *('day       = "03-31"', 'day       = "02-29"'),
        setting("[workforce] day", "02-29", "a month and day of every year, such as 03-31"),
    ),
    "no day at all": (
        *('day       = "03-31"', 'day       = ""'),
        setting("[workforce] day", "(empty)", "a month and day of every year, such as 03-31"),
    ),
    "two readings of one label": (
        *("mobile kitchens among the private", "kitchens with an address"),
        setting("[[workforce.readings]]", "kitchens with an address, twice", "each label once"),
    ),
}


@pytest.mark.parametrize("case", SETTINGS.values(), ids=SETTINGS)
def test_a_setting_that_is_wrong(towns, case):
    old, new, *findings = case
    towns.change("study.toml", old, new)
    assert refused(towns) == sorted(findings)


SHAPES = {
    "a group twice": '{ public = ["school", "school"], private = ["caterer"] }',
    "a group in two strata": '{ public = ["school"], private = ["school"] }',
    "no groups": '{ public = [], private = ["caterer"] }',
    "no strata": "{}",
    "groups that are no texts": '{ public = [1], private = ["caterer"] }',
    "a group in place of a list": '{ public = "school", private = ["caterer"] }',
}


@pytest.mark.parametrize("strata", SHAPES.values(), ids=SHAPES)
def test_strata_of_another_shape(towns, strata):
    towns.change("study.toml", STRATA, f"strata = {strata}")
    found = refused(towns)
    assert [(f[2], f[4]) for f in found] == [("[[workforce.readings]]", SHAPE)]


@pytest.mark.parametrize("found", ['"30"', "30.5", "2020-01-01"])
def test_days_of_another_kind_are_refused_with_the_study(towns, found):
    towns.change("study.toml", "hold_days = 30", f"hold_days = {found}")
    with pytest.raises(InvalidStudyError, match="hold_days") as caught:
        towns.read()
    assert caught.value.findings[0].allowed == "a whole number"


def test_without_readings_or_populations(towns):
    settings = towns.text("study.toml")
    towns.write("study.toml", settings[: settings.index("[[workforce.readings]]")])
    allowed = "[[workforce.readings]] and [workforce.populations]"
    assert refused(towns) == [setting("[workforce]", "no readings", allowed)]
    towns.write("study.toml", settings[: settings.index("[workforce.populations]")])
    assert refused(towns) == [setting("[workforce]", "no populations", allowed)]


def test_settings_without_a_file(towns):
    towns.remove("workforce.csv")
    expected = [setting("[files]", "no workforce", "workforce = a CSV file")]
    assert refused(towns) == expected
    settings = towns.text("study.toml")
    towns.write("study.toml", settings[: settings.index("[workforce]")])
    assert refused(towns) == expected, "a file of breaks is of some workforce"


BREAKS = {
    "no day": ("2021-03-31", "", row(2, "from", "(empty)", "a date such as 2012-03-31")),
    "no date": (
        *("2021-03-31", "March"),
        row(2, "from", "March", "a date such as 2014-02-17, or empty if not stated"),
    ),
    "no such force": ("Brackwater", "Brakwater", row(2, "force", "Brakwater", "Brackwater")),
    "no such group": ("caterer", "caterers", row(2, "role_group", "caterers", "'caterer'")),
    "no reason": ("the town counts stalls as kitchens", "", row(2, "reason", "", "a name without")),
}


@pytest.mark.parametrize(("old", "new", "finding"), BREAKS.values(), ids=BREAKS)
def test_a_break_that_is_none(towns, old, new, finding):
    towns.change("breaks.csv", old, new)
    (found,) = refused(towns)
    assert found[:4] == ("breaks.csv", *finding[1:4])
    assert finding[4] in found[4]


def test_a_break_named_twice(towns):
    towns.add("breaks.csv", "Brackwater,caterer,2021-03-31,told again")
    assert refused(towns) == [row(3, "force", "Brackwater", "each break once", "breaks.csv")]


def spoil(towns):
    """Spoil both files and the settings, and return where."""
    towns.change("workforce.csv", "Aldermoor,2019,school,400", "Aldermoor,2019,school,-4")
    towns.change("breaks.csv", "2021-03-31", "March")
    towns.change("study.toml", "hold_days = 30", "hold_days = -1")
    towns.change("study.toml", '"public kitchens" = ["public"]', '"public kitchens" = ["publick"]')
    return [
        ("breaks.csv", "from"),
        ("kitchens/study.toml", "[workforce.populations] public kitchens"),
        ("kitchens/study.toml", "[workforce] hold_days"),
        ("workforce.csv", "headcount"),
    ]


def test_every_failure_of_every_file_at_once(towns):
    places = spoil(towns)
    assert [(f[0], f[2]) for f in refused(towns)] == places


def test_check_ends_with_three_and_says_all_of_it(towns, capsys):
    places = spoil(towns)
    assert main(["check", str(towns.folder)]) == 3
    said = capsys.readouterr().err
    assert "kitchens: 4 failures" in said
    assert all(file in said and column in said for file, column in places)
    assert "publick" in said
    assert "did you mean 'public'?" in said


@pytest.mark.parametrize("day", ["02-30", "31 March"])
def test_check_ends_with_three_where_the_day_is_none(towns, capsys, day):
    """The library calls it a wrong use; in a study it is a wrong file."""
    towns.change("study.toml", 'day       = "03-31"', f'day       = "{day}"')
    assert main(["check", str(towns.folder)]) == 3
    assert "[workforce] day" in capsys.readouterr().err


def test_check_counts_the_headcounts_of_a_study_in_order(towns, capsys):
    assert main(["check", str(towns.folder)]) == 0
    assert "220 headcounts, " in capsys.readouterr().out
