"""Funnel plots against the definitions written down in R, and against exact summation."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from foistats.errors import UsageError
from foistats.forces.funnels.control_limits import binomial_limits, poisson_limits
from foistats.forces.funnels.dispersion import dispersion, winsorise
from foistats.forces.funnels.funnel import funnel

ANSWERS = Path(__file__).parents[1] / "known_answers"
FORCES = pd.read_csv(ANSWERS / "forces.csv")
LIMITS = pd.read_csv(ANSWERS / "limits.csv")
SPREAD = pd.read_csv(ANSWERS / "spread.csv")
SCORES = pd.read_csv(ANSWERS / "scores.csv")
COUNTS = FORCES[["force"]].assign(unit="case", n_low=FORCES["n"], n_high=FORCES["n"])
SHARES = COUNTS.assign(n_low=FORCES["share"], n_high=FORCES["share"], of=FORCES["of"])


def named(name, winsorised=0.1):
    """The funnel that R calls by this name."""
    scale = "stabilised" if "stabilised" in name else "natural"
    options = {"winsorised": winsorised, "scale": scale}
    if name.startswith("ratio"):
        target = "pooled" if "pooled" in name else 1
        return funnel(COUNTS, FORCES, kind="ratio", target=target, **options)
    if name.startswith("rate"):
        return funnel(COUNTS, FORCES, kind="rate", **options)
    target = "pooled" if "pooled" in name else 0.1
    return funnel(SHARES, kind="proportion", target=target, **options)


def small(n, expected, n_high=None, **options):
    force = list("ABCDEFGH"[: len(n)])
    counts = pd.DataFrame({"force": force, "unit": "case", "n_low": n, "n_high": n_high or n})
    exposures = pd.DataFrame({"force": force, "expected": expected})
    return funnel(counts, exposures, kind="ratio", **options)


@pytest.mark.parametrize("row", LIMITS.to_dict("records"), ids=lambda r: f"{r['law']}-{r['size']}")
def test_limits_as_in_r(row) -> None:
    size = np.array([row["size"]])
    for stepped, low, high in ((False, "low", "high"), (True, "step_low", "step_high")):
        if row["law"] == "poisson":
            found = poisson_limits(size, row["level"], stepped=stepped)
        else:
            found = binomial_limits(size, row["target"], row["level"], stepped=stepped)
        np.testing.assert_allclose(
            [f[0] for f in found], [row[low], row[high]], rtol=1e-9, atol=1e-9
        )


def crossed(pmf, n, limits):
    low, high = (float(end[0]) for end in limits)
    return pmf[n < low].sum(), pmf[n > high].sum()


@pytest.mark.parametrize("level", [0.95, 0.998])
@pytest.mark.parametrize("mean", [0.05, 0.4, 1.0, 3.3, 8.0, 41.7, 260.0])
def test_how_often_chance_crosses_the_limits(mean, level) -> None:
    """Below at most the nominal share; above at least that, by less than one count's share."""
    tail = (1 - level) / 2
    n = np.arange(0, 2000)
    pmf = stats.poisson.pmf(n, mean)
    size = np.array([mean])
    below, above = crossed(pmf, n, poisson_limits(size, level))
    assert below <= tail
    first = stats.poisson.ppf(1 - tail, mean)
    if first > 0:
        assert tail <= above <= tail + stats.poisson.pmf(first, mean)
    below, above = crossed(pmf, n, poisson_limits(size, level, stepped=True))
    assert max(below, above) <= tail


@pytest.mark.parametrize("target", [0.02, 0.4, 0.97])
def test_how_often_chance_crosses_binomial_limits(target) -> None:
    n = np.arange(0, 151)
    pmf = stats.binom.pmf(n, 150, target)
    below, above = crossed(pmf, n, binomial_limits(np.array([150]), target, 0.95))
    assert below <= 0.025 <= above
    stepped = crossed(pmf, n, binomial_limits(np.array([150]), target, 0.95, stepped=True))
    assert max(stepped) <= 0.025


def test_interpolation_meets_whole_numbers_where_the_tail_is_exact() -> None:
    mean = 6.0
    level = 1 - 2 * stats.poisson.cdf(2, mean)
    low, _ = poisson_limits(np.array([mean]), level)
    assert low[0] == pytest.approx(2, abs=1e-9)


@pytest.mark.parametrize(
    "row", SPREAD.to_dict("records"), ids=lambda r: f"{r['funnel']}-{r['winsorised']}"
)
def test_dispersion_as_in_r(row) -> None:
    found = named(row["funnel"], row["winsorised"]).dispersion
    ours = [found.phi, found.phi_raw, found.tau2, found.statistic, found.degrees_of_freedom]
    theirs = [row["phi"], row["phi_raw"], row["tau2"], row["statistic"], row["df"]]
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    assert found.p_value == pytest.approx(row["p"], rel=1e-7)


@pytest.mark.parametrize("name", ["ratio_pooled", "rate_pooled", "proportion_pooled"])
def test_dispersion_as_glm_and_metafor(name) -> None:
    known = pd.read_csv(ANSWERS / "other_spread.csv").set_index("funnel").loc[name]
    found = named(name, 0).dispersion
    assert found.statistic == pytest.approx(known["pearson"], rel=1e-7)
    assert found.tau2 == pytest.approx(known["tau2"], rel=1e-9)


