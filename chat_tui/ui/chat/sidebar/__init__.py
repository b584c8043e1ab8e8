"""The list of threads at the left."""
