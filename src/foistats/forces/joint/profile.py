"""The maximum of the joint likelihood, and what it falls to with the correlation held.

All other parameters (thresholds, effects, both spreads, the mean rate) are maximised over at every
correlation held, so that what is uncertain about them is carried into the interval::

    { r : 2 (l(max) - l_profile(r)) <= chi2_1(level) },   -1 <= r <= 1

Where one of the two spreads is zero the correlation says nothing, and the likelihood is the same at
all of them: it never falls below that floor. An end at -1 or 1 belongs to the interval.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import optimize

from foistats.errors import ConvergenceError
from foistats.forces.columns import Array
from foistats.forces.joint.likelihood import JointLikelihood
from foistats.forces.joint.volume import EDGE, LINK
from foistats.severity.engine.maximum import Maximum, maximise

_LEAST_SPREAD = 1e-3
"""A smaller standard deviation, of either, is none."""
_STEEPEST = 8.0
"""A search for the correlation that comes so near to one ends there."""
_SHORTER = 3.0
"""Steps of what counts hang on are held so many times shorter than those of edges."""
_HIGHER = 1e-6
_PRECISION = 1e-6


@dataclass(frozen=True)
class Height:
    """The profile at one correlation.

    Attributes
    ----------
    correlation : float
    value : float
        The log-likelihood.
    std_error : float
        Of the correlation; NaN where it was held.
    """

    correlation: float
    value: float
    std_error: float = float("nan")


@dataclass(frozen=True, eq=False)
class CorrelationProfile:
    """The profile of the correlation; what was found is where the next search starts.

    Attributes
    ----------
    likelihood : JointLikelihood
    severity_moves : array
        How far edges move when the severity parameters do.
    start : array
        A vector near the maximum without correlation.
    without_severity : float
        The log-likelihood where the spread of severity is zero.
    loss_of_counts : float
        What the log-likelihood of the counts loses where their spread is zero.
    """

    likelihood: JointLikelihood
    severity_moves: Array
    start: Array
    without_severity: float
    loss_of_counts: float
    _known: dict[float, Maximum] = field(default_factory=dict)

    @cached_property
    def independent(self) -> float:
        """The log-likelihood without correlation."""
        return self._search(self.start, 0.0).value

    @cached_property
    def floor(self) -> float:
        """The log-likelihood that every correlation has."""
        return max(self.without_severity, self.independent - self.loss_of_counts)

    @cached_property
    def highest(self) -> Height:
        """The maximum.

        Raises
        ------
        ConvergenceError
            If none is proven, or twice as many nodes move it.
        """
        ends = [Height(end, self.at(end)) for end in (-1.0, 1.0)]
        found = self._search(self._known[0.0].vector, None)
        inside = Height(0.0, self.independent)
        if found.proven:
            rho = float(np.tanh(found.vector[-1]))
            inside = Height(rho, found.value, _std_error(found, rho))
        best = max(inside, *ends, key=lambda height: height.value)
        self._require_exact(found if best is inside else self._known[_bend(best.correlation)])
        return best

    def at(self, correlation: float) -> float:
        """Return the log-likelihood with the correlation held.

        Raises
        ------
        ConvergenceError
            If no maximum is proven.
        """
        floor, bend = self.floor, _bend(correlation)
        near = self._known[min(self._known, key=lambda known: abs(known - bend))]
        found = self._search(near.vector, bend)
        return max(found.value, floor)

    def ends(self, critical: float) -> tuple[float, float]:
        """Return where twice the profile has fallen by so much; -1 and 1 where it never does."""
        return self._end(-1.0, critical), self._end(1.0, critical)

    def _end(self, edge: float, critical: float) -> float:
        best = self.highest

        def excess(correlation: float) -> float:
            drop = 2 * (best.value - self.at(correlation))
            if drop < -_HIGHER:
                raise ConvergenceError(
                    f"severity and volume: the profile at a correlation of {correlation:.4g} is "
                    f"higher than the maximum by {-drop / 2:.1e}: the likelihood has several peaks"
                )
            return float(np.sqrt(max(drop, 0.0)) - np.sqrt(critical))

        if best.correlation == edge or excess(edge) <= 0:
            return edge
        return float(optimize.brentq(excess, best.correlation, edge, xtol=_PRECISION))

    def _search(self, start: Array, bend: float | None) -> Maximum:
        """Return the maximum with ``atanh rho`` held, or over it too."""
        if bend in self._known:
            return self._known[bend]
        size = len(start)
        moves = _SHORTER * np.eye(size)
        moves[:-LINK, :-LINK] = self.severity_moves
        held = {} if bend is None else {size - 1: bend}
        found = maximise(
            self.likelihood,
            start,
            moves=moves,
            fixed=held,
            stop=lambda vector, _: self._left(vector) or (bend is None and _steep(vector)),
        )
        left = self._left(found.vector) or (bend is None and _steep(found.vector))
        if not (found.proven or left):
            raise ConvergenceError(
                f"severity and volume: no maximum proven after {found.iterations} steps, near a "
                f"correlation of {np.tanh(found.vector[-1]):.4g} (gradient "
                f"{_steepest(found):.1e}); describe the two apart"
            )
        if bend is not None and not left:
            self._known[bend] = found
        return found

    def _left(self, vector: Array) -> bool:
        """Whether one of the spreads has become zero."""
        return bool(min(vector[-LINK - 1], vector[-2]) < np.log(_LEAST_SPREAD))

    def _require_exact(self, found: Maximum) -> None:
        finer = self.likelihood.finer().evaluate(found.vector, order=0)
        moved = abs(finer.value - found.value)
        if not moved <= _HIGHER * max(1.0, np.sqrt(len(found.evaluation.modes))):
            raise ConvergenceError(
                f"severity and volume: twice as many quadrature points move the log-likelihood by "
                f"{moved:.1e}; describe the two apart"
            )


def _bend(correlation: float) -> float:
    if abs(correlation) == 1:
        return EDGE * correlation
    return float(np.arctanh(correlation))


def _steep(vector: Array) -> bool:
    return bool(abs(vector[-1]) > _STEEPEST)


def _steepest(found: Maximum) -> float:
    gradient = found.evaluation.gradient
    assert gradient is not None
    return float(np.abs(gradient[found.free]).max())


def _std_error(found: Maximum, correlation: float) -> float:
    """Return the standard error of rho from that of ``atanh rho``."""
    information = found.evaluation.information
    assert information is not None
    return float(np.sqrt(np.linalg.inv(information)[-1, -1]) * (1 - correlation**2))
