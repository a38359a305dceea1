import csv
import io

import pandas as pd
import pytest

from foistats.errors import UsageError
from foistats.publish.tabular import (
    csv_text,
    digits_by_column,
    html_table,
    inert,
    plain_table,
    plain_text,
)


def table_of(**columns):
    return plain_table(pd.DataFrame(columns), where="t")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_formula_becomes_a_text(start: str) -> None:
    table = table_of(word=[f"{start}1+1"], number=[-1.5])
    (row,) = list(csv.reader(io.StringIO(csv_text(table), newline="")))[1:]
    assert row == ["'" + f"{start}1+1".replace("\r", "\n"), "-1.5"]
    assert inert("1-1") == "1-1"


def test_csv_keeps_floats_whole_and_gaps_empty() -> None:
    frame = pd.DataFrame(
        {"x": [1 / 3, None], "n": pd.array([1, None], dtype="Int64"), "b": [True, False]}
    )
    assert csv_text(plain_table(frame, where="t")) == "x,n,b\n0.3333333333333333,1,True\n,,False\n"


def test_only_a_named_index_is_kept() -> None:
    frame = pd.DataFrame({"n": [1]}, index=["Kent"])
    assert plain_table(frame, where="t").columns == ("n",)
    frame.index.name = "force"
    assert plain_table(frame, where="t").columns == ("force", "n")


def test_html_is_escaped_and_scoped() -> None:
    table = table_of(**{"a<b": ["<i>x</i>", "y"], "share": [0.1, 0.25]})
    html = html_table(table, caption="A & B", digits={"a<b": 0, "share": 2})
    assert "<caption>A &amp; B</caption>" in html
    assert '<th scope="col">a&lt;b</th>' in html
    assert '<th scope="row">&lt;i&gt;x&lt;/i&gt;</th>' in html
    assert '<td class="number" style="text-align: right">0.10</td>' in html


def test_no_rows() -> None:
    empty = plain_table(pd.DataFrame({"force": [], "n": []}), where="t")
    digits = digits_by_column(empty, None)
    assert '<td colspan="2">no rows</td>' in html_table(empty, caption="None", digits=digits)
    assert plain_text(empty, caption="None", digits=digits) == "None\nno rows"
    assert csv_text(empty) == "force,n\n"


def test_text_lines_up() -> None:
    table = table_of(force=["Kent", "Devon and Cornwall"], n=[5, 12345])
    assert plain_text(table, caption="Answers", digits=digits_by_column(table, None)) == (
        "Answers\n"
        "force                    n\nKent                     5\nDevon and Cornwall  12,345"
    )


def test_what_is_no_plain_table() -> None:
    levels = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")]))
    with pytest.raises(
        UsageError, match=r"^t has column names of several levels, such as .*one name$"
    ):
        plain_table(levels, where="t")
    with pytest.raises(UsageError, match=r"^t has the column 'a' twice; give each its own name$"):
        plain_table(pd.DataFrame([[1, 2]], columns=["a", "a"]), where="t")
    with pytest.raises(
        UsageError, match=r"'shar'.*does not have; did you mean 'share'.; columns: share"
    ):
        digits_by_column(table_of(share=[0.1]), {"shar": 1})
