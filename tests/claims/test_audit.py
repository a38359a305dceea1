"""Edges of the audit: boundaries, ties, empty bases, large counts, verdicts and what is implied."""

import json

import pytest

from foistats.claims.audit import audit_claims
from foistats.errors import UsageError


def conflicts(folder, **settings):
    audit = audit_claims(folder, **settings)
    assert audit.cut == ""
    return [set(conflict.ids) for conflict in audit.conflicts]


def test_strict_at_an_exact_share(study):
    rows = [
        {"id": "total", "value": "20"},
        {"id": "left", "outcome": "left", "value": "10"},
        {"id": "half", "outcome": "left", "measure": "share", "value": "50"},
        {"id": "most", "outcome": "left", "measure": "share", "comparison": "majority"},
    ]
    assert conflicts(study(rows[:3])) == []
    assert conflicts(study(rows)) == [{"half", "most"}, {"total", "left", "most"}]


def test_half_is_printed_either_way(study):
    rows = [{"id": "total", "value": "8"}, {"id": "left", "outcome": "left", "value": "1"}]
    rows += [
        {"id": n, "outcome": "left", "measure": "share", "comparison": "rounds_to", "value": n}
        for n in ("12", "13")
    ]
    assert conflicts(study(rows)) == []
    assert conflicts(study(rows), rounding="half_up") == [
        {"total", "12"},
        {"left", "12"},
        {"12", "13"},
    ]
    assert conflicts(study(rows), rounding="half_even") == [
        {"total", "13"},
        {"left", "13"},
        {"12", "13"},
    ]


def test_ties_share_places(study):
    rows = [
        {"id": "a", "force": "Ash", "value": "5"},
        {"id": "b", "force": "Beech", "value": "5"},
        {"id": "first", "force": "Ash", "comparison": "highest"},
        {"id": "too", "force": "Beech", "comparison": "highest"},
        {"id": "second", "force": "Ash", "measure": "rank", "value": "2"},
    ]
    assert conflicts(study(rows)) == []
    rows[2]["reading"] = "strict"
    found = conflicts(study(rows))
    assert {"a", "b", "first"} in found
    assert {"first", "too"} in found


def test_a_share_needs_a_base(study):
    rows = [
        {"id": "none", "force": "Ash", "value": "0"},
        {"id": "share", "force": "Ash", "outcome": "left", "measure": "share", "value": "0"},
    ]
    assert conflicts(study(rows)) == [{"none", "share"}]


