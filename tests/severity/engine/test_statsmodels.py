"""What statsmodels' `OrderedModel` estimates too, and the R output that statsmodels ships."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from statsmodels.discrete.discrete_model import Logit
from statsmodels.miscmodels.ordinal_model import OrderedModel
from statsmodels.miscmodels.tests.results import results_ordinal_model as shipped

from foistats.severity.model import CumulativeLinkModel

LADDER = ["unlikely", "somewhat likely", "very likely"]
COVARIATES = ["pared", "public", "gpa"]
FRAME = shipped.data_store.df
POLR = {
    "logit": shipped.res_ord_logit,
    "probit": shipped.res_ord_probit,
    "cloglog": shipped.res_ord_cloglog,
}


@cache
def ours(link):
    return CumulativeLinkModel("apply ~ pared + public + gpa", link=link).fit(FRAME)


@cache
def theirs(link):
    """Return statsmodels' fit, its search ended at 1e-9: by default it stops at 1e-5."""
    model = OrderedModel(FRAME["apply"], FRAME[COVARIATES].astype(float), distr=link)
    return model.fit(method="bfgs", gtol=1e-9, maxiter=500, disp=False)


@pytest.mark.parametrize("link", POLR)
def test_the_r_output_that_statsmodels_ships(link):
    """MASS::polr, whose search stops early; statsmodels' own tests have these tolerances.

    But for the thresholds: at polr's estimate of the logit they are 6e-4 from the maximum, which
    `test_statsmodels_own_fit` has, a thousandth of their standard error.
    """
    fit, known = ours(link), POLR[link]
    coefficients = fit.coefficients.set_index("term").loc[COVARIATES]
    np.testing.assert_allclose(coefficients["estimate"], known.coefficients_val, atol=2e-4)
    np.testing.assert_allclose(coefficients["std_error"], known.coefficients_stdE, rtol=3e-3)
    np.testing.assert_allclose(
        coefficients["statistic"], known.coefficients_tval, rtol=3e-3, atol=7e-4
    )
    np.testing.assert_allclose(
        coefficients["p_value"], known.coefficients_pval, rtol=9e-3, atol=1e-5
    )
    np.testing.assert_allclose(fit.thresholds["estimate"], known.thresholds, atol=8e-4)
    np.testing.assert_allclose(probabilities(fit, FRAME.iloc[:7]), known.prob_pred, atol=5e-5)


def probabilities(fit, points):
    frame = fit.probabilities(points[COVARIATES].reset_index(drop=True))
    return frame["estimate"].to_numpy().reshape(len(points), len(LADDER))


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_statsmodels_own_fit(link):
    """Its thresholds are the first one and the logarithms of the gaps after it."""
    fit, other = ours(link), theirs(link)
    assert fit.log_likelihood == pytest.approx(other.llf, rel=1e-10)
    coefficients = fit.coefficients.set_index("term").loc[COVARIATES]
    np.testing.assert_allclose(coefficients["estimate"], other.params[COVARIATES], atol=1e-5)
    np.testing.assert_allclose(coefficients["std_error"], other.bse[COVARIATES], rtol=1e-5)
    thresholds = other.model.transform_threshold_params(other.params)[1:-1]
    np.testing.assert_allclose(fit.thresholds["estimate"], thresholds, atol=2e-5)
    np.testing.assert_allclose(probabilities(fit, FRAME), other.predict(), atol=1e-6)


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_the_standard_errors_of_statsmodels_thresholds(link):
    """By the delta method, ``theta_2 = theta_1 + exp(log gap)``."""
    fit, other = ours(link), theirs(link)
    jacobian = np.array([[1.0, 0.0], [1.0, np.exp(other.params.iloc[-1])]])
    covariance = jacobian @ other.cov_params().iloc[-2:, -2:].to_numpy() @ jacobian.T
    np.testing.assert_allclose(fit.thresholds["std_error"], np.sqrt(np.diag(covariance)), rtol=1e-5)


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_the_empty_model(link):
    fit = CumulativeLinkModel("apply ~ 1", link=link).fit(FRAME)
    assert fit.log_likelihood == pytest.approx(theirs(link).llnull, rel=1e-10)
    counts = FRAME["apply"].value_counts().loc[LADDER].to_numpy()
    assert fit.log_likelihood == pytest.approx(counts @ np.log(counts / 400), rel=1e-12)


def test_a_binary_outcome_is_logistic_regression():
    """statsmodels' Logit, whose intercept is minus our threshold."""
    frame = FRAME.assign(apply=np.where(FRAME["apply"] == "unlikely", "no", "yes"))
    fit = CumulativeLinkModel("apply ~ pared + public + gpa", ["no", "yes"]).fit(frame)
    exog = frame[COVARIATES].astype(float).assign(constant=1.0)
    other = Logit((frame["apply"] == "yes").astype(float), exog).fit(disp=False, tol=1e-12)
    estimates = pd.concat([fit.coefficients, fit.thresholds]).set_index("term")
    signs = np.array([1, 1, 1, -1])
    order = [*COVARIATES, "no|yes"]
    np.testing.assert_allclose(estimates.loc[order, "estimate"], signs * other.params, atol=1e-7)
    np.testing.assert_allclose(estimates.loc[order, "std_error"], other.bse, rtol=1e-7)
    assert fit.log_likelihood == pytest.approx(other.llf, rel=1e-12)
