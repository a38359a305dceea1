"""Surrogate residuals of outcomes that are known up to a set.

For every case a latent value *S* is drawn from the distribution that the fit gives it, cut to the
intervals of its set (Liu and Zhang 2018). On the scale of probability the residual is ::

    R = F(S - x'beta - u)  ~  uniform on the union of (F(lower edge), F(upper edge))

and under the model it is uniform on (0, 1) whatever the set is, provided the data are coarse at
random: a set is then a broader view of the same draw. On the latent scale it is the quantile
``F^-1(R)``, which is ``S`` less its location, divided by its scale.

A covariate that is left open is drawn too, given the outcome, and so is the force's intercept *u*:
once per force, from the normal curve at its conditional mode. A residual at the mode itself would
be too small, because the mode has seen the case.

Source: Liu and Zhang 2018, section 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foistats.errors import UsageError
from foistats.severity.checks.cell_labels import cell_labels
from foistats.severity.engine.atoms import Atoms, EdgeValues, edge_rows

if TYPE_CHECKING:
    from foistats.severity.results import SeverityFit

Array: TypeAlias = NDArray[Any]

SCALES = ("probability", "latent")
MOST_ROWS = 100_000
"""Of more cases than this, as many are drawn at random without replacement."""
_TABLE = "not defined: of this table only sums are printed, and no case is in a known cell"


def surrogate_residuals(
    fit: SeverityFit, *, seed: int = 0, scale: str = "probability"
) -> pd.DataFrame:
    """Return one residual per case.

    Parameters
    ----------
    fit : SeverityFit
    seed : int
        Residuals are drawn; the same seed gives the same ones.
    scale : str
        ``probability`` (uniform on 0 to 1 under the model) or ``latent`` (distributed as the link's
        distribution: for logit and probit with mean zero).

    Returns
    -------
    DataFrame
        One row per case, of at most `MOST_ROWS`: ``force``, the covariates, ``rungs, residual,
        note``. A table of which only sums are printed has one row without a residual, and the
        reason.

    Raises
    ------
    UsageError
        For another scale.
    """
    if scale not in SCALES:
        raise UsageError(f"scale='{scale}' (allowed: {', '.join(SCALES)})")
    random, labels = np.random.default_rng(seed), cell_labels(fit.observations)
    lower, upper, atom_of = _atom_bounds(fit, random)
    cell = _drawn_cases(fit.observations.count, random)
    atom = atom_of(cell, random.random(len(cell)))
    residual = lower[atom] + random.random(len(cell)) * (upper - lower)[atom]
    if scale == "latent":
        inside = np.clip(residual, np.finfo(float).tiny, 1 - np.finfo(float).epsneg)
        residual = fit.problem.marginal.conditional.link.quantile(inside)
    frame = labels.iloc[cell].reset_index(drop=True).assign(residual=residual, note="")
    if not fit.observations.tables:
        return frame
    return pd.concat([frame, _table_rows(fit)], ignore_index=True)


def _atom_bounds(fit: SeverityFit, random: np.random.Generator) -> tuple[Array, Array, Any]:
    """Return ``F`` at the two edges of every atom, and what draws atoms of cells."""
    seen, link = fit.observations, fit.problem.marginal.conditional.link
    found = fit.solution.maximum.evaluation
    intercepts = found.modes + found.spreads * random.standard_normal(len(seen.forces))
    edges = fit.design.edges(fit.solution.vector, intercepts[:, None])
    points, cuts = edges.centre.shape
    values = EdgeValues(link, edge_rows(edges.values))
    atoms = Atoms(seen.atoms, np.arange(len(seen.atoms.cell)), points, cuts)
    log_shares = atoms.log_probability(values)[:, 0] + atoms.log_weight[:, 0]
    order = np.argsort(atoms.cell, kind="stable")
    cdf = np.exp(values.log_cdf).reshape(points, cuts, order="F")
    cdf = np.column_stack([np.zeros(points), cdf, np.ones(points)])
    bounds = _sorted_bounds(atoms, cdf, order)
    return *bounds, _CellAtoms(atoms.cell[order], log_shares[order], len(seen.count)).draw


def _sorted_bounds(atoms: Atoms, cdf: Array, order: Array) -> tuple[Array, Array]:
    lower, upper = np.zeros(len(atoms), dtype=np.intp), np.full(len(atoms), cdf.shape[1] - 1)
    lower[atoms.has_lower] = atoms.lower_cut + 1
    upper[atoms.has_upper] = atoms.upper_cut + 1
    return cdf[atoms.point, lower][order], cdf[atoms.point, upper][order]


class _CellAtoms:
    """Draws an atom of a cell, with the atoms' shares of its probability.

    Parameters
    ----------
    cell : array of int, atoms
        Sorted.
    log_shares : array, atoms
    cells : int
    """

    def __init__(self, cell: Array, log_shares: Array, cells: int) -> None:
        top = np.full(cells, -np.inf)
        np.maximum.at(top, cell, log_shares)
        shares = np.exp(log_shares - top[cell])
        sums = np.bincount(cell, shares, cells)
        begin = np.searchsorted(cell, np.arange(cells))
        running = np.cumsum(shares / sums[cell])
        before = np.where(begin > 0, running[begin - 1], 0.0)
        self._ends = running - before[cell] + cell
        self._begin, self._last = begin, np.append(begin[1:], len(cell)) - 1

    def draw(self, cell: Array, uniform: Array) -> Array:
        """Return an atom of each of the cells."""
        found = np.searchsorted(self._ends, cell + uniform, side="right")
        return np.clip(found, self._begin[cell], self._last[cell])


def _drawn_cases(count: Array, random: np.random.Generator) -> Array:
    """Return the cell of each case; parts of a case are rounded at random."""
    whole = np.floor(count).astype(np.int64)
    whole += random.random(len(count)) < count - whole
    cell = np.repeat(np.arange(len(count)), whole)
    if len(cell) > MOST_ROWS:
        cell = np.sort(random.choice(cell, MOST_ROWS, replace=False))
    return cell


def _table_rows(fit: SeverityFit) -> pd.DataFrame:
    forces = [fit.observations.forces[table.force] for table in fit.observations.tables]
    return pd.DataFrame({"force": forces, "residual": np.nan, "note": _TABLE})
