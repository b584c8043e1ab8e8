"""What relies on Textual's internals."""
