"""Random tables and schemas: ragged, blank, reordered, quoted, of every type and constraint."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

Descriptor = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A table as bytes, and the schema to judge it with."""

    schema: Descriptor
    data: bytes
    encoding: str = "utf-8"
    delimiter: str = ","

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema": self.schema,
            "data": base64.b64encode(self.data).decode(),
            "encoding": self.encoding,
            "delimiter": self.delimiter,
        }

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> Case:
        return cls(told["schema"], base64.b64decode(told["data"]), told["encoding"], told["delimiter"])


NAMES = ("a", "b", "c", "id", "Nom", "é", "x y")
LABELS = ("a", "b", "A", "z", "other", " a ", "é", "", "x  y")
ANY_TEXT = st.text(st.sampled_from("ab01é. -,;\"'\n\r\t|/:N€\u00a0"), max_size=6)
TEXTS: dict[str, tuple[str, ...]] = {
    "string": ("a", "bb", "é€", "aé", " a", "a ", "0", "01", "N/A", "NA", "-", "x" * 12, "a\nb",
               "a,b", 'q"q', "\t"),
    "integer": ("0", "1", "-1", "+5", " 4 ", "007", "1_000", "1.0", "5.5", "1e3", "12345678901234567890",
                "²", "٣", "-0"),
    "number": ("0", "1.5", "-1.5", "1,5", "1e3", " 4 ", "NaN", "Infinity", "-inf", "1_000", "1.", ".5", "12%", "1 000",
               "€5", "0.10", "0.1", "1e400", "99999999999999999999.5", "-0", "1.50"),
    "boolean": ("true", "false", "True", "FALSE", "1", "0", "oui", "non", "vrai", "TRUE ", "yes"),
    "date": ("2020-01-01", "2020-1-5", "2020-02-30", "2020-02-29", "2019-02-29", "0000-05-07", "-017-03-04", "17-02-26",
             "2020-01-01T00:00:00", "01/02/2020", "31/02/2020", "2020/01/01", " 2020-01-01", "20200101", "9999-12-31",
             "0001-01-01", "2020-01-01\n"),
    "datetime": ("2020-01-01T10:00:00Z", "2020-01-01T10:00:00", "2020-01-01 10:00:00", "2020-01-01T10:00",
                 "2020-01-01T10:00:00+02:00", "2020-01-01T25:00:00Z", "2020-01-01", "2020-01-01T10:00:60Z",
                 "2020-01-01T10:00:00.123Z"),
    "time": ("10:00:00", "10:00", "25:00:00", "10:00:00Z", "10:00:60", "1:2:3", "10:00:00.5"),
    "year": ("2020", "0", "0001", "9999", "10000", "-2020", "20", " 2020", "+202", "2_02", "2020 "),
    "yearmonth": ("2020-01", "2020-13", "2020-1", "2020", "0001-01", "2020-00", "2020-01-01", "202001"),
    "geopoint": ("1,2", "1, 2", "181,0", "0,91", "-180,-90", "1;2", "1", "a,b", "1,2,3", " 1,2 "),
    "array": ("[]", "[1,2]", '["a"]', "{}", "[1", "1,2", '["a","a","b"]'),
    "object": ("{}", '{"a":1}', "[]", "{", '"a"', "{'a':1}"),
    "list": ("a,b", "1,2", "", "a", "1,b", ",", "1;2"),
    "duration": ("P1Y", "PT5M", "P", "1Y", "P1D", "-P1D", "P1M"),
    "any": ("a", "1", "{}", "é"),
}  # fmt: skip
WELL_FORMED: dict[str, SearchStrategy[str]] = {
    "integer": st.integers(-20, 3000).map(str),
    "number": st.decimals(-50, 3000, places=2, allow_nan=False).map(str),
    "date": st.dates().map(str),
    "year": st.integers(1990, 2030).map(str),
    "string": st.sampled_from(["a", "b", "aa", "ab1", "123", "12345678900012", "75056"]),
    "boolean": st.sampled_from(["true", "false", "1", "0"]),
    "datetime": st.datetimes().map(lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")),
}
PATTERNS = (r"[a-z]+", r"^a|b$", r"\d{2}", r"^\d+$", r"\w+", r"[^\s]+", r".*", r"(a|b)?1", r"é+", r"^[0-9]{5}$",
            r"a.b",
            r"[\w-]+", r"\S", r"(?i)A+", r"^$|a", r"[a-zA-Z0-9\-]{1,4}", r"\D+", r"a{2,}", r".", r"[.]+")  # fmt: skip
LIMITS: dict[str, tuple[Any, ...]] = {
    "integer": (0, 5, -1, "3"),
    "number": (0, 1.5, "0.1", -1, 1000),
    "date": ("2000-01-01", "2020-01-01", "2020-02-29"),
    "datetime": ("2000-01-01T00:00:00Z", "2020-01-01T10:00:00Z"),
    "time": ("10:00:00",),
    "year": (2000, "2020"),
    "yearmonth": ("2020-01",),
}
LENGTHY = ("string", "array", "object", "list")
MISSING: tuple[list[str], ...] = ([""], ["", "NA"], ["-"], ["", "N/A", "-"], [" "], [])


@st.composite
def fields(draw: DrawFn, name: str) -> Descriptor:
    type_ = draw(st.sampled_from([*TEXTS, "string", "integer", "number", "date"]))
    found: Descriptor = {"name": name, "type": type_}
    found |= draw(options(type_))
    constraints = draw(constraints_of(type_))
    if found.keys() & {"format", "decimalChar", "groupChar"}:
        # A bound that the format does not read is an error of the schema here, and silence there.
        constraints = {key: limit for key, limit in constraints.items() if key not in ("minimum", "maximum")}
    if constraints:
        found["constraints"] = constraints
    if draw(st.integers(0, 9)) == 0:
        found["missingValues"] = draw(st.sampled_from(MISSING))
    return found


@st.composite
def options(draw: DrawFn, type_: str) -> Descriptor:
    if draw(st.integers(0, 3)):
        return {}
    if type_ == "boolean":
        return {"trueValues": ["oui", "vrai", "1"], "falseValues": ["non", "0"]}
    if type_ == "number":
        return draw(
            st.sampled_from(
                [{"decimalChar": ","}, {"groupChar": " "}, {"bareNumber": False}, {"groupChar": ","}]
            )
        )
    if type_ == "integer":
        return draw(st.sampled_from([{"bareNumber": False}, {"groupChar": " "}, {}]))
    if type_ == "date":
        return {"format": draw(st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%y-%m-%d"]))}
    if type_ == "datetime":
        return {
            "format": draw(st.sampled_from(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]))
        }
    if type_ == "time":
        return {"format": "%H:%M"}
    if type_ == "list":
        return draw(st.sampled_from([{"delimiter": ";"}, {"itemType": "integer"}]))
    if type_ == "string":
        return {"format": draw(st.sampled_from(["uri", "email", "uuid", "binary"]))}
    return {}


@st.composite
def constraints_of(draw: DrawFn, type_: str) -> Descriptor:
    found: Descriptor = {}
    if draw(st.integers(0, 2)) == 0:
        found["required"] = draw(st.sampled_from([True, True, False]))
    if draw(st.integers(0, 5)) == 0:
        found["unique"] = True
    if draw(st.integers(0, 2)):
        return found
    kind = draw(st.sampled_from(["enum", "length", "bounds", "pattern"]))
    if kind == "enum" and type_ not in ("array", "object", "geopoint", "list"):
        found["enum"] = draw(st.lists(st.sampled_from(TEXTS[type_][:6]), min_size=1, max_size=4, unique=True))
    elif kind == "length" and type_ in LENGTHY:
        found[draw(st.sampled_from(["minLength", "maxLength"]))] = draw(st.integers(0, 4))
    elif kind == "bounds" and type_ in LIMITS:
        for bound in sorted(draw(st.sets(st.sampled_from(["minimum", "maximum"]), min_size=1))):
            found[bound] = draw(st.sampled_from(LIMITS[type_]))
    elif kind == "pattern" and type_ == "string":
        found["pattern"] = draw(st.sampled_from(PATTERNS))
    return found


@st.composite
def schemas(draw: DrawFn) -> Descriptor:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
    found: Descriptor = {"fields": [draw(fields(name)) for name in names]}
    if draw(st.integers(0, 5)) == 0:
        found["missingValues"] = draw(st.sampled_from(MISSING))
    if draw(st.integers(0, 3)) == 0:
        found["primaryKey"] = draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
    if draw(st.integers(0, 5)) == 0:
        size = min(len(names), draw(st.integers(1, 2)))
        here = draw(st.permutations(names))[:size]
        there = draw(st.permutations(names))[:size]
        found["foreignKeys"] = [{"fields": here, "reference": {"resource": "", "fields": there}}]
    return found


@st.composite
def headers(draw: DrawFn, names: list[str]) -> list[str]:
    labels = list(names)
    change = draw(st.integers(0, 7))
    if change == 1:
        labels = list(draw(st.permutations(labels)))
    elif change == 2 and len(labels) > 1:
        labels.remove(draw(st.sampled_from(labels)))
    elif change == 3:
        labels.insert(draw(st.integers(0, len(labels))), draw(st.sampled_from(LABELS)))
    elif change == 4:
        labels.insert(draw(st.integers(0, len(labels))), draw(st.sampled_from(labels)))
    elif change == 5:
        labels[draw(st.integers(0, len(labels) - 1))] = draw(st.sampled_from(LABELS))
    return labels


def cells_of(field: Descriptor | None) -> SearchStrategy[str]:
    if field is None:
        return st.one_of(st.sampled_from(["", "", "x", "1"]), ANY_TEXT)
    type_ = field["type"]
    odd = st.sampled_from([*TEXTS[type_], *TEXTS["string"]])
    enum = field.get("constraints", {}).get("enum")
    often = WELL_FORMED.get(type_, st.sampled_from(TEXTS[type_]))
    return st.one_of(
        often,
        often,
        odd,
        st.sampled_from(["", "NA", "-", " "]),
        ANY_TEXT,
        st.sampled_from(enum) if enum else often,
    )


@st.composite
def rows(draw: DrawFn, header: list[str], known: dict[str, Descriptor], length: int) -> list[list[str]]:
    columns = [cells_of(known.get(label)) for label in header]
    pools = [draw(st.lists(column, min_size=1, max_size=6)) for column in columns]
    found: list[list[str]] = []
    for _ in range(length):
        shape = draw(st.integers(0, 15))
        cells = [draw(st.sampled_from(pool)) for pool in pools]
        if shape == 0:
            cells = cells[: draw(st.integers(0, len(cells)))]
        elif shape == 1:
            cells += draw(st.lists(ANY_TEXT, min_size=1, max_size=2))
        elif shape == 2:
            cells = [""] * draw(st.integers(0, len(cells) + 1))
        found.append(cells)
    return found


def write(cells: list[str], delimiter: str, always: bool) -> str:
    special = {delimiter, '"', "\n", "\r"}
    return delimiter.join(
        '"' + cell.replace('"', '""') + '"' if always or special & set(cell) else cell for cell in cells
    )


@st.composite
def cases(draw: DrawFn) -> Case:
    schema = draw(schemas())
    known = {field["name"]: field for field in schema["fields"]}
    header = draw(headers(list(known)))
    some = draw(rows(header, known, draw(st.integers(0, 12))))
    if some and draw(st.integers(0, 15)) == 0:
        some = some * (120 // len(some) + 1)
    delimiter = draw(st.sampled_from([",", ";", "\t", "|"]))
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    always = draw(st.booleans())
    lines = [write(cells, delimiter, always) for cells in [header, *some]]
    if some and draw(st.integers(0, 15)) == 0:
        # Quotes where the writer would not put them: inside a cell, or text after a closing one.
        odd = draw(st.sampled_from(['a"b', '"a"b', '""', 'a""', '"a""b"', ' "a"']))
        lines.insert(draw(st.integers(1, len(lines))), odd + delimiter + "1")
    text = end.join(lines) + (end if draw(st.integers(0, 3)) else "")
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "cp1252"]))
    try:
        return Case(schema, text.encode(encoding), encoding, delimiter)
    except UnicodeEncodeError:
        return Case(schema, text.encode("utf-8"), "utf-8", delimiter)
