"""Runs the comparison with frictionless installed in a temporary environment, removed at the end."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from bench.oracle.compare import main

REFERENCE = "frictionless==5.21.0"


def run(arguments: list[str]) -> int:
    """Install the reference, compare, remove it."""
    with tempfile.TemporaryDirectory(prefix="socle-oracle-") as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", REFERENCE], check=True)
        return main(["--python", str(python), *arguments])


if __name__ == "__main__":
    sys.exit(run([argument for argument in sys.argv[1:] if argument != "--"]))
