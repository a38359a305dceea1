"""The cumulative link model: the question, put to groups of cases.

::

    g(P(Y <= k | r, u_f)) = theta_k - beta_r - u_f,     u_f ~ N(0, sigma^2)

A positive coefficient means more severe outcomes. `CumulativeLinkModel` is the question, the
`SeverityFit` it returns the answer.

Sources: McCullagh 1980; Agresti 2010, chapters 3 and 10; Christensen, vignettes of `ordinal`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foistats.errors import ModelError, NotIdentifiedError, UsageError
from foistats.severity.case_groups import CaseGroup, CaseSpace, check_group, role_shares
from foistats.severity.identification import identifiability, require_identified
from foistats.severity.intervals import require_level
from foistats.severity.ladders import MergedLadder, merge_thin_thresholds
from foistats.severity.links import Link, link_named
from foistats.severity.marginal import marginal_likelihood
from foistats.severity.maximum import maximise_marginal
from foistats.severity.results import SeverityFit

Array: TypeAlias = NDArray[Any]

__all__ = ["CumulativeLinkModel", "MergedLadder", "identifiability", "merge_thin_thresholds"]


@dataclass(frozen=True)
class CumulativeLinkModel:
    """A cumulative link model of outcome by role, with a random intercept of the force.

    Attributes
    ----------
    ladder : tuple of str
        The rungs, least severe first; at least two.
    roles : tuple of str
        The roles, the reference first.
    link : str
        ``logit`` (proportional odds), ``probit``, ``cloglog``, ``loglog`` or ``cauchit``.
    random_intercept : bool
        Whether forces differ. With `False` all forces are taken as one.
    quadrature_points : int
        Nodes of the adaptive Gauss-Hermite quadrature; 1 is Laplace's approximation.
    level : float
        Confidence level of the intervals.

    Examples
    --------
    >>> from foistats.severity.likelihood import CaseGroup, Cell
    >>> def cell(role, rung, n):
    ...     return Cell(frozenset({role}), frozenset({rung}), n, n)
    >>> table = (cell("officer", "none", 8), cell("officer", "left", 2),
    ...          cell("staff", "none", 5), cell("staff", "left", 5))
    >>> model = CumulativeLinkModel(("none", "left"), ("officer", "staff"), random_intercept=False)
    >>> fit = model.fit([CaseGroup("one", "one", (table,))], {"officer": 0.5, "staff": 0.5})
    >>> round(float(fit.odds_ratios()["estimate"].iloc[0]), 6)
    4.0
    """

    ladder: tuple[str, ...]
    roles: tuple[str, ...]
    link: str = "logit"
    random_intercept: bool = True
    quadrature_points: int = 25
    level: float = 0.95

    def __post_init__(self) -> None:
        link_named(self.link)
        require_level(self.level)
        if len(self.ladder) < 2 or not self.roles:
            raise UsageError(
                f"a ladder of {len(self.ladder)} rungs and {len(self.roles)} roles "
                "(at least two rungs and one role are needed)"
            )
        for kind, words in (("rung", self.ladder), ("role", self.roles)):
            if len(set(words)) < len(words):
                raise UsageError(f"a {kind} occurs twice in {', '.join(words)}")
        if self.quadrature_points < 1:
            raise UsageError(f"quadrature_points is {self.quadrature_points}; at least 1 is needed")

    def fit(self, groups: Sequence[CaseGroup], composition: Mapping[str, float]) -> SeverityFit:
        """Return the maximum-likelihood fit.

        Parameters
        ----------
        groups : sequence of CaseGroup
        composition : mapping of str to float
            The share of each role among cases whose role is not printed; sums to one. Shares are
            plugged in as known.

        Raises
        ------
        ModelError
            If a group breaks the rules of `CaseGroup`; all such groups are named.
        NotIdentifiedError
            If the statements cannot tell a threshold, a role or the random intercept, a single
            force with a random intercept included.
        ConvergenceError
            If no maximum is proven.
        """
        space = CaseSpace(self.ladder, self.roles, role_shares(self.roles, composition))
        _check_all(groups, space)
        require_identified(groups, space, random_intercept=self.random_intercept)
        link = link_named(self.link)
        marginal = marginal_likelihood(
            groups,
            space,
            link=link,
            random_intercept=self.random_intercept,
            quadrature_points=self.quadrature_points,
        )
        maximum = maximise_marginal(marginal, _start(groups, space, link))
        return SeverityFit(marginal, maximum, tuple(groups), self.level)


def _check_all(groups: Sequence[CaseGroup], space: CaseSpace) -> None:
    """Refuse groups that break the rules, naming all of them."""
    faults = []
    for group in groups:
        try:
            check_group(group, space)
        except ModelError as error:
            faults.append(str(error))
    names = [group.group for group in groups]
    twice = sorted({name for name in names if names.count(name) > 1})
    faults += [f"group '{name}' occurs twice" for name in twice]
    if faults:
        raise ModelError("\n".join(faults))
    cells = [cell for group in groups for partition in group.partitions for cell in partition]
    if not any(cell.rungs and cell.n_high for cell in cells):
        raise NotIdentifiedError("no group has a case with an outcome: there is nothing to fit")


def _start(groups: Sequence[CaseGroup], space: CaseSpace, link: Link) -> Array:
    """Return thresholds at the crude shares of the rungs, and coefficients of zero.

    A cell of several rungs is spread evenly over them; half a case is added to each rung.
    """
    counts = np.full(len(space.ladder), 0.5)
    for group in groups:
        for cell in (cell for cells in group.partitions for cell in cells if cell.rungs):
            on = [place for place, rung in enumerate(space.ladder) if rung in cell.rungs]
            counts[on] += (cell.n_low + cell.n_high) / 2 / len(on)
    thresholds = link.quantile(np.cumsum(counts)[:-1] / counts.sum())
    increments = np.log(np.diff(thresholds))
    return np.concatenate([thresholds[:1], increments, np.zeros(len(space.roles) - 1)])
