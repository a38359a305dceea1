"""Robust covariance against R, how data are laid out, and what is refused."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from foistats.errors import UsageError
from foistats.severity.groups.case_groups import CaseGroup, Cell
from foistats.severity.inference.sandwich import cell_scores
from foistats.severity.model import CumulativeLinkModel

KNOWN = Path(__file__).parents[1] / "known_answers"
FITS = pd.read_csv(KNOWN / "fits.csv", keep_default_na=False).set_index("fit")
SANDWICH = pd.read_csv(KNOWN / "sandwich.csv", keep_default_na=False)
LADDER = ("none", "advice", "warning", "final", "left")


@cache
def register():
    frame = pd.read_csv(KNOWN / "register.csv")
    frame["role"] = pd.Categorical(frame["role"], ["officer", "staff", "special"])
    levels = pd.read_csv(KNOWN / "levels.csv", dtype=str)
    rows = levels[(levels["data"] == "register.csv") & (levels["variable"] == "breach")]
    ordered = rows.sort_values("position", key=lambda places: places.astype(int))["level"]
    frame["breach"] = pd.Categorical(frame["breach"], ordered.tolist())
    return frame


@cache
def fitted(name):
    row = FITS.loc[name]
    model = CumulativeLinkModel(
        row["formula"], LADDER, link=row["link"], nominal=row["nominal"], scale=row["scale"]
    )
    return model.fit(register(), weights="n")


def by_force(fit):
    return replace(fit.model, groups="force").observe(register(), "n")


def their_errors(name, variant):
    rows = SANDWICH[(SANDWICH["fit"] == name) & (SANDWICH["variant"] == variant)]
    errors = {}
    for row in rows.itertuples():
        column = row.variable + (f"[T.{row.level}]" if row.level else "")
        term = {
            "threshold": row.threshold,
            "nominal": f"{row.threshold}:{column}",
            "coefficient": column,
            "scale": f"scale:{column}",
        }[row.kind]
        errors[term] = float(row.std_error)
    return pd.Series(errors)


@pytest.mark.parametrize("name", SANDWICH["fit"].unique())
@pytest.mark.parametrize("variant", ["HC0_cases", "HC1_cases", "cluster_G"])
def test_standard_errors_are_those_of_r(name, variant):
    fit = fitted(name)
    kind = variant.removesuffix("_cases").removesuffix("_G")
    cluster = by_force(fit) if kind == "cluster" else ""
    ours = fit.robust(kind, cluster=cluster).coefficients.set_index("term")["std_error"]
    theirs = their_errors(name, variant)
    assert sorted(ours.index) == sorted(theirs.index)
    np.testing.assert_allclose(ours[theirs.index], theirs, rtol=1e-8)


def test_collapsed_and_expanded_data_have_the_same_errors():
    frame = register()
    expanded = frame.loc[frame.index.repeat(frame["n"])]
    fit = fitted("clm_register_logit")
    other = fit.model.fit(expanded)
    pd.testing.assert_frame_equal(
        fit.robust("HC1").covariance, other.robust("HC1").covariance, rtol=1e-8
    )


def test_a_covariate_can_be_the_cluster():
    """The same as the data observed by it."""
    fit = fitted("clm_register_logit")
    here = fit.robust("cluster", cluster="year", few_clusters=True)
    seen = replace(fit.model, groups="year").observe(register(), "n")
    there = fit.robust("cluster", cluster=seen, few_clusters=True)
    pd.testing.assert_frame_equal(here.covariance, there.covariance, rtol=1e-8)
    assert here.clusters == register()["year"].nunique()


def test_scores_are_the_gradient_of_every_cell():
    data = pd.DataFrame(
        {
            "outcome": ["a", "b", "c", "a", "b|c", "a|c", "b", "a|b"],
            "kind": ["x", "x", "x", "y", "y", "y", None, None],
            "n": [9, 8, 7, 3, 9, 4, 5, 6],
        }
    )
    data["kind"] = pd.Categorical(data["kind"], ["x", "y"])
    model = CumulativeLinkModel("outcome ~ kind", ("a", "b", "c"), scale="kind")
    fit = model.fit(data, weights="n", composition={"kind": {"x": 0.3, "y": 0.7}})
    conditional, vector = fit.problem.marginal.conditional, fit.solution.vector
    scores = cell_scores(conditional, vector)
    np.testing.assert_allclose(scores.T @ fit.observations.count, 0, atol=1e-6)
    for cell in range(len(scores)):
        count = np.zeros(len(scores))
        count[cell] = 1.0
        one = replace(conditional, observations=replace(fit.observations, count=count))

        def height(v, one=one):
            return one.log_likelihood(v, np.zeros((1, 1)))[0, 0]

        for place in range(len(vector)):
            step = np.zeros(len(vector))
            step[place] = 1e-6
            slope = (height(vector + step) - height(vector - step)) / 2e-6
            assert scores[cell, place] == pytest.approx(slope, abs=1e-8)


def mixed_fit():
    model = CumulativeLinkModel(
        "severity ~ role + year", LADDER, groups="force", quadrature_points=5
    )
    return model.fit(register(), weights="n")


def test_clusters_of_a_random_intercept_are_its_groups():
    fit = mixed_fit()
    found = fit.robust("cluster")
    assert (found.clusters, found.degrees_of_freedom) == (30, np.inf)
    scores = fit.solution.maximum.evaluation.scores
    bread = np.linalg.inv(fit.solution.information)
    known = bread @ (scores.T @ scores) @ bread * 30 / 29
    np.testing.assert_allclose(found.covariance, known[:-1, :-1], rtol=1e-6)
    assert "log_sd" not in found.covariance
    with pytest.raises(UsageError, match="the clusters are its groups, 'force'"):
        fit.robust("cluster", cluster="year")
    with pytest.raises(UsageError, match="depend on each other through its random intercept"):
        fit.robust("HC1")


def test_few_clusters_are_refused_unless_asked_for_and_have_t_quantiles():
    frame = register()
    few = frame[frame["force"].isin(sorted(frame["force"].unique())[:12])]
    model = CumulativeLinkModel("severity ~ role", LADDER)
    fit = model.fit(few, weights="n")
    seen = replace(model, groups="force").observe(few, "n")
    with pytest.raises(UsageError, match="12 clusters: below 20"):
        fit.robust("cluster", cluster=seen)
    found = fit.robust("cluster", cluster=seen, few_clusters=True)
    assert found.degrees_of_freedom == 11
    row = found.coefficients.iloc[0]
    reach = stats.t.ppf(0.975, 11) * row["std_error"]
    assert row["conf_high"] - row["estimate"] == pytest.approx(reach)


def test_what_has_no_scores_of_cases_is_refused():
    everybody, anything = frozenset({"officer", "staff"}), frozenset({"none", "left"})
    full = [
        Cell(frozenset({role}), frozenset({rung}), n, n)
        for role, rung, n in (
            ("officer", "none", 9),
            ("officer", "left", 4),
            ("staff", "none", 5),
            ("staff", "left", 6),
        )
    ]
    roles = [Cell(frozenset({r}), anything, n, n) for r, n in (("officer", 9), ("staff", 4))]
    rungs = [Cell(everybody, frozenset({k}), n, n) for k, n in (("none", 8), ("left", 5))]
    groups = [
        CaseGroup("full", "a", (tuple(full),)),
        CaseGroup("margins", "b", (tuple(roles), tuple(rungs))),
    ]
    model = CumulativeLinkModel("severity ~ role", ("none", "left"))
    composition = {"role": {"officer": 0.7, "staff": 0.3}}
    fit = model.fit(groups, composition=composition)
    with pytest.raises(UsageError, match="'margins' enters as a sum over tables"):
        fit.robust("HC0")
    with pytest.raises(UsageError, match="'margins' enters as a sum over tables"):
        fit.robust("cluster", cluster="role")
    seen = replace(model, groups="force").observe(groups, composition=composition)
    assert fit.robust("cluster", cluster=seen, few_clusters=True).clusters == 2


def test_wrong_requests_are_refused():
    fit = fitted("clm_register_logit")
    with pytest.raises(UsageError, match="did you mean 'HC1'"):
        fit.robust("HC11")
    with pytest.raises(UsageError, match="kind='HC1' has no clusters"):
        fit.robust("HC1", cluster="year")
    with pytest.raises(UsageError, match="allowed: a covariate of the model, role, year, breach"):
        fit.robust("cluster", cluster="force")
    other = replace(fit.model, groups="force").observe(register().iloc[1:], "n")
    with pytest.raises(UsageError, match="the clusters are of other data"):
        fit.robust("cluster", cluster=other)
    penalised = replace(fit.model, estimator="penalised").fit(register(), weights="n")
    with pytest.raises(UsageError, match="whose scores do not sum to zero"):
        penalised.robust("HC1")


def test_cases_without_a_cluster_are_refused():
    data = pd.DataFrame(
        {
            "outcome": ["a", "b", "a", "b", "a"],
            "kind": ["x", "x", "y", "y", None],
            "n": [5, 3, 2, 6, 4],
        }
    )
    data["kind"] = pd.Categorical(data["kind"], ["x", "y"])
    fit = CumulativeLinkModel("outcome ~ kind", ("a", "b")).fit(
        data, weights="n", composition={"kind": {"x": 0.5, "y": 0.5}}
    )
    with pytest.raises(UsageError, match="some cases leave 'kind' open"):
        fit.robust("cluster", cluster="kind")
