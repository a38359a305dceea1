"""The register: what it reproduces, what it refuses, and that no word of it is in the code."""

import csv
import re
from pathlib import Path

import pandas as pd
import pytest

from foistats import describe
from foistats.errors import InvalidStudyError, OverlapError, UsageError
from foistats.register import read_register
from foistats.severity.groups.cells import severity_data
from foistats.study import read_study

ROOT = Path(__file__).parent.parent
PRESS = ROOT / "data" / "pa-2014"
KITCHENS = ROOT / "tests" / "studies" / "kitchens"


@pytest.fixture(scope="module")
def press():
    return read_register(PRESS)


def edit(path: Path, row: int, **changes: str) -> None:
    """Change fields of one row of a CSV file, counted as a spreadsheet does."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    rows[row - 2].update(changes)
    write(path, rows)


def append(path: Path, **fields: str) -> int:
    """Add a row, empty but for some fields, and return its number."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    rows.append(dict.fromkeys(rows[0], "") | fields)
    write(path, rows)
    return len(rows) + 1


def write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def row_of(path: Path, **fields: str) -> int:
    with path.open(newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            if all(row[key] == value for key, value in fields.items()):
                return number
    raise AssertionError(fields)


def findings(study: Path):
    with pytest.raises(InvalidStudyError) as caught:
        read_register(study)
    return caught.value.findings


class TestPressAssociation:
    """What the sources print comes out of the register."""

    def test_counts(self, press):
        counts = press.counts()
        assert len(counts) == 25
        assert counts["n_low"].sum() == counts["n_high"].sum() == 624
        assert counts.loc[counts["coverage"] == "all", "n_high"].sum() == 618
        assert press.counts(alternatives=["pa-west-mercia-02"])["n_high"].sum() == 625

    def test_top_three(self, press):
        top = press.counts().nlargest(3, "n_high")
        assert list(zip(top["force"], top["n_high"], strict=True)) == [
            ("Greater Manchester", 88),
            ("West Midlands", 74),
            ("Metropolitan", 69),
        ]

    def test_national_figures(self, press):
        nation = press.statements_of("pa-england-and-wales")
        assert press.total(["pa-england-and-wales"]) == (828, 828)
        roles = nation[nation["table"] == "roles"].set_index("roles")["n_low"]
        assert dict(roles) == {"officer": 548, "police_staff": 175, "pcso": 31, "any": 74}
        assert roles.sum() == 828

    def test_disagreements_are_data(self, press):
        said = press.statements[press.statements["part"] == "alternative"]
        nation = said[said["group"] == "pa-england-and-wales"]["n_low"]
        assert {826, 848} <= set(nation)

    def test_every_statement_leads_to_its_source(self, press):
        joined = press.statements.merge(press.sources, on="source", how="left")
        assert len(joined) == len(press.statements)
        assert joined["publisher"].notna().all()
        assert (joined["address"] != "").mean() > 0.95
        assert set(joined.loc[joined["address"] == "", "source"]) == {"A001"}

    def test_answers(self, press):
        asked = press.asked["answer"].value_counts()
        assert len(press.asked) == 43
        assert asked["refused"] == 4
        assert asked["not_in_print"] == 14

    @pytest.mark.parametrize(
        "groups",
        [
            ("pa-kent", "pa-england-and-wales"),
            ("pa-durham", "pa-north-east"),
            ("pa-north-yorkshire", "pa-yorkshire"),
        ],
    )
    def test_nothing_is_added_twice(self, press, groups):
        with pytest.raises(OverlapError, match="may hold the same cases"):
            press.total(groups)

    def test_surveys_are_not_added(self, press):
        with pytest.raises(OverlapError, match="different surveys"):
            press.total(["pa-kent", "met-2009-2013"])

    def test_units_are_not_added(self, press):
        with pytest.raises(OverlapError, match="different units"):
            press.total(["pa-kent", "pa-northumbria-people"])

    def test_unknown_names_are_answered(self, press):
        with pytest.raises(UsageError, match="did you mean 'pa-kent'"):
            press.total(["pa-knet"])
        with pytest.raises(UsageError, match="no survey"):
            press.counts("pa-2041")
        with pytest.raises(UsageError, match="no alternative of a total"):
            press.counts(alternatives=["pa-kent-01"])

    def test_coverage_counts_every_case_once(self, press):
        for field in ("roles", "outcomes", "breaches", "platforms"):
            table = press.coverage(field)
            assert table["cases"].sum() == 624, field

    def test_zero_is_not_missing(self, press):
        assert press.total(["retired-and-angry-south-yorkshire-cases"]) == (0, 0)


class TestForeignStudy:
    """A study with another ladder, other roles and other groups needs no change to the code."""

    def test_loads(self):
        register = read_register(KITCHENS)
        assert list(register.counts()["force"][:2]) == ["Aldermoor", "Brackwater"]
        assert register.study.words["force"] == ("town", "towns")

    def test_shares_no_level(self):
        words = [
            {
                word
                for book in (study.outcomes, study.roles)
                for word in (*book.words, *(g.id for g in book.groupings))
            }
            - {"any"}
            for study in (read_study(KITCHENS), read_study(PRESS))
        ]
        assert not words[0] & words[1]

    def test_no_vocabulary_in_the_source(self):
        source = "\n".join(p.read_text() for p in (ROOT / "src").rglob("*.py"))
        study = read_study(PRESS)
        forces = pd.read_csv(ROOT / "data" / "reference" / "forces.csv")["force"]
        words = {
            *forces,
            *study.roles.ids,
            *(level.label for level in study.roles.levels),
            *(level.id for level in study.outcomes.levels if "_" in level.id),
        }
        found = sorted(word for word in words if re.search(rf"\b{re.escape(word)}\b", source))
        assert found == []


STATEMENTS = "statements.csv"
ALDERMOOR = {"statement": "aldermoor-2"}

BROKEN_FIELDS = [
    # file, row, column, value, what must be allowed in its place
    (STATEMENTS, ALDERMOOR, "outcomes", "cleen", "did you mean 'clean'?"),
    (STATEMENTS, ALDERMOOR, "outcomes", "clean|notise", "did you mean 'notice'?"),
    (STATEMENTS, ALDERMOOR, "outcomes", "", "several joined by '|'"),
    (STATEMENTS, ALDERMOOR, "outcomes", "clean|clean", "several joined by '|'"),
    (STATEMENTS, ALDERMOOR, "outcomes", "any|clean", "'any' alone"),
    (STATEMENTS, ALDERMOOR, "outcomes", "closed|appeal", "not both"),
    (STATEMENTS, ALDERMOOR, "n_low", "٣", "a whole number, zero or more"),
    (STATEMENTS, ALDERMOOR, "n_low", "1" + "0" * 30, "of up to 15 digits"),
    (STATEMENTS, {"statement": "fellgate-1"}, "outcomes", "closed", "any: a total is about all"),
    ("forces.csv", {"force": "Dunvale"}, "force", "Dunvale ", "without spaces around it"),
    ("surveys.csv", {"survey": "inspections"}, "unit", "person", "the unit of its groups: case"),
    (STATEMENTS, ALDERMOOR, "roles", "School", "did you mean 'school'?"),
    (STATEMENTS, ALDERMOOR, "n_low", "-3", "a whole number, zero or more"),
    (STATEMENTS, ALDERMOOR, "n_low", "2.5", "a whole number, zero or more"),
    (STATEMENTS, ALDERMOOR, "n_low", "fewer than 5", '("fewer than 5" is n_low 1 and n_high 4)'),
    (STATEMENTS, ALDERMOOR, "n_low", "", "a whole number, zero or more"),
    (STATEMENTS, ALDERMOOR, "n_low", "1,000", "without signs or separators"),
    (STATEMENTS, ALDERMOOR, "part", "cel", "did you mean 'cell'?"),
    (STATEMENTS, ALDERMOOR, "disclosure", "chosen", "rule, picked"),
    (STATEMENTS, ALDERMOOR, "basis", "guessed", "printed, derived"),
    (STATEMENTS, ALDERMOOR, "source", "T99", "a source of kitchens/sources.csv"),
    (STATEMENTS, ALDERMOOR, "group", "aldermor", "did you mean 'aldermoor'?"),
    (STATEMENTS, ALDERMOOR, "table", "", "the name of a table"),
    (STATEMENTS, ALDERMOOR, "of", "aldermoor-1", "empty (cell)"),
    ("groups.csv", {"group": "aldermoor"}, "force", "Aldermor", "did you mean 'Aldermoor'?"),
    ("groups.csv", {"group": "aldermoor"}, "period_end", "2019-12-31", "2020-01-01, its start"),
    ("groups.csv", {"group": "aldermoor"}, "period_end", "31/12/2022", "a date such as"),
    ("groups.csv", {"group": "aldermoor"}, "period_end", "2022-02-30", "a date such as"),
    ("groups.csv", {"group": "aldermoor"}, "coverage", "most", "all, part"),
    ("groups.csv", {"group": "aldermoor"}, "reason", "", "the reason"),
    ("groups.csv", {"group": "aldermoor"}, "unit", "cases", "did you mean 'case'?"),
    ("groups.csv", {"group": "aldermoor"}, "survey", "inspection", "did you mean 'inspections'?"),
    ("forces.csv", {"force": "Dunvale"}, "force", "Dun|vale", "a name without '|'"),
    ("surveys.csv", {"survey": "inspections"}, "period_end", "2019-01-01", "its start"),
]


class TestBrokenStudies:
    """Every failure is named: file, row, column, what was found, what is allowed."""

    @pytest.mark.parametrize(("file", "row", "column", "value", "allowed"), BROKEN_FIELDS)
    def test_field(self, kitchens, file, row, column, value, allowed):
        number = row_of(kitchens / file, **row)
        edit(kitchens / file, number, **{column: value})
        found = findings(kitchens)
        match = [
            finding
            for finding in found
            if finding.file.endswith(file)
            and finding.row == number
            and (finding.column == column)
            and allowed in finding.allowed
        ]
        assert match, [str(finding) for finding in found]

    def test_all_failures_at_once(self, kitchens):
        for column, value in (("outcomes", "cleen"), ("roles", "scool"), ("n_low", "-1")):
            edit(kitchens / STATEMENTS, 3, **{column: value})
        edit(kitchens / "groups.csv", 2, coverage="most")
        assert {(f.file, f.row, f.column) for f in findings(kitchens)} == {
            ("kitchens/statements.csv", 3, "outcomes"),
            ("kitchens/statements.csv", 3, "roles"),
            ("kitchens/statements.csv", 3, "n_low"),
            ("kitchens/groups.csv", 2, "coverage"),
        }

    def test_message_says_where_what_and_what_to_do(self, kitchens):
        edit(kitchens / STATEMENTS, 3, outcomes="cleen")
        with pytest.raises(InvalidStudyError) as caught:
            read_register(kitchens)
        text = str(caught.value)
        assert text.startswith("kitchens: 1 failure\n")
        assert "where    kitchens/statements.csv, row 3, column outcomes" in text
        assert "found    cleen" in text
        assert "did you mean 'clean'?" in text
        assert max(map(len, text.splitlines())) <= 80

    def test_duplicate_ids(self, kitchens):
        edit(kitchens / STATEMENTS, 4, statement="aldermoor-2")
        (finding,) = findings(kitchens)
        assert (finding.row, finding.column) == (4, "statement")
        assert "row 3 has this one" in finding.allowed

    def test_part_exceeds_the_total(self, kitchens):
        edit(kitchens / STATEMENTS, 3, n_low="99", n_high="99")
        messages = [f.allowed for f in findings(kitchens)]
        assert any("at most 34, the group's total" in message for message in messages)

    def test_margins_disagree(self, kitchens):
        row = row_of(kitchens / STATEMENTS, group="dunvale", outcomes="clean")
        edit(kitchens / STATEMENTS, row, n_low="9", n_high="9")
        found = findings(kitchens)
        assert any(
            f.found == "measures of dunvale sums to 21" and "as an alternative" in f.allowed
            for f in found
        )

    def test_statements_that_cannot_all_be_true(self, kitchens):
        """Each table sums to the total, but nine of eight private kitchens are closed."""
        path = kitchens / STATEMENTS
        edit(path, row_of(path, group="dunvale", outcomes="clean"), n_low="1", n_high="1")
        edit(path, row_of(path, group="dunvale", outcomes="closed"), n_low="10", n_high="10")
        append(
            path, statement="dunvale-9", group="dunvale", source="T4", part="subset",
            roles="caterer", outcomes="closed", n_low="10", n_high="10", basis="printed",
            disclosure="rule",
        )  # fmt: skip
        (finding,) = findings(kitchens)
        assert finding.file == "kitchens/groups.csv"
        assert finding.found == "the 7 statements of dunvale cannot all be true"

    def test_overlapping_sets_must_be_declared(self, kitchens):
        edit(kitchens / STATEMENTS, 4, outcomes="clean|notice")
        found = findings(kitchens)
        assert any("overlapping_sets = pooled" in f.allowed for f in found)
        groups = pd.read_csv(kitchens / "groups.csv", dtype=str)
        groups["overlapping_sets"] = "none"
        groups.loc[groups["group"] == "aldermoor", "overlapping_sets"] = "pooled"
        groups.to_csv(kitchens / "groups.csv", index=False)
        read_register(kitchens)

    def test_a_remainder_inherits_picked(self, kitchens):
        row = row_of(kitchens / STATEMENTS, group="grimshaw", part="remainder")
        edit(kitchens / STATEMENTS, row, disclosure="rule")
        (finding,) = findings(kitchens)
        assert (finding.row, finding.column) == (row, "disclosure")
        assert "a remainder inherits it" in finding.allowed

    def test_a_picked_statement_marks_its_group(self, kitchens):
        edit(kitchens / STATEMENTS, 3, disclosure="picked")
        found = findings(kitchens)
        assert any("picked for aldermoor too" in f.allowed for f in found)

    def test_a_remainder_is_derived(self, kitchens):
        row = row_of(kitchens / STATEMENTS, group="grimshaw", part="remainder")
        edit(kitchens / STATEMENTS, row, basis="printed")
        assert any("nobody printed a remainder" in f.allowed for f in findings(kitchens))

    def test_a_duplicate_says_the_same(self, kitchens):
        row = append(
            kitchens / STATEMENTS, statement="aldermoor-99", group="aldermoor", source="T2",
            part="duplicate", of="aldermoor-1", roles="any", outcomes="any", n_low="35",
            n_high="35", basis="printed", disclosure="rule",
        )  # fmt: skip
        (finding,) = findings(kitchens)
        assert (finding.row, finding.column, finding.found) == (row, "n_low", "35")
        assert "or part alternative" in finding.allowed
        edit(kitchens / STATEMENTS, row, part="alternative")
        read_register(kitchens)

    def test_settings_name_what_the_register_has(self, kitchens):
        settings = kitchens / "study.toml"
        settings.write_text(settings.read_text().replace('"inspections"', '"inspection"'))
        (finding, *_) = findings(kitchens)
        assert (finding.file, finding.column) == ("kitchens/study.toml", "[analysis] survey")
        assert "did you mean 'inspections'?" in finding.allowed

    def test_an_interval_runs_upwards(self, kitchens):
        edit(kitchens / STATEMENTS, 3, n_low="9", n_high="8")
        (finding,) = findings(kitchens)
        assert finding.column == "n_high"

    def test_two_totals(self, kitchens):
        edit(kitchens / STATEMENTS, 3, part="total", table="")
        assert any(f.found == "2 totals" for f in findings(kitchens))

    def test_the_same_cases_in_two_groups(self, kitchens):
        edit(kitchens / "groups.csv", 3, force="Aldermoor")
        assert any("one group: aldermoor has the same" in f.allowed for f in findings(kitchens))


class TestOpenEnds:
    """An upper end that no source states stays open, and never becomes a number."""

    @pytest.fixture
    def open_ended(self, kitchens):
        path = kitchens / STATEMENTS
        edit(path, row_of(path, statement="fellgate-1"), n_high="")
        return read_register(kitchens)

    def test_sums_stay_open(self, open_ended):
        low, high = open_ended.total(["fellgate", "aldermoor"])
        assert low == 17 + 34
        assert describe.number(low, high) == "51 or more"
        counts = open_ended.counts()
        assert describe.counted(*counts[["n_low", "n_high"]].sum()) == "141 or more"

    def test_coverage_counts_what_is_known(self, open_ended):
        assert open_ended.coverage("roles")["cases"].sum() == 141

    def test_an_open_end_in_the_model_is_bounded_by_the_total(self, kitchens):
        path = kitchens / STATEMENTS
        edit(path, row_of(path, group="eastmark", roles="caterer", outcomes="closed"), n_high="")
        data = severity_data(read_register(kitchens))
        eastmark = next(group for group in data.groups if group.group == "eastmark")
        assert max(cell.n_high for cell in eastmark.partitions[0]) == 6


class TestAreas:
    """Areas that share a force are not added."""

    def test_overlapping_regions(self, kitchens):
        path = kitchens / "forces.csv"
        rows = [
            {"force": "North", "kind": "region", "within": ""},
            {"force": "Coast", "kind": "region", "within": ""},
            {"force": "Aldermoor", "kind": "force", "within": "North|Coast"},
        ]
        with path.open(newline="") as file:
            towns = [row["force"] for row in csv.DictReader(file)]
        rows += [{"force": town, "kind": "force", "within": ""} for town in towns[1:]]
        write(path, rows)
        for number, area in enumerate(("North", "Coast"), start=1):
            append(
                kitchens / "groups.csv", group=area.lower(), survey="inspections", force=area,
                population="all", unit="case", coverage="all", disclosure="rule", reason="a sum",
            )  # fmt: skip
            append(
                kitchens / STATEMENTS, statement=f"area-{number}", group=area.lower(), source="T1",
                part="total", roles="any", outcomes="any", n_low="50", n_high="50",
                basis="printed", disclosure="rule",
            )  # fmt: skip
        register = read_register(kitchens)
        with pytest.raises(OverlapError, match="may hold the same cases"):
            register.total(["north", "coast"])

    def test_two_groups_of_a_force_that_would_both_enter_the_model(self, kitchens):
        edit(
            kitchens / "groups.csv",
            row_of(kitchens / "groups.csv", group="brackwater"),
            force="Aldermoor",
            population="the larger kitchens",
        )
        found = findings(kitchens)
        assert any(f.found == "brackwater and aldermoor may hold the same cases" for f in found)


class TestBrokenFiles:
    """Files that are no tables, and folders that lack them, are findings too."""

    def test_missing_file(self, kitchens):
        (kitchens / STATEMENTS).unlink()
        assert any(f.found == "no such file" for f in findings(kitchens))

    def test_empty_file(self, kitchens):
        (kitchens / STATEMENTS).write_text("")
        assert any(f.found == "an empty file" for f in findings(kitchens))

    def test_header_only(self, kitchens):
        lines = (kitchens / STATEMENTS).read_text().splitlines()
        (kitchens / STATEMENTS).write_text(lines[0] + "\n")
        assert any("a group with statements" in f.allowed for f in findings(kitchens))

    def test_ragged_row(self, kitchens):
        with (kitchens / STATEMENTS).open("a") as file:
            file.write("one,two\n")
        assert any(f.found == "2 fields" for f in findings(kitchens))

    def test_missing_and_misspelt_column(self, kitchens):
        text = (kitchens / STATEMENTS).read_text()
        (kitchens / STATEMENTS).write_text(text.replace("outcomes", "outcome", 1))
        found = {f.found: f.allowed for f in findings(kitchens)}
        assert "did you mean 'outcomes'?" in found["outcome"]
        assert "no such column" in found

    def test_rows_are_those_of_a_spreadsheet(self, kitchens):
        """Blank lines count."""
        lines = (kitchens / STATEMENTS).read_text().splitlines()
        lines[2] = lines[2].replace("clean", "cleen")
        (kitchens / STATEMENTS).write_text("\n".join([lines[0], "", "", *lines[1:]]) + "\n")
        (finding,) = findings(kitchens)
        assert finding.row == 5

    def test_a_quote_that_is_never_closed(self, kitchens):
        with (kitchens / STATEMENTS).open("a") as file:
            file.write('"open,')
        assert any("every quote closed" in f.allowed and f.row > 1 for f in findings(kitchens))

    def test_spaces_are_shown(self, kitchens):
        edit(kitchens / STATEMENTS, 3, roles=" school ")
        assert any(f.found == "' school '" for f in findings(kitchens))

    @pytest.mark.parametrize("name", ["statements.csv", "asked.csv"])
    def test_a_link_that_leads_nowhere(self, kitchens, name):
        (kitchens / name).unlink(missing_ok=True)
        (kitchens / name).symlink_to("nowhere.csv")
        assert any(f.found == "no such file" for f in findings(kitchens))

    def test_a_folder_in_place_of_a_file(self, kitchens):
        (kitchens / STATEMENTS).unlink()
        (kitchens / STATEMENTS).mkdir()
        assert any(f.found == "no regular file" for f in findings(kitchens))

    def test_not_utf8(self, kitchens):
        (kitchens / STATEMENTS).write_bytes(b"statement\xff\xfe")
        assert any("UTF-8" in f.allowed for f in findings(kitchens))

    def test_spreadsheet_bytes(self, kitchens):
        """A byte-order mark and Windows line ends, as spreadsheets write them, do no harm."""
        text = (kitchens / STATEMENTS).read_text()
        (kitchens / STATEMENTS).write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
        assert len(read_register(kitchens).statements) == len(text.splitlines()) - 1

    def test_broken_toml(self, kitchens):
        (kitchens / "study.toml").write_text("[study\n")
        assert any("readable TOML" in f.allowed for f in findings(kitchens))
