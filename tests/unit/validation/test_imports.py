"""What the processes of the service load: files are read in processes of their own, the API needs none of it."""

import subprocess
import sys


def test_the_api_starts_without_the_libraries_that_read_tables() -> None:
    told = "import sys, services.validation.app; print(*{'alembic', 'numpy', 'polars', 'pyarrow'} & sys.modules.keys())"
    found = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
