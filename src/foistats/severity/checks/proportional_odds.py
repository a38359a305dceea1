"""Whether one effect per covariate is enough: proportional odds, and what departs from it.

A term of the location formula is *nominal* if its effect differs between thresholds, and a *scale*
effect if it moves the spread of the latent distribution. Three tests ask for each term:

- *brant*: whether separate logits have the same slopes (`foistats.severity.checks.brant`), on
  the cases known exactly, forces ignored;
- *likelihood_ratio*: twice the gain in log-likelihood of the larger model;
- *score*: ``U' I^-1 U``, with the gradient ``U`` and the observed information ``I`` of the larger
  model at the estimate of the smaller one, so that it exists where the larger one has no maximum.

A test that finds nothing says little by itself: `departures` gives the intervals of what a larger
model finds, and so how large a departure is compatible with the data.

Sources: Brant 1990; Peterson and Harrell 1990; Christensen, vignettes of `ordinal`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from foistats.errors import ModelError
from foistats.severity.checks.brant import (
    ExactCounts,
    SeparateLogits,
    exact_counts,
    separate_logits,
)
from foistats.severity.engine.design import Columns, Design
from foistats.severity.engine.fitting import Problem, Solution, maximise_over
from foistats.severity.engine.maximum import Maximum, observed_information
from foistats.severity.engine.separation import threshold_names
from foistats.severity.inference.intervals import TIDY, tidy
from foistats.severity.predictions import delta_errors

if TYPE_CHECKING:
    from foistats.severity.results import SeverityFit

Array: TypeAlias = NDArray[Any]

OMNIBUS = "omnibus"
"""The `term` of Brant's test of all terms at once."""
KINDS = ("nominal", "scale")
_COLUMNS = ["term", "test", "kind", "statistic", "df", "p_value", "cases", "note"]
_NOT_TESTABLE = "not testable"


@dataclass(frozen=True)
class Relaxation:
    """A larger problem in which one term is nominal, or a scale effect.

    Attributes
    ----------
    term, kind : str
    names : tuple of str
        The term's columns.
    problem : Problem
        With a random intercept if the smaller one was asked for with one.
    start : array
        Parameters of the larger problem that say the same as the smaller one's estimate; without
        the standard deviation where that is estimated as zero.
    extra : int
        How many parameters more it has.
    """

    term: str
    kind: str
    names: tuple[str, ...]
    problem: Problem
    start: Array
    extra: int


def location_terms(fit: SeverityFit) -> dict[str, list[int]]:
    """Return the terms of the location formula, each with the places of its columns."""
    columns = fit.columns["location"]
    if columns.info is None:
        return {}
    names = list(columns.info.column_names)
    kept = [name for name in names if name != "Intercept"]
    found = {
        term: [kept.index(name) for name in names[at] if name in kept]
        for term, at in columns.info.term_name_slices.items()
    }
    return {term: places for term, places in found.items() if places}


def proportional_odds_tests(fit: SeverityFit) -> pd.DataFrame:
    """Return the tests of every term as a nominal and as a scale effect.

    Returns
    -------
    DataFrame
        ``term, test, kind, statistic, df, p_value, cases, note``: Brant's test for all terms
        together (``omnibus``) and for each; then for each term and kind the likelihood-ratio and
        the score test. `cases` is the number used. Where a test does not exist the numbers are
        missing and the note says "not testable" and why.
    """
    rows = [*_brant_rows(fit)] if location_terms(fit) else []
    for term in location_terms(fit):
        for kind in KINDS:
            rows += _larger_model_rows(fit, term, kind)
    return pd.DataFrame(rows, columns=_COLUMNS)


