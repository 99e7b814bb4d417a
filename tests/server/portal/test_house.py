"""Promise: before its doors open a house has one account, its examples queued, and says what it could not take in."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from dataferry.products import new_product
from dataferry.server.catalogue.models import Dataset
from dataferry.server.portal import house
from dataferry.server.workshop.models import Build


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """One product that can be built, one whose description is broken, and a folder that is none."""
    place = tmp_path / "examples"
    new_product(place / "good-product")
    shutil.copytree(place / "good-product", place / "broken-product")
    (place / "broken-product" / house.MANIFEST).write_text("dataferry: [", encoding="utf-8")
    (place / "notes").mkdir()
    return place


def test_the_first_account_is_made_once_and_only_its_hash_is_kept(db: None) -> None:
    made = house.first_account()
    assert made is not None
    user = User.objects.get()
    assert (user.username, user.is_superuser) == (house.FIRST_ACCOUNT, True)
    assert user.check_password(made.password)
    assert made.password not in user.password
    assert house.first_account() is None
    assert User.objects.get() == user


def test_examples_are_queued_once_and_a_broken_one_stops_no_other(db: None, home: Path, examples: Path) -> None:
    told = {folder.name: (error is None, new) for folder, error, new in house.request_builds(examples)}
    assert told == {"good-product": (True, True), "broken-product": (False, False)}
    assert [build.slug for build in Build.objects.all()] == ["good-product"]
    again = {folder.name: new for folder, _error, new in house.request_builds(examples)}
    assert again == {"good-product": False, "broken-product": False}
    assert house.product_folders(examples / "good-product") == [examples / "good-product"]


def test_inputs_of_examples_become_datasets_and_what_cannot_is_told(db: None, store: Path, examples: Path) -> None:
    assert list(house.register_datasets(examples)) == [], "nobody is there to own them"
    assert house.first_account() is not None
    refused = [folder.name for folder, _error in house.register_datasets(examples)]
    assert refused == ["broken-product"]
    before = set(Dataset.objects.values_list("slug", flat=True))
    assert before
    list(house.register_datasets(examples))
    assert set(Dataset.objects.values_list("slug", flat=True)) == before


def test_letters_are_files_only_where_no_mail_server_sends_them(settings: Any, tmp_path: Path) -> None:
    settings.EMAIL_FILE_PATH = tmp_path
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert house.letters_folder() is None
    settings.EMAIL_BACKEND = "dataferry.server.people.mail.PrivateFiles"
    assert house.letters_folder() == tmp_path


def test_static_files_are_collected_whole_or_not_at_all(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STATIC_COLLECTED = tmp_path / "static" / "one-version"
    settings.STATIC_ROOT = None

    def broken(*_words: object, **_options: object) -> None:
        (Path(settings.STATIC_ROOT) / "half").write_text("x")
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(house, "call_command", broken)
        with pytest.raises(OSError, match="full"):
            house.collect_static_files()
    assert list((tmp_path / "static").iterdir()) == []

    def whole(*_words: object, **_options: object) -> None:
        (Path(settings.STATIC_ROOT) / "portal.css").write_text("p {}")

    monkeypatch.setattr(house, "call_command", whole)
    house.collect_static_files()
    assert [file.name for file in settings.STATIC_COLLECTED.iterdir()] == ["portal.css"]
    assert [folder.name for folder in (tmp_path / "static").iterdir()] == ["one-version"]
    assert settings.STATIC_ROOT == settings.STATIC_COLLECTED
    monkeypatch.setattr(house, "call_command", broken)
    house.collect_static_files()
