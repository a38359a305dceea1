"""Rates and proportions against R, and what has no answer."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from foistats.errors import InvalidStudyError, UsageError
from foistats.forces.exact import (
    clopper_pearson,
    garwood,
    poisson_ratio,
    poisson_ratio_p_value,
    wilson,
)
from foistats.forces.rates.crude import crude_rates
from foistats.forces.rates.proportions import proportions
from foistats.layout import UNLIMITED

ANSWERS = Path(__file__).parents[1] / "known_answers"
R = pd.read_csv(ANSWERS / "intervals.csv")


def counts(n_low, n_high=None, unit="case", **columns):
    low = list(n_low)
    frame = pd.DataFrame({"force": list("ABCDEFG"[: len(low)]), "unit": unit, "n_low": low})
    return frame.assign(n_high=low if n_high is None else n_high, **columns)


def years(*values, **columns):
    frame = pd.DataFrame({"force": list("ABCDEFG"[: len(values)]), "person_years": values})
    return frame.assign(**columns)


def of_method(method):
    return R[R["method"] == method].to_dict("records")


@pytest.mark.parametrize("level", [0.9, 0.95, 0.998])
def test_rates_as_poisson_test(level) -> None:
    rows = R[(R["method"] == "poisson.test") & (R["level"] == level)]
    names = [f"F{i:03}" for i in range(len(rows))]
    table = pd.DataFrame({"force": names, "unit": "case", "n_low": rows["x"].to_numpy()})
    exposure = pd.DataFrame({"force": names, "person_years": rows["of"].to_numpy()})
    found = crude_rates(table.assign(n_high=table["n_low"]), exposure, per=1, level=level)
    np.testing.assert_allclose(found["conf_low"], rows["low"], rtol=1e-9)
    np.testing.assert_allclose(found["conf_high"], rows["high"], rtol=1e-9)


def test_rates_as_epitools() -> None:
    for row in of_method("pois.exact"):
        low, high = garwood(np.array([row["x"]]), np.array([row["x"]]), row["level"])
        ours = np.array([low[0], high[0]])
        np.testing.assert_allclose(ours, np.array([row["low"], row["high"]]) * row["of"], atol=1e-3)


@pytest.mark.parametrize(
    ("method", "interval"), [("binom.test", clopper_pearson), ("prop.test", wilson)]
)
def test_proportions_as_in_r(method, interval) -> None:
    for row in of_method(method):
        x, of = np.array([float(row["x"])]), np.array([float(row["of"])])
        low, high = interval(x, x, of, row["level"])
        np.testing.assert_allclose(
            [low[0], high[0]], [row["low"], row["high"]], rtol=1e-9, atol=1e-12
        )


def test_two_rates_as_poisson_test() -> None:
    for row in of_method("poisson.test two"):
        pair, exposures = (int(row["x"]), int(row["y"])), (row["of"], row["of_y"])
        found = poisson_ratio(pair, exposures, row["level"])
        np.testing.assert_allclose(found, [row["low"], row["high"]], rtol=1e-9)
        assert poisson_ratio_p_value(pair, exposures) == pytest.approx(row["p"], rel=1e-7)


def test_two_zeros_say_nothing() -> None:
    assert poisson_ratio((0, 0), (3.0, 4.0)) == (0, np.inf)
    assert poisson_ratio_p_value((0, 0), (3.0, 4.0)) == 1


@pytest.mark.parametrize("mean", [0.2, 1.7, 6.0, 33.3])
def test_garwood_covers_by_summation(mean) -> None:
    n = np.arange(0, 200.0)
    low, high = garwood(n, n, 0.9)
    assert stats.poisson.pmf(n, mean)[(low <= mean) & (mean <= high)].sum() >= 0.9
    assert stats.poisson.pmf(n, mean)[low > mean].sum() <= 0.05
    assert stats.poisson.pmf(n, mean)[high < mean].sum() <= 0.05


@pytest.mark.parametrize("share", [0.01, 0.3, 0.77])
def test_clopper_pearson_covers_by_summation(share) -> None:
    n, of = np.arange(0, 41.0), np.full(41, 40.0)
    low, high = clopper_pearson(n, n, of)
    inside = (low <= share) & (share <= high)
    assert stats.binom.pmf(n, 40, share)[inside].sum() >= 0.95


def test_a_count_known_as_an_interval() -> None:
    found = crude_rates(counts([1, 4], [4, 4]), years(2000, 2000))
    first, second = found.iloc[0], found.iloc[1]
    assert np.isnan(first["estimate"])
    assert np.isnan(first["std_error"])
    assert (first["estimate_low"], first["estimate_high"]) == (0.5, 2)
    one = crude_rates(counts([1]), years(2000)).iloc[0]
    assert (first["conf_low"], first["conf_high"]) == (one["conf_low"], second["conf_high"])
    assert first["note"] == "count known as 1 to 4"
    assert second["std_error"] == pytest.approx(1000 * np.sqrt(4) / 2000)


def test_a_count_without_an_upper_limit() -> None:
    found = crude_rates(counts([10], [UNLIMITED]), years(1000)).iloc[0]
    assert (found["estimate_high"], found["conf_high"]) == (np.inf, np.inf)
    assert found["note"] == "count known as 10 or more"
    share = proportions(counts([10], [UNLIMITED], of=40)).iloc[0]
    assert (share["estimate_low"], share["estimate_high"], share["conf_high"]) == (0.25, 1, 1)


def test_what_has_no_answer_says_why() -> None:
    table = counts([5, 0, 3, None], [5, 0, 3, None])
    known = pd.concat(
        [years(1000, 1000), pd.DataFrame({"force": list("CDE"), "person_years": [0, 9, 7]})]
    )
    found = crude_rates(table, known.assign(note=["", "held 89 days", "", "", ""])).set_index(
        "force"
    )
    assert found["note"].to_dict() == {
        "A": "",
        "B": "no standard error at zero; held 89 days",
        "C": "zero person-years",
        "D": "no count",
        "E": "no count",
    }
    empty = found.loc[["C", "D", "E"], ["estimate", "estimate_high", "conf_low", "conf_high"]]
    assert empty.isna().all(axis=None)
    assert found.loc["B", ["estimate", "conf_low"]].to_list() == [0, 0]
    assert found.loc["B", "conf_high"] == pytest.approx(-np.log(0.025))
    assert set(found["unit"]) == {"case"}
    without = crude_rates(counts([2, 3]), years(5.0))
    assert without["note"].to_list() == ["", "no person-years"]


def test_units_are_not_mixed() -> None:
    mixed = counts([1, 2, 3, 4, 5], unit=["case", "case", "person", "case", "case"])
    said = (
        r"different units cannot be compared: 'case' \(A, B, D and 1 more\), 'person' \(C\); keep"
    )
    with pytest.raises(UsageError, match=said):
        crude_rates(mixed, years(1, 2, 3, 4, 5))
    with pytest.raises(UsageError, match="different units"):
        proportions(mixed.assign(of=9))
    with pytest.raises(InvalidStudyError, match="a name, not empty"):
        crude_rates(counts([1], unit=""), years(1))


def test_tables_are_checked() -> None:
    with pytest.raises(InvalidStudyError) as caught:
        crude_rates(
            counts([-1, 2.5, 3, 1], [1, 3, 3, 1]).assign(force=["A", "B", "C", "C"]), years(1)
        )
    found = [(f.row, f.column, f.found) for f in caught.value.findings]
    assert found == [(2, "n_low", "-1.0"), (3, "n_low", "2.5"), (5, "force", "C")]
    with pytest.raises(InvalidStudyError, match="at least n_low"):
        crude_rates(counts([4], [1]), years(1))
    with pytest.raises(InvalidStudyError, match="a number, zero or more, or missing"):
        crude_rates(counts([1]), years(-2.0))
    with pytest.raises(InvalidStudyError, match="at most what it is of"):
        proportions(counts([4], of=3))
    with pytest.raises(UsageError, match=r"no method 'wilsons'.*did you mean 'wilson'"):
        proportions(counts([4], of=9), method="wilsons")
    with pytest.raises(UsageError, match="per is 0; it must be"):
        crude_rates(counts([1]), years(1), per=0)
    with pytest.raises(UsageError, match="level is 95"):
        crude_rates(counts([1]), years(1), level=95)


def test_failures_are_counted_beyond_twenty() -> None:
    table = pd.DataFrame({"force": [f"F{i}" for i in range(50)], "unit": "case", "n_low": -1})
    with pytest.raises(InvalidStudyError, match="30 rows more"):
        crude_rates(table.assign(n_high=1), years(1))


def test_proportions_of_nothing_and_of_all() -> None:
    found = proportions(counts([0, 0, 7], of=[0, 7, 7]), method="wilson")
    assert found["note"].to_list() == ["zero cases it is of", "no standard error at zero", ""]
    assert found["conf_low"].iloc[1] == 0
    assert found["conf_high"].iloc[2] == 1
    assert np.isnan(found["conf_high"].iloc[0])


def test_nothing_in_nothing_out() -> None:
    none = counts([]).astype({"n_low": float, "n_high": float})
    assert crude_rates(none, years()).empty
    assert proportions(none.assign(of=[])).empty
    only_years = crude_rates(none, years(3.0))
    assert only_years["note"].to_list() == ["no count"]


@pytest.mark.slow
def test_a_million_rows() -> None:
    size = 1_000_000
    force = np.arange(size).astype(str).astype(object)
    n = np.arange(size) % 300
    table = pd.DataFrame({"force": force, "unit": "case", "n_low": n, "n_high": n})
    found = crude_rates(table, pd.DataFrame({"force": force, "person_years": 1.0 + n}))
    assert len(found) == size
    assert (found["conf_low"] <= found["estimate"]).all()
    assert (found["conf_high"] >= found["estimate"]).all()