def departures(fit: SeverityFit) -> pd.DataFrame:
    """Return how far each term departs from proportional odds in the larger models, with intervals.

    Returns
    -------
    DataFrame
        One row per column of each term and comparison: ``term, kind, contrast, estimate, std_error,
        statistic, p_value, conf_low, conf_high, note``. Of kind ``nominal`` the effect at each
        threshold less that at the first, on the scale of the link; of kind ``scale`` the effect on
        the logarithm of the latent scale. One row with the reason where the larger model has no
        estimate.
    """
    frames = [_departure_rows(fit, term, kind) for term in location_terms(fit) for kind in KINDS]
    columns = ["term", "kind", "contrast", *TIDY[1:], "note"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


# ---- Brant's test ----------------------------------------------------------------------------


def _brant_rows(fit: SeverityFit) -> Iterator[tuple[Any, ...]]:
    terms = location_terms(fit)
    wanted = {OMNIBUS: [place for places in terms.values() for place in places], **terms}
    data = exact_counts(fit.problem)
    reason, logits = _brant_reason(fit), None
    if not reason:
        reason, logits = _fitted_logits(data)
    note = "groups ignored" if fit.model.groups else ""
    for term, places in wanted.items():
        if logits is None or not places:
            yield _untested(term, "brant", "nominal", data.cases, reason or "no terms")
            continue
        statistic, degrees = logits.wald(places)
        p_value = float(stats.chi2.sf(statistic, degrees))
        yield term, "brant", "nominal", statistic, degrees, p_value, data.cases, note


def _brant_reason(fit: SeverityFit) -> str:
    """Return why the model has no such test; nothing if it has."""
    if fit.model.link != "logit":
        return f"the link is {fit.model.link}, and Brant's test is of logits"
    if not fit.model.terms["scale"].empty:
        return "the model has scale effects"
    if fit.observations.cuts < 2:
        return "there is one threshold"
    return ""


def _fitted_logits(data: ExactCounts) -> tuple[str, SeparateLogits | None]:
    if not data.cases:
        return "no case is known exactly", None
    try:
        return "", separate_logits(data)
    except ModelError as error:
        return str(error), None


def _untested(term: str, test: str, kind: str, cases: float, reason: str) -> tuple[Any, ...]:
    return term, test, kind, np.nan, pd.NA, np.nan, cases, f"{_NOT_TESTABLE}: {reason}"


# ---- tests against a larger model ------------------------------------------------------------


def _larger_model_rows(fit: SeverityFit, term: str, kind: str) -> Iterator[tuple[Any, ...]]:
    reason = _relaxing_reason(fit, term, kind)
    for test, statistic_of in (("likelihood_ratio", _likelihood_ratio), ("score", _score)):
        if reason:
            yield _untested(term, test, kind, fit.n_cases, reason)
            continue
        larger = relaxed(fit, term, kind)
        try:
            statistic = statistic_of(fit, larger)
        except ModelError as error:
            yield _untested(term, test, kind, fit.n_cases, str(error))
            continue
        p_value = float(stats.chi2.sf(statistic, larger.extra))
        yield term, test, kind, statistic, larger.extra, p_value, fit.n_cases, ""


def _relaxing_reason(fit: SeverityFit, term: str, kind: str) -> str:
    """Return why there is no such larger model; nothing if there is."""
    if fit.model.estimator != "maximum_likelihood":
        return f"the estimator is {fit.model.estimator}, not maximum likelihood"
    if fit.observations.cuts < 2:
        return "there is one threshold"
    taken = fit.problem.nominal_names if kind == "nominal" else fit.problem.scale_names
    wanted = [fit.problem.location_names[place] for place in location_terms(fit)[term]]
    if set(wanted) & set(taken):
        return f"the model has it as a {kind} effect already"
    return ""


def relaxed(fit: SeverityFit, term: str, kind: str) -> Relaxation:
    """Return the larger problem in which a term of the location is nominal, or on the scale too."""
    problem, parts = fit.problem, fit.design.parameters(fit.solution.vector)
    design, places = problem.design, location_terms(fit)[term]
    names = tuple(problem.location_names[place] for place in places)
    moved = design.location.dense[:, places]
    location, nominal, scale = parts.location, parts.nominal, parts.scale
    if kind == "nominal":
        kept = [place for place in range(design.location.width) if place not in places]
        nominal = np.column_stack([nominal, np.tile(location[places], (design.cuts, 1))])
        location = location[kept]
        wider = Columns(np.column_stack([design.nominal.dense, moved]))
        design = replace(design, nominal=wider, location=Columns(design.location.dense[:, kept]))
        problem = replace(
            _with_design(problem, design),
            location_names=tuple(problem.location_names[place] for place in kept),
            nominal_names=problem.nominal_names + names,
        )
        extra = (design.cuts - 1) * len(places)
    else:
        scale = np.concatenate([scale, np.zeros(len(places))])
        design = replace(design, scale=Columns(np.column_stack([design.scale.dense, moved])))
        problem = replace(_with_design(problem, design), scale_names=problem.scale_names + names)
        extra = len(places)
    spread = fit.solution.vector[fit.design.slices["log_sd"]]
    start = np.concatenate([parts.thresholds, nominal.ravel(), location, scale, spread])
    return Relaxation(term, kind, names, problem, start, extra)


def _with_design(problem: Problem, design: Design) -> Problem:
    conditional = replace(problem.marginal.conditional, design=design)
    return replace(problem, marginal=replace(problem.marginal, conditional=conditional))


def _likelihood_ratio(fit: SeverityFit, larger: Relaxation) -> float:
    maximum, _ = maximise_over(larger.problem, start=larger.start)
    return max(2 * (maximum.value - fit.log_likelihood), 0.0)


def _score(fit: SeverityFit, larger: Relaxation) -> float:
    problem = larger.problem.without_random_intercept() if fit.at_boundary else larger.problem
    found = problem.objective.evaluate(
        larger.start, order=2, modes=fit.solution.maximum.evaluation.modes
    )
    assert found.gradient is not None
    free = np.ones(len(larger.start), dtype=bool)
    information = observed_information(
        problem.objective, Maximum(larger.start, found, free, True, 0)
    )
    scale = np.sqrt(np.maximum(np.diag(information), 0.0))
    if np.any(scale == 0) or np.linalg.eigvalsh(information / np.outer(scale, scale))[0] < 1e-9:
        raise ModelError(
            "the observed information of the larger model is not positive definite at the "
            "estimate of the smaller one"
        )
    return float(found.gradient @ np.linalg.solve(information, found.gradient))


# ---- how large a departure is compatible with the data ---------------------------------------


def _departure_rows(fit: SeverityFit, term: str, kind: str) -> pd.DataFrame:
    reason = _relaxing_reason(fit, term, kind)
    if not reason:
        larger = relaxed(fit, term, kind)
        try:
            return _departures_of(fit, larger, _solution(larger))
        except ModelError as error:
            reason = str(error)
    lost = dict.fromkeys(TIDY[1:], np.nan)
    row = {"term": term, "kind": kind, "contrast": "", **lost, "note": f"no estimate: {reason}"}
    return pd.DataFrame([row])


def _solution(larger: Relaxation) -> Solution:
    maximum, at_boundary = maximise_over(larger.problem, start=larger.start)
    problem = larger.problem.without_random_intercept() if at_boundary else larger.problem
    information = observed_information(problem.objective, maximum)
    return Solution(problem, maximum.vector, maximum.value, information, maximum, at_boundary)


def _departures_of(fit: SeverityFit, larger: Relaxation, solved: Solution) -> pd.DataFrame:
    contrasts, rows = _contrast_rows(larger, solved)
    covariance = np.linalg.inv(solved.information)
    terms = [column for column, _ in contrasts]
    frame = tidy(
        terms, rows @ solved.vector, delta_errors(rows, covariance), fit.model.level, np.inf
    )
    frame.insert(1, "kind", larger.kind)
    frame.insert(2, "contrast", [contrast for _, contrast in contrasts])
    return frame.assign(note="")


def _contrast_rows(larger: Relaxation, solved: Solution) -> tuple[list[tuple[str, str]], Array]:
    """Return the contrasts by column and name, and what they take of each parameter."""
    names, size = list(solved.problem.names), len(solved.vector)
    rows, contrasts = [], []
    cuts = threshold_names(solved.problem.observations.ladder)
    for column in larger.names:
        if larger.kind == "scale":
            contrasts.append((column, "log scale"))
            rows.append(np.eye(size)[names.index(f"scale:{column}")])
            continue
        for cut in cuts[1:]:
            contrasts.append((column, f"{cut} - {cuts[0]}"))
            row = np.zeros(size)
            row[names.index(f"{cut}:{column}")] = 1.0
            row[names.index(f"{cuts[0]}:{column}")] = -1.0
            rows.append(row)
    return contrasts, np.array(rows)
