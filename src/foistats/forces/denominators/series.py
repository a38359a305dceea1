"""Headcount series end to end, with running person-days: any period by two look-ups."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foistats.forces.columns import Array
from foistats.forces.denominators.snapshots import Snapshots

USUAL_GAP = 366
"""Snapshots further apart than this many days are a gap, and results say so."""


class HeadcountSeries:
    """The headcounts of all forces and groups, each group's snapshots in the order of their days.

    Parameters
    ----------
    snapshots : Snapshots

    Attributes
    ----------
    day, headcount : array
        One entry per snapshot.
    keys : MultiIndex
        Force and group of each series.
    first, last : array
        The first and the last snapshot of each series.
    total : array
        Person-days from the day after a series' first snapshot up to each of its snapshots.
    """

    def __init__(self, snapshots: Snapshots) -> None:
        frame = snapshots.frame
        self.day = frame["day"].to_numpy()
        self.headcount = frame["headcount"].to_numpy()
        codes, self.keys = pd.factorize(pd.MultiIndex.from_frame(frame[["force", "group"]]))
        self.first = np.flatnonzero(np.diff(codes, prepend=-1))
        self.last = np.append(self.first[1:], len(codes)) - 1
        self._gap = np.diff(self.day, prepend=0)
        self._gap[self.first] = 0
        step = np.diff(self.headcount, prepend=0.0)
        step[self.first] = 0.0
        self.total = np.cumsum(self._gap * (self.headcount - step) + step * (self._gap + 1) / 2)
        self._sorting = _place(codes, self.day)

    def find(self, asked: pd.DataFrame) -> Array:
        """Return the number of each question's series, -1 where there is none."""
        return np.asarray(
            self.keys.get_indexer(pd.MultiIndex.from_frame(asked[["force", "group"]]))
        )

    def up_to(self, series: Array, day: Array) -> tuple[Array, Array]:
        """Return person-days up to and including a day, and the snapshot at or before it.

        They count from the day after the series' first snapshot, negative before it. Beyond the
        snapshots the nearest headcount holds.
        """
        before = np.searchsorted(self._sorting, _place(series, day), side="right") - 1
        before = np.clip(before, self.first[series], self.last[series])
        passed = day - self.day[before]
        inside = (passed > 0) & (before < self.last[series])
        after = np.where(inside, before + 1, before)
        length = np.where(inside, self.day[after] - self.day[before], 1)
        step = self.headcount[after] - self.headcount[before]
        grown = passed * self.headcount[before] + step * passed * (passed + 1) / (2 * length)
        return self.total[before] + grown, np.asarray(before)

    def answer(self, asked: pd.DataFrame) -> dict[str, Array]:
        """Return what each question's period draws on; NaN where a series does not exist.

        Returns
        -------
        dict of str to array
            ``person_days``; ``held_before, held_after``, days of the period beyond the snapshots;
            ``first_day, last_day``, of the snapshots used; ``gap_days``, the longest distance
            between two of them beyond a year, else zero; ``mixed``, whether some are zero.
        """
        names = ("person_days", "held_before", "held_after", "first_day", "last_day")
        answer = {name: np.full(len(asked), np.nan) for name in names}
        answer |= {"gap_days": np.zeros(len(asked)), "mixed": np.zeros(len(asked), dtype=bool)}
        series, start, end = self.find(asked), asked["start"].to_numpy(), asked["end"].to_numpy()
        found = series >= 0
        if not found.any():
            return answer
        series, start, end = series[found], start[found], end[found]
        through, last = self.up_to(series, end)
        until, _ = self.up_to(series, start - 1)
        _, first = self.up_to(series, start)
        last = np.minimum(last + (self.day[last] < end), self.last[series])
        days = end - start + 1
        answer["person_days"][found] = through - until
        answer["held_before"][found] = np.clip(self.day[self.first[series]] - start, 0, days)
        answer["held_after"][found] = np.clip(end - self.day[self.last[series]], 0, days)
        answer["first_day"][found], answer["last_day"][found] = self.day[first], self.day[last]
        answer["gap_days"][found] = self._longest_gap(first, last)
        answer["mixed"][found] = self._mixed(first, last)
        return answer

    def _longest_gap(self, first: Array, last: Array) -> Array:
        """Return the longest gap beyond a year among the snapshots first to last."""
        ends = np.column_stack([first + 1, last + 1]).ravel()
        longest = np.maximum.reduceat(np.append(self._gap, [0, 0]), ends)[::2]
        return np.where((first < last) & (longest > USUAL_GAP), longest, 0)

    def _mixed(self, first: Array, last: Array) -> Array:
        """Return where some but not all of the snapshots first to last are zero."""
        zeros = np.cumsum(np.append(self.headcount == 0, False))
        found = zeros[last] - zeros[first] + (self.headcount[first] == 0)
        return np.asarray((found > 0) & (found < last - first + 1))


def _place(series: Array, day: Array) -> Array:
    """Return numbers that sort by series, then by day."""
    return np.asarray(series.astype("int64") * 2**32 + day)
