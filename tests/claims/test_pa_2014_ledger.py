"""The ledger of the published study: valid, complete, and in line with its register."""

import csv
import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from foistats.claims.ledger import read_ledger
from foistats.register import read_register

ROOT = Path(__file__).resolve().parents[2]
STUDY = ROOT / "data" / "pa-2014"
SURVEY = "pa-2009-2014"
COLUMNS = [
    *("id", "source", "population", "unit", "force", "role", "outcome"),
    *("measure", "comparison", "value", "low", "high", "reading"),
]


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def claims():
    return rows_of(STUDY / "claims.csv")


@pytest.fixture(scope="module")
def by_id(claims):
    return {claim["id"]: claim for claim in claims}


@pytest.fixture(scope="module")
def schema():
    text = (ROOT / "docs" / "claims.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text))


class TestSchema:
    def test_is_a_schema(self, schema):
        Draft202012Validator.check_schema(schema.schema)

    def test_ledger_is_valid(self, schema, claims):
        assert [
            f"{list(error.path)}: {error.message}" for error in schema.iter_errors(claims)
        ] == []

    def test_example_of_the_manual_is_valid(self, schema):
        manual = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")
        block = next(part for part in manual.split("```") if part.startswith("\nid,source"))
        rows = list(csv.DictReader(block.strip().splitlines()))
        assert len(rows) == 4
        assert schema.is_valid(rows)

    @pytest.mark.parametrize(
        ("changes", "about"),
        [
            ({"id": "two words"}, "id"),
            ({"id": ""}, "id"),
            ({"source": "P001|"}, "source"),
            ({"source": "P001, P002"}, "source"),
            ({"unit": "cases"}, "unit"),
            ({"role": "officer|"}, "role"),
            ({"measure": "percentage"}, "measure"),
            ({"measure": "share:"}, "measure"),
            ({"measure": "forces:at_most:ten"}, "measure"),
            ({"measure": "forces:between:1"}, "measure"),
            ({"comparison": "is"}, "comparison"),
            ({"value": "828 cases"}, "value"),
            ({"value": "1,588"}, "value"),
            ({"value": "-3"}, "value"),
            ({"value": ""}, "value"),
            ({"comparison": "rounds_to", "value": "1/7"}, "value"),
            ({"comparison": "between", "low": "1"}, "high"),
            ({"comparison": "nth_highest", "measure": "rank", "value": "0"}, "value"),
            ({"comparison": "highest", "measure": "rank", "value": "2"}, "value"),
            ({"comparison": "highest", "measure": "share", "value": ""}, "measure"),
            ({"comparison": "majority", "measure": "share", "value": "51"}, "value"),
            ({"comparison": "higher_than", "value": "the other"}, "value"),
            ({"low": "about 3"}, "low"),
            ({"reading": "half_down"}, "reading"),
            ({"reading": "about:many"}, "reading"),
            ({"trust": "high"}, "trust"),
        ],
    )
    def test_mistakes_are_found(self, schema, claims, changes, about):
        good = {**claims[1], "low": "", "high": ""}
        assert schema.is_valid([good])
        assert about in {error.path[1] for error in schema.iter_errors([good | changes])}

    @pytest.mark.parametrize("column", COLUMNS)
    def test_every_column_of_the_contract_must_be_there(self, schema, claims, column):
        row = {name: value for name, value in claims[1].items() if name != column}
        assert not schema.is_valid([row])

    def test_no_other_column(self, schema, claims):
        assert not schema.is_valid([claims[1] | {"remark": ""}])

    @pytest.mark.parametrize(
        "changes",
        [
            {"measure": "share_of_role:any", "comparison": "about", "value": "1/3"},
            {"measure": "share_of_force:Kent|Sussex", "comparison": "rounds_to", "value": "9.1"},
            {"measure": "ratio:total-828", "comparison": "more_than", "value": "3"},
            {"measure": "forces:between:1:4", "unit": "force", "reading": "exact; a note; two"},
            {"measure": "rank", "comparison": "at_most", "value": "5", "reading": "strict"},
            {"comparison": "nearly", "value": "90", "reading": "about:2.5"},
            {"comparison": "no_difference", "value": "total-828", "reading": ";only a note"},
            {"comparison": "plurality", "measure": "share", "value": "advice|dismissed"},
            {"comparison": "lowest", "measure": "rank", "value": "", "force": "Kent"},
            {"force": "", "role": "", "outcome": "", "trust": "0"},
        ],
    )
    def test_what_the_manual_allows_is_allowed(self, schema, claims, changes):
        assert schema.is_valid([{**claims[1], "low": "", "high": "", **changes}])


class TestLedger:
    def test_columns_begin_with_those_of_the_contract(self, claims):
        assert list(claims[0]) == [*COLUMNS, "wording", "trust"]

    def test_the_library_reads_it_whole(self, claims):
        ledger = read_ledger(read_register(STUDY))
        assert list(ledger.ids) == [claim["id"] for claim in claims]

    def test_ids_are_unique(self, claims):
        assert [id for id, n in Counter(claim["id"] for claim in claims).items() if n > 1] == []

    def test_no_figure_is_entered_twice(self, claims):
        said = [
            *("population", "unit", "force", "role", "outcome"),
            *("measure", "comparison", "value"),
        ]
        figures = Counter(tuple(claim[column] for column in said) for claim in claims)
        assert [figure for figure, n in figures.items() if n > 1] == []

    def test_sources_exist_and_are_named_once(self, claims):
        known = {row["source"] for row in rows_of(STUDY / "sources.csv")}
        for claim in claims:
            sources = claim["source"].split("|")
            assert set(sources) <= known, claim["id"]
            assert len(set(sources)) == len(sources), claim["id"]

    def test_every_claim_is_in_words(self, claims):
        assert [claim["id"] for claim in claims if not claim["wording"].strip()] == []

    def test_the_trust_order_names_every_source_of_the_survey(self, claims):
        trusted = read_register(STUDY).study.trusted_sources
        assert len(set(trusted)) == len(trusted)
        used = {s for c in claims if c["population"] == SURVEY for s in c["source"].split("|")}
        assert used <= set(trusted)

    def test_a_place_of_a_paper_without_the_counts_above_is_given_up_first(self, by_id):
        for id in ("kent-third", "north-yorkshire-fourth", "northamptonshire-seventh"):
            assert by_id[id]["trust"] == "0"

    def test_ends_hold_the_value(self, claims):
        for claim in claims:
            if claim["low"] and claim["high"] and "/" not in claim["value"]:
                low, value, high = (float(claim[key]) for key in ("low", "value", "high"))
                assert low <= value <= high, claim["id"]


class TestComplete:
    def test_every_national_figure_has_all_of_its_sources(self, by_id):
        """(source, figure) as collected from the papers, and the article's own."""
        missing = [
            figure
            for figure in rows_of(Path(__file__).parent / "national_figures.csv")
            if figure["source"] not in by_id[figure["claim"]]["source"].split("|")
            or figure["value"] not in ("", by_id[figure["claim"]]["value"])
        ]
        assert missing == []

    def test_the_figures_kept_beside_this_test_are_those_collected(self):
        figures = rows_of(Path(__file__).parent / "national_figures.csv")
        sources = Counter(figure["claim"] for figure in figures)
        assert sources["total-828"] == 26
        assert sources["share-left-9"] == 15
        assert sources["share-nothing-14"] == 14
        assert sources["officers-548"] == sources["staff-175"] == sources["pcsos-31"] == 3
        assert sources["total-826"] == sources["total-848"] == sources["total-850"] == 1

    def test_every_count_of_a_force_has_all_of_its_sources(self, claims):
        """Totals and their duplicates in the register, with the 20 that contests a 19."""
        groups = {row["group"]: row for row in rows_of(STUDY / "groups.csv")}
        nation = "England and Wales"
        expected = {}
        for row in rows_of(STUDY / "statements.csv"):
            group = groups[row["group"]]
            counted = row["part"] == "total" or row["of"].endswith("-01")
            if group["survey"] != SURVEY or group["unit"] != "case" or group["force"] == nation:
                continue
            if counted and row["roles"] == row["outcomes"] == "any" and row["n_low"]:
                key = (group["force"], row["n_low"])
                expected.setdefault(key, set()).add(row["source"])
        found = {
            (claim["force"], claim["value"]): set(claim["source"].split("|"))
            for claim in claims
            if (claim["population"], claim["unit"]) == (SURVEY, "case")
            and (claim["measure"], claim["comparison"]) == ("count", "equals")
            and claim["role"] == claim["outcome"] == "any"
            and claim["force"] != "any"
        }
        assert len(expected) == 28  # 25 forces, two regions, one force with two counts
        assert found == expected

    def test_the_cases_the_article_describes(self, by_id):
        people = 0
        for example in rows_of(STUDY / "examples.csv"):
            claim = by_id[f"example-{example['example']}"]
            assert "A001" in claim["source"].split("|")
            assert (claim["measure"], claim["comparison"]) == ("count", "at_least")
            assert (claim["role"], claim["outcome"]) == (example["roles"], example["outcomes"])
            assert claim["force"] == (example["force"] or "any")
            assert claim["value"] == example["people"]
            people += int(claim["value"])
        assert people == 8

    def test_places_are_in_the_order_of_their_counts(self, by_id):
        """The article's first three, whose counts are printed beside their places."""
        forces = ("greater-manchester-88", "west-midlands-74", "metropolitan-69")
        counts = [int(by_id[id]["value"]) for id in forces]
        assert all(more > fewer for more, fewer in pairwise(counts))
        places = ("greater-manchester-first", "west-midlands-second", "metropolitan-third")
        assert [by_id[id]["low"] for id in places] == ["1", "2", "3"]
        assert [by_id[place]["force"] for place in places] == [by_id[id]["force"] for id in forces]
