"""One published figure: what was printed, and how it is read."""

from __future__ import annotations

from dataclasses import dataclass

from foistats.claims.measures import Measure
from foistats.claims.wordings import Interval, Reading

#: The unit of figures that count forces.
FORCE = "force"


@dataclass(frozen=True)
class Claim:
    """One row of a claims file.

    Attributes
    ----------
    id : str
    row : int
        The row as a spreadsheet numbers it.
    sources : tuple of str
        All who print it.
    population : str
        The survey it speaks of.
    unit : str
        What the table it speaks of counts: claims of different units share no table.
    force : tuple of str
        Forces and areas; empty for all that were asked.
    role, outcome : str
        Words of the codebooks joined by ``|``, or ``any``.
    measure : Measure
    comparison, value : str
        As printed in the file.
    reading : Reading
    interval : Interval or None
        The numbers for which it is true, places for ranks; None where it compares quantities.
    trust : int
        The greater, the later it is set aside.
    wording : str
        The claim in words, if the file gives them.
    """

    id: str
    row: int
    sources: tuple[str, ...]
    population: str
    unit: str
    force: tuple[str, ...]
    role: str
    outcome: str
    measure: Measure
    comparison: str
    value: str
    reading: Reading
    interval: Interval | None
    trust: int
    wording: str = ""

    @property
    def table(self) -> tuple[str, str]:
        """The population and unit whose table it constrains."""
        return self.population, self.unit
