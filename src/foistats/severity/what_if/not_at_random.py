"""Outcomes that are not printed at random: the severe more readily, or less, than the mild.

Let the log odds that a case is printed, and so seen, grow by *t* from each rung to the next. The
outcomes among the cases that are printed are then a tilted sample of all outcomes::

    P*(k | x, u) = P(k | x, u) exp(t k) / sum_j P(j | x, u) exp(t j)

A fit under tilt *t* puts ``P*`` in the place of ``P`` in every cell and every table and reports the
parameters of ``P``: what would be found had every case been printed. With ``t > 0`` the severe are
over-represented in print. The tilt cannot be estimated; it is varied. A tilt in all groups alike
moves mostly the thresholds; to overturn a difference between levels it must act on one of them
(``where``).

Sources: Manski 2003 (selection); Little and Rubin 2019, chapter 15 (sensitivity analysis).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, special

from foistats.errors import UsageError, did_you_mean
from foistats.severity.engine.integer_tables import log_table_sum, table_moments
from foistats.severity.engine.marginal import Evaluation, MarginalLikelihood
from foistats.severity.what_if.rung_grid import (
    RungGrid,
    information_by_differences,
    intercept_grid,
    rung_grid,
    solve_from,
)

if TYPE_CHECKING:
    from foistats.severity.results import SeverityFit

Array: TypeAlias = NDArray[Any]

TILTS = tuple(np.linspace(-1, 1, 9).tolist())
"""The tilts of a table: from an odds ratio of 1/e to e per rung."""


@dataclass(frozen=True)
class TiltedLikelihood(MarginalLikelihood):
    """The log-likelihood with every rung's probability tilted.

    Attributes
    ----------
    conditional, quadrature_points
        As of `MarginalLikelihood`; the integral is taken on a fixed grid, whatever the points.
    tilts : array, points
        The tilt at each point.
    """

    tilts: Array = field(default_factory=lambda: np.zeros(0))

    def evaluate(self, vector: Array, *, order: int, modes: Array | None = None) -> Evaluation:
        """Return value, gradient and information; as of `MarginalLikelihood`."""
        found = self._evaluate(vector, order)
        if order < 2 or found.gradient is None:
            return found
        information = information_by_differences(self, self._gradient, vector)
        return replace(found, information=information)

    def _gradient(self, vector: Array) -> Array:
        gradient = self._evaluate(vector, 1).gradient
        assert gradient is not None
        return gradient

    def _evaluate(self, vector: Array, order: int) -> Evaluation:
        seen, design = self.conditional.observations, self.conditional.design
        places = intercept_grid(design.parameters(vector).sd, self._largest_force)
        with np.errstate(all="ignore"):
            grid = rung_grid(self.conditional.link, design, vector, places.places)
            rungs = self._tilted(grid.log_probability)
            log_cells, entries = self._log_cells(rungs)
            log_terms = self._given_intercepts(log_cells) + places.log_weights
        log_terms = np.where(np.isnan(log_terms), -np.inf, log_terms)
        by_force = special.logsumexp(log_terms, axis=1)
        value = float(by_force.sum()) + seen.constant
        if not np.isfinite(value):
            return Evaluation(value, by_force, by_force, by_force)
        shares = np.exp(log_terms - by_force[:, None])
        means = shares @ places.places
        spreads = np.sqrt(np.maximum(shares @ places.places**2 - means**2, 0.0))
        if order == 0:
            return Evaluation(value, by_force, means, spreads)
        scores = self._scores(grid, rungs, log_cells, entries, shares)
        return Evaluation(value, by_force, means, spreads, scores.sum(axis=0), scores)

    def _tilted(self, log_probability: Array) -> Array:
        """Return ``log P*``: points x rungs x nodes."""
        rungs = np.arange(log_probability.shape[1])
        moved = log_probability + (self.tilts[:, None] * rungs)[:, :, None]
        return np.asarray(moved - special.logsumexp(moved, axis=1, keepdims=True))

    @cached_property
    def _entries(self) -> tuple[Array, Array, Array]:
        """The cell of every single rung of every atom, its place (point, rung), and log weight."""
        atoms = self.conditional.observations.atoms
        rungs = len(self.conditional.observations.ladder)
        width = atoms.upper - atoms.lower
        atom = np.repeat(np.arange(len(width)), width)
        within = np.arange(len(atom)) - np.repeat(np.cumsum(width) - width, width)
        place = atoms.point[atom] * rungs + atoms.lower[atom] + within
        return atoms.cell[atom], place, atoms.log_weight[atom]

    @cached_property
    def _largest_force(self) -> float:
        seen = self.conditional.observations
        cases = np.bincount(seen.cell_force, seen.count, minlength=len(seen.forces))
        for table in seen.tables:
            cases[table.force] += sum(step.counts.sum(axis=1).max() for step in table.steps)
        return float(cases.max())

    def _log_cells(self, rungs: Array) -> tuple[Array, Array]:
        """Return the log probability of every cell, and that of its entries."""
        cell, place, log_weight = self._entries
        entries = rungs.reshape(-1, rungs.shape[2])[place] + log_weight[:, None]
        top = np.full((len(self.conditional.observations.count), rungs.shape[2]), -np.inf)
        np.maximum.at(top, cell, entries)
        sums = np.zeros_like(top)
        np.add.at(sums, cell, np.exp(entries - top[cell]))
        return top + np.log(sums), entries

    def _given_intercepts(self, log_cells: Array) -> Array:
        """Return the log-likelihood given the intercepts: forces x nodes."""
        seen = self.conditional.observations
        total = np.zeros((len(seen.forces), log_cells.shape[1]))
        counted = np.flatnonzero(seen.count)
        np.add.at(total, seen.cell_force[counted], seen.count[counted, None] * log_cells[counted])
        for table in seen.tables:
            total[table.force] += log_table_sum(table.steps, _inside(log_cells, table.cells))
        return total

    def _scores(
        self, grid: RungGrid, rungs: Array, log_cells: Array, entries: Array, shares: Array
    ) -> Array:
        """Return the gradient of every force: forces x parameters."""
        seen = self.conditional.observations
        count = np.repeat(seen.count[:, None], log_cells.shape[1], axis=1)
        for table in seen.tables:
            moments = table_moments(table.steps, _inside(log_cells, table.cells))
            here = table.cells.ravel() >= 0
            count[table.cells.ravel()[here]] = moments.mean[here]
        cell, place, _ = self._entries
        expected = count[cell] * np.exp(entries - log_cells[cell]) * shares[seen.cell_force[cell]]
        by_rung = np.zeros((rungs.shape[0] * rungs.shape[1], rungs.shape[2]))
        np.add.at(by_rung, place, expected)
        by_rung = by_rung.reshape(rungs.shape)
        slopes = by_rung - np.exp(rungs) * by_rung.sum(axis=1, keepdims=True)
        return grid.gradient_by_force(slopes)


def _inside(log_cells: Array, cells: Array) -> Array:
    """Return the log cells of a table, rows x columns x nodes; zero where no case can be."""
    return np.where((cells >= 0)[:, :, None], log_cells[cells], 0.0)


def tilted_fit(
    fit: SeverityFit, tilt: float, *, where: Mapping[str, Any] | None = None
) -> SeverityFit:
    """Return the fit if the log odds of being printed grow by ``tilt`` per rung.

    Parameters
    ----------
    fit : SeverityFit
    tilt : float
        At zero the fit is the same, but for the error of its quadrature.
    where : mapping of covariate to level, optional
        The points at which the tilt acts, ``{"role": "staff"}``; by default all.

    Raises
    ------
    UsageError
        For a covariate or level that the fit has not, or a fit whose bias is reduced.
    NotIdentifiedError, ConvergenceError
        See `foistats.severity.engine.fitting.maximise_over`.
    """
    if fit.problem.bias_reduced:
        raise UsageError(
            "a fit with estimator='bias_reduced' has no likelihood to tilt; fit with "
            "estimator='maximum_likelihood' or 'penalised'"
        )
    tilts = np.where(_acts_at(fit, where or {}), float(tilt), 0.0)
    marginal = fit.problem.marginal
    tilted = TiltedLikelihood(marginal.conditional, marginal.quadrature_points, tilts)
    problem = replace(fit.problem, marginal=tilted)
    return replace(fit, problem=problem, solution=solve_from(problem, fit.solution.vector))


def _acts_at(fit: SeverityFit, where: Mapping[str, Any]) -> Array:
    points = fit.observations.points
    chosen = np.ones(len(fit.observations.point_force), dtype=bool)
    for name, level in where.items():
        if name not in fit.model.covariates:
            raise UsageError(
                f"where names '{name}'{did_you_mean(name, fit.model.covariates)} (allowed: "
                f"{', '.join(fit.model.covariates) or 'none, the model has no covariate'})"
            )
        here = (points[name] == level).to_numpy()
        if not here.any():
            known = list(dict.fromkeys(map(str, points[name])))
            raise UsageError(
                f"where: no point has {name} '{level}'{did_you_mean(str(level), known)} (allowed: "
                f"{', '.join(known)})"
            )
        chosen &= here
    return chosen


def tilt_table(
    fit: SeverityFit,
    *,
    term: str = "",
    values: Sequence[float] = TILTS,
    where: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Return a coefficient under every tilt, with its Wald interval and what it says.

    Parameters
    ----------
    fit : SeverityFit
    term : str, optional
        A coefficient; by default the first.
    values : sequence of float
        Tilts.
    where : mapping of covariate to level, optional
        See `tilted_fit`.

    Returns
    -------
    DataFrame
        One row per tilt: ``tilt``, the columns of `SeverityFit.coefficients`, and ``conclusion``:
        ``more severe``, ``less severe`` or ``unsettled`` (the interval holds zero).
    """
    name = _coefficient(fit, term)
    at = _coefficient_at(fit, name, where)
    rows = [at(float(tilt)).assign(tilt=float(tilt)) for tilt in values]
    frame = pd.concat(rows, ignore_index=True)
    frame["conclusion"] = [_conclusion(row) for _, row in frame.iterrows()]
    return frame[["tilt", *[name for name in frame.columns if name != "tilt"]]]


