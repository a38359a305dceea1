"""Tables that describe a register to a reader: labels in place of codes, nothing added up twice."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from foistats.codebooks import ANY, JOIN
from foistats.layout import UNLIMITED
from foistats.publish.wording import literal, unfilled
from foistats.register import Register

#: What an answer is called in tables and flow charts.
ANSWERS = {
    "disclosed": "answered",
    "partial": "answered in part",
    "suppressed": "suppressed the number",
    "refused": "refused",
    "not_held": "does not hold the information",
    "no_answer": "did not answer",
    "not_in_print": "answered; not found in print",
}
#: What stands in place of a number in a narrow column.
ANSWERS_SHORT = {
    "disclosed": "not in print",
    "partial": "not in print",
    "suppressed": "suppressed",
    "refused": "refused",
    "not_held": "not held",
    "no_answer": "no answer",
    "not_in_print": "not in print",
}
FIELDS = {
    "roles": "Role",
    "outcomes": "Outcome",
    "breaches": "Kind of breach",
    "platforms": "Platform",
}


def number(low: int, high: int) -> str:
    """Return an interval of counts in words: ``12``, ``71 to 78``, ``999 or more``."""
    if low == high:
        return str(low)
    return f"{low} or more" if high >= UNLIMITED else f"{low} to {high}"


def spaced(word: str) -> str:
    """Return a word of a register as readers write it: ``officers and staff``."""
    return word.replace("_", " ")


def heading(word: str) -> str:
    """Return a noun as a heading: its first letter large, the others as the study writes them.

    Examples
    --------
    >>> heading("force"), heading("FOI request")
    ('Force', 'FOI request')
    """
    return word[:1].upper() + word[1:]


def period_words(start: str, end: str) -> str:
    """Say a period whose ends may not be stated.

    Examples
    --------
    >>> period_words("2009-01-01", "2014-02-17")
    '2009-01-01 to 2014-02-17'
    >>> period_words("2015-01-01", "")
    'from 2015, end not stated'
    >>> period_words("", "")
    'not stated'
    """
    if start and end:
        return f"{start} to {end}"
    if start:
        return f"from {start.removesuffix('-01-01')}, end not stated"
    return f"until {end}, start not stated" if end else "not stated"


def counted(low: int, high: int) -> int | str:
    """Return a count to be published as a value: a number, or an interval in words."""
    return int(low) if low == high else number(low, high)


def noun(words: Mapping[str, tuple[str, str]], name: str, number: int = 2) -> str:
    """Return one of a study's nouns for `foistats.publish.say`, singular where there is one."""
    return literal(words[name][number != 1])


def caveats(register: Register) -> str:
    """Return the study's caveats as a Markdown list for `foistats.publish.say`."""
    return "\n".join(f"- {unfilled(caveat)}" for caveat in register.study.caveats)


def answered(register: Register) -> str:
    """Say who was asked and who refused, by the ids of the values that a notebook publishes."""
    found = (
        "The answers of {forces_counted} are in print with a count: {cases_counted} between them, "
        "{cases_whole} of those in answers that cover all cases."
    )
    if register.asked.empty:
        return f"The study does not record who was asked. {found}"
    return f"Of {{forces_asked}}, {{forces_refused}} refused. {found}"


def statuses(register: Register, flow: pd.DataFrame) -> dict[str, str]:
    """Return, by group of cases, what its answer prints.

    Parameters
    ----------
    flow : DataFrame
        From `foistats.severity.groups.cells.selection`.
    """
    marks = register.groups.set_index("group")
    whole = (marks["coverage"] == "all") & (marks["disclosure"] == "rule")
    return {
        row.group: status if status == "no outcome printed" or not whole[row.group] else WHOLE
        for row, status in zip(flow.itertuples(), flow["status"], strict=True)
    }


#: What a group prints that may enter the severity model.
WHOLE = "outcomes of all cases, by a rule"


def words(register: Register, field: str, value: str) -> str:
    """Return the labels of a coded field, several joined by "or"."""
    labels = register.study.codebooks[field].labels
    return " or ".join(labels[word] for word in value.split(JOIN))


def answers(register: Register) -> pd.DataFrame:
    """Return who was asked and how each answered.

    Returns
    -------
    DataFrame
        One row per force asked in the primary survey: ``Force, Answer, Count, Source, Note``. A
        force whose count is unknown says why in place of a number.
    """
    survey = register.study.analysis.survey
    asked = register.asked[register.asked["survey"] == survey]
    counts = register.counts().set_index("force")
    rows = []
    for entry in asked.itertuples(index=False):
        found = ANSWERS[entry.answer]
        if entry.force in counts.index:
            count = number(*counts.loc[entry.force, ["n_low", "n_high"]])
        else:
            count = found
        rows.append((entry.force, found, count, entry.source, entry.note))
    return pd.DataFrame(rows, columns=["Force", "Answer", "Count", "Source", "Note"])


