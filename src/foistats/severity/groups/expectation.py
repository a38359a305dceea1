"""The counts a model expects in the cells of a group, given the role counts it prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foistats.severity.groups.case_groups import CaseGroup, CaseSpace, Cell, Partition, outcome_open

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True)
class RoleBlock:
    """A number of cases of which only this set of roles is known."""

    roles: frozenset[str]
    size: float


def expected_counts(group: CaseGroup, probabilities: Array, space: CaseSpace) -> Array:
    """Return the expected count of every cell of every partition, in their order.

    The cases fall into *role blocks*, the finest sets of roles that the group's cells do not mix;
    the number ``n_C`` of cases in each block ``C`` is taken as given::

        E_i = sum_C n_C sum_{r in C and R_i} rho_r / rho_C  sum_{k in S_i} P(k | r)

    Where cells of a partition overlap, some cases are described more precisely than others; how
    many is given too, and each *layer* of disjoint cells has its own blocks. A count interval
    enters by its midpoint. Cases off the ladder are given, not expected; they are taken out of the
    blocks in proportion where their roles are not printed.

    Parameters
    ----------
    group : CaseGroup
    probabilities : array, ... x roles x rungs
        ``P(k | r)``, real or complex.
    space : CaseSpace

    Returns
    -------
    array, ... x cells
    """
    finest = max(group.partitions, key=lambda cells: len(_blocks(disjoint_layers(cells))))
    off = max(_count(c for c in cells if not c.rungs) for cells in group.partitions)
    columns = []
    for cells in group.partitions:
        layers = disjoint_layers(cells)
        source = cells if len(layers) > 1 else finest
        for cell in cells:
            with_off = outcome_open(cell, cells, space)
            scale = _off_ladder_scale(source, off, with_off=with_off)
            used = [layer for layer in layers if any(cell is member for member in layer)]
            blocks = _blocks(used if source is cells else disjoint_layers(finest))
            expected = _expected(cell, blocks, probabilities, space)
            columns.append(scale * expected if cell.rungs else expected)
    return np.stack(columns, axis=-1)


def disjoint_layers(cells: Partition) -> list[Partition]:
    """Split cells into layers within which none overlap; one layer if none do at all."""
    layers: list[Partition] = []
    for cell in cells:
        for place, layer in enumerate(layers):
            if not any(cell.overlaps(member) for member in layer):
                layers[place] = (*layer, cell)
                break
        else:
            layers.append((cell,))
    return layers


def role_blocks(cells: Sequence[Cell]) -> list[frozenset[str]]:
    """Return the finest sets of roles of which every cell's roles are within one.

    Examples
    --------
    >>> a, b, c = frozenset("a"), frozenset("ab"), frozenset("c")
    >>> sorted(map(sorted, role_blocks([Cell(r, frozenset("k"), 1, 1) for r in (a, b, c)])))
    [['a', 'b'], ['c']]
    """
    blocks: list[frozenset[str]] = []
    for cell in cells:
        touching = [block for block in blocks if block & cell.roles]
        blocks = [block for block in blocks if not block & cell.roles]
        blocks.append(cell.roles.union(*touching))
    return blocks


def _blocks(layers: Sequence[Partition]) -> list[RoleBlock]:
    return [
        RoleBlock(roles, _count(c for c in layer if c.rungs and c.roles <= roles))
        for layer in layers
        for roles in role_blocks(layer)
    ]


def _off_ladder_scale(source: Partition, off: float, *, with_off: bool) -> float:
    """Return what turns the blocks' sizes into the number of cases the cells are about."""
    total = _count(source)
    if not off or total <= off:
        return 1.0
    sizes_with_off = all(cell.rungs for cell in source)
    if sizes_with_off == with_off:
        return 1.0
    return (total - off) / total if sizes_with_off else total / (total - off)


def _expected(
    cell: Cell, blocks: Sequence[RoleBlock], probabilities: Array, space: CaseSpace
) -> Array:
    if not cell.rungs:
        return np.full(probabilities.shape[:-2], (cell.n_low + cell.n_high) / 2)
    on = [place for place, rung in enumerate(space.ladder) if rung in cell.rungs]
    shares = dict(zip(space.roles, space.shares, strict=True))
    weights = np.zeros(len(space.roles))
    for block in blocks:
        whole = sum(shares[role] for role in block.roles)
        for place, role in enumerate(space.roles):
            if role in block.roles & cell.roles:
                weights[place] += block.size * shares[role] / whole
    return np.asarray(probabilities[..., on].sum(axis=-1) @ weights)


def _count(cells: Iterable[Cell]) -> float:
    return float(sum((cell.n_low + cell.n_high) / 2 for cell in cells))
