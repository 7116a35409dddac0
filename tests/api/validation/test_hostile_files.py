"""Files made to harm, or lying about what they are, sent as anybody would: each has a report that says so."""

import io
import struct
import zipfile
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import orjson
import pytest

from tests.api.conftest import Client, api, at_work, settings_of
from tests.unit.engine.formats.workbooks import cell, xlsx, zipped
from tests.unit.engine.formats.workbooks import rows as sheet_rows

PATH = "/validation/v1/validations"
SCHEMA = {"fields": [{"name": "a", "type": "integer"}, {"name": "b", "type": "string"}]}
PLAIN = sheet_rows(["a", "b"], ["1", "x"])
ENTITIES = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'


def locked() -> bytes:
    """Return a zip whose file is said to be encrypted."""
    data = bytearray(zipped({"a.csv": b"a,b\n1,x\n"}))
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        data[data.rfind(mark) + offset] |= 1
    return bytes(data)


def bomb() -> bytes:
    """Return a zip of a megabyte that holds a gigabyte."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.csv", "w", force_zip64=True) as file,
    ):
        for _ in range(1024):
            file.write(bytes(1 << 20))
    return made.getvalue()


def far() -> bytes:
    """Return a workbook of two cells, the first and the last that may be."""
    return xlsx(f'<row r="1">{cell("A1", "a")}</row><row r="1048576">{cell("XFD1048576", "b")}</row>')


# What is sent, its name, the types of the errors, the keys of the warnings.
FILES: dict[str, tuple[Callable[[], bytes], str, Sequence[str], Sequence[str]]] = {
    "zip bomb": (bomb, "a.zip", ["source-error"], []),
    "far cell": (far, "a.xlsx", ["source-error"], []),
    "nested zip": (lambda: zipped({"b.zip": zipped({"a.csv": b"a\n"})}), "a.zip", ["source-error"], []),
    "encrypted": (locked, "a.zip", ["source-error"], []),
    "entities": (
        lambda: xlsx(PLAIN, extra={"xl/sharedStrings.xml": ENTITIES}),
        "a.xlsx",
        ["source-error"],
        [],
    ),
    "cut zip": (lambda: xlsx(PLAIN)[:-40], "a.xlsx", ["source-error"], []),
    "macros": (
        lambda: xlsx(PLAIN, extra={"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0" + bytes(2000)}),
        "a.xlsm",
        [],
        [],
    ),
    "workbook called csv": (lambda: xlsx(PLAIN), "a.csv", [], ["extension-lies"]),
    "csv called xlsx": (lambda: b"a,b\n1,x\n", "a.xlsx", [], ["extension-lies"]),
    "a PDF": (lambda: b"%PDF-1.7 " + bytes(500), "a.pdf", ["format-error"], []),
    "NUL": (lambda: b"a,b\n1,\0x\n", "a.csv", ["source-error"], []),
    "lone CR": (lambda: b"a,b\rx,y\r", "a.csv", ["type-error"], []),
    "mixed ends": (lambda: b"a,b\r\n1,x\n2,y\rx,z\n", "a.csv", ["type-error"], []),
    "open quote": (lambda: b'a,b\n1,"x\n2,y\n', "a.csv", ["source-error"], []),
    "cell of 10 MB": (lambda: b"a,b\nx," + b"y" * (10 << 20) + b"\n", "a.csv", ["type-error"], []),
    "duplicate header": (lambda: b"a,a,b\n1,2,x\n", "a.csv", ["duplicate-label"], []),
    "UTF-16": (lambda: "a,b\nx,é\n".encode("utf-16"), "a.csv", ["type-error"], ["encoding-not-utf8"]),
    "not UTF-8 far away": (
        lambda: b"a,b\n" + b"1,x\n" * 400_000 + b"x,\xe9t\xe9\n",
        "a.csv",
        ["type-error"],
        ["encoding-not-utf8"],
    ),
    "absurd": (lambda: b"a,b\n1e99999999,x\n" + b"9" * 5000 + b",x\n", "a.csv", ["type-error"], []),
}


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    """The files, made once."""
    return {name: make() for name, (make, *_) in FILES.items()}


@pytest.fixture
async def client(common_settings: dict[str, Any]) -> AsyncIterator[Client]:
    """A client of the API, with a worker."""
    settings = settings_of("validation", common_settings, validation_processes=1)
    async with api("validation", settings) as client, at_work("validation", settings):
        yield client


async def reported(client: Client, content: bytes, name: str) -> dict[str, Any]:
    """Validate a file and return its report."""
    answer = await client.post(
        PATH,
        files={"file": (name, content)},
        data={"schema": orjson.dumps(SCHEMA).decode()},
        headers={"prefer": "wait=30"},
    )
    body = answer.json()
    assert (answer.status_code, body["state"]) == (201, "done"), (name, body["problem"])
    report: dict[str, Any] = body["report"]
    return report


async def test_what_is_hostile_has_a_report_that_says_so(client: Client, made: dict[str, bytes]) -> None:
    for case, (_, name, errors, warnings) in FILES.items():
        report = await reported(client, made[case], name)
        assert list(dict.fromkeys(error["type"] for error in report["errors"])) == errors, (case, report)
        assert [warning["key"] for warning in report["warnings"]] == warnings, (case, report["warnings"])
        assert report["valid"] is not bool(errors), case
        for error in (*report["errors"], *report["warnings"]):
            assert all(len(error["message"][language]) > 10 for language in ("fr", "en")), case


async def test_a_directory_of_a_gigabyte_is_not_loaded(client: Client) -> None:
    data = bytearray(zipped({"a.csv": b"a\n"}))
    struct.pack_into("<L", data, data.rfind(b"PK\x05\x06") + 12, 1 << 30)
    report = await reported(client, bytes(data), "a.zip")
    assert report["valid"] is False


async def test_a_hundred_thousand_columns_have_a_report(client: Client) -> None:
    labels = ",".join(f"c{number}" for number in range(100_000))
    report = await reported(client, f"a,{labels}\nx,{',' * 99_999}\n".encode(), "a.csv")
    assert [error["type"] for error in report["errors"]] == ["type-error"]
