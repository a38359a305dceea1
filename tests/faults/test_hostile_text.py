"""Hostile texts as parameters, as data, as titles and declarations: shown as text, or refused."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser

import pytest

from foistats.publish.tabular import inert

LONG = "x" * 10_000
TEXTS = {
    "a script": "<script>alert(1)</script>",
    "a picture": "<img src=x onerror=alert(1)>",
    "ends of elements": "</td></table></title></style></script><svg onload=alert(1)>",
    "braces": "{{ 1 + 1 }}{% raw %}{things}{0}%s%(x)s${x}",
    "a way up": "../../../etc/passwd",
    "lines": "one\ntwo\r\nthree\rfour\u2028five\x85six",
    "a formula": '=HYPERLINK("https://example.org","x")',
    "other formulas": "+1+1|cmd",
    "a command": '\'; os._exit(1) #"""\\',
    "ten thousand characters": LONG,
    "right to left": "\u202egpj.exe\u202c\u200b\ufeff",
    "controls": "a\x1b[31mred\x07\x08\x0c",
    "markdown": "# heading [a](javascript:alert(1)) ![b](https://example.org/b.png) `c` *d* | e |",
    "an address": "https://example.org/<b>",
    "letters of the world": "Ynys Môn 🦉 e\u0301 ﬁ",
    "spaces": "   ",
}
#: Texts that no file or page can hold.
UNFIT = {"a NUL": "a\0b", "half a pair": "a\ud800b"}
#: Everything at once, and each by itself where that is worth the time.
TOGETHER = "".join(TEXTS.values())
SINGLY = [
    pytest.param(TOGETHER, id="together"),
    *(pytest.param(text, id=id, marks=pytest.mark.slow) for id, text in TEXTS.items()),
]
CELLS = (
    "import matplotlib.pyplot as plt\nimport pandas as pd\nfrom foistats import publish\n"
    "from IPython.display import display",
    "frame = pd.read_csv('PATH', keep_default_na=False, lineterminator='\\n')",
    "for n, text in enumerate(frame.force):\n    publish.value(f'given_{n}', text)\n"
    "    publish.say('Said: {given_N}'.replace('N', str(n)))",
    "for n, text in enumerate(frame.force):\n"
    "    row = frame[n:n + 1].rename(columns={'n': text})\n"
    "    publish.table(f't_{n}', row, caption=frame.note[n])",
    "for n, text in enumerate(frame.force):\n"
    "    publish.figure(f'f_{n}', plt.figure(figsize=(1, 1)), alt=f'alt {text}', caption=text, "
    "data=frame[n:n + 1])",
    "for text in frame.force:\n    print(text)\n"
    "    display({'text/markdown': text}, raw=True)\n"
    "    display({'text/html': f'<b>{text}</b>', 'text/plain': text}, raw=True)",
)


