"""What a fit says: tables, probabilities, profiles, forces left out."""

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from foistats.errors import UsageError
from foistats.severity.fit import CumulativeLinkModel
from foistats.severity.intervals import TIDY
from foistats.severity.likelihood import CaseGroup, Cell
from foistats.severity.maximum import maximise_marginal

LADDER = ("none", "short", "left")
ROLES = ("officer", "staff")
SHARES = {"officer": 0.8, "staff": 0.2}
BOTH = "officer|staff"


def cell(roles, rungs, low, high=None):
    split = frozenset(rungs.split("|")) if rungs else frozenset()
    return Cell(frozenset(roles.split("|")), split, low, low if high is None else high)


def in_full(force, officers, staff):
    cells = [
        cell(role, rung, n)
        for role, counts in (("officer", officers), ("staff", staff))
        for rung, n in zip(LADDER, counts, strict=True)
    ]
    return CaseGroup(f"group {force}", force, (tuple(cells),))


def mixed_groups():
    margins = CaseGroup(
        "group d",
        "d",
        (
            (cell("officer", "none|short|left", 12), cell("staff", "none|short|left", 6)),
            (
                cell(BOTH, "none", 6),
                cell(BOTH, "short", 3),
                cell(BOTH, "left", 5),
                cell(BOTH, "", 4),
            ),
        ),
    )
    coarse = CaseGroup("group e", "e", ((cell(BOTH, "none|short", 20), cell(BOTH, "left", 1, 4)),))
    return [
        in_full("a", (20, 10, 4), (3, 4, 6)),
        in_full("b", (9, 8, 7), (1, 2, 4)),
        in_full("c", (15, 4, 1), (5, 3, 2)),
        margins,
        coarse,
    ]


@pytest.fixture(scope="module")
def fit():
    return CumulativeLinkModel(LADDER, ROLES, quadrature_points=15).fit(mixed_groups(), SHARES)


@pytest.fixture(scope="module")
def probit_fit():
    return CumulativeLinkModel(LADDER, ROLES, link="probit").fit(mixed_groups(), SHARES)


def test_tables_are_tidy(fit):
    assert fit.coefficients.columns.tolist() == TIDY
    assert fit.thresholds.columns.tolist() == TIDY
    assert fit.coefficients["term"].tolist() == ["staff"]
    assert fit.thresholds["term"].tolist() == ["none|short", "short|left"]
    assert fit.thresholds["estimate"].is_monotonic_increasing
    assert fit.converged
    assert fit.n_forces == 5
    assert fit.n_cases == 47 + 31 + 30 + 18 + 21
    assert not fit.at_boundary
    assert fit.random_intercept_sd > 0


def test_roles_have_normal_and_thresholds_t_intervals(fit):
    for frame, factor in (
        (fit.coefficients, stats.norm.ppf(0.975)),
        (fit.thresholds, stats.t.ppf(0.975, 4)),
    ):
        reach = (frame["conf_high"] - frame["conf_low"]) / 2
        np.testing.assert_allclose(reach / frame["std_error"], factor, rtol=1e-12)


def test_the_covariance_carries_the_standard_errors(fit):
    covariance = fit.covariance
    assert covariance.index.tolist() == ["none|short", "short|left", "staff"]
    np.testing.assert_allclose(
        np.sqrt(np.diag(covariance)),
        [*fit.thresholds["std_error"], *fit.coefficients["std_error"]],
        rtol=1e-12,
    )
    assert np.linalg.eigvalsh(covariance)[0] > 0


def test_odds_ratios_are_exponentials_and_only_for_the_logit(fit, probit_fit):
    ratios = fit.odds_ratios().iloc[0]
    row = fit.coefficients.iloc[0]
    for column in ("estimate", "conf_low", "conf_high"):
        assert ratios[column] == pytest.approx(np.exp(row[column]), rel=1e-12)
    with pytest.raises(UsageError, match="the link is 'probit': its coefficients are not log odds"):
        probit_fit.odds_ratios()


