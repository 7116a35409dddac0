"""Rebuild the reference data: `python -m` this module FOLDER, from the public packages named in SOURCES.md.

FOLDER holds, for each vintage of the official geographic code, the unpacked npm package of that year under
`<year>/data/*.json`, and `lists.json`, the smaller lists: {list: {year: [values]}}.
"""

import gzip
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
KINDS = {
    "commune-actuelle": "C",
    "commune-deleguee": "D",
    "commune-associee": "A",
    "arrondissement-municipal": "M",
}


def read_json(path: Path) -> Any:
    """Decode a JSON file."""
    return json.loads(path.read_text("utf-8"))


def commune_lines(folder: Path, years: list[int]) -> Iterator[str]:
    """Give one line per (code, name, kind): its first and last vintage, postcodes and former codes."""
    seen: dict[tuple[str, str, str], list[int]] = {}
    last: dict[tuple[str, str, str], Mapping[str, Any]] = {}
    for year in years:
        for place in read_json(folder / str(year) / "data" / "communes.json"):
            key = (place["code"], place["nom"], KINDS[place["type"]])
            seen.setdefault(key, []).append(year)
            last[key] = place
    for key in sorted(seen):
        postcodes = " ".join(sorted(last[key].get("codesPostaux", [])))
        former = " ".join(sorted(last[key].get("anciensCodes", [])))
        parent = last[key].get("chefLieu") or last[key].get("commune") or ""
        yield "\t".join([*key, str(min(seen[key])), str(max(seen[key])), postcodes, former, parent])


def epci_lines(folder: Path, years: list[int]) -> Iterator[str]:
    """Give one line per grouping with its own tax powers (EPCI): SIREN, name, first and last vintage."""
    names: dict[str, str] = {}
    seen: dict[str, list[int]] = {}
    for year in years:
        for place in read_json(folder / str(year) / "data" / "epci.json"):
            names[place["code"]] = place["nom"]
            seen.setdefault(place["code"], []).append(year)
    for code in sorted(seen):
        yield "\t".join([code, names[code], str(min(seen[code])), str(max(seen[code]))])


def write(name: str, lines: Iterable[str]) -> None:
    """Store lines compressed, the same bytes for the same lines."""
    data = ("\n".join(lines) + "\n").encode()
    (HERE / name).write_bytes(gzip.compress(data, 9, mtime=0))


def main() -> None:
    """Rebuild every file from the folder given on the command line."""
    folder = Path(sys.argv[1])
    years = sorted(int(path.name) for path in folder.iterdir() if path.name.isdigit())
    write("communes.tsv.gz", commune_lines(folder, years))
    write("epci.tsv.gz", epci_lines(folder, years))
    lists = read_json(folder / "lists.json")
    write("lists.json.gz", [json.dumps(lists, ensure_ascii=False, sort_keys=True, separators=(",", ":"))])


if __name__ == "__main__":
    main()
