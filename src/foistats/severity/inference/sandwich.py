"""Robust covariance: the sandwich, of cases or of clusters.

::

    V = c H^-1 M H^-1

with ``H`` the observed information and ``M`` the sum of products of scores:

======== ================================================= =========================
kind     M                                                 c
======== ================================================= =========================
HC0      sum over cases of ``s s'``                        1
HC1      the same                                          ``N / (N - p)``
cluster  sum over clusters of ``(sum s) (sum s)'``         ``G / (G - 1)``
======== ================================================= =========================

A cell of *n* cases is *n* cases with one score, however the data were collapsed. In a model with
random intercept the cases of a force depend on each other, and only forces have scores. With few
clusters the estimate is too small, so that it is refused below twenty unless asked for; intervals
then have t quantiles with ``G - 1`` degrees of freedom.

Sources: White 1982; Zeileis 2006 (object-oriented sandwich estimators); Cameron and Miller 2015.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foistats.errors import UsageError, did_you_mean
from foistats.severity.engine.atoms import Atoms, EdgeValues, edge_rows
from foistats.severity.engine.conditional import ConditionalLikelihood
from foistats.severity.engine.design import Columns, Design
from foistats.severity.engine.observations import Observations
from foistats.severity.inference.intervals import tidy

if TYPE_CHECKING:
    from foistats.severity.results import SeverityFit

Array: TypeAlias = NDArray[Any]

ENOUGH_CLUSTERS = 20
KINDS = ("HC0", "HC1", "cluster")


@dataclass(frozen=True)
class Robust:
    """A robust covariance and what it rests on.

    Attributes
    ----------
    covariance : DataFrame
        Of all parameters but the standard deviation of the random intercept.
    coefficients : DataFrame
        Location, nominal and scale effects, then thresholds: ``term, estimate, std_error,
        statistic, p_value, conf_low, conf_high``.
    kind : str
    clusters : int
        Zero where every case is by itself.
    degrees_of_freedom : float
        Those of the quantiles; infinite: normal.
    """

    covariance: pd.DataFrame
    coefficients: pd.DataFrame
    kind: str
    clusters: int
    degrees_of_freedom: float


def robust(
    fit: SeverityFit,
    kind: str,
    *,
    cluster: str | Observations = "",
    few_clusters: bool = False,
) -> Robust:
    """Return robust standard errors.

    Parameters
    ----------
    fit : SeverityFit
        By maximum likelihood.
    kind : str
        ``HC0``, ``HC1`` or ``cluster``.
    cluster : str or Observations
        What the clusters are. By default the groups of the random intercept. Without one, a
        covariate of the model, or the same data observed by cluster, whatever the column::

            by_force = dataclasses.replace(fit.model, groups="force").observe(frame, weights="n")

    few_clusters : bool
        Whether fewer than twenty clusters are accepted.

    Raises
    ------
    UsageError
        For another kind or estimator, single cases in a model with random intercept or with sums
        over tables, clusters that cut through groups or cells, or too few of them.
    """
    _require_kind(fit, kind)
    if kind == "cluster":
        scores = _cluster_scores(fit, cluster)
        clusters = len(scores)
        _require_enough(clusters, few_clusters)
        meat = scores.T @ scores * clusters / (clusters - 1)
        degrees = clusters - 1.0 if clusters < ENOUGH_CLUSTERS else np.inf
    else:
        if cluster:
            raise UsageError(f"kind='{kind}' has no clusters; use kind='cluster'")
        meat, clusters, degrees = _case_products(fit), 0, np.inf
        if kind == "HC1":
            meat = meat * fit.n_cases / (fit.n_cases - fit.n_parameters)
    bread = fit.parameter_covariance
    names = [name for name in fit.solution.problem.names if name != "log_sd"]
    whole = (bread @ meat @ bread)[: len(names), : len(names)]
    covariance = pd.DataFrame(whole, index=names, columns=names)
    return Robust(covariance, _coefficients(fit, covariance, degrees), kind, clusters, degrees)


def _coefficients(fit: SeverityFit, covariance: pd.DataFrame, degrees: float) -> pd.DataFrame:
    names = list(covariance.index)
    estimates = fit.solution.vector[: len(names)]
    errors = np.sqrt(np.diag(covariance))
    frame = tidy(names, estimates, errors, fit.model.level, degrees)
    cuts = fit.design.cuts
    return pd.concat([frame.iloc[cuts:], frame.iloc[:cuts]], ignore_index=True)


def _require_kind(fit: SeverityFit, kind: str) -> None:
    if kind not in KINDS:
        raise UsageError(f"kind '{kind}'{did_you_mean(kind, KINDS)} (allowed: {', '.join(KINDS)})")
    if fit.model.estimator != "maximum_likelihood":
        raise UsageError(
            f"the estimator is '{fit.model.estimator}', whose scores do not sum to zero; robust "
            "standard errors need estimator='maximum_likelihood'"
        )


def _require_enough(clusters: int, few_clusters: bool) -> None:
    if clusters < 2:
        raise UsageError(f"{clusters} cluster: at least two are needed")
    if clusters < ENOUGH_CLUSTERS and not few_clusters:
        raise UsageError(
            f"{clusters} clusters: below {ENOUGH_CLUSTERS} cluster-robust standard errors are too "
            "small; use few_clusters=True to have them with t quantiles all the same"
        )


# ---- single cases ----------------------------------------------------------------------------


def _case_products(fit: SeverityFit) -> Array:
    """Return the sum over cases of the products of their scores."""
    if fit.model.groups:
        raise UsageError(
            "cases of a group depend on each other through its random intercept; use kind='cluster'"
        )
    if fit.observations.tables:
        raise UsageError(
            f"group '{fit.observations.tables[0].name}' enters as a sum over tables, and its cases "
            "have no scores of their own; use kind='cluster'"
        )
    scores = cell_scores(fit.solution.problem.marginal.conditional, fit.solution.vector)
    return np.asarray((scores.T * fit.observations.count) @ scores)


def cell_scores(conditional: ConditionalLikelihood, vector: Array) -> Array:
    """Return the gradient of every cell's log probability: cells x parameters.

    At intercepts of zero. A cell of several atoms averages theirs, with their shares of its
    probability.
    """
    seen, design = conditional.observations, conditional.design
    atoms = Atoms(seen.atoms, np.arange(len(seen.atoms.cell)), len(seen.points), seen.cuts)
    edges = design.edges(vector, np.zeros((len(seen.forces), 1)))
    with np.errstate(all="ignore"):
        values = EdgeValues(conditional.link, edge_rows(edges.values))
        log_atoms = atoms.log_probability(values)
        by_lower, by_upper = atoms.slopes(values, log_atoms)
    rows = np.zeros((len(atoms), design.size))
    for at, cuts, slope in (
        (atoms.has_lower, atoms.lower_cut, by_lower),
        (atoms.has_upper, atoms.upper_cut, by_upper),
    ):
        rows[at] += slope * design.rows(edges, atoms.point[at], cuts, 0)
    terms = (log_atoms + atoms.log_weight)[:, 0]
    top = np.full(len(seen.count), -np.inf)
    np.maximum.at(top, atoms.cell, terms)
    share = np.exp(terms - top[atoms.cell])
    share /= np.bincount(atoms.cell, share, minlength=len(top))[atoms.cell]
    scores = np.zeros((len(top), design.size))
    np.add.at(scores, atoms.cell, share[:, None] * rows)
    return scores


# ---- clusters --------------------------------------------------------------------------------


def _cluster_scores(fit: SeverityFit, cluster: str | Observations) -> Array:
    """Return the sums of scores: clusters x parameters."""
    if isinstance(cluster, Observations):
        return _scores_by(fit, cluster)
    if fit.model.groups:
        if cluster not in ("", fit.model.groups):
            raise UsageError(
                f"cluster='{cluster}': with a random intercept the clusters are its groups, "
                f"'{fit.model.groups}'"
            )
        return _scores_of_forces(fit)
    if cluster not in fit.model.covariates:
        allowed = fit.model.covariates
        raise UsageError(
            f"cluster='{cluster}'{did_you_mean(cluster, allowed)} (allowed: a covariate of the "
            f"model, {', '.join(allowed) or 'of which there are none'}; or the data observed by "
            "cluster, dataclasses.replace(fit.model, groups=…).observe(data))"
        )
    return _scores_of_covariate(fit, cluster)


def _scores_of_forces(fit: SeverityFit) -> Array:
    marginal = fit.solution.problem.marginal
    modes = fit.solution.maximum.evaluation.modes
    scores = marginal.evaluate(fit.solution.vector, order=1, modes=modes).scores
    if scores is None:
        raise UsageError(
            "a fit with totals over several groups has no scores of single groups; use the "
            "covariance of the fit, or fit without totals"
        )
    return scores


def _scores_of_covariate(fit: SeverityFit, cluster: str) -> Array:
    seen = fit.observations
    if seen.tables:
        raise UsageError(
            f"group '{seen.tables[0].name}' enters as a sum over tables: its cases cannot be given "
            "to clusters of their own"
        )
    codes, _ = pd.factorize(seen.points[cluster])
    clusters = codes[seen.atoms.point]
    lowest = np.full(len(seen.count), len(codes))
    np.minimum.at(lowest, seen.atoms.cell, clusters)
    if np.any(lowest[seen.atoms.cell] != clusters):
        raise UsageError(f"some cases leave '{cluster}' open, and so have no cluster")
    scores = cell_scores(fit.solution.problem.marginal.conditional, fit.solution.vector)
    sums = np.zeros((codes.max() + 1, scores.shape[1]))
    np.add.at(sums, lowest, seen.count[:, None] * scores)
    return np.asarray(sums[np.unique(lowest)])


def _scores_by(fit: SeverityFit, seen: Observations) -> Array:
    """Return the scores by the groups of other observations of the same data."""
    if fit.model.groups:
        raise UsageError("with a random intercept the clusters are its groups; leave out cluster=")
    had = fit.observations
    facts = [
        (had.ladder, had.n_rows, had.cases.sum()),
        (seen.ladder, seen.n_rows, seen.cases.sum()),
    ]
    if facts[0] != facts[1]:
        raise UsageError(
            f"the clusters are of other data: {seen.n_rows} rows with {seen.cases.sum():g} cases, "
            f"and {had.n_rows} with {had.cases.sum():g} in the fit"
        )
    marginal = fit.solution.problem.marginal
    matrices = {
        part: columns.of(seen.points)
        if columns.info is not None
        else np.zeros((len(seen.points), 0))
        for part, columns in fit.columns.items()
    }
    design = Design(
        seen.cuts,
        Columns(matrices["nominal"]),
        Columns(matrices["location"]),
        Columns(matrices["scale"]),
        np.searchsorted(seen.point_force, np.arange(len(seen.forces) + 1)),
        random_intercept=False,
    )
    conditional = replace(marginal.conditional, design=design, observations=seen)
    found = replace(marginal, conditional=conditional).evaluate(fit.solution.vector, order=1)
    assert found.scores is not None
    return found.scores
