"""Thread files: the format, the journal, the merge with what other programs wrote."""
