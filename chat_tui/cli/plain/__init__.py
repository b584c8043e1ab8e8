"""The chat without a screen: lines that come once, in order, for screen readers, slow lines, Emacs' shell and logs."""
