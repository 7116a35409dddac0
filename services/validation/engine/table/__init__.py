"""What is judged on the table: header and structure, columns, rows, keys."""
