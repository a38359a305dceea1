"""Scales on which chance variation about a target is close to normal.

::

                     value        standard error at the target
    Poisson          y            sqrt(target / exposure)
      stabilised     sqrt(y)      1 / (2 sqrt(exposure))
    binomial         y            sqrt(target (1 - target) / of)
      stabilised     asin sqrt(y) 1 / (2 sqrt(of))

y is the count over its exposure (expected count, person-years, or number of cases). Stabilised, the
standard error does not depend on the target.

Source: Spiegelhalter 2005, Statistics in Medicine 24:1185-1202, appendix A.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from foistats.forces.columns import Array


@dataclass(frozen=True)
class Scale:
    """A scale: to it, back from it, and the standard error on it.

    Attributes
    ----------
    to, back : callable
        From values to the scale, and back, within the values that are possible.
    error : callable
        From target and exposure to the standard error on the scale.
    """

    to: Callable[[Array], Array]
    back: Callable[[Array], Array]
    error: Callable[[float, Array], Array]


SCALES = {
    ("poisson", "natural"): Scale(
        to=lambda y: y,
        back=lambda x: np.maximum(x, 0),
        error=lambda target, exposure: np.sqrt(target / exposure),
    ),
    ("poisson", "stabilised"): Scale(
        to=lambda y: np.sqrt(y),
        back=lambda x: np.maximum(x, 0) ** 2,
        error=lambda target, exposure: 1 / (2 * np.sqrt(exposure)),
    ),
    ("binomial", "natural"): Scale(
        to=lambda y: y,
        back=lambda x: np.clip(x, 0, 1),
        error=lambda target, exposure: np.sqrt(target * (1 - target) / exposure),
    ),
    ("binomial", "stabilised"): Scale(
        to=lambda y: np.arcsin(np.sqrt(y)),
        back=lambda x: np.sin(np.clip(x, 0, np.pi / 2)) ** 2,
        error=lambda target, exposure: 1 / (2 * np.sqrt(exposure)),
    ),
}
"""By distribution and name of the scale."""


def scale_of(kind: str, name: str) -> Scale:
    """Return the scale of a kind of funnel: proportions are binomial, all else Poisson."""
    return SCALES["binomial" if kind == "proportion" else "poisson", name]
