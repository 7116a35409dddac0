"""`socle validate`, run as people run it."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
GOOD = "id,date\n1,2024-03-12\n"
BAD = "id,date\n1,12/03/2024\n,2024-03-12\n"
SCHEMA = {
    "name": "essai",
    "fields": [
        {"name": "id", "type": "string", "constraints": {"required": True}},
        {"name": "date", "type": "date"},
    ],
}


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a schema, a good file and a bad one, in which commands run."""
    (tmp_path / "schema.json").write_text(json.dumps(SCHEMA), encoding="utf-8")
    (tmp_path / "good.csv").write_text(GOOD, encoding="utf-8")
    (tmp_path / "bad.csv").write_text(BAD, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    return tmp_path


def socle(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "0", "LC_ALL": "C"}
    command = [sys.executable, "-m", "socle", "validate", *arguments]
    return subprocess.run(command, input=given, capture_output=True, env=environment, timeout=60, check=False)


def checked(*arguments: str, code: int, given: bytes = b"") -> str:
    """Run the command with the schema; what it wrote, after looking at the exit code."""
    ran = socle(*arguments, "--schema", "schema.json", given=given)
    assert ran.returncode == code, ran.stderr.decode()
    assert b"Traceback" not in ran.stderr
    return ran.stdout.decode("utf-8")


def test_exit_code_0_when_all_are_valid() -> None:
    assert (
        checked("good.csv", code=0) == "✓ good.csv : conforme\n  1 ligne, 0 erreur, 0 avertissement [essai]\n"
    )


def test_exit_code_1_when_one_is_not_valid() -> None:
    text = checked("good.csv", "bad.csv", "--lang", "en", code=1)
    assert "✗ bad.csv: not valid" in text
    assert text.endswith("2 files: 1 valid, 1 not valid\n")


def test_exit_code_2_when_a_file_cannot_be_checked() -> None:
    text = checked("good.csv", "bad.csv", "absent.csv", code=2)
    assert "✓ good.csv" in text
    assert "✗ bad.csv" in text
    assert "absent.csv" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "FICHIER"),
        (["good.csv", "--schema", "no/such"], "no/such"),
        (["good.csv", "--schema", "absent.json"], "absent.json"),
        (["good.csv", "--schema", "schema.json", "--format", "pdf"], "pdf"),
        (["good.csv", "--schema", "schema.json", "--lines"], "validata"),
        (["good.csv", "--schema", "schema.json", "-o", "no/such/folder.txt"], "no/such"),
        (["empty", "--schema", "schema.json"], "empty"),
    ],
)
def test_exit_code_2_when_nothing_can_run(place: Path, arguments: list[str], said: str) -> None:
    (place / "empty").mkdir()
    ran = socle(*arguments)
    assert ran.returncode == 2
    assert said in ran.stderr.decode("utf-8", "replace")
    assert b"Traceback" not in ran.stderr
    assert ran.stdout == b""


DELIBERATIONS = "DELIB_ID,DELIB_DATE,COLL_NOM,COLL_SIRET,DELIB_OBJET,VOTE_POUR,VOTE_CONTRE,Vote_abstention\n"


@pytest.mark.parametrize("head", ["", "Délibérations 2024;;\n\n"])
def test_without_a_schema_those_that_the_file_is_like_are_told(place: Path, head: str) -> None:
    (place / "une liste.csv").write_text(head + DELIBERATIONS.replace(",", ";"), encoding="utf-8")
    (place / "other.csv").write_text("alpha,beta\n1,2\n", encoding="utf-8")
    ran = socle("une liste.csv", "other.csv")
    text = ran.stdout.decode("utf-8")
    assert ran.returncode == 2
    assert ran.stderr == b""
    assert "1. scdl/deliberations (" in text
    assert "→ socle validate --schema scdl/deliberations 'une liste.csv'" in text
    assert "ne rappellent aucun des schémas embarqués" in text
    first, second = (
        json.loads(line)
        for line in socle("une liste.csv", "other.csv", "--format", "ndjson").stdout.splitlines()
    )
    assert first["stats"]["byType"]["schema-error"] == 1
    assert first["fits"][0]["schema"] == "scdl/deliberations"
    assert first["fits"][0]["missing"] == ["DELIB_MATIERE_CODE", "DELIB_MATIERE_NOM"]
    assert first["source"]["delimiter"] == ";"
    assert second["fits"] == []


@pytest.mark.parametrize("form", ["json", "ndjson", "validata", "sarif", "junit", "csv", "html"])
def test_without_a_schema_every_form_says_so(place: Path, form: str) -> None:
    (place / "list.csv").write_text(DELIBERATIONS, encoding="utf-8")
    ran = socle("list.csv", "--format", form)
    assert ran.returncode == 2
    assert "schema-error" in ran.stdout.decode("utf-8")
    assert "scdl/deliberations" in ran.stdout.decode("utf-8")


