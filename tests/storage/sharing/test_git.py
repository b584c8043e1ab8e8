"""git merges the threads of several machines: by the driver that it runs, and by `threads sync`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.storage.sharing.machines import cloned, git_says, lost_and_doubled
from tests.torture import amount


def test_git_alone_merges_threads_that_both_sides_have(tmp_path: Path) -> None:
    one, other = cloned(tmp_path, "ab", 2, 5)
    for each in (one, other):
        each.deletes = False
        each.edit(30)
    one.pull_by_git(other)
    assert lost_and_doubled(one) == ([], [])


@pytest.mark.parametrize("seed", range(amount(1, 8)))
def test_two_clones_merged_both_ways_lose_nothing(tmp_path: Path, seed: int) -> None:
    one, other = cloned(tmp_path, "ab", amount(3, 25), seed)
    for each in (one, other):
        each.edit(amount(60, 500))
    git_says(one.folder, "branch", "before")
    one.pull(other)
    other.pull(one, "before")
    assert one.state() == other.state()
    assert lost_and_doubled(one) == ([], [])


@pytest.mark.parametrize("seed", range(amount(1, 8)))
def test_three_machines_in_a_ring_become_equal(tmp_path: Path, seed: int) -> None:
    machines = cloned(tmp_path, "abc", amount(2, 25), 200 + seed)
    for each in machines:
        each.edit(amount(40, 500))
    for at in [0, 1, 2] * 3:
        if len({each.state() for each in machines}) > 1:
            machines[at].pull(machines[(at + 1) % 3])
    assert len({each.state() for each in machines}) == 1
    assert lost_and_doubled(machines[0]) == ([], [])
