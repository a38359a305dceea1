"""Formulas: which covariates enter where, as patsy reads them, and nothing else.

A formula may hold column names, ``+``, ``:``, ``*``, ``C()`` and ``1``. Anything else is refused
before patsy sees it, because patsy would run it as Python.
"""

from __future__ import annotations

import itertools
import keyword
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import patsy
from numpy.typing import NDArray
from scipy import sparse

from foistats.errors import DataError, NotIdentifiedError, UsageError, did_you_mean

Array: TypeAlias = NDArray[Any]

_TOKEN = re.compile(
    r"\s+|C\s*\(\s*[A-Za-z_]\w*\s*\)|[A-Za-z_]\w*|[+:*]|\b1\b|(?P<bad>.)", re.DOTALL
)
_NAME = re.compile(r"[A-Za-z_]\w*")
_ALLOWED = "allowed: column names, '+', ':', '*', 'C()' and '1'"
_CONSTANT = "Intercept"
"""What patsy calls the constant."""


@dataclass(frozen=True)
class Terms:
    """The right-hand side of a formula.

    Attributes
    ----------
    text : str
        As written, without the tilde.
    names : tuple of str
        The columns it names, in their order.
    categories : tuple of str
        Those that ``C()`` takes as categories.
    """

    text: str
    names: tuple[str, ...]
    categories: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether it names no column."""
        return not self.names


@dataclass(frozen=True)
class DesignColumns:
    """The columns that a formula makes of covariates, the constant taken out.

    Attributes
    ----------
    entries : array or sparse array, points x columns
    names : tuple of str
        As patsy writes them: ``role[T.staff]``.
    terms : Terms
    seen : DataFrame
        Points that show every level.
    """

    entries: Any
    names: tuple[str, ...]
    terms: Terms
    seen: pd.DataFrame

    @cached_property
    def matrix(self) -> Array:
        """The columns as a dense matrix."""
        entries = self.entries
        return np.asarray(entries if isinstance(entries, np.ndarray) else entries.toarray())

    def __getstate__(self) -> dict[str, Any]:
        """Leave out patsy's own description, which cannot be copied; it is made anew."""
        return {k: v for k, v in self.__dict__.items() if k != "info"}

    @cached_property
    def info(self) -> Any:
        """Patsy's description of the columns: what makes the same ones of other points."""
        return None if self.terms.empty else _design_info(self.terms, self.seen)

    def of(self, points: pd.DataFrame) -> Array:
        """Return the same columns for other points.

        Raises
        ------
        DataError
            For a level that the fit has not seen, or a missing value.
        """
        try:
            return _built(self.info, points)
        except patsy.PatsyError as error:
            raise DataError(_plain(error)) from None


def parse_formula(text: str) -> tuple[str, Terms]:
    """Return the response and the terms of ``response ~ terms``.

    Raises
    ------
    UsageError
        If there is no single response, or the text holds anything that is not allowed.

    Examples
    --------
    >>> response, terms = parse_formula("severity ~ role + C(year)")
    >>> response, terms.names
    ('severity', ('role', 'year'))
    """
    left, tilde, right = text.partition("~")
    response = left.strip()
    if not tilde or not _NAME.fullmatch(response):
        raise UsageError(f"formula '{text}': write it as 'response ~ term + term'")
    terms = parse_terms(right, within=text)
    if response in terms.names:
        raise UsageError(f"formula '{text}': the response '{response}' is among its own terms")
    return response, terms


def parse_terms(text: str, *, within: str = "") -> Terms:
    """Return the terms of ``~ term + term``; the tilde may be left out.

    Raises
    ------
    UsageError
        For anything but column names, ``+ : *``, ``C()`` and ``1``.
    """
    whole = within or text
    bare = text.strip().removeprefix("~").strip()
    for token in _TOKEN.finditer(bare):
        if token["bad"]:
            raise UsageError(f"formula '{whole}': found '{token['bad']}' ({_ALLOWED})")
    names = tuple(dict.fromkeys(_names(bare)))
    _refuse_words(bare, names, whole)
    if bare in ("", "1"):
        return Terms("1", ())
    try:
        _description(bare)
    except RecursionError:
        raise UsageError(f"a formula of {len(whole):,} characters: too many terms") from None
    except patsy.PatsyError as error:
        raise UsageError(f"formula '{whole}': {_plain(error)} ({_ALLOWED})") from None
    words = "+".join(token[0] for token in _TOKEN.finditer(bare) if ")" in token[0])
    return Terms(bare, names, tuple(_names(words)))


@lru_cache(maxsize=64)
def _description(text: str) -> patsy.ModelDesc:
    """Return what patsy reads in the terms; a fit asks several times."""
    return patsy.ModelDesc.from_formula(f"~ {text}")


def _refuse_words(text: str, names: Sequence[str], whole: str) -> None:
    """Refuse two words without an operator between them, and names that patsy cannot take."""
    words = [token[0].strip() for token in _TOKEN.finditer(text) if token[0].strip()]
    for one, other in itertools.pairwise(words):
        if not {one, other} & {"+", ":", "*"}:
            raise UsageError(f"formula '{whole}': nothing joins '{one}' and '{other}' ({_ALLOWED})")
    taken = [name for name in names if keyword.iskeyword(name) or name == _CONSTANT]
    if taken:
        raise UsageError(f"formula '{whole}': '{taken[0]}' cannot be a column here; rename it")


