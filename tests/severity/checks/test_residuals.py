"""Surrogate residuals: uniform under the model, whatever is open, and not under another."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from foistats.errors import UsageError
from foistats.severity.engine.links import LINKS
from foistats.severity.groups.case_groups import CaseGroup, Cell
from foistats.severity.model import CumulativeLinkModel

LADDER = ("none", "advice", "warning", "left")


def simulated(seed, *, cases=3_000, forces=30, sd=0.7, bend=0.0):
    """Cases of a logit model, a third of them coarse at random in outcome, a tenth in role."""
    random = np.random.default_rng(seed)
    force = random.integers(forces, size=cases)
    staff = random.random(cases) < 0.3
    x = random.normal(size=cases)
    latent = staff + 0.5 * x + bend * (x**2 - 1) + sd * random.normal(size=forces)[force]
    latent += random.logistic(size=cases)
    rung = np.searchsorted([-0.5, 0.5, 1.5], latent)
    word = np.array(LADDER, dtype=object)[rung]
    coarse = random.random(cases) < 1 / 3
    gap = random.random(cases) < 0.5
    word[coarse & gap] = np.where(np.isin(rung, [0, 2]), "none|warning", "advice|left")[
        coarse & gap
    ]
    word[coarse & ~gap] = np.where(rung < 2, "none|advice", "warning|left")[coarse & ~gap]
    role = np.where(staff, "staff", "officer").astype(object)
    role[random.random(cases) < 0.1] = None
    return pd.DataFrame({"severity": word, "role": role, "x": x.round(1), "force": force})


def fitted(frame, formula="severity ~ role + x", **options):
    model = CumulativeLinkModel(formula, LADDER, groups="force", quadrature_points=5, **options)
    return model.fit(frame, composition={"role": {"officer": 0.7, "staff": 0.3}})


def distance(residuals, distribution="uniform"):
    return stats.kstest(residuals, distribution).pvalue


@pytest.fixture(scope="module")
def fit():
    return fitted(simulated(1))


def test_they_are_uniform_under_the_model(fit):
    frame = fit.residuals(seed=3)
    assert len(frame) == 3_000
    assert distance(frame["residual"]) > 0.01
    for _, part in frame.groupby("rungs", sort=False):
        assert part["residual"].between(0, 1, inclusive="neither").all()
    for role, part in frame.groupby("role"):
        assert distance(part["residual"]) > 0.01, role


def test_latent_residuals_have_the_distribution_of_the_link(fit):
    frame = fit.residuals(seed=3, scale="latent")
    assert distance(frame["residual"], "logistic") > 0.01
    uniform = fit.residuals(seed=3)["residual"]
    np.testing.assert_allclose(stats.logistic.cdf(frame["residual"]), uniform, rtol=1e-12)


def test_p_values_over_simulations_are_not_small():
    """Of 20 p values the smallest is below 0.0005 in one of a hundred runs at most."""
    found = [
        distance(fitted(simulated(seed, cases=600, forces=12)).residuals(seed)["residual"])
        for seed in range(20)
    ]
    assert min(found) > 0.0005
    assert stats.kstest(found, "uniform", alternative="greater").pvalue > 0.01


def test_a_bent_effect_shows():
    frame = fitted(simulated(2, bend=0.6)).residuals()
    outside = frame["x"].abs() > 1.5
    assert distance(frame.loc[outside, "residual"]) < 1e-6


def test_the_seed_decides(fit):
    pd.testing.assert_frame_equal(fit.residuals(seed=5), fit.residuals(seed=5))
    assert not fit.residuals(seed=5)["residual"].equals(fit.residuals(seed=6)["residual"])


@pytest.mark.parametrize("link", LINKS)
def test_a_residual_lies_between_the_edges_of_its_set(link):
    frame = pd.DataFrame({"y": ["a", "b", "c", "a|c", "b|c"], "n": [30, 20, 10, 8, 6]})
    fit = CumulativeLinkModel("y ~ 1", ["a", "b", "c"], link=link).fit(frame, weights="n")
    found = fit.residuals()
    assert len(found) == 74
    low, high = np.cumsum(fit.probabilities()["estimate"].to_numpy())[:2]
    sets = {
        "a": found["residual"] < low,
        "b": found["residual"].between(low, high),
        "c": found["residual"] > high,
        "a|c": ~found["residual"].between(low, high),
        "b|c": found["residual"] > low,
    }
    for rungs, inside in sets.items():
        assert inside[found["rungs"] == rungs].all()


def test_an_open_level_is_named_and_a_number_stays_one(fit):
    frame = fit.residuals()
    assert set(frame["role"]) == {"officer", "staff", "officer|staff"}
    assert frame["x"].dtype == float


def test_more_cases_than_rows_are_thinned(monkeypatch, fit):
    monkeypatch.setattr("foistats.severity.checks.residuals.MOST_ROWS", 500)
    assert len(fit.residuals()) == 500


def test_a_table_of_margins_has_no_residual_but_a_reason():
    both = frozenset({"officer", "staff"})
    rungs = {name: frozenset({name}) for name in ("none", "left")}
    margins = (
        (
            Cell(frozenset({"officer"}), both_rungs := rungs["none"] | rungs["left"], 9, 9),
            Cell(frozenset({"staff"}), both_rungs, 6, 6),
        ),
        (Cell(both, rungs["none"], 10, 10), Cell(both, rungs["left"], 5, 5)),
    )
    full = tuple(
        Cell(frozenset({role}), rungs[rung], n, n)
        for role, rung, n in [
            ("officer", "none", 9),
            ("officer", "left", 3),
            ("staff", "none", 5),
            ("staff", "left", 4),
        ]
    )
    groups = [CaseGroup("m", "North", margins), CaseGroup("f", "South", (full,))]
    model = CumulativeLinkModel("severity ~ role", ["none", "left"])
    fit = model.fit(groups, composition={"role": {"officer": 0.7, "staff": 0.3}})
    frame = fit.residuals()
    lost = frame[frame["residual"].isna()]
    assert len(lost) == 1
    assert lost["note"].str.startswith("not defined").all()
    assert len(frame) == 22


def test_another_scale_is_refused(fit):
    with pytest.raises(UsageError, match="scale='log' \\(allowed: probability, latent\\)"):
        fit.residuals(scale="log")
