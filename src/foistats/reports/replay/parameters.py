"""Which parameters a version was given, and which of them are studies: read off its record.

What a project declares today may have moved on; the record is enough. The series is named
after the values given, and a study is a parameter whose folder is among the recorded data.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from foistats.reports.ask.series import slug
from foistats.reports.notebook import Notebook, Scalar
from foistats.reports.replay.recorded import ContradictionError, Recorded

_MOST_SEARCHED = 12


def given(recorded: Recorded, source: Notebook) -> dict[str, Scalar]:
    """Return the values that were given: those the series is named after.

    Raises
    ------
    ContradictionError
        When the parameters are not those of the notebook and the series.
    """
    values = recorded.parameters
    defaults = {parameter.name: parameter.default for parameter in source.parameters}
    if defaults.keys() != values.keys():
        raise ContradictionError(
            f"the manifest gives the parameters {_listed(values)}, the recorded notebook has "
            f"{_listed(defaults)}"
        )
    name = recorded.series.partition("/")[2]
    if not name:
        _require_defaults(recorded, source, defaults)
        return {}
    for chosen in _sets(values, defaults):
        if slug(chosen) == name:
            return chosen
    raise ContradictionError(
        f"the series is called {recorded.series}, which its recorded parameters do not give"
    )


def studies(recorded: Recorded, source: Notebook) -> dict[str, str]:
    """Return the recorded folder of each study asked for, by parameter, in the notebook's order."""
    found: dict[str, str] = {}
    for parameter in source.parameters:
        value = recorded.parameters.get(parameter.name)
        if isinstance(value, str) and value:
            for folder in (f"data/{value}", value):
                if f"{folder}/study.toml" in recorded.data:
                    found.setdefault(parameter.name, folder)
    return found


def for_kernel(
    values: Mapping[str, Scalar], folders: Mapping[str, str], root: Path
) -> dict[str, Scalar]:
    """Return values as the kernel is given them: a study outside of data/ by its place."""
    return {
        name: str((root / value).resolve()) if folders.get(name) == value else value
        for name, value in values.items()
    }


def _require_defaults(recorded: Recorded, source: Notebook, defaults: Mapping[str, Scalar]) -> None:
    """Refuse other values in the series of the defaults; a study may be written in several ways."""
    asked = studies(recorded, source)
    for name, value in recorded.parameters.items():
        usual = defaults[name]
        named_otherwise = name in asked and PurePosixPath(str(usual)).name == str(value)
        if not (_same(usual, value) or named_otherwise):
            raise ContradictionError(
                f"the series {recorded.series} is that of the defaults, and its manifest gives "
                f"{name} = {value!r}, where the recorded notebook has {usual!r}"
            )


def _sets(
    recorded: Mapping[str, Scalar], defaults: Mapping[str, Scalar]
) -> Iterator[dict[str, Scalar]]:
    yield {name: value for name, value in recorded.items() if not _same(defaults[name], value)}
    names = list(recorded)[:_MOST_SEARCHED]
    for size in range(1, len(names) + 1):
        for chosen in itertools.combinations(names, size):
            yield {name: recorded[name] for name in chosen}


def _same(one: Scalar, other: Scalar) -> bool:
    return type(one) is type(other) and one == other


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