def _names(text: str) -> Iterator[str]:
    for token in _TOKEN.finditer(text):
        word = token[0].strip()
        if word.startswith("C") and word.endswith(")"):
            word = word[word.index("(") + 1 : -1].strip()
        if _NAME.fullmatch(word):
            yield word


def require_columns(names: Sequence[str], columns: Sequence[str], *, what: str) -> None:
    """Refuse names that are no columns, naming all of them.

    Raises
    ------
    UsageError
        With the nearest column of each.
    """
    lost = [name for name in names if name not in columns]
    if lost:
        said = "; ".join(f"'{name}'{did_you_mean(name, columns)}" for name in lost)
        raise UsageError(
            f"{what}: no column {said} (the data have {', '.join(map(str, columns)) or 'none'})"
        )


def design_columns(terms: Terms, points: pd.DataFrame) -> DesignColumns:
    """Return the columns of the terms at the given points, one row per point.

    Categorical covariates have treatment contrasts; the reference is the first level. There is no
    constant: the thresholds are in its place.

    Raises
    ------
    NotIdentifiedError
        For a categorical covariate with one level.
    """
    for name in terms.names:
        column = points[name]
        if _is_categorical(column) and len(column.cat.categories) < 2:
            level = ", ".join(map(str, column.cat.categories))
            raise NotIdentifiedError(
                f"'{name}' has the single level '{level}': there is nothing to compare it with; "
                "leave it out of the formula"
            )
    if terms.empty:
        return DesignColumns(np.zeros((len(points), 0)), (), terms, points.iloc[:0])
    numbers = [n for n in terms.categories if not _is_categorical(points[n])]
    # of categoricals patsy needs to see the levels, which their type holds, not the rows
    seen = points if numbers else points.iloc[:1]
    info = _design_info(terms, seen)
    names = tuple(name for name in info.column_names if name != _CONSTANT)
    if numbers:
        return DesignColumns(_built(info, points), names, terms, seen)
    return DesignColumns(_looked_up(info, points), names, terms, seen)


def _design_info(terms: Terms, seen: pd.DataFrame) -> Any:
    try:
        description = _description(terms.text)
        return patsy.incr_dbuilder(description, lambda: iter([seen]), NA_action="raise")
    except patsy.PatsyError as error:
        raise UsageError(f"formula '{terms.text}': {_plain(error)}") from None


def _looked_up(info: Any, points: pd.DataFrame) -> Any:
    """Return what patsy would build, by looking up the levels' codes in its contrasts, sparse.

    Every block of columns has a table with a row for each combination of levels: a point takes its
    row of each table, times the numbers among the block's factors.
    """
    subterms = itertools.chain.from_iterable(info.term_codings.values())
    blocks = [_block(subterm, points) for subterm in subterms if subterm.factors]
    tables, rows, numbers = zip(*blocks, strict=True)
    begin = np.cumsum([0, *(table.shape[0] for table in tables)])
    entries = np.column_stack(numbers).ravel(), (np.column_stack(rows) + begin[:-1]).ravel()
    ends = np.arange(0, entries[0].size + 1, len(blocks))
    taken = sparse.csr_array((*entries, ends), shape=(len(points), begin[-1]))
    return taken @ _diagonal(tables)


def _diagonal(tables: Sequence[Any]) -> Any:
    """Return the tables as blocks along the diagonal of one sparse array."""
    left = np.cumsum([0, *(table.shape[1] for table in tables)])
    entries = np.concatenate([table.data for table in tables])
    at = np.concatenate([table.indices + start for table, start in zip(tables, left, strict=False)])
    in_row = np.concatenate([np.diff(table.indptr) for table in tables])
    ends = np.concatenate([[0], np.cumsum(in_row)])
    return sparse.csr_array((entries, at, ends), shape=(len(in_row), left[-1]))


def _block(subterm: Any, points: pd.DataFrame) -> tuple[Any, NDArray[Any], Array]:
    """Return a table of contrasts, each point's row in it, and what to multiply the row by.

    The columns of an interaction are products of its factors' columns, the first varying fastest.
    """
    table, row, number = None, np.zeros(len(points), dtype=np.intp), np.ones(len(points))
    for factor in subterm.factors:
        column = points[next(_names(factor.name()))]
        if factor in subterm.contrast_matrices:
            contrasts = sparse.csr_array(subterm.contrast_matrices[factor].matrix)
            row = row + column.array.codes * np.intp(1 if table is None else table.shape[0])
            table = contrasts if table is None else sparse.kron(contrasts, table, format="csr")
        else:
            number = number * column.to_numpy(dtype=float)
    return sparse.csr_array([[1.0]]) if table is None else table, row, number


def _built(info: Any, points: pd.DataFrame) -> Array:
    """Return what patsy builds, without the constant, which it puts first."""
    matrix = patsy.build_design_matrices([info], points, NA_action="raise")[0]
    return np.asarray(matrix)[:, 1:]


def _is_categorical(column: pd.Series) -> bool:
    return isinstance(column.dtype, pd.CategoricalDtype)


def _plain(error: Exception) -> str:
    return str(error).splitlines()[0].strip()
