"""What a fit says about outcomes: probabilities, shares, forces, expected counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foistats.errors import UsageError
from foistats.severity.case_groups import group_size, role_shares
from foistats.severity.estimates import Estimates
from foistats.severity.expectation import expected_counts
from foistats.severity.intervals import delta_errors, quantile, share_interval

Array: TypeAlias = NDArray[Any]


def probabilities(estimates: Estimates, at: str = "integrated") -> pd.DataFrame:
    """Return ``P(rung | role)``, by default integrated over forces.

    Parameters
    ----------
    at : {"integrated", "zero"}
        Over the distribution of the random intercept, or for a force with intercept zero.

    Returns
    -------
    DataFrame
        One row per role and rung: ``term, role, rung, estimate, std_error, conf_low,
        conf_high``. Delta method on the logit scale, quantiles as for `thresholds`.
    """
    if at not in ("integrated", "zero"):
        raise UsageError(f"at='{at}' (allowed: 'integrated', 'zero')")

    def flat(parameters: Array) -> Array:
        return estimates.rung_probabilities(parameters, at).reshape(len(parameters), -1)

    pairs = [(role, rung) for role in estimates.space.roles for rung in estimates.space.ladder]
    frame = _shares(estimates, [f"{role}: {rung}" for role, rung in pairs], flat)
    frame.insert(1, "role", [role for role, _ in pairs])
    frame.insert(2, "rung", [rung for _, rung in pairs])
    return frame


def predicted_shares(estimates: Estimates, composition: Mapping[str, float]) -> pd.DataFrame:
    """Return the share of each rung, integrated over forces and a composition of roles.

    Returns
    -------
    DataFrame
        One row per rung: ``term, estimate, std_error, conf_low, conf_high``. The interval is
        that of the expected share, not of a count that is still to be drawn.
    """
    shares = np.array(role_shares(estimates.space.roles, composition))

    def mixed(parameters: Array) -> Array:
        return np.asarray(
            np.einsum("brk,r->bk", estimates.rung_probabilities(parameters, "integrated"), shares)
        )

    return _shares(estimates, estimates.space.ladder, mixed)


def conditional_modes(estimates: Estimates) -> pd.DataFrame:
    """Return the mode of each force's random intercept, given its statements.

    The standard deviation is that of the normal curve with the same curvature at the mode; the
    parameters are taken as known. Not a ranking: the intercept mixes severity with what a force
    records and discloses.

    Returns
    -------
    DataFrame
        One row per force: ``force, estimate, std_dev, conf_low, conf_high, cases, note``.
    """
    note = ""
    if not estimates.marginal.random_intercept:
        note = "fitted without a random intercept"
    elif estimates.at_boundary:
        note = "the random intercept's standard deviation is estimated as zero"
    rows = []
    for force, groups in estimates.marginal.forces.items():
        mode, spread = _mode(estimates, force)
        reach = quantile(estimates.level, np.inf) * spread
        cases = sum(group_size(part.group).low for part in groups)
        rows.append((force, mode, spread, mode - reach, mode + reach, cases, note))
    columns = ["force", "estimate", "std_dev", "conf_low", "conf_high", "cases", "note"]
    return pd.DataFrame(rows, columns=columns)


def expected_count_table(estimates: Estimates) -> pd.DataFrame:
    """Return observed and expected counts, expectations integrated over forces.

    The role counts that a group prints are taken as given; see
    `foistats.severity.expectation.expected_counts`.

    Returns
    -------
    DataFrame
        One row per cell: ``group, force, partition, roles, rungs, n_low, n_high, expected``.
    """
    probabilities = estimates.rung_probabilities(estimates.maximum.parameters[None], "integrated")[
        0
    ]
    rows = []
    for group in estimates.groups:
        expected = iter(expected_counts(group, probabilities, estimates.space))
        for number, cells in enumerate(group.partitions, start=1):
            for cell in cells:
                roles = "|".join(role for role in estimates.space.roles if role in cell.roles)
                rungs = "|".join(rung for rung in estimates.space.ladder if rung in cell.rungs)
                count = (cell.n_low, cell.n_high, float(next(expected)))
                rows.append((group.group, group.force, number, roles, rungs, *count))
    columns = ["group", "force", "partition", "roles", "rungs", "n_low", "n_high", "expected"]
    return pd.DataFrame(rows, columns=columns)


def _mode(estimates: Estimates, force: str) -> tuple[float, float]:
    """Return mode and spread of a force's intercept on the link scale; zeros without one."""
    if not estimates.fitted.random_intercept:
        return 0.0, 0.0
    mode, spread = estimates.fitted.modes(estimates.maximum.parameters[None], force)
    sd = estimates.random_intercept_sd
    return sd * float(mode[0]), sd * float(spread[0])


def _shares(
    estimates: Estimates, terms: Sequence[str], function: Callable[[Array], Array]
) -> pd.DataFrame:
    """Return one row per share, with its interval on the logit scale."""
    shares, errors = delta_errors(
        function, estimates.maximum.parameters, estimates.parameter_covariance
    )
    low, high = share_interval(shares, errors, estimates.level, estimates.degrees_of_freedom)
    columns = [list(terms), shares, errors, low, high]
    names = ["term", "estimate", "std_error", "conf_low", "conf_high"]
    return pd.DataFrame(dict(zip(names, columns, strict=True)))
