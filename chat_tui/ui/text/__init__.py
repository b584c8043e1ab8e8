"""Text on the screen: sanitized, wrapped, worded."""