def test_a_broken_schema_is_told_and_is_2(place: Path) -> None:
    (place / "schema.json").write_text("{", encoding="utf-8")
    assert "n'est pas un document JSON" in checked("good.csv", code=2)


def test_the_standard_input() -> None:
    report = json.loads(checked("-", "--format", "json", code=1, given=BAD.encode()))
    assert report["stats"]["byType"] == {"constraint-error": 1, "type-error": 1}
    assert checked("-", code=0, given=GOOD.encode()).startswith("✓ stdin")


def test_a_folder_at_any_depth(place: Path) -> None:
    folder = place / "données"
    (folder / "b/c").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    for name in ("z.csv", "a.tsv", "b/c/d.csv", ".hidden/e.csv", "lisez-moi.md"):
        (folder / name).write_text(GOOD, encoding="utf-8")
    found = [json.loads(line) for line in checked("données", "--format", "ndjson", code=0).splitlines()]
    assert [one["file"] for one in found] == ["données/a.tsv", "données/z.csv", "données/b/c/d.csv"]


@pytest.mark.skipif(sys.platform == "darwin", reason="file names there are always UTF-8")
def test_a_file_name_that_is_no_text(place: Path) -> None:
    (place / os.fsdecode(b"caf\xe9\x1b[31m.csv")).write_text(BAD, encoding="utf-8")
    for form in ("text", "json", "sarif", "junit", "csv", "html", "ndjson", "validata"):
        ran = socle(os.fsdecode(b"caf\xe9\x1b[31m.csv"), "--schema", "schema.json", "--format", form)
        assert ran.returncode == 1, ran.stderr.decode("utf-8", "replace")
        if form != "csv":
            assert b"\x1b" not in ran.stdout


def test_each_format_is_what_it_says() -> None:
    files = ("good.csv", "bad.csv")
    assert len(json.loads(checked(*files, "--format", "json", code=1))) == 2
    assert json.loads(checked("bad.csv", "--format", "json", code=1))["valid"] is False
    assert len(json.loads(checked(*files, "--format", "validata", code=1))) == 2
    lines = checked(*files, "--format", "validata", "--lines", code=1).splitlines()
    assert [json.loads(line)["file"] for line in lines] == list(files)
    assert len(ET.fromstring(checked(*files, "--format", "junit", code=1))) == 2
    assert len(json.loads(checked(*files, "--format", "sarif", code=1))["runs"][0]["results"]) == 2
    assert checked(*files, "--format", "csv", code=1).startswith("file,level,row,")
    assert checked(*files, "--format", "html", code=1).startswith("<!DOCTYPE html>")


def test_the_validata_form_repeats_what_was_asked() -> None:
    told = json.loads(checked("bad.csv", "--format", "validata", "--ignore-header-case", code=1))
    assert told["schema"] == "schema.json"
    assert told["url"] == "bad.csv"
    assert told["options"] == {"ignore_header_case": True, "include_resource_data": False}
    assert json.loads(checked("absent.csv", "--format", "validata", code=2))["report"]["valid"] is False


def test_the_files_of_a_data_package_with_the_keys_between_them(place: Path) -> None:
    towns = {"fields": [{"name": "code", "type": "string"}], "primaryKey": "code"}
    key = {"fields": "commune", "reference": {"resource": "communes", "fields": "code"}}
    (place / "towns.json").write_text(json.dumps(towns), encoding="utf-8")
    (place / "sub").mkdir()
    (place / "sub/communes.csv").write_text("code\n75056\n35238\n", encoding="utf-8")
    (place / "aides.csv").write_text("commune\n75056\n99999\n", encoding="utf-8")
    resources = [
        {
            "name": "aides",
            "path": "aides.csv",
            "schema": {"fields": [{"name": "commune"}], "foreignKeys": [key]},
        },
        {"name": "communes", "path": "sub/communes.csv", "schema": "towns.json"},
    ]
    package = place / "datapackage.json"
    package.write_text(json.dumps({"resources": resources}), encoding="utf-8")
    ran = socle(str(package), "--format", "ndjson")
    first, second = map(json.loads, ran.stdout.splitlines())
    assert ran.returncode == 1
    assert (first["stats"]["byType"], first["errors"][0]["rowNumber"]) == ({"foreign-key": 1}, 3)
    assert (second["file"], second["valid"]) == (str(place / "sub/communes.csv"), True)

    (place / "sub/communes.csv").write_bytes(b"\x89PNG\r\n\x1a\n")
    ran = socle(str(package), "--format", "ndjson")
    first, second = map(json.loads, ran.stdout.splitlines())
    assert ran.returncode == 2
    assert first["valid"]
    assert [warning["key"] for warning in first["warnings"]] == ["foreign-key-unreadable"]


