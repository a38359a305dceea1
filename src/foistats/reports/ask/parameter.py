"""A parameter of a report: what it may be, and a text or a TOML value read strictly as it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from foistats.errors import UsageError, did_you_mean
from foistats.reports.ask.vocabulary import VOCABULARIES
from foistats.reports.notebook import TYPES, Scalar

_MOST_DIGITS = 18
_MOST_SHOWN = 60


@dataclass(frozen=True)
class Parameter:
    """A parameter: type, default and comment from the notebook, the rest declared.

    Attributes
    ----------
    allowed : tuple, str or None
        The values it may have, the name of a vocabulary, or None for any of its type.
    minimum, maximum : int, float or None
        The ends of a number's range, both allowed.
    """

    name: str
    type: str
    default: Scalar
    comment: str = ""
    allowed: tuple[Scalar, ...] | str | None = None
    unit: str = ""
    meaning: str = ""
    minimum: int | float | None = None
    maximum: int | float | None = None

    @property
    def range_text(self) -> str:
        """The range in words; empty if there is none."""
        if self.minimum is not None and self.maximum is not None:
            return f"from {self.minimum} to {self.maximum}"
        if self.minimum is not None:
            return f"at least {self.minimum}"
        return "" if self.maximum is None else f"at most {self.maximum}"

    @property
    def allowed_text(self) -> str:
        """What may be given, in words."""
        if isinstance(self.allowed, tuple):
            return ", ".join(map(written, self.allowed))
        if self.allowed == "study":
            return "a folder in data/ or a path to a folder, with a study.toml"
        if isinstance(self.allowed, str):
            return f"a {self.allowed} of the study"
        if self.type == "bool":
            return "true, false"
        return f"{self.type} {self.range_text}" if self.range_text else f"any {self.type}"

    @property
    def may_be_empty(self) -> bool:
        """Whether the empty text, as its default, stands for no word of its vocabulary."""
        return self.default == "" and self.allowed in VOCABULARIES and self.allowed != "study"


def value_of(parameter: Parameter, given: Any, *, where: str, is_text: bool) -> Scalar:
    """Return what was given as a value of the parameter's type.

    Parameters
    ----------
    given : object
        A text of the command line if `is_text`, else a value of a TOML file.
    where : str
        How messages name the parameter.

    Raises
    ------
    UsageError
        If it is of another type, not allowed, or no text that can be written to a file.
    """
    read = as_type if is_text else as_plain
    value = read(parameter.type, given)
    if value is None:
        raise UsageError(f"{where}: {_mistyped(parameter, given, is_text=is_text)}")
    if isinstance(value, str) and (fault := unwritable(value)):
        raise UsageError(f"{where}: {shown(value)} {fault}")
    if not _is_allowed(parameter, value):
        listed = parameter.allowed if isinstance(parameter.allowed, tuple) else ()
        near = did_you_mean(written(value), map(written, listed))
        raise UsageError(
            f"{where}: {shown(written(value))} is not allowed{near}; "
            f"allowed: {parameter.allowed_text}"
        )
    return value


def as_type(kind: str, text: str) -> Scalar | None:
    """Return the value a text stands for, or None when it is not of the type."""
    if kind == "str":
        return text
    if kind == "bool":
        return {"true": True, "false": False}.get(text.lower())
    if kind == "int":
        return int(text) if re.fullmatch(rf"[+-]?[0-9]{{1,{_MOST_DIGITS}}}", text) else None
    number = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
    found = float(text) if len(text) < _MOST_SHOWN and re.fullmatch(number, text) else math.nan
    return found if math.isfinite(found) else None


def as_plain(kind: str, value: Any) -> Scalar | None:
    """Return a TOML value as the type, or None: only an int may stand for a float."""
    if type(value) not in TYPES.values():
        return None
    plain: Scalar = value
    if isinstance(plain, int) and abs(plain) >= 10**_MOST_DIGITS:
        return None
    if isinstance(plain, float) and not math.isfinite(plain):
        return None
    if kind == "float" and type(plain) is int:
        return float(plain)
    return plain if type(plain) is TYPES[kind] else None


def written(value: Scalar) -> str:
    """Write a value as the command line takes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def shown(value: object) -> str:
    """Quote something foreign in a message: on one line, without control characters, short."""
    text = str(value)
    quoted = text if text.isprintable() else repr(text)[1:-1]
    return f"'{quoted}'" if len(quoted) <= _MOST_SHOWN else f"'{quoted[:_MOST_SHOWN]}…'"


