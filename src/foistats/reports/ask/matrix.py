"""A matrix: the parameter sets that a report is made for, declared once.

``[reports.force-profile.matrix]`` names, for each parameter that varies, a vocabulary, a list
of values, or ``true`` for all that the parameter allows; several parameters give the product.
``publish = true`` says that its versions belong among the published ones.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foistats.errors import UsageError, did_you_mean
from foistats.reports.ask.parameter import Parameter, as_plain, list_faults, value_of
from foistats.reports.ask.vocabulary import VOCABULARIES
from foistats.reports.notebook import Scalar

MOST_MEMBERS = 1000
#: The key of the table that is no parameter.
PUBLISH = "publish"

#: Returns the words of a vocabulary for the parameter values chosen so far.
Words = Callable[[str, Mapping[str, Scalar]], tuple[str, ...]]


@dataclass(frozen=True)
class Matrix:
    """What varies: for each parameter its values, or the vocabulary they are drawn from."""

    axes: Mapping[str, tuple[Scalar, ...] | str]
    publish: bool = False


def matrix_faults(table: Any, parameters: Sequence[Parameter], where: str) -> Iterator[str]:
    """Yield what is wrong with a matrix table."""
    if not isinstance(table, dict) or not table.keys() - {PUBLISH}:
        yield f'{where} varies no parameter; write one, for example force = "force"'
        return
    if not isinstance(table.get(PUBLISH, False), bool):
        yield f"{where} {PUBLISH} is {table[PUBLISH]!r}; give true or false"
    known = {parameter.name: parameter for parameter in parameters}
    for name, axis in table.items():
        if name in known and name != PUBLISH:
            yield from _axis_faults(known[name], axis, where)
        elif name != PUBLISH:
            yield (
                f"{where} varies '{name}', which is no parameter of the notebook"
                f"{did_you_mean(name, known)}; parameters: {', '.join(known) or 'none'}"
            )


def read_matrix(table: Mapping[str, Any], parameters: Sequence[Parameter]) -> Matrix:
    """Return the matrix of a table without faults; the axis of a study comes first."""
    axes: dict[str, tuple[Scalar, ...] | str] = {}
    for parameter in sorted(parameters, key=lambda parameter: parameter.allowed != "study"):
        if parameter.name in table and parameter.name != PUBLISH:
            axes[parameter.name] = _axis(parameter, table[parameter.name])
    return Matrix(axes=axes, publish=table.get(PUBLISH, False))


def members(
    matrix: Matrix, parameters: Sequence[Parameter], words: Words, *, report: str
) -> list[dict[str, Scalar]]:
    """Return the value sets of a matrix, in the order it declares them.

    Parameters
    ----------
    words : callable
        Returns the words of a vocabulary: those of force, role and ladder depend on the study.

    Raises
    ------
    UsageError
        For more than `MOST_MEMBERS` sets, with their number.
    """
    studies = {p.name for p in parameters if p.allowed == "study"}
    first = [name for name in matrix.axes if name in studies]
    rest = [name for name in matrix.axes if name not in studies]
    chosen = [
        dict(zip(first, values, strict=True))
        for values in itertools.product(*(_values(matrix, name, words, {}) for name in first))
    ]
    spans = [[_values(matrix, name, words, study) for name in rest] for study in chosen]
    count = sum(math.prod(map(len, span)) for span in spans)
    if count > MOST_MEMBERS:
        raise UsageError(
            f"the matrix of {report} has {count:,} members, more than {MOST_MEMBERS:,}; "
            "vary fewer parameters or list fewer values"
        )
    return [
        study | dict(zip(rest, values, strict=True))
        for study, span in zip(chosen, spans, strict=True)
        for values in itertools.product(*span)
    ]


def _values(
    matrix: Matrix, name: str, words: Words, study: Mapping[str, Scalar]
) -> tuple[Scalar, ...]:
    axis = matrix.axes[name]
    return words(axis, study) if isinstance(axis, str) else axis


def _axis(parameter: Parameter, axis: Any) -> tuple[Scalar, ...] | str:
    if axis is True:
        axis = parameter.allowed or (False, True)
    if isinstance(axis, str):
        return axis
    return tuple(plain for v in axis if (plain := as_plain(parameter.type, v)) is not None)


def _axis_faults(parameter: Parameter, axis: Any, where: str) -> Iterator[str]:
    name = parameter.name
    if axis is True and parameter.allowed is None and parameter.type != "bool":
        yield f"{where} {name} is true, but the parameter has no allowed; give a list of values"
    elif isinstance(axis, str) and axis not in VOCABULARIES:
        yield (
            f"{where} {name} is '{axis}'{did_you_mean(axis, VOCABULARIES)}; give a list of "
            f"values, true for all that are allowed, or one of: {', '.join(VOCABULARIES)}"
        )
    elif isinstance(axis, str) and parameter.type != "str":
        yield f"{where} {name} is '{axis}', but its type is {parameter.type}, not str"
    elif isinstance(axis, list) and axis:
        faults = list(list_faults(parameter, axis, f"{where} {name} has"))
        yield from faults or _refused(parameter, axis, where)
    elif axis is not True and not isinstance(axis, str):
        yield f"{where} {name} is {axis!r}; give a list of values, true, or a vocabulary"


def _refused(parameter: Parameter, axis: Sequence[Any], where: str) -> Iterator[str]:
    for value in axis:
        try:
            value_of(parameter, value, where=f"{where} {parameter.name}", is_text=False)
        except UsageError as fault:
            yield str(fault)
