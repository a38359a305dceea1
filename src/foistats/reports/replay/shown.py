"""The notebook's cells one by one: code, prose, and everything that a cell shows.

What was published as a value, a table or a figure stands in the notebook a second time, as
text, as HTML and as a record. Each of these is compared as well: whoever changes one has to
change all, and none of them follows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from foistats.publish import FIGURE_MIME, TABLE_MIME, VALUE_MIME
from foistats.reports.replay import drawings, texts
from foistats.reports.replay.verdicts import (
    DIFFERENT,
    IDENTICAL,
    MISSING,
    NEW,
    WITHIN,
    Answer,
    MalformedError,
    Verdict,
    leaf_verdict,
    read_json,
    table_verdicts,
    value_verdict,
    worst,
)

NOTEBOOK_FILE = "report.ipynb"
_PARTS = ("cells", "metadata", "nbformat", "nbformat_minor")
#: Lists of texts that are lists, not lines.
_LISTS = ("tags", "columns")
_DRAWING = "image/svg+xml"


def shown_verdicts(recorded: bytes, replayed: bytes, *, leeway: texts.Leeway) -> Iterator[Verdict]:
    """Yield a verdict on the code and on the text of each cell.

    Parameters
    ----------
    recorded, replayed : bytes
        The executed notebooks.
    leeway : Leeway
        How far texts may differ.
    """
    try:
        before, after = _cells(recorded), _cells(replayed)
    except MalformedError as fault:
        yield Verdict("text", NOTEBOOK_FILE, DIFFERENT, where=str(fault))
        return
    shared = [id for id in before if id in after]
    if shared != [id for id in after if id in before]:
        order = (" ".join(shared), " ".join(id for id in after if id in before))
        yield Verdict("code", NOTEBOOK_FILE, DIFFERENT, *order, where="order of cells")
    for id in [*before, *(id for id in after if id not in before)]:
        yield from _cell_verdicts(id, before.get(id), after.get(id), leeway=leeway)


def _cells(content: bytes) -> dict[str, Mapping[str, Any]]:
    notebook = read_json(content)
    try:
        odd = {*notebook} - {*_PARTS}
        found = {str(cell["id"]): _joined(cell) for cell in notebook["cells"]}
    except (AttributeError, KeyError, TypeError):
        raise MalformedError("it is not a notebook of format 4") from None
    if odd or len(found) != len(notebook["cells"]) or NOTEBOOK_FILE in found:
        raise MalformedError("it was not written by a run: parts or ids that none gives")
    return found | {NOTEBOOK_FILE: {name: notebook.get(name) for name in _PARTS[1:]}}


def _joined(told: Any) -> Any:
    """Put texts together that the file has as a list of lines."""
    if isinstance(told, dict):
        return {name: inner if name in _LISTS else _joined(inner) for name, inner in told.items()}
    if isinstance(told, list):
        if told and all(isinstance(line, str) for line in told):
            return "".join(told)
        return [_joined(inner) for inner in told]
    return told


def _cell_verdicts(
    id: str,
    recorded: Mapping[str, Any] | None,
    replayed: Mapping[str, Any] | None,
    *,
    leeway: texts.Leeway,
) -> Iterator[Verdict]:
    if recorded is None:
        yield Verdict("code", id, NEW, replayed=_first_line(replayed or {}))
        return
    if replayed is None:
        yield Verdict("code", id, MISSING, recorded=_first_line(recorded))
        return
    is_code = recorded.get("cell_type") == "code"
    yield _source_verdict("code" if is_code else "text", id, recorded, replayed)
    if is_code:
        yield from _output_verdicts(
            id, recorded.get("outputs"), replayed.get("outputs") or [], leeway=leeway
        )


def _source_verdict(
    kind: str, id: str, recorded: Mapping[str, Any], replayed: Mapping[str, Any]
) -> Verdict:
    """Return the verdict on a cell without what it shows."""
    source, source_after = str(recorded.get("source")), str(replayed.get("source"))
    if source != source_after:
        one, other = texts.first_other(source, source_after)
        return Verdict(kind, id, DIFFERENT, one, other, where="source")
    rest, rest_after = (_without(cell, "source", "outputs") for cell in (recorded, replayed))
    if leaf_verdict(rest, rest_after) == IDENTICAL:
        return Verdict(kind, id, IDENTICAL)
    where = "tags and numbers of the cell"
    return Verdict(kind, id, DIFFERENT, _written(rest), _written(rest_after), where=where)


def _output_verdicts(
    id: str, recorded: Any, replayed: Any, *, leeway: texts.Leeway
) -> Iterator[Verdict]:
    """Yield the verdict on what a cell shows; none where it shows nothing."""
    if not isinstance(recorded, list) or not all(isinstance(told, dict) for told in recorded):
        yield Verdict("text", id, DIFFERENT, where="outputs that are none")
        return
    if len(recorded) != len(replayed):
        before, after = (f"{len(found)} outputs" for found in (recorded, replayed))
        yield Verdict("text", id, DIFFERENT, before, after)
        return
    found = [
        _shown(before, after, leeway=leeway)
        for before, after in zip(recorded, replayed, strict=True)
    ]
    if found:
        verdict = worst(answer for answer, _, _, _ in found)
        _, one, other, where = next(told for told in found if told[0] == verdict)
        yield Verdict("text", id, verdict, one, other, where=where)


def _shown(
    recorded: Mapping[str, Any], replayed: Mapping[str, Any], *, leeway: texts.Leeway
) -> tuple[Answer, str, str, str]:
    """Compare one output: return the answer, what differs first, and in which form."""
    rest, rest_after = (_without(told, "data", "text") for told in (recorded, replayed))
    if leaf_verdict(rest, rest_after) != IDENTICAL or recorded.keys() != replayed.keys():
        return DIFFERENT, _written(rest), _written(rest_after), "kind of output"
    forms, forms_after = _forms(recorded), _forms(replayed)
    if forms.keys() != forms_after.keys():
        return DIFFERENT, ", ".join(forms), ", ".join(forms_after), "forms of output"
    answers = {
        form: _form_answer(form, told, forms_after[form], leeway=leeway)
        for form, told in forms.items()
    }
    answer = worst(answers.values())
    form = next((form for form, found in answers.items() if found == answer), "")
    if answer == IDENTICAL:
        return IDENTICAL, "", "", ""
    return answer, *_first_other(forms[form], forms_after[form]), form


def _form_answer(form: str, recorded: Any, replayed: Any, *, leeway: texts.Leeway) -> Answer:
    if recorded == replayed and leaf_verdict(recorded, replayed) == IDENTICAL:
        return IDENTICAL
    records = isinstance(recorded, dict) and isinstance(replayed, dict)
    if form == VALUE_MIME and records:
        return value_verdict("", recorded, replayed).verdict
    if form in (TABLE_MIME, FIGURE_MIME) and records:
        return _record_answer(recorded, replayed, leeway=leeway)
    if not (isinstance(recorded, str) and isinstance(replayed, str)):
        return leaf_verdict(recorded, replayed)
    if form == _DRAWING:
        return WITHIN if drawings.look_the_same(recorded, replayed) else DIFFERENT
    return WITHIN if leeway.allows(recorded, replayed) else DIFFERENT


def _record_answer(
    recorded: Mapping[str, Any], replayed: Mapping[str, Any], *, leeway: texts.Leeway
) -> Answer:
    """Compare the record of a table or figure: its numbers as a table, its words as words."""
    before, after = (
        str(told.get("csv", "")).encode("utf-8", "replace") for told in (recorded, replayed)
    )
    answers = [one.verdict for one in table_verdicts("", before, after)]
    for name in {*recorded, *replayed} - {"csv"}:
        told, told_after = recorded.get(name), replayed.get(name)
        answer = leaf_verdict(told, told_after)
        if isinstance(told, str) and isinstance(told_after, str) and answer != IDENTICAL:
            answer = WITHIN if leeway.allows(told, told_after) else DIFFERENT
        answers.append(answer)
    return worst(answers)


def _forms(output: Mapping[str, Any]) -> dict[str, Any]:
    data = output.get("data")
    forms = dict(data) if isinstance(data, dict) else {}
    return {**forms, **({"text": output["text"]} if "text" in output else {})}


def _first_other(recorded: Any, replayed: Any) -> tuple[str, str]:
    return texts.first_other(_written(recorded), _written(replayed))


def _written(told: Any) -> str:
    return told if isinstance(told, str) else json.dumps(told, indent=1, sort_keys=True)


def _without(told: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: found for name, found in told.items() if name not in names}


def _first_line(cell: Mapping[str, Any]) -> str:
    lines: Iterable[str] = str(cell.get("source", "")).splitlines()
    return next((line for line in lines if line.strip()), "")
