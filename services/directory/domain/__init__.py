"""What the directory knows of collectivités: pure values and functions, no I/O."""
