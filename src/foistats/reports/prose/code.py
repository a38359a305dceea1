"""The texts that a notebook's code gives a reader, as they are written there.

They are found without running anything: what is passed to `publish.say` and the other verbs,
to Markdown, and to the titles of drawings; through names, sums of texts and calls. A text that
a library makes from data holds no literal here and is none of these; what is printed is no
prose.
"""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from foistats.comparisons import VALUE

#: For each verb of `foistats.publish`: what its texts are called, by position and by keyword.
_VERBS: Mapping[str, Mapping[int | str, str]] = {
    "say": {0: "say", "template": "say"},
    "value": {1: "value", "number": "value", 2: "unit", "unit": "unit"},
    "table": {2: "caption", "caption": "caption"},
    "figure": {
        2: "alternative text",
        "alt": "alternative text",
        4: "caption",
        "caption": "caption",
    },
}
#: Calls by whose name a text is shown, whoever offers them.
_SHOWN = {"Markdown": "Markdown"}
_DRAWN = {
    *("set_title", "set_xlabel", "set_ylabel", "suptitle", "supxlabel", "supylabel"),
    *("annotate", "figtext", "text", "title", "xlabel", "ylabel"),
}
#: What a library that draws is told in words.
_LABELS = {"about", "note", "title", "xlabel", "ylabel", "target_label", "label"}
#: Calls that give a number.
_COUNTING = {"len", "round", "int", "float", "abs", "sum", "count", "nunique", "mean", "median"}
#: Methods of a text that give a text of its words.
_WOVEN = {"format", "join", "replace"}
_LAYOUT = re.compile(r"(?:.?[<>=^])?[-+ ]?z?#?0?[0-9]*([,_]?)((?:\.[0-9]+)?)([bcdeEfFgGnoxX%]?)")
_PERCENT = re.compile(r"%[-+ #0-9.]*[diouxXeEfFgG]")


@dataclass(frozen=True)
class Literal:
    """A text as it is written.

    Attributes
    ----------
    cell, lines
        Where it stands.
    role
        What it is: "say", "caption" and so on.
    text
        What it says, a mark in place of what is put into it.
    number
        The number that is worked out inside it, if any.
    claimed
        The words of `publish.say` that its claims name; None where they cannot be read.
    """

    cell: str
    lines: range
    role: str
    text: str
    number: str = ""
    claimed: tuple[str, ...] | None = ()


