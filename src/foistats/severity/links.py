"""The five links of a cumulative model, computed on the log scale.

A cumulative link model says that an outcome is at most rung *k* with probability
``F(eta)``, where ``F`` is the distribution function whose inverse is the link. All a
likelihood needs is the probability of an interval of the latent scale, ``F(b) - F(a)``. In the
tails that difference cancels (``1 - F(9)`` is zero in double precision for the probit), so each
link writes its logarithm in a form that does not subtract nearly equal numbers.

All functions accept complex arguments with a small imaginary part: they are analytic, so a
complex step gives their derivatives to full precision (Squire and Trapp 1998).

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
    log_cdf, log_survival : callable
        ``log F(x)`` and ``log(1 - F(x))``, elementwise.
    log_interval : callable
        ``log(F(upper) - F(lower))`` for ``lower < upper``, both finite, elementwise.
    quantile : callable
        The link itself, ``g = F^-1``, for real probabilities strictly between 0 and 1.
    """

    name: str
    mirror: str
    log_cdf: Callable[[Array], Array]
    log_survival: Callable[[Array], Array]
    log_interval: Callable[[Array, Array], Array]
    quantile: Callable[[Array], Array]

    def cdf(self, values: Array) -> Array:
        """Return ``F(values)``, elementwise.

        Examples
        --------
        >>> bool(link_named("logit").cdf(np.array([0.0]))[0] == 0.5)
        True
        """
        return np.asarray(np.exp(self.log_cdf(values)))


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
    """Return ``log(1 - exp(values))`` for values with a negative real part (Maechler 2012)."""
    near_zero = np.real(values) > -np.log(2)
    near = np.log(-np.expm1(np.where(near_zero, values, -1.0)))
    return np.asarray(
        np.where(near_zero, near, np.log1p(-np.exp(np.where(near_zero, -1.0, values))))
    )


# ---- logit: F(x) = 1 / (1 + exp(-x)) ---------------------------------------------------------


def _logit_log_cdf(values: Array) -> Array:
    """Return ``-log(1 + exp(-x))``, the exponential always of a negative number."""
    negative = np.real(values) < 0
    return np.asarray(
        np.where(negative, values, 0.0) - np.log1p(np.exp(np.where(negative, values, -values)))
    )


def _logit_log_survival(values: Array) -> Array:
    """Return ``log F(-x)``: the distribution is symmetric."""
    return _logit_log_cdf(-values)


def _logit_log_interval(lower: Array, upper: Array) -> Array:
    """Return ``log F(b) + log(1 - F(a)) + log(1 - exp(a - b))``, an identity of the logistic."""
    return _logit_log_cdf(upper) + _logit_log_survival(lower) + _log_one_minus_exp(lower - upper)


# ---- probit: F(x) = Phi(x) -------------------------------------------------------------------


def _probit_log_cdf(values: Array) -> Array:
    """Return ``log Phi(x)``, to first order in the imaginary part, all that a complex step uses."""
    real = np.real(values)
    result = special.log_ndtr(real)
    if not np.iscomplexobj(values):
        return np.asarray(result)
    slope = np.exp(-0.5 * real**2 - 0.5 * np.log(2 * np.pi) - result)
    return np.asarray(result + 1j * np.imag(values) * slope)


def _probit_log_survival(values: Array) -> Array:
    """Return ``log Phi(-x)``: the distribution is symmetric."""
    return _probit_log_cdf(-values)


def _probit_log_interval(lower: Array, upper: Array) -> Array:
    """Reflect the interval to the left of zero, where ``Phi`` is small, and subtract there."""
    right = np.real(lower) + np.real(upper) > 0
    near = _probit_log_cdf(np.where(right, -lower, upper))
    far = _probit_log_cdf(np.where(right, -upper, lower))
    return near + _log_one_minus_exp(far - near)


# ---- cloglog: F(x) = 1 - exp(-exp(x)); loglog is its mirror image ----------------------------


def _cloglog_log_cdf(values: Array) -> Array:
    """Return ``log(1 - exp(-exp(x)))``."""
    return _log_one_minus_exp(-np.exp(values))


def _cloglog_log_survival(values: Array) -> Array:
    """Return ``-exp(x)``."""
    return np.asarray(-np.exp(values))


def _cloglog_log_interval(lower: Array, upper: Array) -> Array:
    """Return ``-exp(a) + log(1 - exp(-(exp(b) - exp(a))))``."""
    hazard = np.exp(lower)
    return -hazard + _log_one_minus_exp(-hazard * np.expm1(upper - lower))


def _loglog_log_cdf(values: Array) -> Array:
    """Return ``-exp(-x)``."""
    return _cloglog_log_survival(-values)


def _loglog_log_survival(values: Array) -> Array:
    """Return ``log(1 - exp(-exp(-x)))``."""
    return _cloglog_log_cdf(-values)


def _loglog_log_interval(lower: Array, upper: Array) -> Array:
    """Return the interval of the mirror image."""
    return _cloglog_log_interval(-upper, -lower)


# ---- cauchit: F(x) = 1/2 + arctan(x) / pi ----------------------------------------------------


def _cauchit_log_cdf(values: Array) -> Array:
    """Return ``log(arctan(-1/x) / pi)`` left of -1, where the sum would cancel."""
    left = np.real(values) < -1
    reciprocal = np.arctan(-1 / np.where(left, values, -1.0))
    return np.asarray(np.log(np.where(left, reciprocal, np.pi / 2 + np.arctan(values)) / np.pi))


def _cauchit_log_survival(values: Array) -> Array:
    """Return ``log F(-x)``: the distribution is symmetric."""
    return _cauchit_log_cdf(-values)


def _cauchit_log_interval(lower: Array, upper: Array) -> Array:
    """Return the log of ``arctan((b - a) / (1 + ab)) / pi`` where both ends have one sign."""
    product = lower * upper
    same_side = np.real(product) > 0
    joined = np.arctan((upper - lower) / (1 + np.where(same_side, product, 0.0)))
    angle = np.where(same_side, joined, np.arctan(upper) - np.arctan(lower))
    return np.asarray(np.log(angle / np.pi))


LINKS: dict[str, Link] = {
    link.name: link
    for link in (
        Link(
            "logit",
            "logit",
            _logit_log_cdf,
            _logit_log_survival,
            _logit_log_interval,
            special.logit,
        ),
        Link(
            "probit",
            "probit",
            _probit_log_cdf,
            _probit_log_survival,
            _probit_log_interval,
            special.ndtri,
        ),
        Link(
            "cloglog",
            "loglog",
            _cloglog_log_cdf,
            _cloglog_log_survival,
            _cloglog_log_interval,
            lambda p: np.asarray(np.log(-np.log1p(-p))),
        ),
        Link(
            "loglog",
            "cloglog",
            _loglog_log_cdf,
            _loglog_log_survival,
            _loglog_log_interval,
            lambda p: np.asarray(-np.log(-np.log(p))),
        ),
        Link(
            "cauchit",
            "cauchit",
            _cauchit_log_cdf,
            _cauchit_log_survival,
            _cauchit_log_interval,
            lambda p: np.asarray(np.tan(np.pi * (p - 0.5))),
        ),
    )
}
