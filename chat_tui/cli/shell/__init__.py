"""What shells and `man` need of the command line, made from its parser."""
