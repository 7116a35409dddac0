"""The validator beside frictionless on one spreadsheet of 100,000 rows and 18 columns (xlsx).

    python -m bench.spreadsheets [--rows 100000] [--repeat 5] [--peer-repeat 1]

The file is made once in `bench/data` from the same subventions as the delimited text: shared strings, amounts that are
numbers, dates that are dates. Each measure is a process of its own, imports left out and the start of the parsing child
counted; the best of the repeats is kept. CPU seconds are those of the process and of its child. On a busy machine only
they mean anything.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import xlsxwriter

from bench.validator import DATA, ENVS, descriptor, made, peer

MODEL = "subventions"
_NUMBERS = frozenset(["montant", "pourcentageSubvention"])
_DATES = frozenset(["dateConvention"])
_OURS = """
import psutil
from services.validation.engine import validate
def measured(path, schema):
    report = validate(path, schema)
    return report.table.rows, report.error_count, report.table.format
def of_children():
    found = psutil.Process().children()
    cpu = sum(sum(child.cpu_times()[:2]) for child in found)
    status = "".join(open(f"/proc/{child.pid}/status").read() for child in found)
    peaks = [int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")]
    return cpu, max(peaks, default=0)
"""
_FRICTIONLESS = """
from frictionless import Detector, Resource, Schema, system
def measured(path, schema):
    with open(schema, encoding="utf-8") as file:
        described = Schema.from_descriptor(json.load(file))
    with system.use_context(trusted=True):
        resource = Resource(path, schema=described, detector=Detector(schema_sync=True))
        report = resource.validate(limit_errors=10_000_000)
    return report.tasks[0].stats["rows"], report.stats["errors"], "xlsx"
def of_children():
    return 0, 0
"""
_FRAME = """
import json, resource as usage, sys, time, warnings
warnings.simplefilter("ignore")
{body}
started, cpu = time.perf_counter(), time.process_time()
rows, errors, _ = measured(sys.argv[1], sys.argv[2])
wall, cpu = time.perf_counter() - started, time.process_time() - cpu
peak = usage.getrusage(usage.RUSAGE_SELF).ru_maxrss / 1024
child_cpu, child_peak = of_children()
print(json.dumps(dict(rows=rows, errors=errors, wall=wall, cpu=cpu + child_cpu, child_cpu=child_cpu,
                      peak=peak, child_peak=child_peak)))
"""


def workbook(rows: int) -> Path:
    """A workbook of subventions, made when it is not there."""
    path = DATA / f"{MODEL}-{rows}.xlsx"
    if path.exists():
        return path
    unfinished = path.with_suffix(".new")
    book = xlsxwriter.Workbook(str(unfinished))
    sheet = book.add_worksheet("Subventions")
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    with made(MODEL, rows, errors=False).open(encoding="utf-8", newline="") as lines:
        reader = csv.reader(lines)
        header = next(reader)
        sheet.write_row(0, 0, header)
        for number, cells in enumerate(reader, start=1):
            for column, (name, text) in enumerate(zip(header, cells, strict=True)):
                if not text:
                    continue
                if name in _NUMBERS:
                    sheet.write_number(number, column, float(text))
                elif name in _DATES:
                    sheet.write_datetime(number, column, dt.datetime.fromisoformat(text), day)
                else:
                    sheet.write_string(number, column, text)
    book.close()
    unfinished.replace(path)
    return path


def measure(python: str, body: str, path: Path, schema: str, repeat: int) -> dict[str, float]:
    """The best of `repeat` runs."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "measured.py"
        script.write_text(_FRAME.format(body=body), encoding="utf-8")
        command = [python, str(script), str(path), schema]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        runs: list[dict[str, float]] = []
        for _ in range(repeat):
            done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
            runs.append(json.loads(done.stdout.splitlines()[-1]))
    return min(runs, key=lambda run: run["wall"])


def tell(name: str, run: dict[str, float]) -> None:
    sys.stdout.write(
        f"  {name:13} {run['rows']:>8,.0f} rows {run['errors']:>6,.0f} errors {run['wall']:>7.2f} s "
        f"{run['cpu']:>7.2f} s CPU (child {run['child_cpu']:.2f}) {run['peak']:>5,.0f} MB "
        f"(child {run['child_peak']:,.0f} MB)\n"
    )
    sys.stdout.flush()


def _frictionless() -> str:
    """Its Python, able to read spreadsheets."""
    python = peer("frictionless")
    packages = ENVS / "frictionless" / "lib"
    if not any(packages.glob("python*/site-packages/openpyxl")):
        subprocess.run([python, "-m", "pip", "install", "--quiet", "frictionless[excel]==5.21.0"], check=True)
    return python


def main() -> None:
    """Read the command line, measure, print a line each and the ratio."""
    parser: Any = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--peer-repeat", type=int, default=1, help="0: ours only")
    asked = parser.parse_args()

    path = workbook(asked.rows)
    sys.stdout.write(f"{path.name} ({path.stat().st_size / 1e6:,.0f} MB)\n")
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(descriptor(MODEL), file)
        file.flush()
        ours = measure(sys.executable, _OURS, path, file.name, asked.repeat)
        tell("socle", ours)
        if asked.peer_repeat:
            theirs = measure(_frictionless(), _FRICTIONLESS, path, file.name, asked.peer_repeat)
            tell("frictionless", theirs)
            wall, cpu = theirs["wall"] / ours["wall"], theirs["cpu"] / ours["cpu"]
            sys.stdout.write(f"  we are {wall:.1f} times faster (CPU: {cpu:.1f})\n")


if __name__ == "__main__":
    main()