def test_the_log_odds_ratio_of_a_two_by_two_table_has_woolfs_standard_error():
    table = [
        cell("officer", "none", 8),
        cell("officer", "left", 2),
        cell("staff", "none", 5),
        cell("staff", "left", 6),
    ]
    model = CumulativeLinkModel(("none", "left"), ROLES, random_intercept=False)
    fit = model.fit([CaseGroup("a", "a", (tuple(table),))], SHARES)
    row = fit.coefficients.iloc[0]
    assert row["estimate"] == pytest.approx(np.log(8 * 6 / (2 * 5)), rel=1e-8)
    assert row["std_error"] == pytest.approx(np.sqrt(1 / 8 + 1 / 2 + 1 / 5 + 1 / 6), rel=1e-6)
    assert fit.thresholds["conf_high"].iloc[0] == pytest.approx(
        np.log(4) + stats.norm.ppf(0.975) * np.sqrt(1 / 8 + 1 / 2), rel=1e-6
    )


def test_probabilities_sum_to_one_and_lie_in_their_intervals(fit):
    for at in ("integrated", "zero"):
        frame = fit.probabilities(at)
        np.testing.assert_allclose(frame.groupby("role")["estimate"].sum(), 1, rtol=1e-12)
        inside = frame["conf_low"].lt(frame["estimate"]) & frame["estimate"].lt(frame["conf_high"])
        assert inside.all()
        assert frame["conf_low"].gt(0).all()
        assert frame["conf_high"].lt(1).all()
    assert fit.probabilities()["term"].iloc[0] == "officer: none"
    with pytest.raises(UsageError, match="at='mean'"):
        fit.probabilities("mean")


def test_integrated_probabilities_equal_adaptive_integration(fit):
    theta = fit.thresholds["estimate"].iloc[0]
    beta = fit.coefficients["estimate"].iloc[0]
    sd = fit.random_intercept_sd

    def integrand(u):
        return stats.logistic.cdf(theta - beta - u) * stats.norm.pdf(u, scale=sd)

    known = integrate.quad(integrand, -10 * sd, 10 * sd, epsabs=1e-13)[0]
    frame = fit.probabilities().set_index("term")
    assert frame.loc["staff: none", "estimate"] == pytest.approx(known, rel=1e-10)


def test_under_the_probit_the_integral_has_a_closed_form(probit_fit):
    theta = probit_fit.thresholds["estimate"].iloc[0]
    known = stats.norm.cdf(theta / np.sqrt(1 + probit_fit.random_intercept_sd**2))
    frame = probit_fit.probabilities().set_index("term")
    assert frame.loc["officer: none", "estimate"] == pytest.approx(known, rel=1e-12)


def test_delta_errors_equal_those_of_a_numerical_jacobian(fit):
    point = fit.maximum.parameters
    step = 1e-6 * np.eye(len(point))
    shares = [fit.rung_probabilities(point + k * step).reshape(len(point), -1) for k in (1, -1)]
    jacobian = ((shares[0] - shares[1]) / 2e-6).T
    known = np.sqrt(np.diag(jacobian @ fit.parameter_covariance @ jacobian.T))
    np.testing.assert_allclose(fit.probabilities()["std_error"], known, rtol=1e-6)


def test_predicted_shares_mix_the_roles(fit):
    shares = fit.predicted_shares({"officer": 0.6, "staff": 0.4})
    frame = fit.probabilities().pivot_table(index="rung", columns="role", values="estimate")
    mixed = (0.6 * frame["officer"] + 0.4 * frame["staff"]).loc[list(LADDER)]
    np.testing.assert_allclose(shares["estimate"], mixed, rtol=1e-12)
    with pytest.raises(UsageError, match="the roles are officer, staff"):
        fit.predicted_shares({"officer": 1.0})


