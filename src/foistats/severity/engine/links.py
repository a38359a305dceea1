"""The five links of a cumulative model, computed on the log scale.

A cumulative link model says that an outcome is at most rung *k* with probability
``F(eta)``, where ``F`` is the distribution function whose inverse is the link. All a
likelihood needs is the probability of an interval of the latent scale, ``F(b) - F(a)``. In the
tails that difference cancels (``1 - F(9)`` is zero in double precision for the probit), so each
link writes its logarithm in a form that does not subtract nearly equal numbers. Derivatives need
the density ``f`` and its slope: ``log f`` and ``f'/f`` have a closed form for every link.

Sources: McCullagh 1980, section 2; Agresti 2010, chapter 5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special

from foistats.errors import UsageError, did_you_mean

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True)
class Link:
    """A link, given by the logarithms of the tail probabilities of its distribution.

    Attributes
    ----------
    name : str
        ``logit``, ``probit``, ``cloglog``, ``loglog`` or ``cauchit``.
    mirror : str
        The link of the reversed ladder: ``F_mirror(x) = 1 - F(-x)``.
    tails : callable
        ``log F(x)`` and ``log(1 - F(x))``, elementwise.
    log_interval : callable
        ``log(F(upper) - F(lower))`` for ``lower < upper``, both finite, elementwise, given the log
        survival at the lower and the log cdf at the upper end, which some links can use.
    log_density : callable
        ``log f(x)``, elementwise, given its tails.
    density_slope : callable
        ``f'(x) / f(x)``, elementwise.
    quantile : callable
        The link itself, ``g = F^-1``, for real probabilities strictly between 0 and 1.
    """

    name: str
    mirror: str
    tails: Callable[[Array], tuple[Array, Array]]
    log_interval: Callable[[Array, Array, Array, Array], Array]
    log_density: Callable[[Array, Array, Array], Array]
    density_slope: Callable[[Array], Array]
    quantile: Callable[[Array], Array]

    def cdf(self, values: Array) -> Array:
        """Return ``F(values)``, elementwise.

        Examples
        --------
        >>> bool(link_named("logit").cdf(np.array([0.0]))[0] == 0.5)
        True
        """
        return np.asarray(np.exp(self.tails(np.asarray(values))[0]))


def link_named(name: str) -> Link:
    """Return the link of that name.

    Raises
    ------
    UsageError
        For any other name; the message lists the five.

    Examples
    --------
    >>> link_named("cloglog").mirror
    'loglog'
    """
    if name not in LINKS:
        raise UsageError(
            f"unknown link '{name}'{did_you_mean(name, LINKS)} (allowed: {', '.join(LINKS)})"
        )
    return LINKS[name]


def _log_one_minus_exp(values: Array) -> Array:
    """Return ``log(1 - exp(values))`` for negative values; its absolute error is that of a sum."""
    return np.asarray(np.log(-np.expm1(values)))


# ---- logit: F(x) = 1 / (1 + exp(-x)) ---------------------------------------------------------


def _logit_tails(values: Array) -> tuple[Array, Array]:
    """Return ``min(x, 0) - log(1 + exp(-|x|))``, and the same of ``-x``."""
    both = np.log1p(np.exp(-np.abs(values)))
    return np.minimum(values, 0) - both, -np.maximum(values, 0) - both


def _logit_log_interval(lower: Array, upper: Array, survival: Array, cdf: Array) -> Array:
    """Return ``log F(b) + log(1 - F(a)) + log(1 - exp(a - b))``, an identity of the logistic."""
    return cdf + survival + _log_one_minus_exp(lower - upper)


def _logit_log_density(values: Array, log_cdf: Array, log_survival: Array) -> Array:
    """Return ``log F(x) + log(1 - F(x))``."""
    return log_cdf + log_survival


def _logit_density_slope(values: Array) -> Array:
    """Return ``1 - 2 F(x)``."""
    return np.asarray(-np.tanh(0.5 * values))


# ---- probit: F(x) = Phi(x) -------------------------------------------------------------------


def _probit_tails(values: Array) -> tuple[Array, Array]:
    """Return ``log Phi(x)`` and ``log Phi(-x)``: the distribution is symmetric."""
    return special.log_ndtr(values), special.log_ndtr(-values)


def _probit_log_interval(lower: Array, upper: Array, survival: Array, cdf: Array) -> Array:
    """Reflect the interval to the left of zero, where ``Phi`` is small, and subtract there."""
    right = lower + upper > 0
    near = np.where(right, survival, cdf)
    far = special.log_ndtr(np.where(right, -upper, lower))
    return near + _log_one_minus_exp(far - near)


def _probit_log_density(values: Array, log_cdf: Array, log_survival: Array) -> Array:
    return np.asarray(-0.5 * values**2 - 0.5 * np.log(2 * np.pi))


def _probit_density_slope(values: Array) -> Array:
    return -values


# ---- cloglog: F(x) = 1 - exp(-exp(x)); loglog is its mirror image ----------------------------


def _cloglog_tails(values: Array) -> tuple[Array, Array]:
    """Return ``log(1 - exp(-exp(x)))`` and ``-exp(x)``."""
    log_survival = -np.exp(values)
    return _log_one_minus_exp(log_survival), log_survival


def _cloglog_log_interval(lower: Array, upper: Array, survival: Array, cdf: Array) -> Array:
    """Return ``-exp(a) + log(1 - exp(-(exp(b) - exp(a))))``."""
    return survival + _log_one_minus_exp(survival * np.expm1(upper - lower))


def _cloglog_log_density(values: Array, log_cdf: Array, log_survival: Array) -> Array:
    return values + log_survival


def _cloglog_density_slope(values: Array) -> Array:
    return np.asarray(-np.expm1(values))


def _loglog_tails(values: Array) -> tuple[Array, Array]:
    """Return ``-exp(-x)`` and ``log(1 - exp(-exp(-x)))``."""
    log_survival, log_cdf = _cloglog_tails(-values)
    return log_cdf, log_survival


def _loglog_log_interval(lower: Array, upper: Array, survival: Array, cdf: Array) -> Array:
    """Return the interval of the mirror image."""
    return _cloglog_log_interval(-upper, -lower, cdf, survival)


def _loglog_log_density(values: Array, log_cdf: Array, log_survival: Array) -> Array:
    return log_cdf - values


def _loglog_density_slope(values: Array) -> Array:
    return np.asarray(np.expm1(-values))


# ---- cauchit: F(x) = 1/2 + arctan(x) / pi ----------------------------------------------------


def _cauchit_tails(values: Array) -> tuple[Array, Array]:
    """Return ``log F(x)`` and ``log F(-x)``: the distribution is symmetric."""
    return _cauchit_log_cdf(values), _cauchit_log_cdf(-values)


def _cauchit_log_cdf(values: Array) -> Array:
    """Return ``log(arctan(-1/x) / pi)`` left of -1, where the sum would cancel."""
    left = values < -1
    reciprocal = np.arctan(-1 / np.where(left, values, -1.0))
    return np.asarray(np.log(np.where(left, reciprocal, np.pi / 2 + np.arctan(values)) / np.pi))


def _cauchit_log_interval(lower: Array, upper: Array, survival: Array, cdf: Array) -> Array:
    """Return the log of ``arctan((b - a) / (1 + ab)) / pi`` where both ends have one sign."""
    product = lower * upper
    same_side = product > 0
    joined = np.arctan((upper - lower) / (1 + np.where(same_side, product, 0.0)))
    angle = np.where(same_side, joined, np.arctan(upper) - np.arctan(lower))
    return np.asarray(np.log(angle / np.pi))


def _cauchit_log_density(values: Array, log_cdf: Array, log_survival: Array) -> Array:
    return np.asarray(-np.log1p(values**2) - np.log(np.pi))


def _cauchit_density_slope(values: Array) -> Array:
    return np.asarray(-2 * values / (1 + values**2))


LINKS: dict[str, Link] = {
    link.name: link
    for link in (
        Link(
            "logit",
            "logit",
            _logit_tails,
            _logit_log_interval,
            _logit_log_density,
            _logit_density_slope,
            special.logit,
        ),
        Link(
            "probit",
            "probit",
            _probit_tails,
            _probit_log_interval,
            _probit_log_density,
            _probit_density_slope,
            special.ndtri,
        ),
        Link(
            "cloglog",
            "loglog",
            _cloglog_tails,
            _cloglog_log_interval,
            _cloglog_log_density,
            _cloglog_density_slope,
            lambda p: np.asarray(np.log(-np.log1p(-p))),
        ),
        Link(
            "loglog",
            "cloglog",
            _loglog_tails,
            _loglog_log_interval,
            _loglog_log_density,
            _loglog_density_slope,
            lambda p: np.asarray(-np.log(-np.log(p))),
        ),
        Link(
            "cauchit",
            "cauchit",
            _cauchit_tails,
            _cauchit_log_interval,
            _cauchit_log_density,
            _cauchit_density_slope,
            lambda p: np.asarray(np.tan(np.pi * (p - 0.5))),
        ),
    )
}
