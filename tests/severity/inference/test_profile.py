"""Profile intervals against R, closed forms, the boundary at zero, and separation."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, special, stats

from foistats.errors import ConvergenceError, NotIdentifiedError, UsageError
from foistats.severity.inference.profile import Profile, profile_ends
from foistats.severity.model import CumulativeLinkModel

KNOWN = Path(__file__).parents[1] / "known_answers"
FITS = pd.read_csv(KNOWN / "fits.csv", keep_default_na=False).set_index("fit")
PROFILES = pd.read_csv(KNOWN / "profiles.csv", keep_default_na=False)
LEVELS = pd.read_csv(KNOWN / "levels.csv", dtype=str)
CRITICAL = stats.chi2.ppf(0.95, 1)


def levels_of(data, variable):
    rows = LEVELS[(LEVELS["data"] == data) & (LEVELS["variable"] == variable)]
    return rows.sort_values("position", key=lambda places: places.astype(int))["level"].tolist()


@cache
def fitted(name):
    row = FITS.loc[name]
    frame = pd.read_csv(KNOWN / row["data"])
    for variable in LEVELS.loc[LEVELS["data"] == row["data"], "variable"].unique():
        if variable in frame:
            values = frame[variable].astype(str)
            frame[variable] = pd.Categorical(values, levels_of(row["data"], variable))
    response = row["formula"].split("~")[0].strip()
    ladder = levels_of(row["data"], response)
    if "lower" in frame:
        ends = zip(frame["lower"], frame["upper"], strict=True)
        frame[response] = ["|".join(ladder[low - 1 : high]) for low, high in ends]
    model = CumulativeLinkModel(
        row["formula"],
        ladder=ladder,
        groups=row["groups"],
        link=row["link"],
        nominal=row["nominal"],
        scale=row["scale"],
        quadrature_points=int(row["quadrature_points"] or 10),
    )
    return model.fit(frame, weights=row["weights"])


def our_term(row):
    column = row.variable + (f"[T.{row.level}]" if row.level else "")
    return {
        "threshold": row.threshold,
        "nominal": f"{row.threshold}:{column}",
        "coefficient": column,
        "scale": f"scale:{column}",
        "sd": "random_intercept_sd",
    }[row.kind]


@pytest.mark.parametrize("name", PROFILES["fit"].unique())
def test_intervals_are_those_of_r(name):
    """Root finding there and here; a nominal effect of R is a shift of its threshold."""
    ours = fitted(name).profile_intervals().set_index("term")
    exact = PROFILES[(PROFILES["fit"] == name) & (PROFILES["method"] == "root")]
    assert len(exact)
    for row in exact.itertuples():
        theirs = [row.lower, row.upper] if row.kind != "nominal" else [-row.upper, -row.lower]
        np.testing.assert_allclose(
            ours.loc[our_term(row), ["conf_low", "conf_high"]].astype(float), theirs, atol=1e-6
        )


def two_roles(n=(8, 4, 0, 5)):
    return pd.DataFrame(
        {
            "outcome": ["none", "left", "none", "left"],
            "role": ["officer", "officer", "staff", "staff"],
            "n": n,
        }
    )


def two_role_model(**settings):
    return CumulativeLinkModel("outcome ~ role", ("none", "left"), **settings)


def profile_height(n, b):
    """The profile of a log odds ratio, from its definition: over the threshold, on a fine scale."""

    def loss(threshold):
        officer = n[0] * special.log_expit(threshold) + n[1] * special.log_expit(-threshold)
        staff = n[2] * special.log_expit(threshold - b) + n[3] * special.log_expit(b - threshold)
        return -(officer + staff)

    return -optimize.minimize_scalar(loss, bracket=(-3, 3), tol=1e-12).fun


def test_the_bound_of_a_separated_coefficient_is_where_the_definition_has_it():
    """All staff left: the supremum is the likelihood of the officers, saturated."""
    n = (8, 4, 0, 5)
    row = two_role_model().profile_bound(two_roles(n), "role[T.staff]", weights="n").iloc[0]
    supremum = 8 * np.log(8 / 12) + 4 * np.log(4 / 12)
    assert (row["estimate"], row["conf_high"]) == (np.inf, np.inf)
    drop = 2 * (supremum - profile_height(n, row["conf_low"]))
    assert drop == pytest.approx(CRITICAL, abs=1e-5)


def test_the_mirrored_data_have_the_mirrored_bound():
    up = two_role_model().profile_bound(two_roles(), "role[T.staff]", weights="n").iloc[0]
    mirrored = two_roles((4, 8, 5, 0))
    down = two_role_model().profile_bound(mirrored, "role[T.staff]", weights="n").iloc[0]
    assert (down["estimate"], down["conf_low"]) == (-np.inf, -np.inf)
    assert down["conf_high"] == pytest.approx(-up["conf_low"], abs=1e-6)


def test_a_finite_parameter_beside_a_separated_one_has_the_interval_without_those_cases():
    """Cases that separation puts at probability one say nothing of the threshold."""
    row = two_role_model().profile_bound(two_roles(), "none|left", weights="n").iloc[0]
    alone = two_roles().iloc[:2]
    fit = CumulativeLinkModel("outcome ~ 1", ("none", "left")).fit(alone, weights="n")
    known = fit.profile_interval("none|left").iloc[0]
    for column in ("estimate", "conf_low", "conf_high"):
        assert row[column] == pytest.approx(known[column], abs=1e-5)


def test_two_separated_coefficients_each_have_their_bound():
    data = pd.DataFrame(
        {
            "outcome": ["none", "left", "left", "none"],
            "role": ["officer", "officer", "staff", "special"],
            "n": [8, 4, 5, 6],
        }
    )
    staff = two_role_model().profile_bound(data, "role[T.staff]", weights="n").iloc[0]
    special_ = two_role_model().profile_bound(data, "role[T.special]", weights="n").iloc[0]
    alone = two_role_model().profile_bound(two_roles(), "role[T.staff]", weights="n").iloc[0]
    assert staff["conf_low"] == pytest.approx(alone["conf_low"], abs=1e-5)
    assert (special_["conf_low"], special_["estimate"]) == (-np.inf, -np.inf)
    assert np.isfinite(special_["conf_high"])


def test_heavy_tails_have_a_bound_too():
    model = two_role_model(link="cauchit")
    low = model.profile_bound(two_roles(), "role[T.staff]", weights="n")["conf_low"].iloc[0]
    supremum = 8 * np.log(8 / 12) + 4 * np.log(4 / 12)

    def loss(threshold):
        cdf = stats.cauchy.cdf
        officer = 8 * np.log(cdf(threshold)) + 4 * np.log(cdf(-threshold))
        return -(officer + 5 * np.log(cdf(low - threshold)))

    height = -optimize.minimize_scalar(loss, bracket=(-2, 2), tol=1e-12).fun
    assert 2 * (supremum - height) == pytest.approx(CRITICAL, abs=1e-4)


def test_data_with_an_estimate_have_the_interval_of_their_fit():
    data = two_roles((8, 4, 3, 5))
    bound = two_role_model().profile_bound(data, "role[T.staff]", weights="n").iloc[0]
    known = two_role_model().fit(data, weights="n").profile_interval("role[T.staff]").iloc[0]
    for column in ("estimate", "conf_low", "conf_high"):
        assert bound[column] == pytest.approx(known[column], abs=1e-6)


def test_a_rung_nobody_reached_is_named_and_has_no_bound():
    model = CumulativeLinkModel("outcome ~ role", ("none", "warning", "left"))
    with pytest.raises(NotIdentifiedError, match="no case at warning"):
        model.profile_bound(two_roles((8, 4, 3, 5)), "role[T.staff]", weights="n")


def alike_forces():
    """Forces with nearly the same shares: the standard deviation is estimated as zero."""
    rows = [
        (rung, f"f{force}", n + (force % 2) * (rung == "none"))
        for force in range(6)
        for rung, n in (("none", 9), ("advice", 6), ("left", 4))
    ]
    return pd.DataFrame(rows, columns=["outcome", "force", "n"])


def alike_model(**settings):
    return CumulativeLinkModel(
        "outcome ~ 1", ("none", "advice", "left"), groups="force", **settings
    )


def test_a_standard_deviation_at_the_boundary_has_an_interval_from_zero():
    fit = alike_model().fit(alike_forces(), weights="n")
    assert fit.at_boundary
    row = fit.profile_interval("random_intercept_sd").iloc[0]
    assert (row["estimate"], row["conf_low"]) == (0.0, 0.0)
    held = Profile(fit.problem, fit.problem.design.size - 1).at(row["conf_high"])
    assert 2 * (fit.log_likelihood - held.value) == pytest.approx(CRITICAL, abs=1e-5)


def test_the_lower_end_is_zero_when_the_curve_allows():
    """At a level of 99.99 % even differing judges may be alike."""
    fit = fitted("clmm_wine_logit_q10_exact")
    row = fit.profile_interval("random_intercept_sd", level=0.9999).iloc[0]
    assert row["conf_low"] == 0.0
    assert fit.profile_interval("random_intercept_sd")["conf_low"].iloc[0] > 0


def test_a_higher_level_is_wider():
    fit = fitted("clm_wine_logit")
    narrow, wide = (fit.profile_interval("temp[T.warm]", level).iloc[0] for level in (0.5, 0.99))
    assert wide["conf_low"] < narrow["conf_low"] < narrow["conf_high"] < wide["conf_high"]


@pytest.mark.parametrize("term", ["temp[T.warm]", "contact[T.yes]", "2|3"])
def test_differs_says_whether_the_interval_excludes_zero(term):
    for level in (0.9, 0.95, 0.999, 0.999999):
        fit = fitted("clm_wine_logit")
        fit = replace(fit, model=replace(fit.model, level=level))
        low, high = fit.profile_interval(term).loc[0, ["conf_low", "conf_high"]]
        assert fit.differs(term) == (not low <= 0 <= high)


def test_penalised_fits_profile_the_penalised_likelihood():
    """All staff left, with a prior worth one case: both ends are finite."""
    fit = two_role_model(estimator="penalised").fit(two_roles(), weights="n")
    row = fit.profile_interval("role[T.staff]").iloc[0]
    assert row["method"] == "penalised profile likelihood"
    for end in (row["conf_low"], row["conf_high"]):
        prior = end / 2 + special.log_expit(-end) + np.log(2)
        height = profile_height((8, 4, 0, 5), end) + prior
        assert 2 * (fit.log_likelihood - height) == pytest.approx(CRITICAL, abs=1e-5)


def test_bias_reduced_fits_have_no_profile():
    fit = two_role_model(estimator="bias_reduced").fit(two_roles(), weights="n")
    with pytest.raises(UsageError, match="no maximum of the likelihood"):
        fit.profile_interval("role[T.staff]")


def test_unknown_terms_and_zero_spreads_are_refused():
    fit = fitted("clmm_wine_logit_q10_exact")
    with pytest.raises(UsageError, match=r"did you mean 'temp\[T.warm\]'"):
        fit.profile_interval("temp[T.warn]")
    with pytest.raises(UsageError, match="use no_force_variation"):
        fit.differs("random_intercept_sd")
    with pytest.raises(UsageError, match="level is 95"):
        fit.profile_interval("temp[T.warm]", level=95)


def test_a_profile_above_the_maximum_is_an_error():
    fit = fitted("clm_wine_logit")
    profile = Profile(fit.problem, list(fit.problem.names).index("temp[T.warm]"))
    top = fit.log_likelihood - 1.0
    with pytest.raises(ConvergenceError, match="is higher than the maximum by"):
        profile_ends(profile, fit.solution.vector[4], 0.1, top, CRITICAL)
