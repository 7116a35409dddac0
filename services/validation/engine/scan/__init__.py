"""A compiled pass over delimited text that accepts what is certainly valid, and tells what remains to be judged.

`expressions` and `automaton` turn patterns into tables, `rules` fields into what `scan.c` accepts, `library` calls it.
`sheet.c` makes such a text of a spreadsheet's sheet; `sheets` calls it.
"""

from __future__ import annotations

from pathlib import Path

LIBRARY = Path(__file__).with_name("libscan.so")
