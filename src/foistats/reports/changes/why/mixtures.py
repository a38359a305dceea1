"""Two versions' inputs mixed, and the recorded notebook run again with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from foistats.errors import FoistatsError
from foistats.reports.changes.why.numbers import Numbers

if TYPE_CHECKING:
    from foistats.reports.replay.recorded import Recorded

Part = Literal["data", "notebook", "package", "parameters"]
#: What is taken from the later version; the rest is the earlier one's.
Mixture = frozenset[Part]

PARTS: tuple[Part, ...] = ("data", "notebook", "package", "parameters")
_CALLED = {"package": "source"}


@dataclass(frozen=True)
class Run:
    """What a mixture gave.

    Attributes
    ----------
    mixture
        What it took from the later version.
    numbers
        What came out; None where it failed.
    failed
        Why it failed.
    seconds
        How long it took.
    published
        The version whose published numbers stand for it, where nothing ran.
    """

    mixture: Mixture
    numbers: Numbers | None
    failed: str = ""
    seconds: float = 0.0
    published: str = ""


@dataclass
class Mixer:
    """Runs mixtures of two versions, each once.

    Attributes
    ----------
    before, after
        The two versions and what they were made from.
    changed
        The parts that differ between them.
    fonts
        A folder with matplotlib's list of fonts.
    progress
        Told what is about to run.
    """

    before: Recorded
    after: Recorded
    changed: Mixture
    fonts: Path
    progress: Callable[[str], None]

    def __post_init__(self) -> None:
        self.runs: dict[Mixture, Run] = {}

    def run(self, mixture: Iterable[Part]) -> Run:
        """Run a mixture, or return what it gave before."""
        wanted = frozenset(mixture) & self.changed
        if wanted not in self.runs:
            self.progress(f"running {self.words(wanted)}")
            self.runs[wanted] = self._run(wanted)
        return self.runs[wanted]

    def words(self, mixture: Mixture) -> str:
        """Say what a mixture takes from which version."""
        if not mixture:
            return f"{self.before.version} as it was made"
        if mixture == self.changed:
            return f"{self.after.version} as it was made"
        parts = [
            [one for one in PARTS if one in told] for told in (mixture, self.changed - mixture)
        ]
        told = [" and ".join(_CALLED.get(one, one) for one in some) for some in parts]
        return f"the {told[0]} of {self.after.version} with the {told[1]} of {self.before.version}"

    def _run(self, mixture: Mixture) -> Run:
        from foistats.reports.replay.replay import replay

        try:
            found = replay(self._mixed(mixture), fonts=self.fonts)
        except FoistatsError as fault:
            return Run(mixture, None, failed=str(fault))
        return Run(mixture, Numbers(found.files), seconds=found.seconds)

    def _mixed(self, mixture: Mixture) -> Recorded:
        sources: dict[str, Recorded] = {
            part: self.after if part in mixture else self.before for part in PARTS
        }
        kinds = {**sources, "lock": sources["package"]}
        missing = {
            one for kind, source in kinds.items() for one in source.missing if one.kind == kind
        }
        return replace(
            self.before.with_parameters_of(sources["parameters"]),
            data=sources["data"].data,
            notebook=sources["notebook"].notebook,
            package=sources["package"].package,
            lock=sources["package"].lock,
            missing=tuple(sorted(missing)),
        )
