"""What is true of a validation whatever the web and the database: its states, its verdict."""
