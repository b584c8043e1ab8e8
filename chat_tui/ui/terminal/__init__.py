"""The terminal itself: input, output, clipboard, bell, job control, other programs."""
