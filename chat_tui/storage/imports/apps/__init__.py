"""Readers of the files of programs: chat clients of the desktop, the terminal and of servers."""
