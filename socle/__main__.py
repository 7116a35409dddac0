"""`python -m socle`, the same as the command `socle`."""

from socle.cli import main

main(prog_name="socle")