@pytest.mark.parametrize(
    "written",
    [
        "{",
        "[]",
        '{"resources": []}',
        '{"resources": [{"name": "a"}]}',
        '{"resources": [{"name": "a", "path": "../good.csv"}]}',
        '{"resources": [{"name": "a", "path": "/etc/passwd"}]}',
        '{"resources": [{"name": "a", "path": "good.csv"}, {"name": "a", "path": "bad.csv"}]}',
        '{"resources": [{"name": "a", "path": "good.csv", "schema": "no/such"}]}',
    ],
)
def test_a_data_package_that_cannot_be_used(place: Path, written: str) -> None:
    (place / "datapackage.json").write_text(written, encoding="utf-8")
    ran = socle("datapackage.json")
    assert ran.returncode == 2
    assert ran.stdout == b""
    assert b"Traceback" not in ran.stderr


@pytest.mark.parametrize("command", ["validate", "fix"])
def test_a_command_that_is_stopped_says_so_and_nothing_of_the_file(place: Path, command: str) -> None:
    os.mkfifo(place / "endless.csv")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    arguments = [sys.executable, "-m", "socle", command, "endless.csv", "--schema", "schema.json"]
    with (
        subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL) as process,
        (place / "endless.csv").open("wb") as pipe,  # opens once the command reads
        contextlib.suppress(BrokenPipeError),
    ):
        process.send_signal(signal.SIGINT)
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            pipe.write(b"1,2024-03-12\n" * 1_000)
    assert process.wait(timeout=60) == 130
    assert not (place / "endless.corrige.csv").exists()


def test_a_named_pipe_is_read_as_a_file_is(place: Path) -> None:
    os.mkfifo(place / "pipe.csv")
    command = [sys.executable, "-m", "socle", "validate", "pipe.csv", "--schema", "schema.json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        (place / "pipe.csv").write_text(BAD, encoding="utf-8")
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "2 lignes, 2 erreurs" in said.decode("utf-8")


def test_output_appears_whole_or_not_at_all(place: Path) -> None:
    assert checked("bad.csv", "--format", "json", "-o", "report.json", code=1) == ""
    assert json.loads((place / "report.json").read_text("utf-8"))["valid"] is False
    socle("good.csv", "--schema", "no/such", "-o", "other.json")
    assert {path.name for path in place.iterdir()} == {"schema.json", "good.csv", "bad.csv", "report.json"}


def test_output_to_a_device() -> None:
    assert checked("good.csv", "--output", "/dev/null", code=0) == ""


def test_delimiter_encoding_and_header_case(place: Path) -> None:
    (place / "odd.csv").write_bytes("ID|DATE\né|2024-03-12\n".encode("cp1252"))
    arguments = ("odd.csv", "--ignore-header-case", "--format", "json")
    told = json.loads(checked(*arguments, "--delimiter", "pipe", "--encoding", "cp1252", code=0))
    assert told["source"]["delimiter"] == "|"
    assert told["source"]["encoding"] == "cp1252"
    assert not [warning for warning in told["warnings"] if warning["type"].endswith("-warning")]
    assert json.loads(checked("odd.csv", "--format", "json", code=1))["stats"]["byType"]


def test_a_sheet_by_name_and_number(place: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for name, rows in (("un", BAD), ("deux", GOOD)):
        sheet = book.create_sheet(name)
        for row in rows.splitlines():
            sheet.append(row.split(","))
    del book[book.sheetnames[0]]
    book.save(place / "book.xlsx")
    assert checked("book.xlsx", "--sheet", "deux", code=0)
    assert checked("book.xlsx", "--sheet", "2", code=0)
    assert checked("book.xlsx", "--sheet", "un", code=1)
    assert "trois" in checked("book.xlsx", "--sheet", "trois", code=2)


def test_bounds_cut_the_details_and_never_the_counts(place: Path) -> None:
    (place / "many.csv").write_text("id,date\n" + "1,x\n" * 500, encoding="utf-8")
    for arguments, listed in (
        (("--samples", "20"), 20),
        (("--max-errors", "7"), 7),
        (("--max-errors", "0"), 0),
    ):
        report = json.loads(checked("many.csv", "--format", "json", *arguments, code=1))
        assert (report["stats"]["errors"], len(report["errors"])) == (500, listed)
        assert report["summary"][0]["count"] == 500


def test_colours_and_bar_only_on_a_terminal(place: Path) -> None:
    """Both streams on a pseudo-terminal: colours; a short file shows no bar, and NO_COLOR is obeyed."""
    assert "\x1b" not in checked("bad.csv", code=1)
    assert "\x1b[31m✗" in _on_a_terminal({})
    assert "\x1b" not in _on_a_terminal({"NO_COLOR": "1"})


def _on_a_terminal(more: dict[str, str]) -> str:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", **more}
    command = [sys.executable, "-m", "socle", "validate", "bad.csv", "--schema", "schema.json"]
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    written = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        written += piece
    os.close(ours)
    assert process.wait(timeout=60) == 1
    return written.decode("utf-8")
