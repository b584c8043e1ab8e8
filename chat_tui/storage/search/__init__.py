"""The list of threads and the full-text search, with their caches."""
