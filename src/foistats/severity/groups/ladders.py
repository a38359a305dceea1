"""Shorter ladders: merging the thresholds that too few forces separate."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from foistats.codebooks import Grouping, Level
from foistats.errors import NotIdentifiedError, UsageError
from foistats.severity.groups.case_groups import CaseGroup, Cell, Partition
from foistats.severity.groups.cells import SeverityData
from foistats.severity.groups.identification import identifiability


@dataclass(frozen=True)
class MergedLadder:
    """A shorter ladder, the groups in its terms, and what was merged.

    Attributes
    ----------
    ladder : tuple of str
        The rungs, least severe first; a merged rung is called by its members, joined with "+".
    groups : tuple of CaseGroup
    rungs : dict of str to tuple of str
        The original rungs in each new one.
    merged : DataFrame
        One row per threshold that went: ``threshold, forces, separated_by``.
    """

    ladder: tuple[str, ...]
    groups: tuple[CaseGroup, ...]
    rungs: dict[str, tuple[str, ...]]
    merged: pd.DataFrame


def merge_thin_thresholds(
    groups: Sequence[CaseGroup], ladder: Sequence[str], minimum_forces: int = 2
) -> MergedLadder:
    """Merge the rungs on the two sides of every threshold that too few forces separate.

    Merging can make outcome sets of a partition overlap; those are pooled to the finest sets of
    which each is a part. Pooling can leave another threshold with too few forces, so the rule is
    applied until it changes nothing.

    Raises
    ------
    NotIdentifiedError
        If no threshold remains.
    UsageError
        For a minimum below one.
    """
    if minimum_forces < 1:
        raise UsageError(f"minimum_forces is {minimum_forces}; it must be at least 1")
    current: dict[str, tuple[str, ...]] = {rung: (rung,) for rung in ladder}
    mapped, gone = tuple(groups), []
    while True:
        table = identifiability(mapped, tuple(current), ())
        thin = table[table["forces"] < minimum_forces]
        if thin.empty:
            break
        gone.append(thin[["threshold", "forces", "separated_by"]])
        if len(thin) == len(table):
            raise NotIdentifiedError(
                f"no threshold of {', '.join(ladder)} is separated by {minimum_forces} forces"
            )
        shorter = _joined(tuple(current), set(thin.index))
        current = {
            "+".join(itertools.chain.from_iterable(current[old] for old in run)): tuple(
                itertools.chain.from_iterable(current[old] for old in run)
            )
            for run in shorter
        }
        mapped = tuple(_map_group(group, current) for group in groups)
    columns = ["threshold", "forces", "separated_by"]
    merged = pd.concat(gone, ignore_index=True) if gone else pd.DataFrame(columns=columns)
    return MergedLadder(tuple(current), mapped, current, merged)


def merged(data: SeverityData, minimum_forces: int = 2) -> tuple[SeverityData, pd.DataFrame]:
    """Merge the thresholds that fewer than two forces separate, and name them.

    Returns
    -------
    data : SeverityData
        On the shorter ladder.
    merged : DataFrame
        One row per threshold that was merged: ``threshold, forces, separated_by``; usually empty.
    """
    result = merge_thin_thresholds(data.groups, data.ladder.ids, minimum_forces)
    labels, sets = data.ladder.labels, {level.id: of for level, of in data.ladder.groups}
    groups = tuple(
        (
            Level(rung, " or ".join(labels[old] for old in olds)),
            frozenset().union(*(sets[old] for old in olds)),
        )
        for rung, olds in result.rungs.items()
    )
    ladder = Grouping(data.ladder.id, data.ladder.meaning, groups)
    return replace(data, ladder=ladder, groups=result.groups), result.merged


def _joined(ladder: tuple[str, ...], thin: set[int]) -> Iterator[tuple[str, ...]]:
    """Yield the runs of rungs that no remaining threshold parts."""
    run: list[str] = []
    for place, rung in enumerate(ladder):
        run.append(rung)
        if place not in thin:
            yield tuple(run)
            run = []


def _map_group(group: CaseGroup, rungs: dict[str, tuple[str, ...]]) -> CaseGroup:
    new = {old: name for name, members in rungs.items() for old in members}
    partitions = tuple(
        _pooled(
            tuple(
                Cell(cell.roles, frozenset(new[old] for old in cell.rungs), cell.n_low, cell.n_high)
                for cell in cells
            ),
            tuple(rungs),
            unite=not group.overlapping,
        )
        for cells in group.partitions
    )
    return replace(group, partitions=partitions)


def _pooled(cells: Partition, ladder: Sequence[str], *, unite: bool) -> Partition:
    """Give conflicting cells the union of their rungs until none conflict; add up equal cells."""
    for first, second in itertools.combinations(range(len(cells)), 2):
        one, other = cells[first], cells[second]
        if unite and one.conflicts(other, ladder):
            union = one.rungs | other.rungs
            rest = (cell for place, cell in enumerate(cells) if place not in (first, second))
            pair = (replace(one, rungs=union), replace(other, rungs=union))
            return _pooled((*rest, *pair), ladder, unite=True)
    sums: dict[tuple[frozenset[str], frozenset[str]], tuple[int, int]] = {}
    for cell in cells:
        low, high = sums.get((cell.roles, cell.rungs), (0, 0))
        sums[cell.roles, cell.rungs] = (low + cell.n_low, high + cell.n_high)
    return tuple(Cell(*key, low, high) for key, (low, high) in sums.items())
