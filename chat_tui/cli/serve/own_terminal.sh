# Runs a command with a terminal as its own: own_terminal.sh TERMINAL COMMAND...
terminal=$1
shift
exec "$@" <>"$terminal" >&0 2>&0
