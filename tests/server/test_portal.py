"""Settings come from the environment, are typed and documented; secrets are kept; vendored files are what they say."""

import importlib.util
import io
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.utils import OperationalError
from django.test import Client

import dataferry
from dataferry.messages import UsageError
from dataferry.server.portal import environment, house, pages
from dataferry.server.portal.secret import secret_key
from dataferry.server.workshop.models import Build

REPOSITORY = Path(__file__).parents[2]
SOURCE = Path(dataferry.__file__).parent


@pytest.mark.parametrize("variable", environment.VARIABLES, ids=lambda variable: variable.name)
def test_every_default_can_be_read(variable: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(variable.name, raising=False)
    variable.read()


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        (environment.HTTPS, "Yes", True),
        (environment.HTTPS, "off", False),
        (environment.PORT, "8080", 8080),
        (environment.ALLOWED_HOSTS, "a.example, b.example,", ["a.example", "b.example"]),
        (environment.LOG_LEVEL, "info", "INFO"),
        (environment.SITE, "https://data.example.org/", "https://data.example.org"),
    ],
)
def test_settings_are_typed(monkeypatch: pytest.MonkeyPatch, variable: Any, text: str, value: Any) -> None:
    monkeypatch.setenv(variable.name, text)
    assert variable.read() == value


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        (environment.HTTPS, "perhaps"),
        (environment.PORT, "0"),
        (environment.PORT, "x"),
        (environment.THREADS, "-1"),
        (environment.LOG_LEVEL, "loud"),
        (environment.SITE, "data.example.org/x"),
    ],
)
def test_a_bad_setting_is_named(monkeypatch: pytest.MonkeyPatch, variable: Any, text: str) -> None:
    monkeypatch.setenv(variable.name, text)
    with pytest.raises(UsageError, match=variable.name):
        variable.read()


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    text = (REPOSITORY / "docs/reference/settings.md").read_text(encoding="utf-8")
    row = r"^\| `((?:DATAFERRY|DATABASE|PROMETHEUS)_\w+)` \| [^|]+ \| `?([^|`]*)`? \|"
    rows = dict(re.findall(row, text, re.MULTILINE))
    others = {"DATAFERRY_LANG"}
    assert {variable.name for variable in environment.VARIABLES} | others == rows.keys()
    for variable in environment.VARIABLES:
        assert rows[variable.name].strip() == variable.default, variable.name


def test_settings_are_read_from_the_environment_in_one_place_only() -> None:
    readers = {
        str(file.relative_to(SOURCE))
        for file in (SOURCE / "server").rglob("*.py")
        if re.search(r"os\.(environ\b(?!\.setdefault)|getenv)", file.read_text(encoding="utf-8"))
    }
    assert readers == {"server/portal/environment.py"}


def test_the_secret_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    key = secret_key(tmp_path, "")
    assert secret_key(tmp_path, "") == key
    assert len(key) >= 50
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert secret_key(tmp_path, "given") == "given"


def test_reading_settings_leaves_no_traces(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert secret_key(missing, "") != secret_key(missing, "")
    assert not missing.exists()


@pytest.mark.django_db
def test_the_first_account_is_made_once_and_hashed() -> None:
    account = house.first_account()
    assert account is not None
    user = User.objects.get()
    assert account.password not in user.password
    assert user.check_password(account.password)
    assert house.first_account() is None


@pytest.mark.django_db
def test_a_folder_that_is_no_product_is_told_and_does_not_stop_the_others(tmp_path: Path) -> None:
    from dataferry.products import new_product

    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "product.yaml").write_text("dataferry: 1\n")
    (tmp_path / "notes").mkdir()
    new_product(tmp_path / "good")
    told = list(house.request_builds(tmp_path))
    assert [(folder.name, error is None, new) for folder, error, new in told] == [
        ("broken", False, False),
        ("good", True, True),
    ]
    assert [build.slug for build in Build.objects.all()] == ["good"]


def test_vendored_files_are_what_their_manifest_says() -> None:
    spec = importlib.util.spec_from_file_location("vendor", REPOSITORY / "tools/vendor.py")
    assert spec is not None
    assert spec.loader is not None
    vendor = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["vendor"] = vendor
    spec.loader.exec_module(vendor)
    for folder in (vendor.VENDOR, vendor.TEST_VENDOR):
        assert vendor.differences(folder) == []
        assert all((package / "LICENCE.txt").is_file() for package in folder.iterdir() if package.is_dir())


def test_no_script_of_ours_reaches_outside_or_makes_code() -> None:
    for file in (*SOURCE.glob("server/*/static/**/*.mjs"), *SOURCE.glob("server/*/static/**/*.css")):
        if "vendor" not in file.parts:
            text = file.read_text(encoding="utf-8")
            assert not re.search(r"https?://|\beval\(|new Function|innerHTML|document\.write", text), file.name


@pytest.mark.django_db
def test_a_database_that_does_not_answer_or_waits_for_a_migration_is_not_ready(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages.MigrationExecutor, "migration_plan", lambda *_: [("one", False)])
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "why": "migrations", "waiting": 1})

    def silent(_connection: object) -> None:
        raise OperationalError("secret detail")

    monkeypatch.setattr(pages, "MigrationExecutor", silent)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "why": "database"})


def test_robots_and_old_browsers_are_answered(client: Client) -> None:
    assert "Disallow: /admin/" in client.get("/robots.txt").content.decode()
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer["Location"].endswith(".svg")) == (302, True)


@pytest.mark.django_db
def test_the_application_that_is_served_answers(settings: Any) -> None:
    from dataferry.server.portal.wsgi import application

    told = []
    environment = {
        "REQUEST_METHOD": "GET", "PATH_INFO": "/healthz", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
        "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http",
    }  # fmt: skip
    settings.ALLOWED_HOSTS = ["localhost"]
    body = b"".join(application(environment, lambda status, _headers: told.append(status)))
    assert (told, body) == (["200 OK"], b'{"alive": true}')
