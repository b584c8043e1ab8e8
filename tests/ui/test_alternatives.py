"""Where a model fails: what is shown of a fallback, and the key that asks the same model at another provider."""

from __future__ import annotations

from chat_tui.domain.conversation.message import Status
from tests.servers import ScriptedServer, hello, json_reply
from tests.ui.conftest import Home, screen_text, until
from tests.ui.test_chat import ask

POOR = json_reply({"error": {"message": "No balance"}}, 402)
OTHER = """[providers.other]
name = "Other"
base_url = "{url}/v1"
auth = "none"
models = ["vendor/Model-A"]
models_paths = []
"""


async def test_a_failed_answer_is_asked_for_again_next_door_by_one_key(home: Home) -> None:
    async with ScriptedServer(POOR) as work, ScriptedServer(hello()) as other:
        facts = "".join(
            f"[providers.{name}]\nprice_in = {price}\nprice_out = 1.0\n"
            for name, price in (("work.facts.model-a", 1.0), ('other.facts."vendor/Model-A"', 1.5))
        )
        home.use_server(work.url, OTHER.format(url=other.url) + facts)
        async with home.run() as (app, pilot):
            await ask(app, pilot, "Hi")
            await pilot.pause()
            assert "^r retry · alt+i try vendor/Model-A · Other (costs more) · ^l other model" in screen_text(app)
            failed = app.chat.conversation.session.reply
            await pilot.press("alt+i")
            session = app.chat.conversation.session
            await until(pilot, lambda: session.reply is not failed and not app.chat.conversation.is_busy)
            assert session.reply is not None
            assert (session.reply.status, session.reply.model) == (Status.COMPLETE, "other/vendor/Model-A")
            assert session.thread.model == "other/vendor/Model-A", "the user has chosen it"
            assert len(session.thread.siblings(session.reply.id)) == 2
    assert [len(work.requests), len(other.requests)] == [1, 1]


async def test_an_answer_says_whom_it_stands_in_for(home: Home) -> None:
    async with ScriptedServer(POOR) as work, ScriptedServer(hello()) as other:
        rules = '[fallback]\n"*" = "family"\nmax_price_factor = 0\n'
        home.use_server(work.url, OTHER.format(url=other.url) + rules)
        async with home.run() as (app, pilot):
            await ask(app, pilot, "Hi")
            await pilot.pause()
            text = screen_text(app)
            assert "vendor/Model-A · Other" in text
            assert "instead of model-a · Work: Insufficient balance at Work." in text
            assert "Trying" not in text
            assert "model-a · Work" in text.splitlines()[-2], "the next turn goes to the chosen model"


async def test_who_answers_instead_is_chosen_in_the_picker(home: Home) -> None:
    async with ScriptedServer(POOR) as work, ScriptedServer(hello()) as other:
        rules = '[fallback]\n"work/model-b" = "family"\nmax_price_factor = 0\n'
        home.use_server(work.url, OTHER.format(url=other.url) + rules)
        async with home.run() as (app, pilot):
            await pilot.press("ctrl+l")
            await until(pilot, lambda: app.screen.chosen() == "work/model-a")  # type: ignore[attr-defined]
            await pilot.press("alt+f")
            await until(pilot, lambda: "Fallback of model-a" in screen_text(app))
            await pilot.press(*"family, nobody/m", "enter")
            assert "Unknown provider: nobody." in screen_text(app)
            await pilot.press("ctrl+u", *"other/vendor/Model-A", "enter")
            await until(pilot, lambda: "Fallback: other/vendor/Model-A" in screen_text(app))
            chosen = app.services.settings.fallback
            assert chosen.models == {"work/model-a": ("other/vendor/Model-A",), "work/model-b": ("family",)}
            assert chosen.max_price_factor == 0
            await pilot.press("escape")
            await ask(app, pilot, "Hi")
            await pilot.pause()
            assert "instead of model-a · Work: Insufficient balance at Work." in screen_text(app)
            await pilot.press("ctrl+l")
            await until(pilot, lambda: app.screen.chosen() == "work/model-a")  # type: ignore[attr-defined]
            await pilot.press("alt+f", "ctrl+u", "enter")
            await until(pilot, lambda: "No fallback of its own." in screen_text(app))
            assert list(app.services.settings.fallback.models) == ["work/model-b"]
