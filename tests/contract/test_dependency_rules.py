"""Who may import whom: the rules hold, and each of them fails on a planted violation."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PACKAGES = "socle > ui | services > shared"
SERVICES = "The services do not know one another"
LAYERS = "Inside a service"
PURE = "The domain and the engine do no I/O"
QUEUE = "Only the messaging"


@dataclass
class Tree:
    """A copy of the source in which a violation can be planted."""

    folder: Path
    planted: dict[Path, str | None] = field(default_factory=dict)

    def plant(self, path: str, statement: str) -> None:
        """Add a statement to a module, made if need be; a module may have become a package."""
        place = self.folder / path
        if place.with_suffix("").is_dir():
            place = place.with_suffix("") / "__init__.py"
        before = place.read_text(encoding="utf-8") if place.exists() else None
        self.planted[place] = before
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"{before or ''}\n{statement}\n", encoding="utf-8")

    def restore(self) -> None:
        """Take every violation away."""
        for place, before in self.planted.items():
            if before is None:
                place.unlink()
            else:
                place.write_text(before, encoding="utf-8")
        self.planted.clear()

    def lint(self) -> tuple[int, str]:
        """Return the linter's exit code and its words, on one line each."""
        command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        return done.returncode, re.sub(r"\s+", " ", done.stdout + done.stderr)


@pytest.fixture(scope="module")
def copied_tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    folder = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in ("socle", "services", "shared"):
        shutil.copytree(
            ROOT / package,
            folder / package,
            ignore=lambda place, names: {
                name for name in names if not (Path(place) / name).is_dir() and not name.endswith(".py")
            },
        )
    return Tree(folder)


@pytest.fixture
def tree(copied_tree: Tree) -> Iterator[Tree]:
    yield copied_tree
    copied_tree.restore()


def test_every_rule_holds(tree: Tree) -> None:
    code, words = tree.lint()
    assert code == 0, words
    for rule in (PACKAGES, SERVICES, LAYERS, PURE, QUEUE):
        assert re.search(re.escape(rule) + r"[^.]* KEPT", words), rule


@pytest.mark.parametrize(
    ("rule", "path", "statement"),
    [
        (PACKAGES, "shared/clock.py", "import services.catalog"),
        (PACKAGES, "shared/db.py", "import socle.topology"),
        (PACKAGES, "services/catalog/settings.py", "import socle.topology"),
        (SERVICES, "services/catalog/settings.py", "import services.validation.settings"),
        (SERVICES, "services/directory/settings.py", "from services.catalog.settings import CatalogSettings"),
        (SERVICES, "services/validation/engine/planted.py", "import services.catalog.settings"),
        (LAYERS, "services/catalog/utils.py", '"""A stray module."""'),
        (LAYERS, "services/directory/helpers/__init__.py", '"""A stray package."""'),
        (LAYERS, "services/catalog/store/datasets.py", "import services.catalog.operations"),
        (LAYERS, "services/validation/tables.py", "import services.validation.store"),
        (LAYERS, "services/validation/operations/validations.py", "import services.validation.api"),
        (LAYERS, "services/catalog/api/__init__.py", "import services.catalog.jobs"),
        (LAYERS, "services/catalog/app.py", "import services.catalog.worker"),
        (LAYERS, "services/directory/domain/planted.py", "import services.directory.tables"),
        (PURE, "services/catalog/domain/planted.py", "import sqlalchemy"),
        (PURE, "services/validation/domain/planted.py", "import fastapi"),
        (PURE, "services/directory/domain/planted.py", "import shared.db"),
        (PURE, "services/validation/engine/planted.py", "import httpx"),
        (PURE, "services/validation/engine/cells/planted.py", "import shared.http"),
        (QUEUE, "shared/db.py", "import redis"),
        (QUEUE, "services/catalog/worker.py", "import arq"),
        (QUEUE, "socle/topology.py", "from redis.asyncio import Redis"),
    ],
)
def test_a_planted_violation_breaks_the_rule(tree: Tree, rule: str, path: str, statement: str) -> None:
    tree.plant(path, statement)
    code, words = tree.lint()
    assert code == 1, words
    assert re.search(re.escape(rule) + r"[^.]*? BROKEN", words), words