@dataclass
class Names:
    """What the notebook's names stand for, from all its cells together."""

    imported: dict[str, str] = field(default_factory=dict)
    assigned: dict[str, list[ast.expr]] = field(default_factory=dict)
    numeric: set[str] = field(default_factory=set)
    cells: dict[ast.AST, str] = field(default_factory=dict)

    def read(self, cell: str, tree: ast.Module) -> None:
        """Note the names of one cell."""
        for node in ast.walk(tree):
            self.cells[node] = cell
            match node:
                case ast.Import(names=aliases):
                    for alias in aliases:
                        first = alias.name if alias.asname else alias.name.partition(".")[0]
                        self.imported[alias.asname or first] = first
                case ast.ImportFrom(module=str(module), names=aliases):
                    for alias in aliases:
                        self._import(module, alias)
                case ast.Assign(targets=targets, value=value):
                    for target in targets:
                        self._assign(target, value)
                case ast.AnnAssign(target=target, annotation=kind, value=value):
                    if isinstance(target, ast.Name) and ast.unparse(kind) in ("int", "float"):
                        self.numeric.add(target.id)
                    if value is not None:
                        self._assign(target, value)
                case ast.AugAssign(target=target, value=value):
                    self._assign(target, value)
                case ast.NamedExpr(target=target, value=value):
                    self._assign(target, value)
                case ast.For(target=target, iter=several):
                    self._assign(target, several)
                case ast.FunctionDef(name=name):
                    returned = (one for one in ast.walk(node) if isinstance(one, ast.Return))
                    self.assigned.setdefault(name, []).extend(
                        one.value for one in returned if one.value is not None
                    )

    def _import(self, module: str, alias: ast.alias) -> None:
        if alias.name != "*":
            self.imported[alias.asname or alias.name] = f"{module}.{alias.name}"
        elif module == "foistats.publish":
            self.imported |= {verb: f"{module}.{verb}" for verb in _VERBS}

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self.assigned.setdefault(target.id, []).append(value)
        elif isinstance(target, ast.Tuple | ast.List):
            parts: Sequence[ast.expr] = [value] * len(target.elts)
            if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
                parts = value.elts
            for one, part in zip(target.elts, parts, strict=True):
                self._assign(one, part)

    def called(self, function: ast.expr) -> str:
        """Return the full name of what is called, such as ``foistats.publish.say``."""
        match function:
            case ast.Attribute(value=value, attr=attr):
                return f"{self.called(value)}.{attr}"
            case ast.Name(id=name):
                if name in self.imported:
                    return self.imported[name]
                known = [
                    one for one in self.assigned.get(name, ()) if isinstance(one, ast.Attribute)
                ]
                return self.called(known[0]) if known else name
        return ""

    def is_number(self, node: ast.expr, known: set[str] | None = None) -> bool:
        """Say whether an expression surely gives a number, or the text of one."""
        seen = set[str]() if known is None else known
        match node:
            case ast.Constant(value=value):
                return isinstance(value, int | float) and not isinstance(value, bool)
            case ast.UnaryOp(operand=inner):
                return self.is_number(inner, seen)
            case ast.BinOp(left=left, op=operation, right=right):
                either = self.is_number(left, seen) or self.is_number(right, seen)
                return either and not isinstance(operation, ast.Mod)
            case ast.Call(func=function, args=[argument]) if self.called(function) == "str":
                return self.is_number(argument, seen)
            case ast.Call(func=function):
                return self.called(function).rpartition(".")[2] in _COUNTING
            case ast.Name(id=name) if name not in seen:
                seen.add(name)
                given = self.assigned.get(name, ())
                return name in self.numeric or any(self.is_number(one, seen) for one in given)
        return False


