"""The validator beside its peers and the floor (pyarrow reading the same file), in one run on one machine.

    make bench                      # 1,000,000 rows, valid and with 1 % of errors; frictionless and validata on 100,000
    make bench ARGS="--model wide --rows 5000000 --peer-rows 0"   # another model or size; no peers
    python -m bench.validator FILE SCHEMA [--repeat 5]       # another file: ours and the floor only

Files go to `bench/data`, the peers to environments of their own in `bench/.envs` (made at the first run). Each measure
is a process of its own, imports left out; the best of the repeats is kept. A ratio compares rows per second, ours on
the large file and a peer's on the small one. On a busy machine only the CPU seconds mean anything.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import generate

ENVS = Path(__file__).with_name(".envs")
DATA = Path(__file__).with_name("data")
SCHEMAS = {"subventions": "scdl/subventions", "deliberations": "scdl/deliberations"}
PEERS = {"frictionless": "frictionless==5.21.0", "validata": "validata-table==0.12.5"}
MILLION, LESS = 1_000_000, 100_000

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


def peer(name: str) -> str:
    """The Python of a peer's environment, made when it is not there."""
    python = ENVS / name / "bin" / "python"
    if not python.exists():
        venv.create(ENVS / name, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", PEERS[name]], check=True)
    return str(python)


def made(model: str, rows: int, *, errors: bool) -> Path:
    """A file of a model, made when it is not there."""
    path = DATA / f"{model}-{rows}{'-errors' if errors else ''}.csv"
    if not path.exists():
        generate.generate(model, rows, path, errors=errors)
    return path


def descriptor(schema: str) -> Mapping[str, object]:
    """The Table Schema of a model, a bundled one, or that of a JSON file."""
    from services.validation.engine import bundle

    if schema in generate.MODELS:
        return bundle.resolve(SCHEMAS[schema])[2] if schema in SCHEMAS else generate.wide_schema()
    if Path(schema).is_file():
        found: dict[str, object] = json.loads(Path(schema).read_bytes())
        return found
    return bundle.resolve(schema)[2]


def tell(name: str, run: dict[str, float], ours: dict[str, float] | None = None) -> None:
    """Print a line; with ours, how many times faster we are."""
    speed = run["rows"] / run["wall"]
    ratio = f"  we: x{ours['rows'] / ours['wall'] / speed:.1f}" if ours else ""
    sys.stdout.write(
        f"  {name:13} {run['rows']:>10,.0f} rows {run['errors']:>8,.0f} errors {speed:>12,.0f} rows/s "
        f"{run['wall']:>7.2f} s {run['cpu']:>7.2f} s CPU {run['peak']:>6,.0f} MB{ratio}\n"
    )
    sys.stdout.flush()


def compare(large: Path, small: Path | None, schema: str, repeat: int) -> None:
    """Measure ours and the floor on one file, the peers on another."""
    sys.stdout.write(f"{large.name} ({large.stat().st_size / 1e6:,.0f} MB)\n")
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(descriptor(schema), file)
        file.flush()
        ours = measure(sys.executable, _OURS, large, file.name, repeat)
        tell("socle", ours)
        tell("floor", measure(sys.executable, _FLOOR, large, file.name, repeat), ours)
        if small is not None:
            for name, body in (("frictionless", _FRICTIONLESS), ("validata", _VALIDATA)):
                tell(name, measure(peer(name), body, small, file.name, 1), ours)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, measure, print one line each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("path", type=Path, nargs="?")
    parser.add_argument(
        "schema", nargs="?", default="subventions", help="a bundled schema or the path of a JSON file"
    )
    parser.add_argument("--model", choices=sorted(generate.MODELS), default="subventions")
    parser.add_argument("--rows", type=int, default=MILLION)
    parser.add_argument("--peer-rows", type=int, default=LESS, help="0: leave the peers out")
    parser.add_argument("--repeat", type=int, default=5)
    asked = parser.parse_args(arguments)
    if asked.path is not None:
        compare(asked.path, None, asked.schema, asked.repeat)
        return
    for errors in (False, True):
        small = made(asked.model, asked.peer_rows, errors=errors) if asked.peer_rows else None
        compare(made(asked.model, asked.rows, errors=errors), small, asked.model, asked.repeat)


if __name__ == "__main__":
    main()
