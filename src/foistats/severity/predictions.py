"""Probabilities of the rungs, their averages and differences, and the forces' intercepts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foistats.errors import DataError, ModelError, UsageError, did_you_mean
from foistats.severity.engine.design import Columns, Design
from foistats.severity.engine.formula import require_columns
from foistats.severity.inference.intervals import quantile, share_interval, tidy

if TYPE_CHECKING:
    from foistats.severity.results import SeverityFit

Array: TypeAlias = NDArray[Any]

INTEGRATED, ZERO = "integrated", "zero"
_GRID = np.linspace(-9.0, 9.0, 181)
_WEIGHTS = np.exp(-0.5 * _GRID**2) / np.exp(-0.5 * _GRID**2).sum()
_ROWS_AT_ONCE = 2_000


@dataclass(frozen=True)
class RungProbabilities:
    """Probabilities with their derivatives.

    Attributes
    ----------
    values : array, rows x rungs
    jacobian : array, rows x rungs x parameters
    """

    values: Array
    jacobian: Array


def rung_probabilities(
    fit: SeverityFit, points: pd.DataFrame, at: str = INTEGRATED
) -> RungProbabilities:
    """Return ``P(rung)`` at points, with derivatives by the fit's parameters.

    Parameters
    ----------
    fit : SeverityFit
    points : DataFrame
        Covariates, one row per point.
    at : str
        ``integrated``: over the normal distribution of the random intercept, by the trapezoidal
        rule on 181 points from -9 to 9 standard deviations, exact to rounding for functions this
        smooth. ``zero``: at an intercept of zero. Else the name of a group: at the mode of its
        intercept, which is taken as known.

    Raises
    ------
    UsageError
        For any other word, or a covariate that is missing.
    DataError
        For a level that the fit has not seen.
    ModelError
        Where nominal effects make thresholds cross.
    """
    if not isinstance(points, pd.DataFrame):
        raise UsageError(f"new data is a {type(points).__name__}; a DataFrame is needed")
    if not len(points):
        raise UsageError("new data has no rows")
    grid, weights = _intercepts(fit, str(at))
    parts = []
    for begin in range(0, len(points), _ROWS_AT_ONCE):
        design = design_at(fit, points.iloc[begin : begin + _ROWS_AT_ONCE])
        parts.append(_averaged(fit, design, grid, weights))
    return RungProbabilities(
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.jacobian for part in parts]),
    )


def _intercepts(fit: SeverityFit, at: str) -> tuple[Array, Array]:
    """Return standard normal intercepts and their weights."""
    if at == INTEGRATED and fit.random_intercept_sd > 0:
        return _GRID, _WEIGHTS
    if at in (INTEGRATED, ZERO):
        return np.zeros(1), np.ones(1)
    forces = fit.observations.forces
    if not fit.model.groups or at not in forces:
        allowed = (INTEGRATED, ZERO, *(forces if fit.model.groups else ()))
        shown = ", ".join(allowed[:12]) + (", …" if len(allowed) > 12 else "")
        raise UsageError(f"at='{at}'{did_you_mean(at, allowed)} (allowed: {shown})")
    return fit.solution.maximum.evaluation.modes[[forces.index(at)]], np.ones(1)


def design_at(fit: SeverityFit, points: pd.DataFrame) -> Design:
    """Return the design of new points, all in one group."""
    columns = list(map(str, points.columns))
    require_columns(fit.model.covariates, columns, what="new data")
    twice = [name for name in fit.model.covariates if columns.count(name) > 1]
    if twice:
        raise UsageError(f"new data has several columns '{twice[0]}'")
    frame = pd.DataFrame({name: _known_values(fit, points[name]) for name in fit.model.covariates})
    frame.index = range(len(points))
    matrices = {
        name: columns.of(frame) if columns.info is not None else np.zeros((len(points), 0))
        for name, columns in fit.columns.items()
    }
    return Design(
        fit.design.cuts,
        Columns(matrices["nominal"]),
        Columns(matrices["location"]),
        Columns(matrices["scale"]),
        np.array([0, len(points)]),
        fit.design.random_intercept,
    )


def _known_values(fit: SeverityFit, column: pd.Series) -> Any:
    """Return a covariate as the fit coded it; refuse levels it has not seen."""
    seen = fit.observations.points[column.name].dtype
    if not isinstance(seen, pd.CategoricalDtype):
        values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        wrong = np.flatnonzero(~np.isfinite(values))
        if len(wrong):
            raise DataError(
                f"new data, row {wrong[0]}, column '{column.name}': found "
                f"'{column.iloc[wrong[0]]}' (a finite number is needed)"
            )
        return values
    codes = seen.categories.get_indexer(pd.Index(column))
    wrong = np.flatnonzero(codes < 0)
    if len(wrong):
        found = column.iloc[wrong[0]]
        raise DataError(
            f"new data, row {wrong[0]}, column '{column.name}': found '{found}' (allowed: "
            f"{', '.join(map(str, seen.categories))}: the levels of the fit)"
        )
    return pd.Categorical.from_codes(codes, categories=seen.categories)


def _averaged(fit: SeverityFit, design: Design, grid: Array, weights: Array) -> RungProbabilities:
    link = fit.problem.marginal.conditional.link
    edges = design.edges(fit.solution.vector, grid[None, :])
    points, cuts, _ = edges.values.shape
    crossed = np.argwhere(np.diff(edges.centre, axis=1) < 0)
    if len(crossed):
        rung = fit.observations.ladder[crossed[0, 1] + 1]
        raise ModelError(
            f"new data, row {crossed[0, 0]}: the nominal effects make the thresholds on the two "
            f"sides of '{rung}' cross, so that its probability would be negative; merge it with a "
            "neighbour, or leave out nominal="
        )
    values = np.zeros((points, cuts + 1))
    jacobian = np.zeros((points, cuts + 1, design.size))
    at_point, at_cut = np.divmod(np.arange(points * cuts), cuts)
    for node, weight in enumerate(weights):
        here = edges.values[:, :, node]
        below, above = link.tails(here)
        values[:, 0] += weight * np.exp(below[:, 0])
        values[:, -1] += weight * np.exp(above[:, -1])
        between = link.log_interval(here[:, :-1], here[:, 1:], above[:, :-1], below[:, 1:])
        values[:, 1:-1] += weight * np.exp(between)
        density = np.exp(link.log_density(here, below, above)).ravel()
        rows = design.rows(edges, at_point, at_cut, node) * (weight * density)[:, None]
        slopes = rows.reshape(points, cuts, -1)
        jacobian[:, :-1] += slopes
        jacobian[:, 1:] -= slopes
    return RungProbabilities(values, jacobian)


# ---- tables ----------------------------------------------------------------------------------


def probability_table(
    fit: SeverityFit, points: pd.DataFrame | None = None, at: str = INTEGRATED
) -> pd.DataFrame:
    """Return the probability of every rung at every point, with intervals.

    Returns
    -------
    DataFrame
        One row per point and rung: ``term``, the covariates, ``rung, estimate, std_error,
        conf_low, conf_high``. Delta method on the logit scale, quantiles as for `thresholds`.
    """
    points = fit.points if points is None else points
    found = rung_probabilities(fit, points, at)
    ladder = fit.observations.ladder
    shares = found.values.ravel()
    errors = delta_errors(found.jacobian.reshape(len(shares), -1), fit.parameter_covariance)
    rows = np.repeat(np.arange(len(points)), len(ladder))
    frame = points[list(fit.model.covariates)].iloc[rows].reset_index(drop=True)
    frame["rung"] = list(ladder) * len(points)
    words = frame.astype(str).agg(", ".join, axis=1)
    frame.insert(0, "term", words)
    return _with_share_intervals(fit, frame, shares, errors)


def predicted_shares(fit: SeverityFit, weights: Mapping[Any, float], by: str) -> pd.DataFrame:
    """Return the share of each rung, integrated over forces and a composition of one covariate.

    Parameters
    ----------
    fit : SeverityFit
        Whose only covariate is ``by``.
    weights : mapping of level to share
    by : str

    Returns
    -------
    DataFrame
        One row per rung: ``term, estimate, std_error, conf_low, conf_high``. The interval is that
        of the expected share, not of a count that is still to be drawn.
    """
    levels = set(fit.observations.points[by]) if by in fit.observations.points else set()
    if levels != set(weights):
        raise UsageError(
            f"the shares are of {', '.join(map(str, weights)) or 'nothing'}; the levels of "
            f"'{by}' in the fit are {', '.join(sorted(map(str, levels))) or 'none'}"
        )
    points = pd.DataFrame({by: list(weights)})
    found = rung_probabilities(fit, points)
    shares = np.array(list(weights.values())) / sum(weights.values())
    values = shares @ found.values
    errors = delta_errors(np.einsum("p,pkr->kr", shares, found.jacobian), fit.parameter_covariance)
    frame = pd.DataFrame({"term": list(fit.observations.ladder)})
    return _with_share_intervals(fit, frame, values, errors)


def marginal_effects(fit: SeverityFit, variable: str) -> pd.DataFrame:
    """Return average marginal effects on the probability of every rung, integrated over forces.

    For a categorical covariate the average over all cases of ``P(rung | level) - P(rung |
    reference)``, the other covariates as they are; for a number that of the derivative.

    Returns
    -------
    DataFrame
        One row per level (or the number) and rung: ``term, contrast, rung, estimate, std_error,
        statistic, p_value, conf_low, conf_high``.
    """
    _require_covariate(fit, variable)
    dtype = fit.observations.points[variable].dtype
    if not isinstance(dtype, pd.CategoricalDtype):
        return _derivative_effects(fit, variable)
    levels = list(dtype.categories)
    pairs = [(level, levels[0]) for level in levels[1:]]
    return contrasts(fit, variable, pairs)


def contrasts(
    fit: SeverityFit, variable: str, pairs: Sequence[tuple[Any, Any]] | None = None
) -> pd.DataFrame:
    """Return differences in probability between levels, averaged over all cases.

    Parameters
    ----------
    fit : SeverityFit
    variable : str
        A categorical covariate.
    pairs : sequence of (level, level), optional
        The first less the second; by default every pair.

    Returns
    -------
    DataFrame
        As of `marginal_effects`.
    """
    _require_covariate(fit, variable)
    points, weights = _weighted_points(fit)
    dtype = points[variable].dtype
    if not isinstance(dtype, pd.CategoricalDtype):
        raise UsageError(f"'{variable}' is a number: contrasts are between levels")
    levels = list(dtype.categories)
    chosen = pairs or [(b, a) for i, a in enumerate(levels) for b in levels[i + 1 :]]
    averages = {
        level: _average(
            fit, points.assign(**{variable: _constant(points, variable, level)}), weights
        )
        for level in dict.fromkeys(level for pair in chosen for level in pair)
    }
    frames = []
    for one, other in chosen:
        difference = averages[one].values - averages[other].values
        jacobian = averages[one].jacobian - averages[other].jacobian
        frames.append(_effect_rows(fit, variable, f"{one} - {other}", difference, jacobian))
    return pd.concat(frames, ignore_index=True)


def _constant(points: pd.DataFrame, variable: str, level: Any) -> pd.Categorical:
    categories = points[variable].cat.categories
    if level not in categories:
        raise UsageError(
            f"'{variable}' has no level '{level}'{did_you_mean(str(level), map(str, categories))} "
            f"(allowed: {', '.join(map(str, categories))})"
        )
    return pd.Categorical([level] * len(points), categories=categories)


def _weighted_points(fit: SeverityFit) -> tuple[pd.DataFrame, Array]:
    """Return the distinct combinations of covariates and their shares of all cases."""
    names = list(fit.model.covariates)
    points = fit.observations.points
    number = points.groupby(names, sort=False, observed=True).ngroup().to_numpy()
    first = np.unique(number, return_index=True)[1]
    return points.iloc[first].reset_index(drop=True), np.bincount(number, fit.point_weights)


def _derivative_effects(fit: SeverityFit, variable: str) -> pd.DataFrame:
    """Central differences of the probabilities, a thousandth of the covariate's spread apart."""
    points, weights = _weighted_points(fit)
    values = points[variable].to_numpy(dtype=float)
    step = 1e-3 * (np.std(values) or 1.0)
    above = _average(fit, points.assign(**{variable: values + step}), weights)
    below = _average(fit, points.assign(**{variable: values - step}), weights)
    slope = (above.values - below.values) / (2 * step)
    jacobian = (above.jacobian - below.jacobian) / (2 * step)
    return _effect_rows(fit, variable, "derivative", slope, jacobian)


