import pytest

from foistats.errors import DataError
from foistats.reports.store.keep import cited_versions

HEADER = "report,version,cited_by\n"


@pytest.fixture
def keep(shop):
    shop.publish()
    shop.publish()
    shop.of("severity/x-00000000").publish()
    return shop.reports / "keep.csv"


def test_there_is_no_file(shop) -> None:
    assert cited_versions(shop.reports) == {}


def test_who_cites_what(shop, keep) -> None:
    keep.write_bytes(
        b'\xef\xbb\xbfreport,version,cited_by\r\nseverity,v001,"Doe, 2020"\r\n\r\n'
        b"severity/x-00000000, v001 ,Roe\r\nseverity,v001,A court\r\n"
    )
    assert cited_versions(shop.reports) == {
        ("severity", "v001"): "Doe, 2020; A court",
        ("severity/x-00000000", "v001"): "Roe",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"keep\.csv: row 1 is ''; it has to be 'report,version,cited_by'"),
        ("report;version;cited_by\n", r"row 1 is 'report;version;cited_by'; it has to be"),
        (HEADER + "severity,v001\n", r"row 2 has 2 cells; it needs 3: report,version,cited_by"),
        (
            HEADER + "\nsevrity,v001,x\n",
            r"row 3, column report: 'sevrity' was never published; did you mean 'severity'\?; "
            r"allowed: severity, severity/x-00000000",
        ),
        (HEADER + "severity,2,x\n", r"row 2, column version: '2' is not a version; write it like"),
        (
            HEADER + "severity,v003,x\n",
            r"row 2, column version: severity has no v003; it has v001, v002",
        ),
        (HEADER + "severity,v001,\n", r"row 2, column cited_by: is empty; say who cites"),
        (HEADER + 'severity,v001,"x\n', r"keep\.csv is not CSV: unexpected end of data"),
    ],
)
def test_a_slip_of_the_pen(shop, keep, text: str, said: str) -> None:
    keep.write_text(text)
    with pytest.raises(DataError, match=said):
        cited_versions(shop.reports)


def test_every_fault_is_told_at_once(shop, keep) -> None:
    keep.write_text(HEADER + "severity,v009,\nother,v001,x\n")
    with pytest.raises(DataError) as raised:
        cited_versions(shop.reports)
    assert len(str(raised.value).splitlines()) == 3


def test_a_file_in_another_encoding(shop, keep) -> None:
    keep.write_bytes(HEADER.encode() + b"severity,v001,\xe9\n")
    with pytest.raises(DataError, match=r"reports/keep\.csv cannot be read: .* save it as UTF-8"):
        cited_versions(shop.reports)
