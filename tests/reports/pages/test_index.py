"""The index: every report, series and version, told from their folders alone."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from foistats.reports.pages.catalogue import read_catalogue
from foistats.reports.pages.index import entries, index_is_current, write_index

HOSTILE = '"><script>alert(1)</script>{{ 7 * 7 }}\n=HYPERLINK(1)../'


def publish(reports: Path, series: str, version: str, **told: object) -> Path:
    """Write a version folder by hand; what `told` leaves out, an earlier manifest lacked."""
    folder = reports / series / version
    folder.mkdir(parents=True)
    manifest = {"report": series.split("/")[0], "series": series, "version": version, **told}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def bury(reports: Path, series: str, version: str, **told: object) -> None:
    """Put a tombstone in the place of a version."""
    shutil.rmtree(reports / series / version, ignore_errors=True)
    path = reports / series / f"{version}.json"
    path.write_text(json.dumps({"format": 1, "version": version, **told}), encoding="utf-8")


def rests_on(study: str = "pa", newest: str = "", **states: str) -> dict[str, object]:
    notes = {id: f"about {id}" for id, state in states.items() if state}
    return {study: {"newest": newest, "sources": states, "notes": notes}}


def html(reports: Path) -> str:
    return (reports / "index.html").read_text(encoding="utf-8")


def lines(reports: Path) -> dict[str, object]:
    """What the index says of each version, by series and version."""
    return {
        f"{series.path}@{version.name}": version
        for report in entries(read_catalogue(reports))
        for series in report.series
        for version in series.versions
    }


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    made = tmp_path / "reports"
    made.mkdir()
    return made


def test_an_empty_or_absent_folder_has_an_index(tmp_path: Path) -> None:
    assert index_is_current(tmp_path / "reports") is False
    assert write_index(tmp_path / "reports") is True
    assert "No report has been published yet." in html(tmp_path / "reports")
    assert index_is_current(tmp_path / "reports") is True


def test_it_lists_reports_series_and_versions_newest_first(reports: Path) -> None:
    for series, version in (
        ("severity", "v001"),
        ("severity", "v002"),
        ("severity/x-00000000", "v001"),
        ("register", "v999"),
        ("register", "v1000"),
    ):
        publish(
            reports,
            series,
            version,
            title=f"T {series}",
            as_of="30 June 2014",
            change=f"{version}: two values moved",
            parameters={"link": ""},
            sources=rests_on(newest="2018-05-01", S1="", S2=""),
        )
    write_index(reports)
    page = html(reports)
    assert re.findall(r'<tr><th scope="row"><a href="([^"]+)"', page) == [
        "register/v1000/report.html",
        "register/v999/report.html",
        "severity/v002/report.html",
        "severity/v001/report.html",
        "severity/x-00000000/v001/report.html",
    ]
    assert re.findall(r'<h2 id="report-[a-z]+">([^<]+)', page) == ["T register", "T severity"]
    assert page.count("two values moved") == 5
    assert page.count("<td>1 May 2018</td>") == 5
    assert "data as of 30 June 2014; 2 sources" in page
    assert "<code>link</code> (empty)" in page


def test_what_is_no_report_is_left_out(reports: Path) -> None:
    for folder in (".staging-1/v001", ".matrix/severity/v001", "objects/v001", "severity/.x/v001"):
        (reports / folder).mkdir(parents=True)
    (reports / "severity" / "latest.json").write_text("{}")
    write_index(reports)
    assert "No report has been published yet." in html(reports)


def test_a_removed_version_keeps_its_line(reports: Path) -> None:
    publish(reports, "severity", "v002", title="T")
    bury(reports, "severity", "v001", removed="2026-01-31", reason="kept the newest only")
    publish(reports, "severity", "v003", title="T")
    (reports / "severity" / "v003.json").write_text("{}")
    write_index(reports)
    page = html(reports)
    assert "removed on 31 January 2026: kept the newest only" in page
    assert "severity/v001/report.html" not in page
    assert page.count('class="removed"') == 1


def test_a_marked_source_marks_every_version_that_rests_on_it(reports: Path) -> None:
    publish(reports, "severity", "v001", sources=rests_on(S1="", S2=""))
    publish(reports, "severity", "v002", sources=rests_on(S1="", S2=""))
    publish(reports, "register", "v001", sources=rests_on(S1="", S3=""))
    publish(reports, "register", "v002", sources=rests_on(S1="withdrawn", S3="corrected"))
    publish(reports, "other", "v001", sources=rests_on("elsewhere", S1=""))
    publish(reports, "old", "v001")
    told = {
        name: [(mark.source, mark.state) for mark in line.marks]
        for name, line in lines(reports).items()
    }
    assert told == {
        "severity@v001": [("S1", "withdrawn")],
        "severity@v002": [("S1", "withdrawn")],
        "register@v001": [("S1", "withdrawn"), ("S3", "corrected")],
        "register@v002": [("S1", "withdrawn"), ("S3", "corrected")],
        "other@v001": [],
        "old@v001": [],
    }
    write_index(reports)
    assert html(reports).count("rests on S1, withdrawn: about S1") == 4


def test_a_mark_taken_back_or_outdone_no_longer_holds(reports: Path) -> None:
    publish(reports, "severity", "v001", sources=rests_on(S1="corrected", S2="withdrawn"))
    publish(reports, "severity", "v002", sources=rests_on(S1="", S2="corrected"))
    publish(reports, "register", "v001", sources=rests_on(S2="withdrawn"))
    marks = lines(reports)["severity@v001"].marks
    assert [(mark.source, mark.state) for mark in marks] == [("S2", "withdrawn")]


def test_it_is_current_until_a_version_or_a_tombstone_changes(reports: Path) -> None:
    publish(reports, "severity", "v001", title="T")
    assert write_index(reports) is True
    assert write_index(reports) is False
    assert index_is_current(reports) is True
    publish(reports, "severity", "v002", title="T")
    assert index_is_current(reports) is False
    write_index(reports)
    bury(reports, "severity", "v001", reason="one")
    assert index_is_current(reports) is False
    write_index(reports)
    bury(reports, "severity", "v001", reason="two")
    assert index_is_current(reports) is False
    write_index(reports)
    (reports / "severity" / "v002" / "manifest.json").write_text('{"title": "U"}')
    assert index_is_current(reports) is False
    write_index(reports)
    (reports / "index.html").write_text("<p>")
    assert index_is_current(reports) is False


def test_times_and_places_do_not_change_it(reports: Path, tmp_path: Path) -> None:
    publish(reports, "severity", "v001", title="T", sources=rests_on(S1="withdrawn"))
    write_index(reports)
    moved = tmp_path / "elsewhere" / "published"
    shutil.copytree(reports, moved)
    assert index_is_current(moved) is True
    assert write_index(moved) is False


def test_a_damaged_manifest_hides_nothing_else(reports: Path) -> None:
    publish(reports, "severity", "v001", title="T", change="the first")
    (publish(reports, "severity", "v002") / "manifest.json").write_text("{")
    (publish(reports, "register", "v001") / "manifest.json").unlink()
    for nonsense in ([], "x", {"pa": 3}, {"pa": {"sources": [1], "notes": 2}}):
        publish(reports, "odd", f"v{len(list(reports.glob('odd/*'))) + 1:03d}", sources=nonsense)
    write_index(reports)
    assert html(reports).count("its manifest cannot be read") == 2
    assert "the first" in html(reports)


def test_hostile_text_stays_text_and_long_text_is_cut(reports: Path) -> None:
    publish(
        reports,
        "severity",
        "v001",
        title=HOSTILE,
        change=HOSTILE,
        as_of=HOSTILE,
        parameters={"link": HOSTILE, "long": "x" * 10_000},
        sources=rests_on(HOSTILE, HOSTILE, **{HOSTILE: "withdrawn"}),
    )
    bury(reports, "severity", "v000", removed=HOSTILE, reason=HOSTILE)
    write_index(reports)
    page = html(reports)
    assert "<script" not in page
    assert "{{ 7 * 7 }}" in page
    assert "x" * 200 not in page


def test_asking_whether_it_is_current_loads_nothing_heavy(reports: Path) -> None:
    publish(reports, "severity", "v001", title="T")
    write_index(reports)
    code = (
        "import sys; from pathlib import Path;"
        "from foistats.reports.pages.index import index_is_current;"
        f"print(index_is_current(Path({str(reports)!r})),"
        "sorted({'jinja2', 'pandas', 'numpy', 'markupsafe', 'nbformat'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True []\n"
