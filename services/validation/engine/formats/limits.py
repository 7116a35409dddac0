"""How much a file may hold once unpacked, and how much reading it may take."""

from __future__ import annotations

from services.validation.engine.child import Limits

MOST_ENTRIES = 10_000
BIGGEST_DIRECTORY = 16 << 20
MOST_UNPACKED_TEXT = 4 << 30
MOST_UNPACKED_SPREADSHEET = 1 << 30
MOST_RATIO = 200
# Below this size, a high ratio is the mark of a small repetitive file, not of a bomb.
RATIO_MATTERS_ABOVE = 10 << 20
# A sheet is held by the parser as a full rectangle.
MOST_CELLS = 300_000_000
FEWEST_SPARSE_CELLS = 20_000_000
MOST_EMPTINESS = 50
# What a sheet may become as text: past it, the parser reads the sheet.
MOST_TEXT = 512 << 20
LONGEST_COLUMN_LIST = 20_000

READING = Limits(memory_bytes=3 << 30, cpu_seconds=600, wall_seconds=900)
