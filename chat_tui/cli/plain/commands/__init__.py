"""The commands of plain mode: the actions of the app by their names."""