def unwritable(text: str) -> str:
    """Say what keeps a text out of a file, or return an empty string."""
    if "\0" in text:
        return "contains a NUL character; leave it out"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "is not valid Unicode; give it in UTF-8"
    return ""


def declaration_faults(parameter: Parameter, where: str) -> Iterator[str]:
    """Yield what contradicts the parameter's type, default or itself in its declaration."""
    if isinstance(parameter.default, str) and (fault := unwritable(parameter.default)):
        yield f"{where} has a default that {fault}"
    yield from _range_faults(parameter, where)
    allowed = parameter.allowed
    if allowed is None:
        return
    if isinstance(allowed, str):
        yield from _vocabulary_faults(parameter, allowed, where)
    elif not isinstance(allowed, tuple) or not allowed:
        yield f"{where} allowed is {allowed!r}; give a list, or one of: {', '.join(VOCABULARIES)}"
    elif faults := list(list_faults(parameter, allowed, f"{where} allows")):
        yield from faults
    elif parameter.default not in allowed:
        yield (
            f"{where} has the default {parameter.default!r}, which it does not allow; "
            f"allowed: {parameter.allowed_text}"
        )


def list_faults(parameter: Parameter, values: Iterable[Any], allows: str) -> Iterator[str]:
    """Yield what is wrong with a list of values: another type, or one of them twice."""
    seen: list[Any] = []
    for value in values:
        if as_plain(parameter.type, value) is None:
            yield f"{allows} {value!r}, which is not of the parameter's type {parameter.type}"
            return
        if isinstance(value, str) and (fault := unwritable(value)):
            yield f"{allows} a text that {fault}"
        elif value in seen:
            yield f"{allows} {value!r} twice"
        seen.append(value)


def _vocabulary_faults(parameter: Parameter, allowed: str, where: str) -> Iterator[str]:
    if allowed not in VOCABULARIES:
        yield (
            f"{where} allowed is '{allowed}'{did_you_mean(allowed, VOCABULARIES)}; "
            f"give a list, or one of: {', '.join(VOCABULARIES)}"
        )
    elif parameter.type != "str":
        yield f"{where} allowed is '{allowed}', but its type is {parameter.type}, not str"


def _range_faults(parameter: Parameter, where: str) -> Iterator[str]:
    ends = {"minimum": parameter.minimum, "maximum": parameter.maximum}
    given = {name: end for name, end in ends.items() if end is not None}
    for name, end in given.items():
        if parameter.type not in ("int", "float"):
            yield f"{where} has a {name}, but its type is {parameter.type}, not int or float"
        elif as_plain(parameter.type, end) is None:
            yield f"{where} {name} is {end!r}, which is not of its type {parameter.type}"
        else:
            continue
        return
    low, high = parameter.minimum, parameter.maximum
    if given and parameter.allowed is not None:
        yield f"{where} has both allowed and {' and '.join(given)}; give one of the two"
    elif low is not None and high is not None and low > high:
        yield f"{where} minimum is {low}, above its maximum {high}"
    elif given and not _in_range(parameter, parameter.default):
        yield (
            f"{where} has the default {parameter.default!r}, outside its range: "
            f"{parameter.range_text}"
        )


def _is_allowed(parameter: Parameter, value: Scalar) -> bool:
    if isinstance(parameter.allowed, tuple):
        return value in parameter.allowed
    return _in_range(parameter, value)


def _in_range(parameter: Parameter, value: Scalar) -> bool:
    if isinstance(value, str):
        return True
    low, high = parameter.minimum, parameter.maximum
    return (low is None or value >= low) and (high is None or value <= high)


def _mistyped(parameter: Parameter, given: Any, *, is_text: bool) -> str:
    bounded = parameter.allowed is not None or parameter.range_text
    allowed = f"; allowed: {parameter.allowed_text}" if bounded else ""
    if is_text or type(given) is TYPES[parameter.type]:
        wanted = "true or false" if parameter.type == "bool" else parameter.type
        return f"{shown(given)} is not of type {wanted}{allowed}"
    found = "table" if isinstance(given, dict) else type(given).__name__
    return f"{shown(given)} is of type {found}, not {parameter.type}{allowed}"
