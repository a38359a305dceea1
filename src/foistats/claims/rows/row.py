"""A row: that a sum of whole multiples of unknowns lies between two whole numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True, eq=False)
class Row:
    """That a sum of whole multiples of unknowns lies between two whole numbers.

    Attributes
    ----------
    columns : array of int
        The unknowns, each once.
    numbers : tuple of int
        Their multiples, none of them 0.
    low, high : int or None
        Both included; None is no limit.
    """

    columns: np.ndarray
    numbers: tuple[int, ...]
    low: int | None = None
    high: int | None = None

    @cached_property
    def floats(self) -> np.ndarray:
        """The multiples, for the solver."""
        return np.array(self.numbers, dtype=float)

    @property
    def never(self) -> bool:
        """Whether it has no unknowns and cannot hold."""
        return not len(self.columns) and not self._contains(0)

    def value(self, values: np.ndarray) -> int:
        """Return the sum, in whole numbers of any size."""
        found = values[self.columns]
        return int(sum(n * int(v) for n, v in zip(self.numbers, found, strict=True)))

    def holds(self, values: np.ndarray) -> bool:
        """Whether it holds, in whole numbers of any size."""
        return self._contains(self.value(values))

    def _contains(self, number: int) -> bool:
        low = self.low is None or number >= self.low
        return low and (self.high is None or number <= self.high)


def row_of(terms: Iterable[tuple[int, int]], low: int | None, high: int | None) -> Row:
    """Return a row; terms with the same column add up.

    Examples
    --------
    >>> row_of([(7, 1), (3, 2), (7, 1), (4, 1), (4, -1)], 0, None)
    Row(columns=array([7, 3]), numbers=(2, 2), low=0, high=None)
    """
    sums: dict[int, int] = {}
    for column, number in terms:
        sums[column] = sums.get(column, 0) + number
    kept = {column: number for column, number in sums.items() if number}
    return Row(np.array(list(kept), dtype=int), tuple(kept.values()), low, high)