def disagreements(register: Register) -> pd.DataFrame:
    """Return where sources disagree: what is preferred beside each alternative.

    Returns
    -------
    DataFrame
        One row per alternative of the primary survey: ``Force, Of, Preferred, Source,
        Alternative, Its source, Note``.
    """
    statements = register.statements.set_index("statement")
    groups = register.groups.set_index("group")
    rows = []
    for entry in statements[statements["part"] == "alternative"].itertuples():
        group = groups.loc[entry.group]
        first = statements.loc[entry.of]
        if group["survey"] != register.study.analysis.survey:
            continue
        rows.append(
            (
                group["force"],
                _about(register, first),
                _said(register, first, entry),
                first["source"],
                _said(register, entry._asdict(), first),
                entry.source,
                entry.note,
            )
        )
    columns = ["Force", "Of", "Preferred", "Source", "Alternative", "Its source", "Note"]
    return pd.DataFrame(rows, columns=columns)


def _about(register: Register, statement: pd.Series) -> str:
    parts = [
        words(register, field, statement[field])
        for field in ("roles", "outcomes")
        if statement[field] != ANY
    ]
    return ", ".join(parts) or "all cases"


def _said(register: Register, one: object, other: object) -> str:
    """Say the count of a statement, and its role and outcome where the other differs."""
    mine = one if isinstance(one, dict) else dict(one)  # type: ignore[call-overload]
    theirs = other._asdict() if hasattr(other, "_asdict") else dict(other)  # type: ignore[call-overload]
    said = [number(mine["n_low"], mine["n_high"])]
    said += [
        words(register, field, mine[field])
        for field in ("roles", "outcomes")
        if mine[field] != theirs[field]
    ]
    return ", ".join(said)


def coverage(register: Register, field: str) -> pd.DataFrame:
    """Return what is stated about a field, as `Register.coverage`, with columns for readers."""
    frame = register.coverage(field)
    return pd.DataFrame(
        {
            FIELDS[field]: frame["label"],
            "Cases": frame["cases"],
            "Of": frame["of"],
            "Forces": frame["forces"],
        }
    )


def coverage_by_force(register: Register) -> pd.DataFrame:
    """Return, for every force with a count, for how many of its cases each field is stated.

    Returns
    -------
    DataFrame
        One row per force: ``Force, Cases``, one column per field, and
        ``Disclosure`` (how its statements were chosen).
    """
    counts = register.counts()
    disclosure = register.groups.set_index("group")["disclosure"]
    frame = pd.DataFrame({"Force": counts["force"], "Cases": counts["n_high"]})
    for field, name in FIELDS.items():
        frame[name] = [register.stated(group, field) for group in counts["group"]]
    chosen = {"rule": "by a rule", "picked": "picked by a paper"}
    frame["Disclosure"] = [chosen[disclosure[group]] for group in counts["group"]]
    return frame


def standards(register: Register) -> pd.DataFrame:
    """Return the cases whose kind of breach is stated, by the standard it would fall under.

    A reading of the register, by the mapping in ``codebooks/breaches.toml``; no source prints it.

    Returns
    -------
    DataFrame
        One row per standard, those without cases too: ``Standard, Cases``; last the cases whose
        kind of breach is not stated or falls under several standards.
    """
    book = register.study.codebooks["standards"]
    breaches = register.study.codebooks["breaches"]
    of = {level.id: level.standards for level in breaches.levels}
    counts = dict.fromkeys(book.ids, 0)
    rest = 0
    for entry in register.coverage("breaches").itertuples():
        found = {s for level in breaches.levels_of(entry.value) for s in of[level]}
        if entry.value != ANY and len(found) == 1:
            counts[found.pop()] += entry.cases
        else:
            rest += entry.cases
    rows = [(book.labels[standard], cases) for standard, cases in counts.items()]
    return pd.DataFrame([*rows, ("Not stated", rest)], columns=["Standard", "Cases"])


def examples(register: Register) -> pd.DataFrame:
    """Return the cases that the article describes, coded.

    Returns
    -------
    DataFrame
        One row per example: ``Example, People, Force, Role, Outcome, Kind of breach, Platform,
        Statement, Note``.
    """
    frame = register.examples
    return pd.DataFrame(
        {
            "Example": frame["example"],
            "People": frame["people"],
            "Force": frame["force"].where(frame["force"] != "", "Not named"),
            **{
                name: [words(register, field, value) for value in frame[field]]
                for field, name in FIELDS.items()
            },
            "Statement": frame["statement"].where(frame["statement"] != "", "none"),
            "Note": frame["note"],
        }
    )


def national(register: Register) -> pd.DataFrame:
    """Return the figures printed of the whole survey; empty if there are none.

    Returns
    -------
    DataFrame
        One row per statement that is no repetition: ``Figure, Number, Basis, Source, Repeated by``.
    """
    group = register.study.analysis.nation
    statements = register.statements_of(group)
    duplicates = register.statements[register.statements["part"] == "duplicate"]
    repeated = duplicates.groupby("of").size()
    rows = [
        (
            _about(register, entry) if entry["part"] != "remainder" else "Role not stated",
            number(entry["n_low"], entry["n_high"]),
            entry["basis"],
            entry["source"],
            int(repeated.get(entry["statement"], 0)),
        )
        for _, entry in statements.iterrows()
    ]
    return pd.DataFrame(rows, columns=["Figure", "Number", "Basis", "Source", "Repeated by"])


def sources(register: Register) -> pd.DataFrame:
    """Return the sources of the primary survey, one row each."""
    frame = register.sources[register.sources["survey"] == register.study.analysis.survey]
    names = ["source", "publisher", "title", "reference", "published", "address"]
    return frame[names].rename(columns=str.capitalize).reset_index(drop=True)