def _average(fit: SeverityFit, points: pd.DataFrame, weights: Array) -> RungProbabilities:
    found = rung_probabilities(fit, points)
    return RungProbabilities(
        weights @ found.values, np.einsum("p,pkr->kr", weights, found.jacobian)
    )


def _effect_rows(
    fit: SeverityFit, variable: str, contrast: str, estimates: Array, jacobian: Array
) -> pd.DataFrame:
    errors = delta_errors(jacobian, fit.parameter_covariance)
    ladder = fit.observations.ladder
    frame = tidy([variable] * len(ladder), estimates, errors, fit.model.level, np.inf)
    frame.insert(1, "contrast", contrast)
    frame.insert(2, "rung", list(ladder))
    return frame


def _require_covariate(fit: SeverityFit, variable: str) -> None:
    if variable not in fit.model.covariates:
        raise UsageError(
            f"no covariate '{variable}'{did_you_mean(variable, fit.model.covariates)} "
            f"(the model has {', '.join(fit.model.covariates) or 'none'})"
        )


def conditional_modes(fit: SeverityFit) -> pd.DataFrame:
    """Return the mode of each force's random intercept, given its data.

    The standard deviation is that of the normal curve with the same curvature at the mode; the
    parameters are taken as known. Not a ranking: the intercept mixes severity with what a force
    records and discloses.

    Returns
    -------
    DataFrame
        One row per force: ``force, estimate, std_dev, conf_low, conf_high, cases, note``. Without
        a random intercept, or where its spread is estimated as zero, all are zero and say so.
    """
    forces = fit.observations.forces
    note, modes, spreads = "", np.zeros(len(forces)), np.zeros(len(forces))
    if not fit.model.groups:
        note = "fitted without a random intercept"
    elif fit.at_boundary:
        note = "the random intercept's standard deviation is estimated as zero"
    else:
        found = fit.solution.maximum.evaluation
        sd = fit.random_intercept_sd
        modes, spreads = sd * found.modes, sd * found.spreads
    reach = quantile(fit.model.level, np.inf) * spreads
    return pd.DataFrame(
        {
            "force": list(forces),
            "estimate": modes,
            "std_dev": spreads,
            "conf_low": modes - reach,
            "conf_high": modes + reach,
            "cases": _whole(fit.observations.cases),
            "note": note,
        }
    )


def _whole(cases: Array) -> Array:
    """Return counts as integers, unless weights made them something else."""
    rounded = np.rint(cases)
    return rounded.astype(int) if np.array_equal(rounded, cases) else cases


def delta_errors(jacobian: Array, covariance: Array) -> Array:
    """Return ``sqrt(diag(J V J'))``, the standard errors of functions of the parameters."""
    variances = np.einsum("ij,jk,ik->i", jacobian, covariance, jacobian, optimize=True)
    return np.asarray(np.sqrt(np.maximum(variances, 0.0)))


def _with_share_intervals(
    fit: SeverityFit, frame: pd.DataFrame, shares: Array, errors: Array
) -> pd.DataFrame:
    low, high = share_interval(shares, errors, fit.model.level, fit.degrees_of_freedom)
    return frame.assign(estimate=shares, std_error=errors, conf_low=low, conf_high=high)
