"""Reports in the forms that people and machines ask for: each module turns reports into one text."""