@pytest.mark.parametrize("name", sorted(SCORES["funnel"].unique()))
def test_scores_and_overdispersed_limits_as_in_r(name) -> None:
    known = SCORES[SCORES["funnel"] == name]
    found = named(name)
    np.testing.assert_allclose(found.points["z_score"], known["z"], rtol=1e-9, atol=1e-12)
    back = {
        "ratio_stabilised": lambda x: np.maximum(x, 0) ** 2,
        "proportion_stabilised": lambda x: np.sin(np.clip(x, 0, np.pi / 2)) ** 2,
    }.get(name, lambda x: np.maximum(x, 0))
    for family in ("multiplicative", "additive"):
        lines = found.limits(found.points[found.exposure], family=family, levels=[0.998])
        for end in ("low", "high"):
            theirs = back(known[f"{family}_{end}"].to_numpy())
            np.testing.assert_allclose(lines[f"limit_{end}"], theirs, rtol=1e-9, atol=1e-12)


def test_exact_limits_are_on_the_scale_of_the_estimates() -> None:
    found = named("rate_pooled")
    lines = found.limits([1000.0, 25000.0], levels=[0.95])
    low, high = poisson_limits(np.array([1.0, 25.0]) * found.target)
    np.testing.assert_allclose(lines["limit_low"], low / [1, 25])
    np.testing.assert_allclose(lines["limit_high"], high / [1, 25])
    assert list(lines.columns) == ["person_years", "family", "level", "limit_low", "limit_high"]


def test_points_outside_are_named_once() -> None:
    found = small([30, 17, 9, 0], [15, 10, 10, 20], target=1)
    table = found.outside().set_index("force")["beyond"]
    assert table.to_dict() == {
        "A": "above the 99.8% limit",
        "B": "above the 95% limit",
        "D": "below the 99.8% limit",
    }
    assert len(found.positions()) == 8
    assert list(found.points["force"]) == list("ABCD")


def test_a_funnel_in_words() -> None:
    said = repr(small([30, 17, 9, 0], [15, 10, 10, 20], target=1))
    assert said.splitlines() == [
        "Funnel of ratios: 4 forces, target 1 (given)",
        "overdispersion: phi 6.7, tau2 0.595, p 4.3e-08",
        "outside the exact limits: A above the 99.8% limit, B above the 95% limit, "
        "D below the 99.8% limit",
    ]
    assert repr(named("ratio")).endswith("more")


def test_points_know_their_exact_tails() -> None:
    points = small([0, 9], [3.0, 4.0], target=1).points
    np.testing.assert_allclose(points["p_at_most"], stats.poisson.cdf([0, 9], [3, 4]))
    np.testing.assert_allclose(points["p_at_least"], [1, stats.poisson.sf(8, 4)])


def test_overdispersed_limits_are_wider_and_no_narrower_without() -> None:
    found = named("ratio")
    wide = {
        family: found.outside(family=family) for family in ("exact", "multiplicative", "additive")
    }
    assert len(wide["multiplicative"]) < len(wide["exact"])
    assert len(wide["additive"]) < len(wide["exact"])
    calm = small([10, 11, 9, 10], [10, 10, 10, 10], target=1)
    assert calm.dispersion.phi < 1
    assert calm.dispersion.tau2 == 0
    lines = [calm.limits([10.0], family=family) for family in ("multiplicative", "additive")]
    np.testing.assert_allclose(lines[0]["limit_high"], lines[1]["limit_high"])
    np.testing.assert_allclose(lines[0]["limit_high"].iloc[0], 1 + 1.959963984540054 / np.sqrt(10))


def test_a_count_known_as_an_interval() -> None:
    found = small([1, 1, 20, 8], [2, 10, 5, 8], [4, 4, 30, 8], target=1)
    table = found.positions(levels=[0.95]).set_index("force")
    assert table["position"].to_dict() == {
        "A": "inside",
        "B": "undecided",
        "C": "above",
        "D": "inside",
    }
    assert found.dispersion.forces == 1
    assert found.points["z_score"].isna().sum() == 3
    assert set(found.points["note"][:3]) == {"count known as an interval: no z score"}


def test_what_is_unknown_keeps_its_row() -> None:
    found = small([4, None, 6], [5, 5, 0], target=1)
    table = found.positions(levels=[0.95]).set_index("force")
    assert table["position"].to_dict() == {"A": "inside", "B": "unknown", "C": "unknown"}
    assert table["note"].to_dict() == {"A": "", "B": "no count", "C": "zero expected count"}


def test_one_force_and_none() -> None:
    one = small([30], [10.0], target=1)
    assert one.dispersion.phi == pytest.approx(40)
    assert np.isnan(one.dispersion.tau2)
    assert one.dispersion.note == "one force: no variance between forces"
    assert one.outside()["beyond"].to_list() == ["above the 99.8% limit"]
    assert one.positions(family="additive")["position"].to_list() == ["unknown"] * 2
    alone = small([30], [10.0])
    assert alone.dispersion.note == "one force: nothing to compare it with"
    assert alone.positions()["position"].to_list() == ["inside"] * 2
    none = funnel(COUNTS[:0], FORCES[:0], kind="ratio", target=1)
    assert none.points.empty
    assert none.outside().empty
    assert none.dispersion.note == "no force with an exact count and a standard error"


