"""Files as such: written whole, locked, read within bounds."""
