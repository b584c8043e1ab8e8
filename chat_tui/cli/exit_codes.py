"""The exit codes of every command."""

from __future__ import annotations

DONE, FAILED, USAGE, CRASHED, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 70, 130, 141
"""Those above 128 are 128 and the number of the signal that ended it, or would have."""
MEANINGS = {
    DONE: "Done.",
    FAILED: "The provider failed; the answer was cut off, refused or not valid (its text is printed and saved); "
    "or a file could not be read or written.",
    USAGE: "Wrong usage or configuration, no API key, or a budget that does not allow the request.",
    CRASHED: "Internal error. The message names a report without texts and keys.",
    INTERRUPTED: "Interrupted (ctrl+c). Other signals end with 128 and their number: 143 for SIGTERM, 129 for SIGHUP.",
    PIPE_CLOSED: "The reader of the output closed it (broken pipe).",
}
