"""Tables that are not plain text: spreadsheets, parquet, GeoJSON, and files in gz or zip.

    opened = unwrap(source)                   # out of gz or zip, its format found from the bytes
    if opened.format != "text":
        table = read_table(opened, fields)    # the shape of `text.blocks`

Everything but text is parsed in a limited child process: the native parsers may abort or ask for any memory.

Names are imported when first used: the limits alone can be read without the parsers.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.validation.engine.formats.opening import Opened, unwrap
    from services.validation.engine.formats.tables import read_table

_HOME_OF = {"Opened": "opening", "read_table": "tables", "unwrap": "opening"}

__all__ = ["Opened", "read_table", "unwrap"]


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)
