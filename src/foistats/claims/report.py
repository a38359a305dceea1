"""Tables and sentences of the report on published figures, in the words of the study."""

from __future__ import annotations

from typing import Any

import pandas as pd

from foistats.claims.audit import Audit
from foistats.claims.claim import Claim
from foistats.claims.settings import read_settings
from foistats.claims.verdicts import AGREES, DISAGREES, UNCHECKED
from foistats.describe import words
from foistats.register import Register

Values = dict[str, dict[str, Any]]
"""By the id of a value, what `foistats.publish.value` is given."""
PATIENCE = 600.0
"""Seconds that a report gives the solver: what it publishes must not depend on the clock."""
MOST = 1000
"""Contradicting sets of a size that a report shows."""


def values(audit: Audit) -> Values:
    """Return the values that `in_words` names."""
    counts = audit.verdicts["verdict"].value_counts()
    numbers = {
        "claims": len(audit.verdicts),
        "claims_agree": counts.get(AGREES, 0),
        "claims_disagree": counts.get(DISAGREES, 0),
        "claims_unchecked": counts.get(UNCHECKED, 0),
        "contradictions": len(audit.conflicts),
    }
    if audit.largest is not None:
        numbers["largest_set"] = audit.largest
    return {id: {"number": int(number)} for id, number in numbers.items()}


def in_words(audit: Audit) -> str:
    """Say whether the published figures can all be true, and how the register bears on them."""
    register = (
        "Of {claims} published figures the register agrees with {claims_agree} and disagrees with "
        "{claims_disagree}; {claims_unchecked} cannot be checked."
    )
    if audit.possible is None:
        return f"{register} Whether all can be true together was not settled."
    if audit.possible:
        return f"{register} All of them can be true together."
    more = " There may be more of them." if audit.cut else ""
    if audit.cut and audit.complete is not None and audit.complete == audit.largest:
        more = " Larger sets were not looked for."
    sizes = "" if audit.largest is None else " of up to {largest_set} of them"
    return (
        f"{register} They cannot all be true: {{contradictions}} sets{sizes} are contradictions "
        f"in themselves.{more}"
    )


def line_by_line(
    audit: Audit, register: Register, *, of: str | None = None, without: str | None = None
) -> pd.DataFrame:
    """Return every claim with what the register says of it.

    Parameters
    ----------
    audit : Audit
    register : Register
    of, without : str, optional
        Only the claims that a source prints; only those that it does not. An empty source prints
        none.

    Returns
    -------
    DataFrame
        One row per claim in the order of the file: ``Claim, Printed by, Register, Verdict,
        Arithmetic``.
    """
    publishers = register.sources.set_index("source")["publisher"]
    rows = []
    for row in audit.verdicts.itertuples(index=False):
        claim = audit.ledger[row.id]
        if (of is not None and of not in claim.sources) or without in claim.sources:
            continue
        said = _between(row.low, row.high)
        reasons = "; ".join(filter(None, (row.arithmetic, row.note)))
        rows.append((row.claim, _printers(claim, publishers), said, row.verdict, reasons))
    columns = ["Claim", "Printed by", "Register", "Verdict", "Arithmetic"]
    return pd.DataFrame(rows, columns=columns)


def conflicts(audit: Audit) -> pd.DataFrame:
    """Return the minimal conflicting sets, smallest first: ``Set, Figures, In words``."""
    rows = [
        (place, len(found.ids), found.words) for place, found in enumerate(audit.conflicts, start=1)
    ]
    return pd.DataFrame(rows, columns=["Set", "Figures", "In words"])


def explained(audit: Audit, register: Register) -> pd.DataFrame:
    """Return why the claims that disagree or conflict may have been printed all the same.

    Returns
    -------
    DataFrame
        One row per claim that the register disagrees with, or that is in a conflict and that the
        study explains: ``Claim, Printed by, Verdict, Perhaps``.
    """
    reasons = read_settings(register.study).explained
    publishers = register.sources.set_index("source")["publisher"]
    involved = {id for found in audit.conflicts for id in found.ids}
    rows = []
    for row in audit.verdicts.itertuples(index=False):
        if row.verdict == DISAGREES or (row.id in involved and row.id in reasons):
            claim = audit.ledger[row.id]
            why = reasons.get(row.id, "not explained")
            rows.append((row.claim, _printers(claim, publishers), row.verdict, why))
    return pd.DataFrame(rows, columns=["Claim", "Printed by", "Verdict", "Perhaps"])


def percentages(audit: Audit) -> pd.DataFrame:
    """Return whether each printed percentage can come from each printed total."""
    frame = audit.grim
    told = audit.verdicts.set_index("id")["claim"]
    return pd.DataFrame(
        {
            "Percentage": frame["id"].map(told),
            "Printed": frame["printed"],
            "Of": frame["of"],
            "Possible": frame["possible"].map({True: "yes", False: "no"}),
            "Counts it may stand for": frame["counts"],
        }
    )


def examples(register: Register) -> pd.DataFrame:
    """Return the described cases with the rung of the ladder that each stands on.

    Returns
    -------
    DataFrame
        One row per example: ``Example, People``, the study's word for a force, ``Role, Outcome,
        Rung`` (of the primary ladder; several where the outcome leaves it open).
    """
    study, frame = register.study, register.examples
    ladder = study.outcomes.grouping(study.analysis.ladder)
    rungs = [
        [ladder.labels[id] for id in ladder.ids if id in ladder.of(study.outcomes.levels_of(text))]
        for text in frame["outcomes"]
    ]
    force = study.words["force"][0]
    return pd.DataFrame(
        {
            "Example": frame["example"],
            "People": frame["people"],
            force[:1].upper() + force[1:]: frame["force"].where(frame["force"] != "", "not named"),
            "Role": [words(register, "roles", text) for text in frame["roles"]],
            "Outcome": [words(register, "outcomes", text) for text in frame["outcomes"]],
            "Rung": [
                "not known" if len(found) == len(ladder.ids) else " or ".join(found) or "none"
                for found in rungs
            ],
        }
    )


def article(register: Register) -> str:
    """Return the source whose figures a report goes through first; empty if none is named."""
    return read_settings(register.study).article


def unchecked(audit: Audit) -> pd.DataFrame:
    """Return what nobody can check without the raw answers: ``Claim, What the register allows``."""
    rows = [
        (row.claim, _between(row.low, row.high), row.note or row.arithmetic)
        for row in audit.verdicts.itertuples(index=False)
        if row.verdict == UNCHECKED
    ]
    return pd.DataFrame(rows, columns=["Claim", "What the register allows", "Why"])


def _printers(claim: Claim, publishers: pd.Series) -> str:
    named = list(dict.fromkeys(publishers.get(source, source) for source in claim.sources))
    more = f" and {len(named) - 2} more" if len(named) > 2 else ""
    return ", ".join(named[:2]) + more


def _between(low: Any, high: Any) -> str:
    ends = [None if pd.isna(end) else float(end) for end in (low, high)]
    if ends == [None, None]:
        return "nothing"
    least, most = (None if end is None else f"{end:.2f}".rstrip("0").rstrip(".") for end in ends)
    if most is None:
        return f"{least} or more"
    return most if least in (None, most) else f"{least} to {most}"
