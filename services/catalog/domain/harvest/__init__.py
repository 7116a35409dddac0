"""Reading the answers of portals, page by page: pure functions from bytes to records."""
