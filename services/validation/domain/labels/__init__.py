"""The label "Conformité OpenData SCDL": what it attests, how it is signed, shown and verified. No I/O."""
