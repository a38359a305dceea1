"""A fit on one page, laid out as statsmodels users know it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from statsmodels.iolib.summary import Summary, fmt_params
from statsmodels.iolib.table import SimpleTable

if TYPE_CHECKING:
    from foistats.severity.results import SeverityFit

_HEADING = [21, 18, 20, 18]
_NUMBERS = [9, 8, 8, 6, 9, 9]
"""Widths of columns; with 25 for the names of parameters, eighty with what parts them."""
_NAMES = 25
_ESTIMATORS = {
    "maximum_likelihood": "maximum likelihood",
    "bias_reduced": "mean bias reduction",
    "penalised": "penalised (log-F)",
}


_INEXACT = 1e-3
"""A quadrature error from which on estimates may move in digits that are printed."""


def summary(fit: SeverityFit) -> Summary:
    """Return the fit as a `statsmodels` summary: what was fitted, then all parameters.

    Eighty columns wide; longer names of parameters make it wider, and are never cut. No date and no
    time stand in it, so that the same fit always reads the same. Thresholds have t quantiles
    (groups less one) where there are groups, effects normal ones.

    Returns
    -------
    statsmodels.iolib.summary.Summary
        With ``as_text()``, ``as_html()`` and ``as_latex()``.
    """
    parts = [
        fit.coefficients,
        fit.nominal_coefficients,
        fit.scale_coefficients,
        fit.thresholds,
    ]
    frame = pd.concat([part for part in parts if len(part)], ignore_index=True)
    names = max([_NAMES, *(len(term) for term in frame["term"])])
    page = Summary()
    page.tables += [_heading(fit, names - _NAMES), _parameters(fit, frame, names)]
    notes = _notes(fit)
    if notes:
        page.add_extra_txt(notes)
    return page


def _heading(fit: SeverityFit, wider: int) -> SimpleTable:
    """Return what was fitted, in two halves."""
    left = [
        ("Dep. Variable:", fit.model.response),
        ("Model:", "cumulative link"),
        ("Link:", fit.model.link),
        ("Method:", _ESTIMATORS[fit.model.estimator]),
        ("Groups:", f"{fit.n_forces} ({fit.model.groups})" if fit.model.groups else "none"),
        ("Quadrature points:", str(fit.model.quadrature_points) if fit.model.groups else "none"),
        ("Random intercept sd:", _spread(fit)),
    ]
    criteria = _criteria(fit)
    penalised = fit.model.estimator == "penalised"
    right = [
        ("No. Cases:", f"{fit.n_cases:,.10g}"),
        ("No. Cells:", f"{len(fit.observations.count):,}"),
        ("No. Parameters:", str(fit.n_parameters)),
        ("Penalised Log-Lik.:" if penalised else "Log-Likelihood:", f"{fit.log_likelihood:.4f}"),
        ("AIC:", criteria[0]),
        ("BIC:", criteria[1]),
        ("No. Rungs:", str(len(fit.observations.ladder))),
    ]
    rows = [
        [value, f" {name}", other] for (_, value), (name, other) in zip(left, right, strict=True)
    ]
    return SimpleTable(
        rows,
        stubs=[name for name, _ in left],
        title="Cumulative Link Model Results",
        txt_fmt=_layout([*_HEADING[:-1], _HEADING[-1] + wider], "rlr"),
    )


def _layout(widths: list[int], aligned: str) -> dict[str, Any]:
    return {**fmt_params, "data_fmts": ["%s"], "colwidths": widths, "data_aligns": aligned}


def _spread(fit: SeverityFit) -> str:
    if not fit.model.groups:
        return "none"
    return "0 (boundary)" if fit.at_boundary else f"{fit.random_intercept_sd:.4f}"


def _criteria(fit: SeverityFit) -> tuple[str, str]:
    if fit.model.estimator != "maximum_likelihood":
        return "not defined", "not defined"
    return f"{fit.aic:.3f}", f"{fit.bic:.3f}"


def _parameters(fit: SeverityFit, frame: pd.DataFrame, names: int) -> SimpleTable:
    """Return location, nominal and scale effects, then the thresholds."""
    low, high = (1 - fit.model.level) / 2, (1 + fit.model.level) / 2
    headers = ["coef", "std err", "z", "P>|z|", f"[{low:.4g}", f"{high:.4g}]"]
    cells = [
        [
            f"{row.estimate:.4f}",
            f"{row.std_error:.3f}",
            f"{row.statistic:.3f}",
            f"{row.p_value:.3f}",
            f"{row.conf_low:.3f}",
            f"{row.conf_high:.3f}",
        ]
        for row in frame.itertuples()
    ]
    return SimpleTable(
        cells,
        headers=headers,
        stubs=list(frame["term"]),
        txt_fmt=_layout([names, *_NUMBERS], "r"),
    )


def _notes(fit: SeverityFit) -> list[str]:
    """Return what a reader should know of the numbers."""
    notes = []
    if fit.model.groups:
        degrees = int(fit.degrees_of_freedom)
        notes.append(f"Thresholds have t quantiles with {degrees} degrees of freedom.")
    if fit.model.quadrature_points > 1 and fit.quadrature_error > _INEXACT:
        notes.append("The quadrature is not exact: fit again with more quadrature points.")
    if fit.model.estimator == "penalised":
        prior = f"log-F({fit.model.prior_cases:g}, {fit.model.prior_cases:g})"
        notes.append(f"Penalised: a {prior} prior on every coefficient.")
    if fit.model.estimator == "bias_reduced":
        notes.append("Standard errors are from the expected information.")
    if not fit.observations.exact:
        notes.append("Some outcomes or covariates are known up to a set only.")
    return notes