def test_large_counts(study):
    big = 10**9
    rows = [
        {"id": "total", "value": str(big)},
        {"id": "left", "outcome": "left", "value": str(big // 2)},
        {
            "id": "rest",
            "outcome": "nothing|advice",
            "comparison": "at_least",
            "value": str(big // 2),
        },
        {"id": "half", "outcome": "left", "measure": "share", "value": "50"},
    ]
    assert conflicts(study(rows)) == []
    rows[2]["value"] = str(big // 2 + 1)
    assert conflicts(study(rows)) == [
        {"total", "left", "rest"},
        {"total", "rest", "half"},
        {"left", "rest", "half"},
    ]
    audit = audit_claims(study(rows[:2]))
    assert audit.bounds(outcome="advice").high == big // 2


def test_populations_and_units_share_no_table(study):
    rows = [
        {"id": "a", "value": "5"},
        {"id": "b", "value": "6", "unit": "person"},
        {"id": "c", "value": "7", "population": "later"},
    ]
    assert conflicts(study(rows)) == []
    rows.append({"id": "d", "measure": "ratio:c", "value": "1"})
    assert conflicts(study(rows)) == [{"a", "c", "d"}]


def test_terms_of_a_level(study):
    terms = {"dismissed": ["left"], "resigned": ["left"], "pending": []}
    rows = [
        {"id": "left", "outcome": "left", "value": "9"},
        {"id": "sacked", "outcome": "dismissed", "value": "5"},
        {"id": "went", "outcome": "resigned", "value": "4"},
        {"id": "both", "outcome": "dismissed|resigned", "value": "9"},
        {"id": "open", "outcome": "pending", "value": "3"},
    ]
    assert conflicts(study(rows, terms=terms)) == []
    rows[2]["value"] = "5"
    assert conflicts(study(rows, terms=terms)) == [
        {"left", "sacked", "went"},
        {"sacked", "went", "both"},
    ]


def test_the_words_of_a_column_are_added_up(study):
    terms = {"dismissed": ["left"], "resigned": ["left"]}
    rows = [
        {"id": "sacked", "outcome": "dismissed", "value": "3"},
        {"id": "went", "outcome": "resigned", "value": "3"},
        {"id": "both", "outcome": "dismissed|resigned", "value": "7"},
        {"id": "left", "outcome": "left", "value": "8"},
    ]
    assert conflicts(study(rows, terms=terms)) == [{"sacked", "went", "both"}]
    folder = study([row for row in rows if row["id"] != "both"], terms=terms)
    assert conflicts(folder) == []  # two may have left in a way that no word describes
    book = folder / "codebooks" / "outcomes.toml"
    book.write_text(
        book.read_text().replace('"Left"\n[[term]]', '"Left"\ncovered = true\n[[term]]')
    )
    assert conflicts(folder) == [{"sacked", "went", "left"}]


def test_a_count_is_compared_with_a_majority_by_its_count(study):
    rows = [
        {"id": "most", "force": "Ash|Beech", "comparison": "majority"},
        {"id": "all", "comparison": "lower_than", "value": "most"},
    ]
    assert conflicts(study(rows)) == [{"all"}]


def test_the_most_frequent_outcome_is_so_among_the_ways_to_leave(study):
    terms = {"dismissed": ["left"], "resigned": ["left"]}
    rows = [
        {"id": "sacked", "outcome": "dismissed", "value": "5"},
        {"id": "went", "outcome": "resigned", "value": "6"},
        {"id": "most", "outcome": "dismissed", "comparison": "plurality"},
    ]
    assert conflicts(study(rows, terms=terms)) == [{"sacked", "went", "most"}]


def test_no_claim_is_set_aside_for_one_that_is_set_aside(study):
    rows = [
        {"id": "twenty", "value": "20", "source": "S1"},
        {"id": "low", "comparison": "at_most", "value": "15", "source": "S2"},
        {"id": "ash", "force": "Ash", "comparison": "at_least", "value": "14", "source": "S3"},
        {"id": "ten", "comparison": "at_most", "value": "10", "source": "S4"},
    ]
    trust = '[claims]\ntrust = ["S1", "S3", "S2", "S4"]\n'
    found = audit_claims(study(rows, trust=trust)).bounds("Ash")
    assert (found.low, found.high) == (14, 20)
    assert set(found.set_aside) == {"low", "ten"}
    found = audit_claims(study(rows, trust='[claims]\ntrust = ["S4", "S3", "S2"]\n')).bounds("Ash")
    assert set(found.set_aside) == {"twenty", "ash"}  # low is no trouble without twenty


def test_a_share_that_no_whole_number_gives_disagrees(study):
    audit = audit_claims(
        study(
            [
                {"id": "odd", "force": "Ash", "outcome": "left", "measure": "share", "value": "70"},
                {
                    "id": "half",
                    "force": "Ash",
                    "outcome": "left",
                    "measure": "share",
                    "value": "50",
                },
            ],
            groups="g,survey,Ash,,,all,case,all,rule,a form\n",
            statements="s,g,S1,total,,,any,any,8,8,printed,rule\n",
        )
    )
    verdicts = audit.verdicts.set_index("id")
    assert verdicts["verdict"].to_dict() == {"odd": "disagrees", "half": "cannot be checked"}
    assert verdicts.loc["odd", ["low", "high"]].tolist() == [0, 100]


@pytest.mark.parametrize("seconds", [-1.0, float("nan")])
def test_seconds_are_a_number(study, seconds):
    with pytest.raises(UsageError, match="seconds"):
        audit_claims(study([{"id": "a", "value": "1"}]), seconds=seconds)


def test_areas_are_the_sum_of_their_forces(study):
    rows = [
        {"id": "north", "force": "North", "value": "9"},
        {"id": "a", "force": "Ash", "comparison": "at_least", "value": "5"},
        {"id": "b", "force": "Beech", "comparison": "at_least", "value": "5"},
    ]
    areas = {"Ash": "North", "Beech": "North"}
    assert conflicts(study(rows, areas=areas)) == [{"north", "a", "b"}]


ASKED = {"Ash": "disclosed", "Beech": "refused", "Cedar": "not_in_print"}


def test_answers(study):
    rows = [
        {"id": "two", "measure": "forces:answered", "unit": "force", "value": "2"},
        {"id": "one", "measure": "forces:refused", "unit": "force", "value": "1"},
        {"id": "named", "force": "Beech", "measure": "forces:refused", "value": "1"},
        {"id": "five", "measure": "forces:refused", "unit": "force", "value": "2"},
        {"id": "low", "force": "Cedar", "comparison": "lowest"},
        {"id": "zero", "force": "Ash", "value": "3"},
    ]
    audit = audit_claims(study(rows, asked=ASKED))
    assert [set(conflict.ids) for conflict in audit.conflicts] == [{"two", "five"}, {"one", "five"}]
    verdicts = audit.verdicts.set_index("id")["verdict"]
    assert verdicts[["two", "one", "named", "five"]].tolist() == [*["agrees"] * 3, "disagrees"]


def test_silent_forces_have_no_cases(study):
    rows = [{"id": "a", "force": "Beech", "value": "3"}]
    assert conflicts(study(rows, asked=ASKED)) == [{"a"}]


GROUPS = (
    "ash,survey,Ash,,,all,case,all,rule,a form\nbeech,survey,Beech,,,all,case,all,rule,a form\n"
)
STATEMENTS = """\
ash-1,ash,S1,total,,,any,any,10,10,printed,rule
ash-2,ash,S1,cell,t,,officer,left,4,4,printed,rule
ash-3,ash,S1,cell,t,,staff,left|advice,6,6,printed,rule
beech-1,beech,S2,total,,,any,any,3,3,printed,rule
"""


ASH_STAFF = {"force": "Ash", "role": "staff"}


def test_verdicts(study):
    rows = [
        {"id": "ten", "force": "Ash", "value": "10"},
        {"id": "eleven", "force": "Ash", "value": "11"},
        {"id": "left", "force": "Ash", "outcome": "left", "comparison": "at_least", "value": "4"},
        {"id": "more", "force": "Ash", "outcome": "left", "comparison": "at_least", "value": "5"},
        {"id": "two", "force": "Ash|Beech", "value": "13"},
        {"id": "all", "comparison": "at_least", "value": "13"},
        {"id": "above", "force": "Ash", "comparison": "higher_than", "value": "b"},
        {"id": "b", "force": "Beech", "comparison": "at_most", "value": "3"},
        {"id": "share", "force": "Ash", "role": "staff", "outcome": "any", "value": "6"},
        {"id": "first", "force": "Beech", "comparison": "highest"},
        {
            "id": "staff",
            "force": "Ash",
            "role": "staff",
            "measure": "share_of_role:any",
            "value": "60",
        },
        {"id": "beside", "measure": "outside", "value": "209362"},
    ]
    folder = study(rows, groups=GROUPS, statements=STATEMENTS)
    frame = audit_claims(folder).verdicts.set_index("id")
    assert frame["verdict"].to_dict() == {
        "ten": "agrees",
        "eleven": "disagrees",
        "left": "agrees",
        "more": "cannot be checked",
        "two": "agrees",
        "all": "agrees",
        "above": "agrees",
        "b": "agrees",
        "share": "agrees",
        "first": "disagrees",
        "staff": "agrees",
        "beside": "cannot be checked",
    }
    assert tuple(frame.loc["more", ["low", "high"]]) == (4, 10)
    assert frame.loc["two", "arithmetic"] == "Ash 10 (S1) + Beech 3 (S2) = 13"
    assert frame.loc["all", "arithmetic"].endswith("nothing printed for Cedar")


def test_the_arithmetic_of_forces_with_few_counts_no_part_as_the_whole(study):
    rows = [{"id": "few", "measure": "forces:at_most:5", "unit": "force", "value": "1"}]
    statements = "ash-1,ash,S1,total,,,any,any,9,9,printed,rule\n" + (
        "beech-1,beech,S2,total,,,any,any,3,3,printed,rule\n"
        "cedar-1,cedar,S2,cell,t,,officer,left,1,1,printed,picked\n"
    )
    groups = GROUPS + "cedar,survey,Cedar,,,all,case,part,picked,an example\n"
    folder = study(rows, groups=groups, statements=statements)
    found = audit_claims(folder).verdicts.iloc[0]
    assert found["arithmetic"] == "at most 5: Beech 3 (S2); only a part printed for Cedar"
    assert (found["low"], found["high"]) == (1, 2)


def test_the_least_trusted_is_set_aside(study):
    rows = [
        {"id": "a", "source": "S1", "value": "20"},
        {"id": "b", "source": "S2", "value": "21"},
        {"id": "c", "source": "S1", "force": "Ash", "comparison": "at_least", "value": "15"},
    ]
    folder = study(rows, trust='[claims]\ntrust = ["S1", "S2"]\n')
    audit = audit_claims(folder)
    found = audit.bounds("Beech|Cedar")
    assert (found.low, found.high, found.set_aside) == (0, 5, ("b",))
    assert "Set aside" in found.words
    assert audit.bounds("Ash", measure="rank").high == 1
    document = json.loads(json.dumps(audit.as_dict()))
    assert document["conflicts"][0]["ids"] == ["a", "b"]
    assert list(document)[:5] == ["study", "claims", "possible", "reason", "agrees"]
    assert list(document)[5:] == ["verdicts", "conflicts", "cut", "complete", "grim", "left_out"]


def test_nothing_bounds_a_count_without_claims(study):
    audit = audit_claims(study([{"id": "a", "force": "Ash", "value": "3"}]))
    found = audit.bounds("Beech")
    assert (found.low, found.high) == (0, None)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"force": "Ahs"}, "did you mean 'Ash'"),
        ({"role": "oficer"}, "did you mean 'officer'"),
        ({"measure": "shre"}, "did you mean 'share'"),
        ({"population": "surve"}, "did you mean 'survey'"),
        ({"measure": "rank"}, "one force"),
    ],
)
def test_bounds_of_unknown_words(study, asked, message):
    audit = audit_claims(study([{"id": "a", "value": "3"}]))
    with pytest.raises(UsageError, match=message):
        audit.bounds(**asked)


def test_more_conflicts_than_the_limit(study):
    rows = [{"id": f"c{n}", "value": str(n)} for n in range(6)]
    audit = audit_claims(study(rows), limit=4)
    assert len(audit.conflicts) == 4
    assert "the 4 smallest of the 15" in audit.cut


def test_out_of_time(study):
    audit = audit_claims(study([{"id": "a", "value": "3"}]), seconds=0)
    assert audit.possible is None
    assert "not settled in the time given" in audit.reason
    assert not audit.agrees
