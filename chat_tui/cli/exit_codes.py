"""The exit codes of every command."""

from __future__ import annotations

from chat_tui.i18n import tr

DONE, FAILED, USAGE, CRASHED, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 70, 130, 141
"""Those above 128 are 128 and the number of the signal that ended it, or would have."""
MEANINGS = {
    DONE: tr("Done."),
    FAILED: tr(
        "The provider failed; the answer was cut off, refused or not valid (its text is printed and saved); "
        "or a file could not be read or written."
    ),
    USAGE: tr("Wrong usage or configuration, no API key, or a budget that does not allow the request."),
    CRASHED: tr("Internal error. The message names a report without texts and keys."),
    INTERRUPTED: tr(
        "Interrupted (ctrl+c). Other signals end with 128 and their number: 143 for SIGTERM, 129 for SIGHUP."
    ),
    PIPE_CLOSED: tr("The reader of the output closed it (broken pipe)."),
}
