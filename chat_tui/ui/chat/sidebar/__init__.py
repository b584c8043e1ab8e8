"""The sidebar with the list of threads."""