class Page(HTMLParser):
    """Collects what a page would run, load or send."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "iframe", "object", "embed", "form", "base"):
            self.faults.append(tag)
        for name, told in attrs:
            address = (told or "").strip().lower()
            is_loaded = name in ("src", "srcset", "background", "poster", "data")
            if name.startswith("on") or (is_loaded and not address.startswith("data:image/")):
                self.faults.append(f"{tag} {name}={told}")
            if name == "href" and tag != "a" and not address.startswith("data:"):
                self.faults.append(f"{tag} {name}={told}")
            if address.startswith(("javascript:", "vbscript:", "data:text/html")):
                self.faults.append(f"{tag} {name}={told}")


def checked_page(page: str) -> None:
    """Nothing of a page is run, loaded or sent, beyond what it carries."""
    assert Page(page).faults == []
    assert "\0" not in page
    assert "<title></title>" not in page


def test_in_force_names_and_notes(folder, aftermath) -> None:
    """As values, prose, tables, captions, alternative texts, prints and displays."""
    texts = list(TEXTS.values())
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([("force", "n", "note"), *((text, 3, f"note {text}") for text in texts)])
    path = folder.root / "data/pa/statements.csv"
    path.write_bytes(out.getvalue().encode())
    folder.notebook(*(cell.replace("PATH", str(path)) for cell in CELLS))
    answer = folder.foistats("run")
    assert answer.code == 0, answer.err
    version = folder.root / "reports/severity/v001"
    checked_page((version / "report.html").read_text())
    checked_page((folder.root / "reports/index.html").read_text())
    values = json.loads((version / "values.json").read_text())
    for number, text in enumerate(texts):
        assert values[f"given_{number}"]["value"] == text
        with (version / f"tables/t_{number}.csv").open(newline="") as file:
            head, row = csv.reader(file)
        assert (head[1], row[0]) == (inert(text), inert(text))
        assert not row[0].startswith(("=", "+", "-", "@"))
    aftermath.recovers()


@pytest.mark.parametrize("text", SINGLY)
def test_as_a_parameter(folder, aftermath, text) -> None:
    declared = (folder.root / "foistats.toml").read_text()
    folder.write("foistats.toml", declared.replace('allowed = ["logit", "probit"]\n', ""))
    folder.notebook("from foistats import publish", "publish.value('given', link)\nprint(link)")
    answer = folder.foistats("run", "-p", "link", text)
    assert answer.code == 0, answer.err
    (version,) = (folder.root / "reports/severity").glob("*/v001")
    assert re.fullmatch(r"[a-z0-9-]{1,40}-[0-9a-f]{8}", version.parent.name)
    assert json.loads((version / "values.json").read_text())["given"]["value"] == text
    assert json.loads((version / "manifest.json").read_text())["parameters"]["link"] == text
    checked_page((version / "report.html").read_text())
    checked_page((folder.root / "reports/index.html").read_text())
    for path in (folder.root / "reports/codecheck.yml", version / "ro-crate-metadata.json"):
        assert "\n<script>" not in path.read_text()
    aftermath.recovers("-p", "link", text)
    series = f"severity/{version.parent.name}"
    assert folder.foistats("run", series).out == f"{series}  unchanged  v001\n"
    assert folder.foistats("status").code == 0


@pytest.mark.parametrize("text", [UNFIT["half a pair"]])
def test_as_a_parameter_that_no_file_can_hold(folder, aftermath, text) -> None:
    declared = (folder.root / "foistats.toml").read_text()
    folder.write("foistats.toml", declared.replace('allowed = ["logit", "probit"]\n', ""))
    folder.notebook("from foistats import publish", "publish.value('given', link)")
    answer = folder.foistats("run", "-p", "link", text)
    assert answer.code == 2
    assert "is not valid Unicode; give it in UTF-8" in answer.err
    assert folder.foistats("run", "-p", "link", "a\0b").code == 2
    aftermath.recovers()


SHOWS = {
    "value": "publish.value('given', TEXT)",
    "table": "publish.table('t', pd.DataFrame({'a': [TEXT]}), caption='c')",
    "caption": "publish.table('t', pd.DataFrame({'a': [1]}), caption=TEXT)",
    "alt": "publish.figure('f', plt.figure(figsize=(1, 1)), alt=TEXT)",
    "print": "print(TEXT)",
    "shown": "TEXT",
    "raised": "raise ValueError(TEXT)",
}
FAST = (("print", "half a pair"),)


@pytest.mark.parametrize(
    ("shows", "text"),
    [
        pytest.param(
            SHOWS[how],
            UNFIT[what],
            id=f"{how}, {what}",
            marks=[] if (how, what) in FAST else pytest.mark.slow,
        )
        for how in SHOWS
        for what in UNFIT
    ],
)
def test_shown_though_no_file_can_hold_it(published, folder, aftermath, shows, text) -> None:
    """It is refused with the cell, or replaced; never a fault of the runner."""
    imports = "import matplotlib.pyplot as plt\nimport pandas as pd\nfrom foistats import publish"
    folder.notebook(imports, shows.replace("TEXT", ascii(text)))
    answer = folder.foistats("run")
    assert "Traceback" not in answer.err
    assert "a fault of foistats" not in answer.err
    assert answer.code in (0, 1)
    aftermath.clean()
    for version in aftermath.versions():
        checked_page((version / "report.html").read_text())
    folder.notebook("from foistats import publish", "publish.value('things', n)", "1 + 2")
    aftermath.recovers()


@pytest.mark.parametrize("text", SINGLY)
def test_in_a_title_and_a_meaning(folder, aftermath, text) -> None:
    quoted = json.dumps(text, ensure_ascii=True)
    quoted = re.sub(
        r"(\\u[dD][89abAB].{2})(\\u[dD][c-fC-F].{2})", lambda m: json.loads(f'"{m[0]}"'), quoted
    )
    declared = (folder.root / "foistats.toml").read_text()
    declared = declared.replace('meaning = "link function"', f"meaning = {quoted}")
    folder.write(
        "foistats.toml", declared.replace("notebook =", f"title = {quoted}\nnotebook =", 1)
    )
    folder.notebook("from foistats import publish", "publish.value('things', n)")
    answer = folder.foistats("run")
    if answer.code:
        assert answer.code == 2, answer.err
        assert "Traceback" not in answer.err
        return
    checked_page((folder.root / "reports/severity/v001/report.html").read_text())
    checked_page((folder.root / "reports/index.html").read_text())
    for command in ("list", "status", "check"):
        assert folder.foistats(command).code in (0, 3)
    aftermath.recovers()


def test_as_the_name_of_a_report_or_a_study(published, folder, aftermath) -> None:
    for text in TEXTS.values():
        for arguments in (["run", text], ["run", "-p", "study", text], ["verify", text]):
            answer = folder.foistats(*arguments)
            assert answer.code == 2, answer
            assert len(answer.err) < 2_000
    for arguments in (["run", "a\udc80b"], ["verify", "a\udc80b"]):
        process = folder.command(*arguments)
        _, said = process.communicate(timeout=20)
        assert process.returncode == 2
        assert "Traceback" not in said
    aftermath.intact()
