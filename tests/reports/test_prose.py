"""What is typed into the words of a notebook: found wherever a reader would see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from foistats.reports.notebook import Cell, Notebook, read_notebook
from foistats.reports.prose import ADVICE, faults, in_words

ROOT = Path(__file__).parent.parent.parent
SETUP = "from foistats import publish\nper: int = 1000\n"


def notebook(*cells: tuple[str, str], tags: tuple[str, ...] = ()) -> Notebook:
    made = (
        Cell(f"c{place}", kind, source, tags, {}) for place, (kind, source) in enumerate(cells, 1)
    )
    return Notebook("notebooks/n.ipynb", tuple(made), ())


def in_text(source: str, *tags: str) -> list[tuple[str, str]]:
    return [
        (fault.kind, found)
        for fault in faults(notebook(("markdown", source), tags=tags))
        for found in fault.found
    ]


def in_code(source: str, *tags: str) -> list[tuple[str, str]]:
    return [
        (fault.kind, found)
        for fault in faults(notebook(("code", SETUP), ("code", source), tags=tags))
        for found in fault.found
    ]


@pytest.mark.parametrize(
    "source",
    [
        "In 2014 there were forces, from 2009 to 2014 (2009\N{EN DASH}2014), in the 1990s.",
        "1500 and **2100**, 2014's",
        "See `n = 88`, ``8``, [the data](data/v2.csv) and <https://example.org/2014/88>.",
        "https://example.org/88",
        "```\n88 cases\n```",
        "    indented = 88",
        "$x = 88$ and $$ 88 $$",
        "\\begin{equation} 88 \\end{equation}",
        "# 1 Data\n\n## 1.1 Forces\n\n## 1.2. Cases\n\n# 2) Fit",
        "1. first\n2. second",
        "R2 and R\N{SUPERSCRIPT TWO} of v001, in m\N{SUPERSCRIPT TWO}, from sqlite3.",
        "One of them, zero or none; a two-sided test, a ten-year period.",
        "DI, DC and CC are ranks; I is a pronoun, and X a cell.",
        "At most places, at least in part, more or less; the others rather than these.",
        "![a map](attachment:map2.png)",
        "[the data][1]\n\n[1]: data/v2.csv",
        "",
    ],
)
def test_what_may_stand_in_a_text(source) -> None:
    assert in_text(source) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("There were 88 cases.", "88"),
        ("The year 1066, or 3000", "1066"),
        ("2,014 cases", "2,014"),
        ("\N{POUND SIGN}2014", "\N{POUND SIGN}2014"),
        ("2014% and \N{MINUS SIGN}2014", "2014%"),
        ("2009/10", "2009/10"),
        ("the 4th", "4th"),
        ("\N{VULGAR FRACTION ONE HALF} of them", "\N{VULGAR FRACTION ONE HALF}"),
        ("x10.5 and 10x20", "10x20"),
        ("\N{CIRCLED DIGIT TWO}", "\N{CIRCLED DIGIT TWO}"),
        ("\N{ROMAN NUMERAL EIGHT} forces", "\N{ROMAN NUMERAL EIGHT}"),
        ("\N{FULLWIDTH DIGIT EIGHT}\N{FULLWIDTH DIGIT EIGHT}", "\N{FULLWIDTH DIGIT EIGHT}" * 2),
        ("\N{ARABIC-INDIC DIGIT THREE} forces", "\N{ARABIC-INDIC DIGIT THREE}"),
        ("&#52;2 cases", "42"),
        ("&#x38;&#56; cases", "88"),
        ("8\N{ZERO WIDTH SPACE}8 cases", "88"),
        ("**8**8 cases", "88"),
        ("88\\. cases", "88"),
        ("[88 cases](data.csv)", "88"),
        ('[cases](data.csv "88 of them")', "88"),
        ("![88 cases](map.png)", "88"),
        ("| a | 88 |\n|---|---|\n| b | c |", "88"),
        ("> quoted: 88", "88"),
        ("- [ ] 88", "88"),
        ("Term\n: 88", "88"),
        ("<!-- 88 -->", "88"),
        ("<div>\n88\n</div>", "88"),
        ("\\$88\\$", "$88$"),
        ("$88$ cases", "88"),
        ("88. as an item", "88"),
        ("# 88 Cases", "88"),
        ("# *88 Cases*", "88"),
        ("# 1 case of many", "1"),
        ("# 1 Data\n\n# 3 Fit", "3"),
    ],
)
def test_digits_in_a_text(source, found) -> None:
    assert ("digits", found) in in_text(source)
    assert ("digits", found) in in_text(source, "method")


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("three of the forces", "three"),
        ("Twenty-one of them", "Twenty-one"),
        ("two hundred and five cases", "two hundred and five"),
        ("two-thirds of them", "two-thirds"),
        ("dozens", "dozens"),
        ("t\N{ZERO WIDTH SPACE}wo of them", "two"),
        ("th**re**e", "three"),
        ("&#116;wo", "two"),
        ("\N{FULLWIDTH LATIN SMALL LETTER T}wo", "two"),
        ("XIV forces", "XIV"),
    ],
)
def test_numbers_in_words(source, found) -> None:
    assert in_text(source) == [("spelled", found)]
    assert in_text(source, "method") == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("Staff left more often than officers.", "more often than"),
        ("Rates are higher among staff than elsewhere.", "higher among staff than"),
        ("Fewer cases than before", "Fewer cases than"),
        ("Most forces refused.", "Most"),
        ("They are mostly staff.", "mostly"),
        ("A majority refused.", "majority"),
        ("There is no clear difference.", "no clear difference"),
        ("Roles do not differ.", "do not differ"),
        ("Twice the rate", "Twice"),
        ("half of the forces", "half of"),
        ("the largest force", "largest"),
        ("As many as before", "As many as"),
        ("a significant effect", "significant"),
        ("Rates increased.", "increased"),
        ("more **often** ![a](b) so", "more often"),
    ],
)
def test_comparisons(source, found) -> None:
    assert in_text(source) == [("compared", found)]
    assert in_text(source, "method") == []


@pytest.mark.parametrize(
    "source",
    [
        "publish.say('Of {cases}, {share} in 2014; see `v2` and [a](b2).')",
        "publish.say(describe.answered(register))",
        "publish.say(tell.of(frame['n_2014'], 'k2', kind='v2'))",
        "publish.say(f'{force} and {describe.heading(cases)}')",
        "publish.value('n', 88)",
        "publish.value('force', frame.query('n > 5').force[0])",
        "publish.value('period', '2009 to 2014')",
        "publish.table('t', frame, caption=f'Rates per {per:,} person-years')",
        "publish.figure('f', chart, alt=chart.alt)",
        "frame = frame.rename(columns={'a1': 'b2'})",
        "print(88, frame['n2'])",
        "# 88 in a comment",
        "publish.say('Staff left more often.', claims={'more often': ('a', 'higher_than', 'b')})",
        "publish.say('It says more than that.', claims={'more than': None})",
        "publish.say('The rate is {n} times more.', claims=told)",
        "claims = {'most': ('a', 'most', 'b')}\npublish.say('It is most.', claims)",
    ],
)
def test_what_may_stand_in_code(source) -> None:
    assert in_code(source) == []


@pytest.mark.parametrize(
    "source",
    [
        "publish.say('There were 88 cases.')",
        "publish.say(template='88 cases')",
        "publish.say('There were \\u0038\\u0038 cases.')",
        "publish.say('88 ' + cases)",
        "publish.say('88 cases' if many else 'few')",
        "publish.say(' '.join(['88', 'cases']))",
        "publish.say('88 N'.replace('N', cases))",
        "publish.say(f'88 {cases}')",
        "publish.say(literal('88 cases'))",
        "text = '88 cases'\npublish.say(text)",
        "text = 'cases: '\ntext += '88 of them'\npublish.say(text)",
        "a, b = '88 cases', ''\npublish.say(a)",
        "for text in ('88 cases', 'b'):\n    publish.say(text)",
        "texts = {'a': '88 cases'}\npublish.say(texts['a'])",
        "def text():\n    return '88 cases'\npublish.say(text())",
        "text = lambda: '88 cases'\npublish.say(text())",
        "publish.say('\\n'.join(f'88 {one}' for one in cases))",
        "from foistats.publish import say as told\ntold('88 cases')",
        "from foistats.publish import *\nsay('88 cases')",
        "import foistats.publish as p\np.say('88 cases')",
        "import foistats\nfoistats.publish.say('88 cases')",
        "say = publish.say\nsay('88 cases')",
        "display(Markdown('88 cases'))",
        "%%markdown\n88 cases",
        "%matplotlib inline\npublish.say('88 cases')",
    ],
)
def test_digits_said_in_code(source) -> None:
    assert ("digits", "88") in in_code(source)
    assert ("digits", "88") in in_code(source, "method")


@pytest.mark.parametrize(
    "source",
    [
        "publish.table('t', frame, '88 cases')",
        "publish.table('t', frame, caption='88 cases')",
        "publish.figure('f', chart, '88 cases')",
        "publish.figure('f', chart, alt=text)\ntext = '88 cases'",
        "publish.figure('f', chart, alt='a', caption='88 cases')",
        "publish.value('n', '88 cases')",
        "publish.value('n', n, unit='per 88 cases')",
        "figures.funnel(frame, about='88 cases')",
        "figures.funnel(frame, xlabel='88 cases')",
        "axes.set_title('88 cases')",
        "plt.title('88 cases')",
        "axes.annotate('n = 88', (0, 1))",
    ],
)
def test_digits_in_captions_and_labels(source) -> None:
    assert in_code(source) == [("beside", "88")]


@pytest.mark.parametrize(
    "source",
    [
        "publish.say(f'{n:,} cases')",
        "publish.say(f'{share:.1f} of them')",
        "publish.say(f'{share:.0%} of them')",
        "publish.say(f'{len(frame)} cases')",
        "publish.say(f'{frame.n.sum()} cases')",
        "publish.say(f'{100 * share} of them')",
        "publish.say(f'per {per} years')",
        "publish.say(f'{88} cases')",
        "n = 88\npublish.say(f'{n} cases')",
        "publish.say('cases: ' + str(len(frame)))",
        "publish.say('%d cases' % n)",
        "publish.say('{:.1f} cases'.format(n))",
        "publish.say('{} cases'.format(len(frame)))",
    ],
)
def test_a_number_put_into_what_is_said(source) -> None:
    assert [kind for kind, _ in in_code(source)] == ["formatted"]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("publish.say('Most forces refused.')", ["Most"]),
        ("publish.say('more than {n} cases')", ["more than"]),
        ("publish.say('nearly {n} cases')", ["nearly …"]),
        (
            "publish.say('Most left more often.', claims={'Most': ('a', 'most', 'b')})",
            ["more often"],
        ),
        ("publish.table('t', frame, 'Most of them')", []),
        ("display(Markdown('Most of them'))", ["Most"]),
    ],
)
def test_comparisons_said_in_code(source, found) -> None:
    assert in_code(source) == [("compared", one) for one in found]
    assert in_code(source, "method") == []


def test_the_message_names_cell_line_and_what_to_do() -> None:
    (digits, spelled) = faults(
        notebook(
            ("markdown", "# Title\n\nThere were `88` of them, that is\n88 cases or 12.\n\nTwo")
        )
    )
    assert (digits.cell, digits.line, digits.found) == ("c1", 4, ("88", "12"))
    assert (spelled.line, spelled.place) == (6, "the text")
    said = in_words([digits, spelled])
    assert said.splitlines() == [
        "what is typed into its words does not follow the data",
        "  cell c1, line 4: the text has '88', '12'",
        f"    {ADVICE['digits']}",
        "  cell c1, line 6: the text has 'Two'",
        f"    {ADVICE['spelled']}",
    ]
    assert "publish.value" in said


def test_a_literal_is_shown_where_it_stands() -> None:
    found = faults(
        notebook(
            ("code", "from foistats import publish\nTEXT = '''\na\n88 cases'''"),
            ("code", "publish.say(TEXT)\npublish.say(TEXT)"),
        )
    )
    assert [(fault.cell, fault.line, fault.place) for fault in found] == [("c1", 4, "publish.say")]


def test_names_are_followed_in_good_time() -> None:
    doubled = "".join(f"t{n} = t{n - 1} + t{n - 1}\n" for n in range(1, 60))
    assert in_code(f"t0 = '88 cases'\n{doubled}publish.say(t59)") == [("digits", "88")]
    assert in_code("a = b\nb = a\npublish.say(a)") == []


def test_code_that_is_no_python_is_left_to_its_kernel() -> None:
    assert faults(notebook(("code", "def"), ("code", "%%bash\necho 88"), ("raw", "88"))) == ()


@pytest.mark.parametrize(
    "path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem
)
def test_the_notebooks_of_the_project(path) -> None:
    found = faults(read_notebook(ROOT, path.relative_to(ROOT).as_posix()))
    assert not found, in_words(found)
