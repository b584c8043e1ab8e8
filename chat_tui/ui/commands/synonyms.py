"""Names that commands have in other programs: the filters of commands find them by these, too."""

from __future__ import annotations

from chat_tui.ui.commands.command import Command

SYNONYMS = {
    "regenerate": "retry answer again redo reroll",
    "continue_answer": "resume",
    "answers": "several models side by side columns",
    "aside": "side question branch btw close",
    "try_instead": "fallback fall over failover same model",
    "stop": "cancel abort interrupt",
    "clear_thread": "clear reset begin anew",
    "new_thread": "clear reset new chat conversation session",
    "temporary_thread": "incognito private ephemeral unsaved",
    "save_thread": "keep",
    "title": "name summarize",
    "open_thread": "history search resume load conversations sessions",
    "model_picker": "switch models",
    "last_model": "previous model swap toggle",
    "effort": "reasoning effort level",
    "saved_prompt": "persona template role preset",
    "system_prompt": "persona instructions role",
    "parameters": "settings temperature top_p effort",
    "tools": "mcp servers functions plugins",
    "decide_call": "approve allow refuse deny tool",
    "damaged": "damaged salvage repair broken",
    "unfold": "unfold fold collapse",
    "providers": "login key api key connect account sign in server",
    "themes": "dark light mode colours colors appearance",
    "density": "compact comfortable spacing",
    "quit": "exit close leave bye",
    "help": "keys shortcuts keybindings",
    "find": "search grep",
    "tree": "branches history graph",
    "fork": "branch copy",
    "copy_answer": "yank clipboard",
    "copy_message": "yank clipboard",
    "copy_thread": "yank clipboard",
    "export_thread": "save download share markdown html",
    "import_threads": "load restore",
    "import_prompts": "persona character card role template pattern",
    "attach": "file image upload paste",
    "delete_thread": "remove",
    "delete_message": "remove",
    "duplicate_thread": "clone copy",
    "rename_thread": "name",
    "archive_thread": "hide",
    "tag_thread": "label",
    "trash": "deleted restore undelete",
    "reasoning": "thinking thoughts think",
    "usage": "cost costs spending money billing price budget tokens statistics stats",
    "compact": "summarize summary compress context window tokens",
    "shorten": "send less context window tokens",
    "request": "curl json debug raw",
    "notify": "sound bell ring",
    "ask_again": "retry repair fix json schema invalid",
    "fold_json": "collapse levels",
    "unfold_json": "expand levels",
    "diagram_source": "mermaid chart graph code",
    "wrap_code": "word wrap long lines scroll",
    "toggle_threads": "sidebar",
    "outline": "table of contents headings toc",
    "editor": "vim emacs external",
    "suspend": "background shell",
}


ALIASES = {
    "delete": "delete_thread",
    "clear": "clear_thread",
    "keys": "help",
    "exit": "quit",
    "retry": "regenerate",
    "set": "parameters",
    "model": "model_picker",
    "rename": "rename_thread",
    "persona": "saved_prompt",
}
"""Which command a slash command means, where the words alone name several."""


def names_of(command: Command) -> tuple[str, ...]:
    """The texts by which filters find a command, its title first."""
    return command.title, command.id.replace("_", " "), SYNONYMS.get(command.id, "")
