"""Draws messages as rows, and maps rows back to their source."""
