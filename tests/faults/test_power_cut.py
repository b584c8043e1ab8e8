"""The power goes at random moments, on a real ext4: all that was acknowledged is there afterwards."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.faults.children import Promises, let_talk, seeded
from tests.faults.machine import Disk, needs
from tests.torture import amount

CUTS = amount(30, 400)
ON_ONE = amount(30, 50)
"""Cuts of one disk, one thread going on through all of them."""
TRIES = 60
"""Of a writer that must be caught: two cuts in five hit the one that syncs no directories, all hit the others."""


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    needs("mkfs.ext4", "mount", "umount")
    return Disk(tmp_path)


def run_and_cut(disk: Disk, root: Path, promises: Promises, chance: random.Random, rule: str = "") -> list[str]:
    """Lets a child talk, cuts the power, and starts again; returns what is damaged or lost."""
    let_talk(root, promises, chance, disk.cut_power, rule)
    disk.unmount()
    disk.mount()
    return promises.broken(root)


@pytest.mark.parametrize("number", range(CUTS // ON_ONE))
def test_all_that_was_acknowledged_is_there_after_a_power_cut(disk: Disk, number: int) -> None:
    chance, promises = seeded(), Promises()
    with disk:
        for _ in range(ON_ONE):
            assert run_and_cut(disk, disk.root, promises, chance) == []
    assert promises.count > ON_ONE


@pytest.mark.parametrize("rule", ["no fsync", "no fsync of directories", "in place"])
def test_a_writer_that_does_not_sync_is_caught(disk: Disk, rule: str) -> None:
    chance = seeded()
    with disk:
        for number in range(TRIES):
            if run_and_cut(disk, disk.root / str(number), Promises(), chance, rule):
                return
    pytest.fail("a writer that leaves it to the system when to write lost nothing")
