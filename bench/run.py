"""Times our engine against its peers and against the floor (pyarrow reading the same file), in one run.

    python -m bench.run bench/data/subventions-1m.csv scdl/subventions [--peers] [--repeat 3]

Peers live in environments of their own: `python -m venv bench/.envs/frictionless` then
`bench/.envs/frictionless/bin/pip install frictionless==5.21.0`; the same for `validata` with
`validata-table==0.12.5`. Each measure is a process of its own; the best of the repeats is kept.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ENVS = Path(__file__).with_name(".envs")

_OURS = """
from services.validation.engine import validate
def measured(path, schema):
    report = validate(path, schema)
    return report.table.rows, report.error_count
"""
_FLOOR = """
import pyarrow as pa, pyarrow.csv as arrow_csv
def measured(path, schema):
    with open(path, encoding="utf-8") as file:
        names = file.readline().strip().split(",")
    reader = arrow_csv.open_csv(
        path,
        read_options=arrow_csv.ReadOptions(use_threads=False, block_size=1 << 20),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
    )
    return sum(len(batch) for batch in reader), 0
"""
_FRICTIONLESS = """
from frictionless import Detector, Resource, Schema, system
def measured(path, schema):
    with open(schema, encoding="utf-8") as file:
        described = Schema.from_descriptor(json.load(file))
    with system.use_context(trusted=True):
        resource = Resource(path, schema=described, detector=Detector(schema_sync=True))
        report = resource.validate(limit_errors=10_000_000)
    return report.tasks[0].stats["rows"], report.stats["errors"]
"""
_VALIDATA = """
from pathlib import Path
from validata_core import resource_service, validation_service
def measured(path, schema):
    resource = resource_service.from_file_content(Path(path).name, Path(path).read_bytes())
    import json
    report = validation_service.validate_resource(resource, json.loads(Path(schema).read_text()))
    return report.stats.rows, report.stats.errors
"""
_FRAME = """
import json, resource as usage, sys, time, warnings
warnings.simplefilter("ignore")
{body}
started, cpu = time.perf_counter(), time.process_time()
rows, errors = measured(sys.argv[1], sys.argv[2])
wall, cpu = time.perf_counter() - started, time.process_time() - cpu
peak = usage.getrusage(usage.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(dict(rows=rows, errors=errors, wall=wall, cpu=cpu, peak=peak)))
"""


def measure(python: str, body: str, path: Path, schema: str, repeat: int) -> dict[str, float]:
    """The best of `repeat` runs: rows, errors, wall and CPU seconds, peak memory in MB."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "measured.py"
        script.write_text(_FRAME.format(body=body), encoding="utf-8")
        runs = [
            json.loads(
                subprocess.run(
                    [python, str(script), str(path), schema],
                    check=True,
                    capture_output=True,
                    text=True,
                    env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
                ).stdout.splitlines()[-1]
            )
            for _ in range(repeat)
        ]
    best: dict[str, float] = min(runs, key=lambda run: run["wall"])
    return best


def main() -> None:
    """Read the command line, measure, print one line each with the ratios to ours."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("path", type=Path)
    parser.add_argument("schema", help="a bundled schema")
    parser.add_argument("--peers", action="store_true", help="measure frictionless and validata too (slow)")
    parser.add_argument("--repeat", type=int, default=3)
    asked = parser.parse_args()
    from services.validation.engine import bundle

    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(bundle.resolve(asked.schema)[2], file)
        file.flush()
        sides = [
            ("floor", sys.executable, _FLOOR, asked.repeat),
            ("socle", sys.executable, _OURS, asked.repeat),
        ]
        if asked.peers:
            for name, body in (("frictionless", _FRICTIONLESS), ("validata", _VALIDATA)):
                sides.append((name, str(ENVS / name / "bin" / "python"), body, 1))
        found = {
            name: measure(python, body, asked.path, file.name, repeat) for name, python, body, repeat in sides
        }
    ours = found["socle"]["wall"] / found["socle"]["rows"]
    for name, run in found.items():
        each = run["wall"] / run["rows"]
        sys.stdout.write(
            f"{name:13} {run['rows']:>10,.0f} rows {run['errors']:>8,.0f} errors {1 / each:>12,.0f} rows/s "
            f"{run['cpu']:>8.2f} s CPU {run['peak']:>7,.0f} MB  x{each / ours:.2f}\n"
        )


if __name__ == "__main__":
    main()
