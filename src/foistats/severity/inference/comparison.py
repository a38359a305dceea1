"""Fits against each other: information criteria, likelihood-ratio and Wald tests, the test of zero.

The standard deviation of the random intercept lies at the boundary of its values when it is zero.
Twice the gain of the log-likelihood is then distributed as the mixture ``1/2 chi2_0 + 1/2 chi2_1``
if there are many groups, and with *k* other parameters tested beside it as ``1/2 chi2_k + 1/2
chi2_(k+1)``. With few groups zero has more weight than a half, and the distribution is simulated.

Sources: Self and Liang 1987, case 5 and 6; Crainiceanu and Ruppert 2004 (few groups); Davison and
Hinkley 1997, section 4.2.5 (simulated p values).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from foistats.errors import ModelError, UsageError, did_you_mean
from foistats.severity.engine.fitting import Problem, maximise_over
from foistats.severity.inference.bootstrap import replicate

if TYPE_CHECKING:
    from foistats.severity.results import SeverityFit

Array: TypeAlias = NDArray[Any]

ENOUGH_GROUPS = 20
"""From as many groups on, large-sample distributions serve for the random intercept."""

_TEST = ["term", "statistic", "df", "p_value", "method", "note"]
_SAME = 1e-6
_ZERO = 1e-8
"""A statistic below is that of a standard deviation estimated as zero."""


def aic(fit: SeverityFit) -> float:
    """Return Akaike's criterion: ``2 p - 2 l``, with *p* the number of parameters.

    Raises
    ------
    UsageError
        For an estimator other than maximum likelihood.
    """
    _require_maximum_likelihood(fit)
    return 2 * fit.n_parameters - 2 * fit.log_likelihood


def bic(fit: SeverityFit) -> float:
    """Return the Bayesian criterion: ``p log(n) - 2 l``, with *n* the number of cases.

    Raises
    ------
    UsageError
        For an estimator other than maximum likelihood.
    """
    _require_maximum_likelihood(fit)
    return float(fit.n_parameters * np.log(fit.n_cases) - 2 * fit.log_likelihood)


# ---- likelihood ratio ------------------------------------------------------------------------


def likelihood_ratio(smaller: SeverityFit, larger: SeverityFit) -> pd.DataFrame:
    """Return the likelihood-ratio test of a fit within another one.

    ::

        2 (l(larger) - l(smaller)) ~ chi2_k,    k the difference in parameters

    Where only the larger fit has a random intercept, the mixture of the module's heading.

    Parameters
    ----------
    smaller, larger : SeverityFit
        Of the same data, by maximum likelihood.

    Returns
    -------
    DataFrame
        One row: ``term, statistic, df, p_value, method, note``.

    Raises
    ------
    UsageError
        If the fits are of different data, links or estimators, are not nested, or differ by a
        random intercept of fewer than twenty groups.
    ModelError
        If the smaller fit has the higher likelihood.

    Examples
    --------
    >>> from foistats.severity.model import CumulativeLinkModel
    >>> frame = pd.DataFrame({
    ...     "severity": ["none", "left", "none", "left"],
    ...     "role": ["officer", "officer", "staff", "staff"],
    ...     "n": [8, 2, 5, 5],
    ... })
    >>> with_role, without = (
    ...     CumulativeLinkModel(f"severity ~ {term}", ["none", "left"]).fit(frame, weights="n")
    ...     for term in ("role", "1")
    ... )
    >>> likelihood_ratio(without, with_role)[["statistic", "df", "p_value"]].round(3)
       statistic  df  p_value
    0      2.027   1    0.155
    """
    for fit in (smaller, larger):
        _require_maximum_likelihood(fit)
    _require_same_data(smaller, larger)
    _require_nested(smaller, larger)
    statistic = 2 * (larger.log_likelihood - smaller.log_likelihood)
    if statistic < -_SAME:
        raise ModelError(
            f"the smaller fit has the higher log-likelihood, by {-statistic / 2:.2g}: one of the "
            "two did not reach its highest maximum"
        )
    statistic = max(statistic, 0.0)
    df = larger.n_parameters - smaller.n_parameters
    spread = bool(larger.model.groups) and not smaller.model.groups
    p_value, method = float(stats.chi2.sf(statistic, df)), f"chi-squared, {df} df"
    if spread:
        _require_enough_groups(larger)
        p_value = _mixture(statistic, df)
        method = f"half chi-squared with {df - 1} df, half with {df} df"
    term = f"{_question(smaller)} within {_question(larger)}"
    return pd.DataFrame([[term, statistic, df, p_value, method, ""]], columns=_TEST)


def _mixture(statistic: float, df: int) -> float:
    """Return the tail of an even mixture of chi-squared with one degree fewer, and with all."""
    fewer = float(stats.chi2.sf(statistic, df - 1)) if df > 1 else float(statistic <= _ZERO)
    return (fewer + float(stats.chi2.sf(statistic, df))) / 2


def _question(fit: SeverityFit) -> str:
    parts = [fit.model.formula]
    for word, text in (
        ("nominal", fit.model.nominal),
        ("scale", fit.model.scale),
        ("groups", fit.model.groups),
    ):
        if text:
            parts.append(f"{word} {text}")
    return ", ".join(parts)


def _require_maximum_likelihood(fit: SeverityFit) -> None:
    if fit.model.estimator != "maximum_likelihood":
        raise UsageError(
            f"the estimator is '{fit.model.estimator}': its log-likelihood is not the maximum that "
            "criteria and likelihood-ratio tests need; fit with estimator='maximum_likelihood'"
        )


def _require_enough_groups(fit: SeverityFit) -> None:
    if fit.n_forces < ENOUGH_GROUPS:
        raise UsageError(
            f"a random intercept of {fit.n_forces} groups: the distribution of the likelihood "
            f"ratio is not known below {ENOUGH_GROUPS}; use no_force_variation(), which simulates"
        )


def _require_same_data(smaller: SeverityFit, larger: SeverityFit) -> None:
    """Refuse fits of different data: all that both must have in common is compared.

    Groups of cases that enter as sums over tables in one fit and as mixtures in the other have
    other statements, tables or constants.
    """
    one, other = smaller.observations, larger.observations
    facts = {
        "ladder": (one.ladder, other.ladder),
        "rows": (one.n_rows, other.n_rows),
        "cases": (float(one.cases.sum()), float(other.cases.sum())),
        "tables": tuple(sorted(table.name for table in seen.tables) for seen in (one, other)),
    }
    wrong = [f"{name} {had} and {has}" for name, (had, has) in facts.items() if had != has]
    if not np.isclose(one.constant, other.constant, rtol=1e-9, atol=1e-9):
        wrong.append(
            f"constants {one.constant:.6g} and {other.constant:.6g} (other counts, role shares or "
            "statements)"
        )
    if wrong:
        raise UsageError(f"the two fits are of different data: {'; '.join(wrong)}")


def _require_nested(smaller: SeverityFit, larger: SeverityFit) -> None:
    wrong = list(_not_nested(smaller, larger))
    if wrong:
        raise UsageError(f"the smaller fit is not within the larger one: {'; '.join(wrong)}")


def _not_nested(smaller: SeverityFit, larger: SeverityFit) -> list[str]:
    if smaller.model.link != larger.model.link:
        return [f"links {smaller.model.link} and {larger.model.link}"]
    if smaller.model.groups and smaller.model.groups != larger.model.groups:
        return [f"groups '{smaller.model.groups}' and '{larger.model.groups or 'none'}'"]
    if smaller.model.groups and _points(smaller) != _points(larger):
        return [f"quadrature points {_points(smaller)} and {_points(larger)}"]
    if smaller.n_parameters >= larger.n_parameters:
        return [f"{smaller.n_parameters} and {larger.n_parameters} parameters"]
    lost = [name for name in smaller.model.covariates if name not in larger.model.covariates]
    if lost:
        return [f"the larger one lacks {', '.join(lost)}"]
    return _columns_outside(smaller, larger)


def _points(fit: SeverityFit) -> int:
    return fit.model.quadrature_points


def _columns_outside(smaller: SeverityFit, larger: SeverityFit) -> list[str]:
    """Name the parts of the smaller design that the columns of the larger one do not span."""
    points = larger.observations.points
    constant = np.ones((len(points), 1))
    nominal, location, scale = (_matrix(larger, part, points) for part in _PARTS)
    spans = {
        "nominal": np.hstack([constant, nominal]),
        "location": np.hstack([constant, nominal, location]),
        "scale": scale,
    }
    outside = []
    for part, span in spans.items():
        both = np.hstack([span, _matrix(smaller, part, points)])
        if np.linalg.matrix_rank(both) > np.linalg.matrix_rank(span):
            outside.append(f"its {part} terms are no combination of the larger one's")
    return outside


_PARTS = ("nominal", "location", "scale")


def _matrix(fit: SeverityFit, part: str, points: pd.DataFrame) -> Array:
    columns = fit.columns[part]
    return columns.of(points) if columns.info is not None else np.zeros((len(points), 0))


# ---- Wald ------------------------------------------------------------------------------------


def wald_test(fit: SeverityFit, terms: Sequence[str] | str) -> pd.DataFrame:
    """Return the joint Wald test that some parameters are zero: ``b' V^-1 b ~ chi2_k``.

    Parameters
    ----------
    fit : SeverityFit
    terms : str or sequence of str
        Names of parameters, or terms of a formula, which stand for all their columns.

    Returns
    -------
    DataFrame
        One row: ``term, statistic, df, p_value, method, note``.

    Raises
    ------
    UsageError
        For an unknown term.
    """
    asked = [terms] if isinstance(terms, str) else list(terms)
    if not asked:
        raise UsageError("no terms to test; name at least one")
    covariance = fit.covariance
    names = list(covariance.index)
    places = sorted({place for term in asked for place in _places(fit, term, names)})
    estimate = fit.solution.vector[places]
    block = covariance.to_numpy()[np.ix_(places, places)]
    statistic = float(estimate @ np.linalg.solve(block, estimate))
    df = len(places)
    p_value = float(stats.chi2.sf(statistic, df))
    row = [", ".join(names[place] for place in places), statistic, df, p_value]
    return pd.DataFrame([[*row, f"chi-squared, {df} df", ""]], columns=_TEST)


def _places(fit: SeverityFit, term: str, names: Sequence[str]) -> list[int]:
    if term in names:
        return [names.index(term)]
    by_term = _columns_of_terms(fit)
    if term not in by_term:
        allowed = [*names, *by_term]
        raise UsageError(
            f"no term '{term}'{did_you_mean(term, allowed)} (allowed: {', '.join(allowed)})"
        )
    return [names.index(name) for name in by_term[term]]


def _columns_of_terms(fit: SeverityFit) -> dict[str, list[str]]:
    """Return the parameters of every term of the formulas; those of a scale term by ``scale:``."""
    found: dict[str, list[str]] = {}
    names = fit.solution.problem.names
    for part, columns in fit.columns.items():
        if columns.info is None:
            continue
        for term, at in columns.info.term_name_slices.items():
            own = columns.info.column_names[at]
            if term == "Intercept":
                continue
            if part == "nominal":
                inside = names[fit.design.slices["nominal"]]
                own = [name for name in inside if name.split(":", 1)[1] in own]
            if part == "scale":
                term, own = f"scale:{term}", [f"scale:{name}" for name in own]
            found.setdefault(term, []).extend(own)
    return found


# ---- no variation between groups -------------------------------------------------------------


def no_force_variation(fit: SeverityFit, *, replications: int = 999, seed: int = 0) -> pd.DataFrame:
    """Return the test that the random intercept's standard deviation is zero.

    The statistic is ``2 (l(max) - l(sd = 0))``. From twenty groups on it is compared with ``1/2
    chi2_0 + 1/2 chi2_1``; below, with its values in data simulated at zero, where ``p = (1 +
    number as large) / (1 + replications)`` and data without an estimate count as large.

    Parameters
    ----------
    fit : SeverityFit
    replications : int
        Simulated data sets, below twenty groups.
    seed : int

    Returns
    -------
    DataFrame
        One row: ``term, statistic, p_value, method, replications, failures,
        monte_carlo_error``; the last three are zero where nothing is simulated.

    Raises
    ------
    UsageError
        If the fit has no random intercept, or its estimator is not maximum likelihood.
    """
    _require_maximum_likelihood(fit)
    if not fit.model.groups:
        raise UsageError("the fit has no random intercept; give groups= to the model")
    without = fit.problem.without_random_intercept()
    zero, _ = maximise_over(without)
    statistic = max(2 * (fit.log_likelihood - zero.value), 0.0)
    row: dict[str, Any] = {"term": "random_intercept_sd", "statistic": statistic}
    if fit.n_forces >= ENOUGH_GROUPS:
        row |= {"p_value": _mixture(statistic, 1), "method": "half zero, half chi-squared, 1 df"}
        row |= {"replications": 0, "failures": 0, "monte_carlo_error": 0.0}
        return pd.DataFrame([row])
    found = replicate(fit.problem, zero.vector, _gain, replications=replications, seed=seed)
    large = int(np.sum(found.values[:, 0] >= statistic - 1e-9)) + found.failures
    p_value = (1 + large) / (1 + replications)
    row |= {"p_value": p_value, "method": "parametric bootstrap"}
    row |= {"replications": replications, "failures": found.failures}
    row["monte_carlo_error"] = float(np.sqrt(p_value * (1 - p_value) / replications))
    return pd.DataFrame([row])


def _gain(problem: Problem) -> list[float]:
    """Return twice the gain in log-likelihood by a random intercept."""
    zero, _ = maximise_over(problem.without_random_intercept())
    best, _ = maximise_over(problem, start=zero.vector)
    return [max(2 * (best.value - zero.value), 0.0)]