def turning_point(
    fit: SeverityFit,
    *,
    term: str = "",
    where: Mapping[str, Any] | None = None,
    reach: float = 1.0,
) -> pd.DataFrame:
    """Return the tilt, on either side of zero, at which the conclusion about a coefficient turns.

    The conclusion turns where an end of the Wald interval passes zero.

    Parameters
    ----------
    fit, term, where
        As of `tilt_table`.
    reach : float
        The largest tilt looked at; each side is searched in steps of a quarter of it.

    Returns
    -------
    DataFrame
        Two rows, for tilts below and above zero: ``term, side, tilt, before, after, note``. Where
        it does not turn, ``tilt`` is missing and ``note`` says within which bounds.
    """
    name = _coefficient(fit, term)
    at = _coefficient_at(fit, name, where)
    now = at(0.0)
    rows = []
    for side, direction in (("negative", -1.0), ("positive", 1.0)):
        tilt, before, after = _first_turn(at, now, direction * reach)
        note = ""
        if tilt is None:
            low, high = sorted((0.0, direction * reach))
            note = f"none in [{low:g}, {high:g}]"
        rows.append((name, side, tilt, before, after, note))
    columns = ["term", "side", "tilt", "before", "after", "note"]
    return pd.DataFrame(rows, columns=columns).astype({"tilt": "Float64"})


