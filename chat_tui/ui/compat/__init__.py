"""What depends on Textual's private names."""