def test_all_zero() -> None:
    pooled = small([0, 0], [10.0, 20.0])
    assert pooled.target == 0
    assert set(pooled.points["note"]) == {"target is 0: no limits"}
    assert set(pooled.positions()["position"]) == {"unknown"}
    given = small([0, 0], [3.0, 20.0], target=1)
    assert given.outside()["force"].to_list() == ["B"]
    everyone = funnel(SHARES.assign(n_low=SHARES["of"], n_high=SHARES["of"]), kind="proportion")
    assert set(everyone.points["note"]) == {"target is 1: no limits"}


def test_small_expected_counts_are_said() -> None:
    found = small([1, 2, 30], [1.0, 2.0, 30.0], target=1)
    assert found.dispersion.note == "fewer than 5 expected in 2 of 3: the test is approximate"


def test_the_order_of_forces_changes_nothing() -> None:
    mixed = funnel(COUNTS.sample(frac=1, random_state=3), FORCES[::-1], kind="ratio", target=1)
    pd.testing.assert_frame_equal(mixed.points, named("ratio").points)
    assert mixed.dispersion.phi == pytest.approx(named("ratio").dispersion.phi, rel=1e-12)


def test_a_larger_unit_of_time_changes_no_position() -> None:
    one = funnel(COUNTS, FORCES, kind="rate", per=1)
    thousand = named("rate_pooled")
    np.testing.assert_allclose(1000 * one.target, thousand.target)
    np.testing.assert_allclose(one.points["z_score"], thousand.points["z_score"])
    assert (one.positions()["position"] == thousand.positions()["position"]).all()


def test_phi_is_near_one_where_chance_is_alone() -> None:
    """The mean of phi over all pairs of counts is one, by summation over their probabilities."""
    n = np.arange(0, 80)
    z = (n - 12.0) / np.sqrt(12.0)
    pmf = stats.poisson.pmf(n, 12.0)
    first, second = np.meshgrid(n, n)
    error = np.ones(2)
    mean = sum(
        pmf[a] * pmf[b] * dispersion(z[[a, b]], error, winsorised=0, fitted=False).phi
        for a, b in zip(first.ravel(), second.ravel(), strict=True)
        if pmf[a] * pmf[b] > 1e-12
    )
    assert mean == pytest.approx(1, abs=1e-6)


def test_winsorising() -> None:
    z = np.arange(-10.0, 11)
    np.testing.assert_allclose(winsorise(z, 0.1), np.clip(z, -8, 8))
    np.testing.assert_allclose(winsorise(z, 0), z)
    assert len(winsorise(z[:0])) == 0
    with pytest.raises(UsageError, match=r"winsorised is 0.5; it must be from 0 to below 0.5"):
        winsorise(z, 0.5)


def test_questions_are_checked() -> None:
    with pytest.raises(UsageError, match=r"no kind 'ratios'; there are .*did you mean 'ratio'"):
        funnel(COUNTS, FORCES, kind="ratios")
    with pytest.raises(UsageError, match=r"no scale 'log'; there are natural, stabilised"):
        funnel(COUNTS, FORCES, kind="ratio", scale="log")
    with pytest.raises(
        UsageError, match=r"target is 0; it must be 'pooled' or lie between 0 and inf"
    ):
        funnel(COUNTS, FORCES, kind="ratio", target=0)
    with pytest.raises(
        UsageError, match=r"target is 1; it must be 'pooled' or lie between 0 and 1"
    ):
        funnel(SHARES, kind="proportion", target=1)
    with pytest.raises(
        UsageError, match=r"a rate needs exposures: a table with force and person_y"
    ):
        funnel(COUNTS, kind="rate")
    with pytest.raises(UsageError, match="proportions take their exposure from the column 'of'"):
        funnel(SHARES, FORCES, kind="proportion")
    with pytest.raises(UsageError, match="different units"):
        funnel(COUNTS.assign(unit=["case"] * 42 + ["person"]), FORCES, kind="ratio")
    with pytest.raises(UsageError, match=r"no family 'exakt'.*did you mean 'exact'"):
        named("ratio").limits([1.0], family="exakt")
    with pytest.raises(UsageError, match="level is 95"):
        named("ratio").limits([1.0], levels=[95])


@pytest.mark.slow
def test_a_million_points() -> None:
    size = 1_000_000
    force = np.arange(size).astype(str).astype(object)
    n = np.arange(size) % 90
    counts = pd.DataFrame({"force": force, "unit": "case", "n_low": n, "n_high": n})
    exposures = pd.DataFrame({"force": force, "expected": 0.5 + np.arange(size) % 80})
    found = funnel(counts, exposures, kind="ratio", target=1)
    positions = found.positions(levels=[0.95])["position"]
    assert positions.isin(["inside", "above", "below"]).all()