def _first_turn(
    at: Callable[[float], pd.DataFrame], now: pd.DataFrame, furthest: float
) -> tuple[float | None, str, str]:
    """Return the tilt between zero and the furthest at which the conclusion turns, if any."""
    near, before = 0.0, _conclusion(now.iloc[0])
    for far in furthest * np.array([0.25, 0.5, 0.75, 1.0]):
        row = at(float(far)).iloc[0]
        after = _conclusion(row)
        if after != before:
            return _root(at, _end_that_turns(before, after), near, float(far)), before, after
        near = float(far)
    return None, before, before


def _root(at: Callable[[float], pd.DataFrame], end: str, near: float, far: float) -> float:
    """Return the tilt between two others at which an end of the interval is zero."""
    return float(optimize.brentq(lambda tilt: float(at(tilt)[end].iloc[0]), near, far, xtol=1e-4))


_MORE, _LESS, _UNSETTLED = "more severe", "less severe", "unsettled"


def _conclusion(row: pd.Series) -> str:
    if row["conf_low"] > 0:
        return _MORE
    return _LESS if row["conf_high"] < 0 else _UNSETTLED


def _end_that_turns(before: str, after: str) -> str:
    """Return the end of the interval that passes zero first."""
    if before == _UNSETTLED:
        return "conf_low" if after == _MORE else "conf_high"
    return "conf_low" if before == _MORE else "conf_high"


def _coefficient(fit: SeverityFit, term: str) -> str:
    names = fit.problem.location_names
    if not names or (term and term not in names):
        raise UsageError(
            f"no coefficient '{term}'{did_you_mean(term, names)} (allowed: "
            f"{', '.join(names) or 'none, the model has no location terms'})"
        )
    return term or names[0]


def _coefficient_at(
    fit: SeverityFit, name: str, where: Mapping[str, Any] | None
) -> Callable[[float], pd.DataFrame]:
    """Return the function from a tilt to the coefficient's row."""

    def at(tilt: float) -> pd.DataFrame:
        frame = tilted_fit(fit, tilt, where=where).coefficients
        return frame[frame["term"] == name]

    return at
