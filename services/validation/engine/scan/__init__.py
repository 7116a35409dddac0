"""A compiled pass over delimited text that accepts what is certainly valid, and tells what remains to be judged.

`expressions` and `automaton` turn patterns into tables, `rules` fields into what `scan.c` accepts, `library` calls it.
"""
