"""Tables that are not plain text: spreadsheets, parquet, GeoJSON, and files in gz or zip.

    opened = unwrap(source)                   # out of gz or zip, its format found from the bytes
    if opened.format != "text":
        table = read_table(opened, fields)    # the shape of `text.blocks`

Everything but text is parsed in a limited child process: the native parsers may abort or ask for any memory.
"""

from services.validation.engine.formats.opening import Opened, unwrap
from services.validation.engine.formats.tables import read_table

__all__ = ["Opened", "read_table", "unwrap"]
