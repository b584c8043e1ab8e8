"""The model picker: what it shows of a model in the width there is, by provider and by family."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.cells import cell_len

from chat_tui.domain.conversation.choice import ChoiceCount
from chat_tui.domain.conversation.measurement import Measurement, ModelStats
from chat_tui.domain.models.model import Model, ModelRef, PriceFrom
from chat_tui.ui.dialogs.models.columns import ModelRow, columns, description
from chat_tui.ui.dialogs.models.picker import ModelPicker
from tests.servers import ScriptedServer, hello
from tests.ui.conftest import Home, screen_text, until
from tests.ui.test_chat import ask
from tests.ui.within import hints

NOW = datetime.now(UTC)
SEEN = ModelStats(12, (NOW - timedelta(hours=3, minutes=5)).isoformat(), 0.42, 84.4, True, 1, 14)


def row(identity: str, provider: str = "Acme", stats: ModelStats = SEEN, **known: object) -> ModelRow:
    return ModelRow(Model(ModelRef("acme", identity), **known), provider, stats)  # type: ignore[arg-type]


PRICED: dict[str, Any] = {"price_in": 2.0, "price_out": 3.0, "price_from": PriceFrom.USER, "currency": "CNY"}
KNOWN = row("深度求索/deepseek-v3.2-with-a-long-name", "SiliconFlow", context_window=128_000, **PRICED)
BARE = row("deepseek-v3.2", stats=ModelStats())


@pytest.mark.parametrize(
    ("width", "by_provider", "by_family"),
    [
        (118, "provider context price first speed seen failed", "provider context price first speed seen failed"),
        (92, "provider context price first speed", "provider context price first speed seen failed"),
        (67, "context price first speed", "provider price first speed"),
        (50, "context speed", "provider speed"),
        (36, "", "provider"),
    ],
)
def test_narrow_lists_leave_out_what_matters_least(width: int, by_provider: str, by_family: str) -> None:
    for is_family, expected in ((False, by_provider), (True, by_family)):
        found = columns([KNOWN, BARE], width, by_family=is_family)
        assert list(found.others) == expected.split()
        for each in (KNOWN, BARE):
            assert 2 + found.name + cell_len(found.cells(each).plain) <= width
        assert cell_len(found.heading()) in (0, 2 + found.name + cell_len(found.cells(KNOWN).plain))


def test_what_is_not_known_is_a_dash_and_a_column_without_knowledge_is_left_out() -> None:
    found = columns([KNOWN, BARE], 150, by_family=False)
    assert " ".join(found.cells(KNOWN).plain.split()) == "SiliconFlow 128k ¥2.00 / 3.00 0.4 s ~84 12 · 3 h 1/14"
    assert found.cells(BARE).plain.split() == ["Acme", "–", "–", "–", "–", "–", "–"]
    assert list(columns([BARE], 150, by_family=False).others) == ["provider"]


def test_many_failures_are_marked() -> None:
    for failures, styles in ((3, ["$muted"]), (4, ["$muted", "$error"])):
        bad = row("m", stats=ModelStats(failures=failures, attempts=14))
        cells = columns([bad], 100, by_family=False).cells(bad)
        assert [str(each.style) for each in cells.spans if each.end > each.start] == styles


def test_the_description_says_all_in_words() -> None:
    assert description(KNOWN._replace(has_key=False), is_short=False).splitlines() == [
        "深度求索/deepseek-v3.2-with-a-long-name · SiliconFlow · no API key · ¥2.00 in, ¥3.00 out per 1M (your price) "
        "· context 128k",
        "0.42 s to first token · ~84 tok/s · median of 12 answers, the last 3 h ago · 1 of 14 failed in 7 days",
    ]
    assert description(KNOWN, is_short=True).splitlines()[1] == (
        "first 0.42 s · ~84 tok/s · 1/14 failed · 12 answers, 3 h ago"
    )
    assert description(BARE, is_short=False).splitlines() == [
        "deepseek-v3.2 · Acme · price unknown · context unknown",
        "not measured yet",
    ]
    failed = row("m", stats=ModelStats(failures=2, attempts=2))
    assert description(failed, is_short=True).splitlines()[1] == "speed unknown · 2/2 failed"


def test_how_often_its_answer_was_chosen_is_shown_last() -> None:
    chosen = KNOWN._replace(choices=ChoiceCount(5, 7))
    assert columns([chosen], 150, by_family=False).cells(chosen).plain.endswith("  1/14     5/7")
    assert description(chosen, is_short=True).endswith(" · chosen 5 of 7")
    assert "chosen" not in columns([chosen], 100, by_family=False).others


def several(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    own = (
        home.paths.config_file.read_text()
        .replace("work/model-a", "work/vendor/Zeta-V3")
        .replace('"model-b"', '"vendor/Zeta-V3", "Zeta-V3-0324"')
    )
    other = '[providers.other]\nname = "Other"\nbase_url = "http://127.0.0.1:9/v1"\nauth = "none"\nmodels_paths = []\n'
    home.configure(own + other + 'models = ["zeta-v3"]\n')


async def test_the_models_are_grouped_by_family_and_that_is_remembered(home: Home) -> None:
    several(home)
    async with home.run() as (app, pilot):
        await app.services.measurements.add(Measurement("x", "other/zeta-v3", NOW.isoformat(), 0.5, 2))
        await pilot.press("ctrl+l")
        await until(pilot, lambda: "0.5 s" in screen_text(app))
        assert "zeta-v3 · 2 offers" not in screen_text(app)
        assert hints(app)["by family"] == "tab"
        await pilot.press("tab")
        await until(pilot, lambda: "zeta-v3 · 2 offers" in screen_text(app))
        shared, _, _ = screen_text(app).partition("zeta-v3 · 2 offers")[2].partition(" offers")
        assert ("vendor/Zeta-V3" in shared, "Work" in shared, "Other" in shared) == (True, True, True)
        assert "V3-0324" not in shared
        picker = app.screen
        assert isinstance(picker, ModelPicker)
        assert picker.chosen() == "work/vendor/Zeta-V3"
        assert hints(app)["by provider"] == "tab"
        await pilot.press(*"zeta")
        await until(pilot, lambda: "One provider" in screen_text(app))
        assert "Zeta-V3-0324" in screen_text(app).partition("One provider")[2]
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.chat)
    async with home.run() as (app, pilot):
        await pilot.press("ctrl+l")
        await until(pilot, lambda: "zeta-v3 · 2 offers" in screen_text(app))


async def test_of_a_temporary_thread_nothing_is_measured(home: Home) -> None:
    async with ScriptedServer(hello()) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            app.chat.conversation.thread.is_temporary = True
            await ask(app, pilot, "Hi")
            await app.conversations.background.wait()
            assert await app.services.measurements.stats() == {}


async def test_an_answer_in_the_app_is_measured(home: Home) -> None:
    async with ScriptedServer(hello()) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            await ask(app, pilot, "Hi")
            await app.conversations.background.wait()
            assert (await app.services.measurements.stats())["work/model-a"].answers == 1
            await pilot.press("ctrl+l")
            await until(pilot, lambda: "1 answer, now" in screen_text(app))
