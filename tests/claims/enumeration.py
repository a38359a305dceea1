"""Claims judged on every small table, by rules written a second time and plainly."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

Row = Mapping[str, str]


class Tables:
    """Every table of forces by outcomes (or roles by outcomes of one force) up to a count."""

    def __init__(self, axes: Sequence[Sequence[str]], most: int) -> None:
        self.axes = [list(axis) for axis in axes]
        sizes = [len(axis) for axis in self.axes]
        grid = np.indices([most + 1] * int(np.prod(sizes)), dtype=np.int16)
        self.counts = grid.reshape(int(np.prod(sizes)), -1).T.reshape(-1, *sizes)

    def sum(self, force: str, role: str, outcome: str) -> np.ndarray:
        held = []
        for axis, words in zip(self.axes, (force, role, outcome), strict=True):
            wanted = axis if words in ("", "any") else words.split("|")
            held.append([axis.index(word) for word in wanted])
        return self.counts[np.ix_(range(len(self.counts)), *held)].sum(axis=(1, 2, 3)).astype(int)

    def true(self, row: Row, rows: Mapping[str, Row]) -> np.ndarray:
        """Return for which tables a claim is true."""
        force, role, outcome = row["force"], row["role"], row["outcome"]
        kind, _, rest = row["measure"].partition(":")
        comparison, value = row["comparison"], row["value"]
        count = self.sum(force, role, outcome)
        if comparison in ("majority", "most") and kind == "count":
            kind = "share"
        if comparison in ("highest", "lowest", "nth_highest") or kind == "rank":
            return self._place(row)
        if comparison in ("higher_than", "lower_than", "no_difference"):
            other = rows[value]
            gap = count - self.sum(other["force"], other["role"], other["outcome"])
            return {
                "higher_than": gap > 0,
                "lower_than": gap < 0,
                "no_difference": np.abs(gap) <= _k(row, 0),
            }[comparison]
        if comparison == "plurality":
            words = value.split("|") if value else [w for w in self.axes[2] if w != outcome]
            margin = 1 if "strict" in row["reading"] else 0
            found = count >= 1
            for word in words:
                found &= count >= self.sum(force, role, word) + margin
            return found
        if kind == "forces":
            return self._forces(row, rest)
        base = np.ones_like(count)
        scale = 1
        if kind == "share":
            base, scale = self.sum(force, role, rest or "any"), 100
        elif kind == "share_of_role":
            base, scale = self.sum(force, rest, outcome), 100
        elif kind == "share_of_force":
            base, scale = self.sum(rest, role, outcome), 100
        elif kind == "ratio":
            other = rows[rest]
            base = self.sum(other["force"], other["role"], other["outcome"])
        return (base > 0) & _compare(count * scale, base, row)

    def _forces(self, row: Row, rest: str) -> np.ndarray:
        kind, *ends = rest.split(":")
        forces = self.axes[0] if row["force"] == "any" else row["force"].split("|")
        number = np.zeros(len(self.counts), dtype=int)
        for force in forces:
            count = self.sum(force, row["role"], row["outcome"])
            least = int(ends[0]) if kind in ("at_least", "between") else 0
            most = int(ends[-1]) if kind in ("at_most", "between") else 10**9
            number += (count >= least) & (count <= most)
        return _compare(number, np.ones_like(number), row)

    def _place(self, row: Row) -> np.ndarray:
        own = self.sum(row["force"], row["role"], row["outcome"])
        sign = -1 if row["comparison"] == "lowest" else 1
        ahead, level = np.zeros(len(own), dtype=int), np.zeros(len(own), dtype=int)
        for force in self.axes[0]:
            if force != row["force"]:
                other = self.sum(force, row["role"], row["outcome"])
                ahead += sign * other > sign * own
                level += other == own
        places = [
            _compare(ahead + 1 + tie, np.ones_like(own), row)
            if row["comparison"] not in ("highest", "lowest", "nth_highest")
            else ahead + 1 + tie == int(row["value"] or 1)
            for tie in range(len(self.axes[0]))
        ]
        if "strict" in row["reading"]:
            return np.all([p | (level < tie) for tie, p in enumerate(places)], axis=0)
        return np.any([p & (level >= tie) for tie, p in enumerate(places)], axis=0)


def _k(row: Row, default: Fraction | int) -> Fraction | int:
    text = row["reading"].partition("about:")[2].partition(";")[0].strip()
    return Fraction(text) if text else default


def _compare(top: np.ndarray, base: np.ndarray, row: Row) -> np.ndarray:
    """Compare top over base with the value: all in whole numbers."""
    comparison = row["comparison"]
    if comparison in ("majority", "most"):
        return top > 50 * base
    if comparison == "between":
        low, high = Fraction(row["low"]), Fraction(row["high"])
        return _at_least(top, base, low) & _at_most(top, base, high)
    value = Fraction(row["value"])
    share = row["measure"].startswith("share")
    tenth = value / 10 if row["measure"].startswith("ratio") else max(value / 10, Fraction(1))
    k = _k(row, Fraction(1) if share else tenth)
    if comparison == "rounds_to":
        decimals = len(row["value"].partition(".")[2])
        half = Fraction(1, 2 * 10**decimals)
        low, high = max(value - half, Fraction(0)), value + half
        if "half_up" in row["reading"]:
            return _at_least(top, base, low) & ~_at_least(top, base, high)
        if "half_even" in row["reading"] and int(value * 10**decimals) % 2:
            return ~_at_most(top, base, low) & ~_at_least(top, base, high)
        return _at_least(top, base, low) & _at_most(top, base, high)
    return {
        "equals": lambda: _at_least(top, base, value) & _at_most(top, base, value),
        "about": lambda: _at_least(top, base, value - k) & _at_most(top, base, value + k),
        "more_than": lambda: ~_at_most(top, base, value),
        "at_least": lambda: _at_least(top, base, value),
        "fewer_than": lambda: ~_at_least(top, base, value),
        "at_most": lambda: _at_most(top, base, value),
        "nearly": lambda: _at_least(top, base, value - k) & ~_at_least(top, base, value),
    }[comparison]()


def _at_least(top: np.ndarray, base: np.ndarray, end: Fraction) -> np.ndarray:
    return top * end.denominator >= base * end.numerator


def _at_most(top: np.ndarray, base: np.ndarray, end: Fraction) -> np.ndarray:
    return top * end.denominator <= base * end.numerator


def minimal_sets(truth: Mapping[str, np.ndarray]) -> set[frozenset[str]]:
    """Return every minimal set of claims that no table satisfies."""
    found: set[frozenset[str]] = set()
    for size in range(1, len(truth) + 1):
        for some in itertools.combinations(truth, size):
            names = frozenset(some)
            if any(known <= names for known in found):
                continue
            if not np.all([truth[name] for name in some], axis=0).any():
                found.add(names)
    return found


def random_claims(rng: random.Random, axes: Sequence[Sequence[str]], number: int) -> list[Row]:
    """Return claims of random kinds about small tables; the first ones count cases."""
    rows: list[Row] = []
    for position in range(number):
        row = {
            "id": f"c{position}",
            "force": _some(rng, axes[0]),
            "role": _some(rng, [role for role in axes[1] if role]),
            "outcome": _some(rng, axes[2]),
            "measure": "count",
            "comparison": rng.choice(("equals", "at_least", "at_most", "more_than", "fewer_than")),
            "value": str(rng.randint(0, 2)),
            "low": "",
            "high": "",
            "reading": "",
        }
        if row["comparison"] == "fewer_than":
            row["value"] = str(rng.randint(1, 3))
        if position >= 2:
            _vary(rng, row, axes)
        rows.append(row)
    return rows


def _some(rng: random.Random, words: Sequence[str]) -> str:
    if rng.random() < 0.4 or not words:
        return "any"
    return "|".join(rng.sample(list(words), rng.choice((1, 1, min(2, len(words))))))


def _vary(rng: random.Random, row: dict[str, str], axes: Sequence[Sequence[str]]) -> None:
    kind = rng.choice(
        ("count", "share", "of", "forces", "place", "pair", "plurality", "ratio", "w")
    )
    one = rng.choice(list(axes[2]))
    if kind == "share":
        row["measure"] = rng.choice(("share", "share", "share_of_role:any", "share_of_force:any"))
        row["comparison"] = rng.choice(
            ("rounds_to", "at_least", "fewer_than", "majority", "equals")
        )
        row["value"] = "" if row["comparison"] == "majority" else rng.choice(("25", "33", "50"))
        row["reading"] = rng.choice(("", "half_up", "half_even", "half_any"))
    elif kind == "of":
        row["outcome"] = one
        row["measure"] = f"share:{one}|{rng.choice([w for w in axes[2] if w != one])}"
        row["comparison"] = rng.choice(("more_than", "at_most", "between", "about", "nearly"))
        row["value"] = "" if row["comparison"] == "between" else "50"
        if row["comparison"] == "between":
            row["low"], row["high"] = "25", "50"
        row["reading"] = "about:10" if row["comparison"] in ("about", "nearly") else ""
    elif kind == "forces":
        row["measure"] = rng.choice(("forces:at_most:1", "forces:at_least:2", "forces:between:1:2"))
        row["value"] = str(rng.randint(0, len(axes[0])))
        row["comparison"] = rng.choice(("equals", "at_most", "at_least"))
    elif kind == "place":
        row["force"] = rng.choice(list(axes[0]))
        row["measure"] = rng.choice(("rank", "count"))
        row["comparison"] = rng.choice(("highest", "lowest", "nth_highest"))
        if row["measure"] == "rank" and rng.random() < 0.4:
            row["comparison"] = rng.choice(("equals", "at_most", "at_least"))
        plain = row["comparison"] in ("highest", "lowest")
        row["value"] = "" if plain else str(rng.randint(1, len(axes[0])))
        row["reading"] = rng.choice(("", "", "strict"))
    elif kind == "pair":
        row["comparison"] = rng.choice(("higher_than", "lower_than", "no_difference"))
        row["value"] = rng.choice(("c0", "c1"))
        about = rng.choice(("", "about:1"))
        row["reading"] = about if row["comparison"] == "no_difference" else ""
    elif kind == "plurality":
        row["outcome"], row["comparison"], row["value"] = one, "plurality", ""
        row["reading"] = rng.choice(("", "strict"))
    elif kind == "ratio":
        row["measure"], row["value"] = f"ratio:{rng.choice(('c0', 'c1'))}", rng.choice(("1", "2"))
        row["comparison"] = rng.choice(("equals", "at_least", "more_than", "at_most"))
    elif kind == "w":
        row["comparison"] = rng.choice(("about", "nearly", "rounds_to"))
        row["value"] = "2"
        row["reading"] = rng.choice(("about:1", "")) if row["comparison"] != "rounds_to" else ""
