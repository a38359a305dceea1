"""A recorded notebook executed once more: recorded source, data and parameters, today's machine.

One run, no second one. It happens in a temporary folder; nothing of the project is read or
written. What is slow to import is imported while the kernel does the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from foistats.errors import FoistatsError, VerificationError
from foistats.reports.ask.declare import Project, Report
from foistats.reports.ask.request import Request
from foistats.reports.kernels.environment import shared_environment
from foistats.reports.kernels.order import LOG
from foistats.reports.kernels.pool import worth_importing
from foistats.reports.notebook import Notebook, Scalar, read_notebook
from foistats.reports.replay.kernel import Fresh
from foistats.reports.replay.parameters import for_kernel, given, studies
from foistats.reports.replay.recorded import ContradictionError, Recorded, UncheckableError
from foistats.reports.replay.scratch import Scratch, laid_out

if TYPE_CHECKING:
    from foistats.reports.collect import Published
    from foistats.reports.kernels.execute import Execution, Failure

#: How long a recorded notebook may take: what its report allowed is not recorded.
TIMEOUT = 3600
#: How a failure begins that says nothing of the record.
_OF_THE_MACHINE = ("it took longer than", "the kernel ")
_FIRST = "__init__.py"


class FailedReplayError(VerificationError):
    """A recorded notebook does not run to its end, or shows what could not be published."""


@dataclass(frozen=True)
class Replay:
    """What came out.

    Attributes
    ----------
    files
        The notebook, values, tables and figures, by path, as a version has them.
    notebook
        The cleaned, executed notebook.
    source
        The notebook without outputs, as it was read.
    seconds
        How long it took.
    """

    files: Mapping[str, bytes]
    notebook: Mapping[str, Any]
    source: Notebook
    seconds: float


def replay(
    recorded: Recorded,
    *,
    timeout: int = TIMEOUT,
    fonts: Path | None = None,
    progress: Callable[[int, int], None] = lambda done, cells: None,
) -> Replay:
    """Make a version again from its record.

    Parameters
    ----------
    recorded : Recorded
        The version, or a mixture of two.
    timeout : int
        Seconds that the notebook may take.
    fonts : Path, optional
        A folder with matplotlib's list of fonts.
    progress : callable
        Told how many of how many cells have run.

    Raises
    ------
    UncheckableError
        When an input is withheld or gone, or the kernel dies or takes too long.
    FailedReplayError
        When the notebook fails.
    ContradictionError
        When the record contradicts itself.
    VerificationError
        When nothing can be run.
    """
    recorded.require_all()
    with laid_out(recorded, fonts=fonts) as scratch:
        return replayed_in(scratch, recorded, timeout=timeout, progress=progress)


def replayed_in(
    scratch: Scratch,
    recorded: Recorded,
    *,
    timeout: int,
    progress: Callable[[int, int], None],
) -> Replay:
    """Make a version again where its record is laid out; see `replay`."""
    began = time.monotonic()
    if _FIRST not in recorded.package:
        raise ContradictionError(f"the recorded source has no {_FIRST}, so nothing can import it")
    source = _source(recorded, scratch)
    request = _request(recorded, source, scratch, timeout)
    execution = _executed(request, source, scratch, progress)
    if execution.failure is not None:
        _complain(execution.failure)
    values = {name: recorded.parameters[name] for name in request.changed}
    found = _collected(execution, values)
    return Replay(found.files, found.notebook, source, time.monotonic() - began)


def _complain(failure: Failure) -> NoReturn:
    """Raise: what a cell raised belongs to the record, a kernel that died or was slow does not."""
    if not failure.cell or failure.reason.startswith(_OF_THE_MACHINE):
        raise UncheckableError(f"it cannot be run to its end here: {failure}")
    raise FailedReplayError(f"it cannot be made again: {failure}")


def _source(recorded: Recorded, scratch: Scratch) -> Notebook:
    try:
        return read_notebook(scratch.notebooks, recorded.notebook[0])
    except FoistatsError as fault:
        raise ContradictionError(f"the recorded notebook cannot be read: {fault}") from None


def _executed(
    request: Request, source: Notebook, scratch: Scratch, progress: Callable[[int, int], None]
) -> Execution:
    """Execute; the kernel imports while this process does."""
    environment = shared_environment(scratch.reports, scratch.root)
    imports = worth_importing(source)
    kernels = Fresh(scratch.source, imports, environment, scratch.kernel / LOG)
    try:
        from foistats.reports.kernels.execute import execute

        return execute(
            request,
            source,
            scratch.kernel,
            pool=kernels,
            readable=(scratch.root,),
            progress=progress,
        )
    except FoistatsError as fault:
        raise VerificationError(f"it cannot be run: {fault}") from None
    finally:
        kernels.close()


def _collected(execution: Execution, values: Mapping[str, Scalar]) -> Published:
    from foistats.reports.collect import collect

    try:
        return collect(execution.notebook, values, private=())
    except FoistatsError as fault:
        raise FailedReplayError(f"what it shows could not be published: {fault}") from None


def _request(recorded: Recorded, source: Notebook, scratch: Scratch, timeout: int) -> Request:
    """Return what is asked of the kernel: the recorded parameters, in the scratch project."""
    folders = studies(recorded, source)
    report = Report(
        name=recorded.report,
        notebook=recorded.notebook[0],
        inputs=(),
        timeout=timeout,
        parameters=(),
        title=source.title or recorded.report,
    )
    return Request(
        project=Project(root=scratch.root, reports=(report,)),
        report=report,
        values=recorded.parameters,
        changed=for_kernel(given(recorded, source), folders, scratch.root),
        studies={name: scratch.root / folder for name, folder in folders.items()},
        reports=scratch.reports,
    )
