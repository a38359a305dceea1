"""What users do by mistake or in passing: each gets an answer or a message, never a raw error."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

from foistats.errors import DataError, NotIdentifiedError, UsageError
from foistats.severity.model import CumulativeLinkModel

LADDER = ["none", "warning", "left"]


def cases(n=150, seed=1):
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "severity": random.choice(LADDER, n),
            "role": random.choice(["officer", "staff"], n),
            "year": random.normal(size=n),
            "force": random.choice(list("abcdef"), n),
            "n": random.integers(1, 4, n),
        }
    )


def model(formula="severity ~ role + year", **settings):
    return CumulativeLinkModel(formula, **({"ladder": LADDER} | settings))


@pytest.fixture(scope="module")
def fit():
    return model(groups="force").fit(cases(), weights="n")


class TestCopies:
    @pytest.mark.parametrize(
        "copied",
        [copy.deepcopy, lambda fit: pickle.loads(pickle.dumps(fit))],
        ids=["deepcopy", "pickle"],
    )
    def test_a_copy_answers_the_same(self, fit, copied):
        new = pd.DataFrame({"role": ["staff"], "year": [0.3]})
        pd.testing.assert_frame_equal(copied(fit).probabilities(new), fit.probabilities(new))
        pd.testing.assert_frame_equal(copied(fit).coefficients, fit.coefficients)

    def test_a_fit_can_be_a_key(self, fit):
        assert {fit: 1}[fit] == 1


class TestSeveralPeaks:
    """Outcome sets with a gap can make a likelihood with more than one peak."""

    def test_a_supremum_at_infinity_is_no_estimate(self):
        """A finite peak is lower: the highest value is only approached."""
        rows = [("a1", "q", 5), ("a1|a2", "p", 26), ("a1|a3", "p", 10), ("a2", "q", 17)]
        frame = pd.DataFrame([*rows, ("a3", "p", 7)], columns=["severity", "role", "n"])
        with pytest.raises(NotIdentifiedError):
            model("severity ~ role", ladder=["a1", "a2", "a3"]).fit(frame, "n")

    def test_the_highest_is_found(self):
        rows = [
            ("a1", "q", 3), ("a1|a2", "p", 11), ("a1|a2", "p|q", 1), ("a1|a2|a4", "p|q", 5),
            ("a1|a3", "q", 1), ("a1|a3", None, 5), ("a1|a3|a4", "p|q", 9), ("a1|a4", "p", 3),
            ("a2", "q", 9), ("a2", None, 1), ("a2|a3", "q", 7), ("a2|a4", "q", 4),
            ("a3", None, 5), ("a4", "p", 4),
        ]  # fmt: skip
        frame = pd.DataFrame(rows, columns=["severity", "role", "n"])
        question = model("severity ~ role", ladder=["a1", "a2", "a3", "a4"])
        found = question.fit(frame, "n", composition={"role": {"p": 0.6, "q": 0.4}})
        assert found.log_likelihood == pytest.approx(-53.0957, abs=1e-4)
        assert found.coefficients["estimate"].iloc[0] == pytest.approx(-1.739, abs=1e-3)


class TestSettings:
    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"ladder": {"none", "left"}}, "ladder is a set, which has no order"),
            ({"ladder": "none"}, "ladder is a str, which has no order"),
            ({"link": None}, "link is None; a text is needed"),
            ({"level": None}, "level is None; a number is needed"),
            ({"prior_cases": "1"}, "prior_cases is '1'; a number is needed"),
            ({"groups": ["force"]}, r"groups is \['force'\]; a text is needed"),
            ({"groups": "severity"}, "groups='severity' is the response"),
            ({"formula": "severity ~ rung"}, "covariate 'rung': tables of the fit have"),
        ],
    )
    def test_wrong_ones_are_refused(self, settings, message):
        with pytest.raises(UsageError, match=message):
            model(**settings)

    def test_none_means_none(self):
        same = model(groups=None, nominal=None, scale=None).fit(cases(), weights=None)
        assert same.log_likelihood == model().fit(cases()).log_likelihood

    @pytest.mark.parametrize("ladder", [np.array(LADDER), pd.Index(LADDER), tuple(LADDER)])
    def test_a_ladder_may_be_any_sequence(self, ladder):
        assert model(ladder=ladder).ladder == tuple(LADDER)

    def test_a_ladder_of_numbers(self):
        frame = cases().assign(severity=lambda d: d["severity"].map(LADDER.index).astype(float))
        by_number = model(ladder=[0.0, 1.0, 2.0]).fit(frame)
        assert by_number.log_likelihood == pytest.approx(model().fit(cases()).log_likelihood)


class TestWeights:
    def test_a_series_in_another_order_is_refused(self):
        frame = cases()
        with pytest.raises(UsageError, match="the series has another index than the data"):
            model().fit(frame, weights=frame["n"].iloc[::-1])

    def test_a_series_a_column_and_an_array_agree(self):
        frame = cases()
        fits = [model().fit(frame, weights=w) for w in ("n", frame["n"], frame["n"].to_numpy())]
        assert len({fit.log_likelihood for fit in fits}) == 1

    @pytest.mark.parametrize("wrong", [[[1.0]], 1j * np.ones(150), [1.0]])
    def test_others_are_refused(self, wrong):
        with pytest.raises(UsageError, match="weights: "):
            model().fit(cases(), weights=wrong)


class TestCompositions:
    @pytest.mark.parametrize(
        ("composition", "message"),
        [
            (
                {"rol": {"officer": 1.0}},
                "composition of 'rol': no such column; did you mean 'role'",
            ),
            ({"role": {"officer": 0.5, "staff": 0.4}}, "the shares sum to 0.9, not to 1"),
            ({"role": {"officer": 1.5, "staff": -0.5}}, "the share of 'officer' is 1.5"),
            ({"role": "officer"}, "{level: share} is needed"),
            ("role", "composition is a str"),
        ],
    )
    def test_wrong_ones_are_refused_even_if_no_row_is_open(self, composition, message):
        with pytest.raises(UsageError, match=message):
            model().fit(cases(), composition=composition)

    def test_a_level_that_never_occurs_needs_no_share(self):
        frame = cases()
        frame.loc[:9, "role"] = None
        frame["role"] = pd.Categorical(frame["role"], ["officer", "staff", "special"])
        found = model().fit(frame, composition={"role": pd.Series({"officer": 0.7, "staff": 0.3})})
        assert list(found.observations.points["role"].cat.categories) == ["officer", "staff"]


class TestNames:
    def test_two_groups_written_alike(self):
        frame = cases().assign(force=[1, "1"] * 75)
        with pytest.raises(DataError, match="two different groups are both written '1'"):
            model(groups="force").fit(frame)

    def test_a_group_of_numbers_is_found_by_its_number(self):
        frame = cases().assign(force=np.arange(150) % 6)
        found = model(groups="force").fit(frame)
        assert len(found.probabilities(pd.DataFrame({"role": ["staff"], "year": [0]}), at=1)) == 3


class TestNewData:
    @pytest.mark.parametrize(
        ("new", "error", "message"),
        [
            ({"role": ["staff"], "year": [0]}, UsageError, "new data is a dict"),
            (pd.DataFrame({"role": [], "year": []}), UsageError, "new data has no rows"),
            (pd.DataFrame({"role": ["staff"]}), UsageError, "no column 'year'"),
            (pd.DataFrame({"role": ["chief"], "year": [0]}), DataError, "row 0, column 'role'"),
            (
                pd.DataFrame({"role": ["staff"] * 2, "year": [0, np.nan]}),
                DataError,
                "row 1, column 'year'",
            ),
            (pd.DataFrame({"role": ["staff"], "year": ["x"]}), DataError, "found 'x'"),
            (pd.DataFrame({"role": ["staff"], "year": [np.inf]}), DataError, "found 'inf'"),
            (
                pd.DataFrame([["staff", 0, 1]], columns=["role", "year", "year"]),
                UsageError,
                "several columns 'year'",
            ),
        ],
    )
    def test_what_cannot_be_predicted_is_said(self, fit, new, error, message):
        with pytest.raises(error, match=message):
            fit.probabilities(new)

    def test_far_away_a_share_is_one_or_zero(self, fit):
        table = fit.probabilities(pd.DataFrame({"role": ["staff"], "year": [1e6]}))
        assert table["estimate"].sum() == pytest.approx(1)
        assert table[["conf_low", "conf_high"]].notna().all().all()

    def test_shares_are_of_all_levels(self, fit):
        alone = model("severity ~ role").fit(cases())
        with pytest.raises(UsageError, match="the levels of 'role' in the fit are officer, staff"):
            alone.predicted_shares({"officer": 1.0})


def test_a_model_without_terms_has_nothing_to_test():
    bare = model("severity ~ 1").fit(cases())
    assert bare.proportional_odds_tests().empty
    assert bare.departures().empty
    with pytest.raises(UsageError, match="no terms to test"):
        bare.wald_test([])


def test_sets_alone_have_no_pairs_of_edges():
    frame = pd.DataFrame(
        {
            "severity": ["none|warning", "none|left", "warning|left"] * 2,
            "role": ["officer"] * 3 + ["staff"] * 3,
            "n": [20, 12, 10, 15, 14, 18],
        }
    )
    found = model("severity ~ role").fit(frame, "n")
    assert len(found.proportional_odds_tests())
