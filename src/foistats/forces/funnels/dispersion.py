"""Overdispersion: how much more forces differ than chance alone would make them.

With z the standardised distances from the target, s their standard errors and I forces::

    phi   = sum z^2 / I                                                  multiplies variances
    tau^2 = (I phi - (I - 1)) / (sum w - sum w^2 / sum w),  w = 1 / s^2   is added to them

tau^2, the variance between forces, is that of DerSimonian and Laird, zero where negative. Both are
from winsorised z: those beyond the q-th and (1 - q)-th quantile are moved to it, so that the forces
one looks for do not widen the limits that should show them.

Source: Spiegelhalter 2005, Statistics in Medicine 24:1185-1202, appendix A.3; DerSimonian and Laird
1986, Controlled Clinical Trials 7:177-188.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from foistats.errors import UsageError
from foistats.forces.columns import Array


@dataclass(frozen=True)
class Dispersion:
    """How much forces differ beyond chance.

    Attributes
    ----------
    forces : int
        Forces with an exact count.
    winsorised : float
        The share moved inwards at either end.
    phi : float
        From the winsorised z; below one: the forces differ less than by chance.
    phi_raw : float
        Without winsorising.
    tau2 : float
        Variance between forces on the scale of z's numerator, from the winsorised z.
    statistic, degrees_of_freedom, p_value
        The test that chance alone is at work: ``sum z^2``, not winsorised, against chi-square.
    note : str
        Why something is missing (NaN), or how far to trust it.
    """

    forces: int
    winsorised: float
    phi: float
    phi_raw: float
    tau2: float
    statistic: float
    degrees_of_freedom: int
    p_value: float
    note: str


def winsorise(z: Array, share: float = 0.1) -> Array:
    """Return z with its extremes moved to the quantiles ``share`` and ``1 - share``.

    The quantiles lie on the line between neighbouring values, as ``quantile`` in R draws it.

    Raises
    ------
    UsageError
        If the share is not from 0 to below one half.

    Examples
    --------
    >>> winsorise(np.array([-9.0, -1, 0, 1, 9]), 0.25).tolist()
    [-1.0, -1.0, 0.0, 1.0, 1.0]
    """
    if not 0 <= share < 0.5:
        raise UsageError(f"winsorised is {share}; it must be from 0 to below 0.5, as 0.1 is")
    if not len(z):
        return z
    low, high = np.quantile(z, [share, 1 - share])
    return np.clip(z, low, high)


def dispersion(z: Array, error: Array, *, winsorised: float = 0.1, fitted: bool) -> Dispersion:
    """Return phi, tau^2 and the test of overdispersion.

    Parameters
    ----------
    z, error : array
        Standardised distances from the target and their standard errors, one per force.
    winsorised : float
        The share moved inwards at either end; zero: none.
    fitted : bool
        Whether the target was estimated from the same forces: one degree of freedom less.
    """
    moved = winsorise(z, winsorised)
    count = len(z)
    freedom = count - 1 if fitted else count
    if freedom < 1:
        note = (
            "no force with an exact count and a standard error"
            if not count
            else "one force: nothing to compare it with"
        )
        none = float("nan")
        return Dispersion(count, winsorised, none, none, none, none, max(freedom, 0), none, note)
    statistic = float(np.sum(z**2))
    squares = float(np.sum(moved**2))
    note = "" if count > 1 else "one force: no variance between forces"
    return Dispersion(
        forces=count,
        winsorised=winsorised,
        phi=squares / count,
        phi_raw=statistic / count,
        tau2=_tau2(squares, error) if count > 1 else np.nan,
        statistic=statistic,
        degrees_of_freedom=freedom,
        p_value=float(stats.chi2.sf(statistic, freedom)),
        note=note,
    )


def _tau2(squares: float, error: Array) -> float:
    weight = 1 / error**2
    spread = weight.sum() - (weight**2).sum() / weight.sum()
    return max(0.0, float((squares - (len(error) - 1)) / spread))
