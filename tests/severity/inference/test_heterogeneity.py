"""The spread between groups on readable scales: formulas, intervals, and what does not exist."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from foistats.errors import UsageError
from foistats.severity.model import CumulativeLinkModel


@cache
def fitted(link="logit", forces=24, scale="", level=0.95):
    generator = np.random.default_rng(11)
    rows = []
    for force, intercept in enumerate(generator.normal(0, 0.9, forces)):
        for role, effect in (("officer", 0.0), ("staff", 0.6)):
            below = 1 / (1 + np.exp(-(np.array([-0.3, 1.1]) - intercept - effect)))
            counts = generator.multinomial(15, np.diff([0, *below, 1]))
            rungs = zip(("none", "advice", "left"), counts, strict=True)
            rows += [(rung, role, f"f{force}", n) for rung, n in rungs]
    data = pd.DataFrame(rows, columns=["outcome", "role", "force", "n"])
    model = CumulativeLinkModel(
        "outcome ~ role",
        ("none", "advice", "left"),
        groups="force",
        link=link,
        scale=scale,
        quadrature_points=5,
        level=level,
    )
    return model.fit(data, weights="n")


VARIANCES = {
    "logit": stats.logistic.var(),
    "probit": 1.0,
    "cloglog": stats.gumbel_l.var(),
    "loglog": stats.gumbel_r.var(),
}


@pytest.mark.parametrize("link", VARIANCES)
def test_the_correlation_is_the_share_of_the_latent_variance(link):
    fit = fitted(link)
    frame = fit.heterogeneity().set_index("term")
    sigma = frame.loc["random_intercept_sd"]
    known = fit.profile_interval("random_intercept_sd").iloc[0]
    for column in ("estimate", "conf_low", "conf_high"):
        assert sigma[column] == pytest.approx(known[column])
        share = sigma[column] ** 2 / (sigma[column] ** 2 + VARIANCES[link])
        assert frame.loc["intraclass_correlation", column] == pytest.approx(share)


def test_the_median_odds_ratio_is_the_median_of_odds_ratios_between_groups():
    fit = fitted()
    row = fit.heterogeneity().set_index("term").loc["median_odds_ratio"]
    # |u - v| of two groups is half-normal with sd sqrt(2) sigma.
    spread = np.sqrt(2) * fit.random_intercept_sd
    assert row["estimate"] == pytest.approx(np.exp(stats.halfnorm.median(scale=spread)))
    assert 1 < row["conf_low"] < row["estimate"] < row["conf_high"]


def test_other_links_have_no_odds_ratio_and_heavy_tails_no_variance():
    frame = fitted("probit").heterogeneity().set_index("term")
    assert np.isnan(frame.loc["median_odds_ratio", "estimate"])
    assert frame.loc["median_odds_ratio", "note"].startswith("the link is 'probit'")
    frame = fitted("cauchit").heterogeneity().set_index("term")
    assert frame.loc["intraclass_correlation", "note"] == "the Cauchy distribution has no variance"
    assert np.isnan(frame.loc["intraclass_correlation", "estimate"])


def test_few_groups_have_no_interval_without_simulation():
    frame = fitted(forces=9).heterogeneity()
    assert frame[["conf_low", "conf_high"]].isna().all(axis=None)
    assert frame["note"].str.contains("no interval from 9 groups without simulation").all()
    assert frame["estimate"].notna().all()


def test_few_groups_have_the_interval_of_the_bootstrap():
    fit = fitted(forces=5, level=0.8)
    frame = fit.heterogeneity(replications=9, seed=3).set_index("term")
    known = fit.bootstrap_intervals(replications=9, seed=3, terms=["random_intercept_sd"]).iloc[0]
    assert (frame["method"] == "bootstrap likelihood ratio").all()
    row = frame.loc["random_intercept_sd"]
    assert (row["conf_low"], row["conf_high"]) == (known["conf_low"], known["conf_high"])
    ratio = np.exp(np.sqrt(2) * stats.norm.ppf(0.75) * known["conf_high"])
    assert frame.loc["median_odds_ratio", "conf_high"] == pytest.approx(ratio)


def test_with_scale_terms_it_is_that_of_the_reference():
    frame = fitted(scale="role").heterogeneity().set_index("term")
    for term in ("intraclass_correlation", "median_odds_ratio"):
        assert frame.loc[term, "note"] == "at the reference of the scale terms"


def test_a_spread_of_zero_is_no_correlation_and_an_odds_ratio_of_one():
    alike = pd.DataFrame(
        [(rung, f"f{force}", 5) for force in range(24) for rung in ("none", "left")],
        columns=["outcome", "force", "n"],
    )
    fit = CumulativeLinkModel("outcome ~ 1", ("none", "left"), "force").fit(alike, weights="n")
    frame = fit.heterogeneity().set_index("term")
    assert frame["estimate"].tolist() == [0.0, 0.0, 1.0]
    assert frame["conf_low"].tolist() == [0.0, 0.0, 1.0]
    assert (frame["conf_high"] > frame["estimate"]).all()


def test_without_groups_there_is_nothing_to_describe():
    data = pd.DataFrame({"outcome": ["none", "left"], "n": [5, 3]})
    fit = CumulativeLinkModel("outcome ~ 1", ("none", "left")).fit(data, weights="n")
    with pytest.raises(UsageError, match="no random intercept; give groups="):
        fit.heterogeneity()
