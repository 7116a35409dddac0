"""Everything at once: NDJSON, CSV and Parquet files of a whole collection, in bounded memory."""
