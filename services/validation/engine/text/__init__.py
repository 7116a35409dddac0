"""From bytes to blocks of records: encoding, delimiter, header, delimited text."""
