"""`chat-tui prompts`, and a saved prompt with settings in `ask`."""

from __future__ import annotations

from tests.cli.conftest import Chat, Home, Script

ROLE = "---\nmodel: acme:small\ntemperature: 0.3\n---\nBe {{how=brief}}.\n"


def test_a_role_is_imported_listed_shown_and_used(chat: Chat, server: Script, home: Home) -> None:
    assert chat("prompts").err.startswith("No saved prompts.")
    home.configure(
        f'default_model = "acme/large"\n[providers.acme]\nbase_url = "{server.url}"\nauth = "none"\n'
        'models = ["small", "large"]\nmodels_paths = []\n'
    )
    file = home.root / "role.md"
    file.write_text(ROLE)
    dry = chat("prompts", "import", str(file), "--dry-run")
    assert (dry.code, chat("prompts", "list", "--json").json) == (0, [])
    done = chat("prompts", "import", str(file))
    assert (done.code, done.out) == (0, "role  small · temperature\n")
    assert chat("prompts").out == "role  small · temperature\n"
    assert chat("prompts", "show", "role").out == "Be {{how=brief}}.\n"
    assert chat("ask", "-p", "role", "Hi").code == 0
    (body,) = server.bodies
    assert (body["model"], body["temperature"], body["messages"][0]["content"]) == ("small", 0.3, "Be brief.")
    file.write_text(ROLE + "More.")
    again = chat("prompts", "import", str(file))
    assert (again.code, again.out, "--replace" in again.err) == (0, "", True)
    assert chat("prompts", "import", str(file), "--replace").out == "role  small · temperature\n"
    assert chat("prompts", "import", str(home.root / "none")).code == 2
    assert chat("prompts", "show", "none").code == 2
