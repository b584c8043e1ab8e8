"""Draws formulas of TeX as text: in one line, or in two dimensions."""
