"""Values resolved: studies found, words looked up in their vocabularies, defaults filled in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from foistats.errors import UsageError, did_you_mean
from foistats.reports.ask.declare import Report
from foistats.reports.ask.parameter import Parameter, shown
from foistats.reports.ask.vocabulary import Vocabularies, listed
from foistats.reports.notebook import Scalar


@dataclass(frozen=True)
class Resolved:
    """A report's parameters: as recorded, as the kernel is given them, and the studies."""

    values: Mapping[str, Scalar]
    changed: Mapping[str, Scalar]
    studies: Mapping[str, Path]


def resolve(report: Report, given: Mapping[str, Scalar], vocabularies: Vocabularies) -> Resolved:
    """Return a report's parameters with the values given, the others at their defaults.

    Raises
    ------
    UsageError
        For a study that is not there, or a word that its vocabulary does not hold.
    DataError
        If the file that holds a vocabulary cannot be read.
    """
    values: dict[str, Scalar] = {}
    changed: dict[str, Scalar] = {}
    studies: dict[str, Path] = {}
    for parameter in report.parameters:
        name = parameter.name
        value = given.get(name, parameter.default)
        values[name] = value
        if parameter.allowed == "study":
            studies[name] = _study(report, parameter, value, vocabularies)
            values[name] = _recorded(vocabularies.root, studies[name])
            value = _for_kernel(vocabularies.root, studies[name])
        if name in given and not _is_default(parameter, given[name], vocabularies):
            changed[name] = value
    for parameter in report.parameters:
        _require_word(report, parameter, values, vocabularies)
    return Resolved(values, changed, studies)


def words_for(
    report: Report, vocabulary: str, values: Mapping[str, Scalar], vocabularies: Vocabularies
) -> tuple[str, ...]:
    """Return the words of a vocabulary in the study that the values ask for."""
    if vocabulary == "study":
        return vocabularies.words(vocabulary, vocabularies.root)
    return vocabularies.words(vocabulary, _lender(report, values, vocabularies))


def _lender(report: Report, values: Mapping[str, Scalar], vocabularies: Vocabularies) -> Path:
    """Return the folder of the study that lends its words: the first the report asks for."""
    for parameter in report.parameters:
        if parameter.allowed == "study":
            value = values.get(parameter.name, parameter.default)
            return _study(report, parameter, value, vocabularies)
    return vocabularies.only_study(where=report.name)


def _study(report: Report, parameter: Parameter, value: Scalar, vocabularies: Vocabularies) -> Path:
    return vocabularies.study(str(value), where=f"{report.name}: {parameter.name}")


def _require_word(
    report: Report,
    parameter: Parameter,
    values: Mapping[str, Scalar],
    vocabularies: Vocabularies,
) -> None:
    vocabulary, value = parameter.allowed, values[parameter.name]
    if not isinstance(vocabulary, str) or vocabulary == "study":
        return
    if value == "" and parameter.may_be_empty:
        return
    study = _lender(report, values, vocabularies)
    words = vocabularies.words(vocabulary, study)
    if value not in words:
        raise UsageError(
            f"{report.name}: {parameter.name}: {shown(value)} is no {vocabulary} of the study "
            f"{study.name}{did_you_mean(str(value), words)}; allowed: {listed(words)}"
        )


def _is_default(parameter: Parameter, given: Scalar, vocabularies: Vocabularies) -> bool:
    """Return whether a value given is the default; a study may be given in several ways."""
    if parameter.allowed != "study" or given == parameter.default:
        return given == parameter.default
    try:
        usual = vocabularies.study(str(parameter.default))
    except UsageError:
        return False
    return usual == vocabularies.study(str(given))


def _is_named(root: Path, folder: Path) -> bool:
    return folder.parent == (root / "data").resolve()


def _recorded(root: Path, folder: Path) -> str:
    """Name a study for the record: its name in data/, else its path from the project."""
    if _is_named(root, folder):
        return folder.name
    return Path(os.path.relpath(folder, root)).as_posix()


def _for_kernel(root: Path, folder: Path) -> str:
    return folder.name if _is_named(root, folder) else str(folder)