def literals(tree: ast.Module, names: Names) -> Iterator[Literal]:
    """Yield the texts that the code of one cell gives a reader."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            claimed = _claimed(node, names)
            for role, argument in _read_aloud(node, names):
                found = _texts(argument, role, names, set())
                yield from (replace(one, claimed=claimed) for one in found)


def _claimed(call: ast.Call, names: Names) -> tuple[str, ...] | None:
    """Return the words for which a call gives claims; None where they cannot be read."""
    given = [keyword.value for keyword in call.keywords if keyword.arg == "claims"]
    words: list[str] = []
    for one in given + call.args[1:2]:
        known = names.assigned.get(one.id, [one]) if isinstance(one, ast.Name) else [one]
        for found in known:
            if not isinstance(found, ast.Dict):
                return None
            for key in found.keys:
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    words.append(key.value)
                elif isinstance(key, ast.JoinedStr):
                    words.append(_joined(key.values))
                else:
                    return None
    return tuple(words)


def _read_aloud(call: ast.Call, names: Names) -> Iterator[tuple[str, ast.expr]]:
    """Yield what a call shows to a reader, with what that is."""
    name = names.called(call.func)
    last = name.rpartition(".")[2]
    given: list[tuple[int | str, ast.expr]] = list(enumerate(call.args))
    given += [(keyword.arg or "", keyword.value) for keyword in call.keywords]
    verb = name.removeprefix("foistats.").removeprefix("publish.")
    if name != verb and verb in _VERBS:
        yield from ((_VERBS[verb][place], one) for place, one in given if place in _VERBS[verb])
    elif last in _SHOWN:
        yield from ((_SHOWN[last], one) for one in call.args)
    elif last in _DRAWN:
        yield from (("label", one) for one in call.args)
    else:
        yield from (("label", one) for place, one in given if place in _LABELS)


def _texts(node: ast.expr, role: str, names: Names, seen: set[str]) -> Iterator[Literal]:
    """Yield the literals that an expression is made of, each name looked up once."""
    inner: Sequence[ast.expr] = ()
    match node:
        case ast.Constant(value=str(text)):
            yield _literal(node, role, names, text)
        case ast.JoinedStr(values=parts):
            inserted = [part for part in parts if isinstance(part, ast.FormattedValue)]
            numbers = [one for one in inserted if _is_numeric(one, names)]
            number = ast.unparse(numbers[0].value) if numbers else ""
            yield _literal(node, role, names, _joined(parts), number)
            inner = [one.value for one in inserted]
        case ast.Name(id=name) if name not in seen:
            seen.add(name)
            inner = names.assigned.get(name, ())
        case ast.BinOp(left=left, right=right):
            if names.is_number(right) or _is_percent_number(node):
                yield _literal(node, role, names, "", ast.unparse(right))
            inner = (left, right)
        case ast.Call() if role != "value":
            yield from _woven(node, role, names)
            inner = _words_of(node, names)
        case ast.IfExp(body=body, orelse=other):
            inner = (body, other)
        case ast.BoolOp(values=several) | ast.List(elts=several) | ast.Tuple(elts=several):
            inner = several
        case ast.Dict(values=several):
            inner = several
        case ast.ListComp(elt=value) | ast.GeneratorExp(elt=value) | ast.Lambda(body=value):
            inner = (value,)
        case ast.Subscript(value=value) | ast.Starred(value=value):
            inner = (value,) if role != "value" else ()
    for one in inner:
        yield from _texts(one, role, names, seen)


def _literal(node: ast.expr, role: str, names: Names, text: str, number: str = "") -> Literal:
    lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    return Literal(names.cells.get(node, ""), lines, role, text, number)


def _joined(parts: Sequence[ast.expr]) -> str:
    """Return what an f-string says, a value in place of what it inserts."""
    return "".join(
        part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else VALUE
        for part in parts
    )


def _is_numeric(part: ast.FormattedValue, names: Names) -> bool:
    layout = _joined(part.format_spec.values) if isinstance(part.format_spec, ast.JoinedStr) else ""
    return _is_layout_of_numbers(layout) or names.is_number(part.value)


def _is_layout_of_numbers(layout: str) -> bool:
    found = _LAYOUT.fullmatch(layout)
    return found is not None and any(found.groups())


def _is_percent_number(node: ast.BinOp) -> bool:
    left = node.left
    is_text = isinstance(left, ast.Constant) and isinstance(left.value, str)
    return is_text and isinstance(node.op, ast.Mod) and bool(_PERCENT.search(ast.unparse(left)))


def _woven(call: ast.Call, role: str, names: Names) -> Iterator[Literal]:
    """Yield the number that ``"…".format(…)`` puts into a text, if it is one."""
    function = call.func
    if not (isinstance(function, ast.Attribute) and function.attr == "format"):
        return
    template = function.value
    layouts: list[str | None] = []
    if isinstance(template, ast.Constant) and isinstance(template.value, str):
        try:
            layouts = [layout for _, _, layout, _ in string.Formatter().parse(template.value)]
        except ValueError:
            return
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    numbers = [one for one in given if names.is_number(one)]
    if numbers or any(_is_layout_of_numbers(layout or "") for layout in layouts):
        yield _literal(call, role, names, "", ast.unparse(call))


def _words_of(call: ast.Call, names: Names) -> Sequence[ast.expr]:
    """Return what a call may make its text of: its words, and what a function here returns."""
    function, given = call.func, [*call.args, *(keyword.value for keyword in call.keywords)]
    if isinstance(function, ast.Attribute) and function.attr in _WOVEN:
        return [function.value, *given]
    inner = [one for one in given if not _is_key(one)]
    if isinstance(function, ast.Attribute):
        inner.append(function.value)
    elif isinstance(function, ast.Name) and function.id in names.assigned:
        inner.append(function)
    return inner


def _is_key(node: ast.expr) -> bool:
    """Say whether a literal is a key or an option rather than words."""
    return isinstance(node, ast.Constant) and not (
        isinstance(node.value, str) and " " in node.value.strip()
    )
