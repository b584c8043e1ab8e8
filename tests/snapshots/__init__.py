"""Pictures that the README shows, kept true by a test; `python -m tests.snapshots` draws them anew."""
