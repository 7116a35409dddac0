"""What is true of datasets whatever the web and the database: vocabularies, conformity."""
