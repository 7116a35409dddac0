"""Compiles the validator's scans while Socle is installed; without a C compiler, pyarrow and calamine alone read."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SCAN = Path("services/validation/engine/scan")
SOURCES = ("scan.c", "sheet.c")
# Nothing of the building machine: the library must run on any processor of the architecture.
FLAGS = ("-O3", "-std=c11", "-shared", "-fPIC", "-fvisibility=hidden")


class ScanBuildHook(BuildHookInterface[Any]):
    """Adds `libscan.so` to what is installed."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile; say so and go on when there is no compiler (`CC` names another one than `cc`)."""
        if self.target_name != "wheel":
            return
        compiler = shutil.which(os.environ.get("CC", "cc"))
        if compiler is None:
            self.app.display_warning(
                "Socle: no C compiler (cc): the validator will be two to three times slower."
            )
            return
        library = Path(self.root) / SCAN / "libscan.so"
        made = library.with_suffix(".new")
        sources = [str(library.with_name(source)) for source in SOURCES]
        subprocess.run([compiler, *FLAGS, *sources, "-o", str(made), "-lm"], check=True)
        # A process that runs keeps the one it has loaded.
        made.replace(library)
        build_data["artifacts"].append(f"/{SCAN / library.name}")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{_platform_tag()}"


def _platform_tag() -> str:
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")