def test_expected_counts_keep_the_printed_role_counts(fit):
    frame = fit.expected_counts()
    assert len(frame) == 6 * 3 + 2 + 4 + 2
    full = frame[frame["group"] == "group a"].groupby("roles")[["n_low", "expected"]].sum()
    np.testing.assert_allclose(full["expected"], full["n_low"], rtol=1e-12)
    margins = frame[frame["group"] == "group d"]
    np.testing.assert_allclose(margins.groupby("partition")["expected"].sum(), 18, rtol=1e-12)
    roles = margins[margins["partition"] == 1]
    np.testing.assert_allclose(roles["expected"], roles["n_low"], rtol=1e-12)
    frame = fit.probabilities().pivot_table(index="rung", columns="role", values="estimate")
    known = (12 * frame.loc["left", "officer"] + 6 * frame.loc["left", "staff"]) * 14 / 18
    found = margins[(margins["partition"] == 2) & (margins["rungs"] == "left")]["expected"]
    assert found.iloc[0] == pytest.approx(known, rel=1e-12)


def test_expected_counts_of_cases_described_more_precisely_are_their_own():
    cells = (cell(BOTH, "none", 6), cell(BOTH, "left", 4), cell("staff", "left", 2))
    groups = [*mixed_groups(), CaseGroup("group f", "f", (cells,))]
    other = CumulativeLinkModel(LADDER, ROLES, quadrature_points=15).fit(groups, SHARES)
    found = other.expected_counts().query("group == 'group f'")["expected"].to_numpy()
    shares = other.probabilities().pivot_table(index="rung", columns="role", values="estimate")
    mixed = 0.8 * shares["officer"] + 0.2 * shares["staff"]
    known = [10 * mixed["none"], 10 * mixed["left"], 2 * shares.loc["left", "staff"]]
    np.testing.assert_allclose(found, known, rtol=1e-12)


def test_conditional_modes_have_one_row_per_force(fit):
    frame = fit.conditional_modes()
    assert frame["force"].tolist() == list("abcde")
    assert frame["cases"].sum() == fit.n_cases
    assert (frame["std_dev"] < fit.random_intercept_sd).all()
    plain = CumulativeLinkModel(LADDER, ROLES, random_intercept=False).fit(mixed_groups(), SHARES)
    note = plain.conditional_modes()
    assert note["estimate"].eq(0).all()
    assert set(note["note"]) == {"fitted without a random intercept"}


def test_the_profile_falls_by_the_critical_value_at_both_ends(fit):
    interval = fit.profile_interval("staff", level=0.9).iloc[0]
    start = fit.maximum.parameters[:3]
    for end in (interval["conf_low"], interval["conf_high"]):
        there = maximise_marginal(fit.marginal, start, {2: end}).log_likelihood
        drop = 2 * (fit.log_likelihood - there)
        assert drop == pytest.approx(stats.chi2.ppf(0.9, 1), abs=1e-5)
    wald = fit.coefficients.iloc[0]
    assert interval["conf_low"] == pytest.approx(
        wald["estimate"] - 1.645 * wald["std_error"], abs=0.15
    )
    with pytest.raises(UsageError, match="no coefficient 'staf'; did you mean 'staff'"):
        fit.profile_interval("staf")


def test_a_profile_that_never_falls_far_enough_ends_at_infinity():
    """The one member of staff seen has left, and only a mixture with officers says otherwise."""
    table = (cell("officer", "none", 5), cell("officer", "left", 3), cell("staff", "left", 1))
    coarse = (cell(BOTH, "none", 10), cell(BOTH, "left", 0))
    groups = [CaseGroup("a", "a", (table,)), CaseGroup("b", "b", (coarse,))]
    model = CumulativeLinkModel(("none", "left"), ROLES, random_intercept=False)
    interval = model.fit(groups, SHARES).profile_interval("staff").iloc[0]
    assert np.isfinite(interval["estimate"])
    assert interval["conf_low"] < interval["estimate"]
    assert np.isfinite(interval["conf_low"])
    assert interval["conf_high"] == np.inf


def test_the_small_table_a_reader_wants(fit):
    text = repr(fit)
    assert text.startswith("Cumulative logit model: 147 cases, 5 forces, reference officer;")
    assert "none|short" in text
    page = fit._repr_html_()
    assert page.count("<tr") == 1 + 3
    assert "none|short" in page


def test_frames_are_made_anew_on_every_call(fit):
    frame = fit.coefficients
    frame["estimate"] = 0.0
    assert fit.coefficients["estimate"].iloc[0] != 0.0
    assert isinstance(fit.covariance, pd.DataFrame)
