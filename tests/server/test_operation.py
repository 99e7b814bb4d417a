"""Who runs Dataferry sees what happens and what is wrong, and no log line or figure tells a secret."""

from __future__ import annotations

import io
import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from dataferry.messages import UsageError
from dataferry.server.portal import checkup, environment
from dataferry.server.portal.logs import JsonLines, TextLines, without_secrets


def logged(formatter: logging.Formatter, message: str, **extra: Any) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logger = logging.getLogger("dataferry.trial")
    logger.addHandler(handler)
    try:
        logger.error(message, extra=extra)
    finally:
        logger.removeHandler(handler)
    return stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "password=S3cretValue",
        'sent {"token": "S3cretValue"}',
        "Authorization: Bearer S3cretValue",
        "GET /x?code=S3cretValue&next=/",
        "could not connect to postgresql://city:S3cretValue@db/dataferry",
        "Cookie: sessionid=S3cretValue; other=1",
    ],
)
@pytest.mark.parametrize("formatter", [TextLines(), JsonLines()], ids=["text", "json"])
def test_no_secret_reaches_a_log(formatter: logging.Formatter, text: str) -> None:
    line = logged(formatter, text, detail=text)
    assert "S3cretValue" not in line
    assert "[hidden]" in line


@given(st.text(max_size=200))
def test_a_log_line_stays_one_line_and_json_stays_json(text: str) -> None:
    line = logged(JsonLines(), "%s", detail=text).rstrip("\n")
    assert json.loads(line)["logger"] == "dataferry.trial"
    assert not re.search(r"[\x00-\x1f]", line)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", without_secrets(text))


@pytest.mark.django_db
def test_every_answer_and_its_log_line_carry_the_same_id(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    seen = []
    caplog.handler.addFilter(lambda record: seen.append(JsonLines().format(record)) or True)
    with caplog.at_level(logging.INFO, "dataferry.access"):
        answer = client.get("/healthz?token=S3cretValue")
    line = json.loads(seen[-1])
    assert line["request_id"] == answer["X-Request-Id"]
    assert (line["path"], line["status"], line["method"]) == ("/healthz", 200, "GET")
    assert "S3cretValue" not in seen[-1]


@pytest.mark.parametrize(
    ("proxy", "given_id", "kept"),
    [(True, "trace-0123456789", True), (False, "trace-0123456789", False), (True, "a b\n", False)],
)
def test_an_id_from_outside_counts_only_behind_our_proxy(
    client: Client, settings: Any, proxy: bool, given_id: str, kept: bool
) -> None:
    settings.BEHIND_PROXY = proxy
    answer = client.get("/healthz", headers={"X-Request-Id": given_id})
    assert (answer["X-Request-Id"] == given_id) is kept


@pytest.mark.django_db
def test_metrics_are_for_this_machine_or_who_knows_the_token(
    client: Client, home: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    client.get("/healthz")
    text = client.get("/metrics").content.decode()
    assert re.search(r'dataferry_requests_total\{method="GET",status="200",view="healthz"\} [1-9]', text)
    assert "dataferry_home_free_bytes" in text
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 403
    settings.BEHIND_PROXY = True
    assert client.get("/metrics").status_code == 403
    monkeypatch.setenv("DATAFERRY_METRICS_TOKEN", "open sesame")
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer open"}).status_code == 403
    opened = client.get("/metrics", REMOTE_ADDR="203.0.113.9", headers={"Authorization": "Bearer open sesame"})
    assert opened.status_code == 200


def test_secrets_may_stand_in_a_file_that_only_its_owner_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secrets"
    file.write_text("# keys\n\nDATAFERRY_SECRET_KEY = of the file \nDATAFERRY_PORT=1\n", encoding="utf-8")
    monkeypatch.setenv("DATAFERRY_SECRETS_FILE", str(file))
    monkeypatch.delenv("DATAFERRY_SECRET_KEY", raising=False)
    file.chmod(0o640)
    with pytest.raises(UsageError, match="chmod 600"):
        environment.SECRET_KEY.read()
    file.chmod(0o600)
    assert environment.SECRET_KEY.read() == "of the file"
    assert environment.PORT.read() == 8000, "only secrets are read from the secrets file"
    monkeypatch.setenv("DATAFERRY_SECRET_KEY", "of the environment")
    assert environment.SECRET_KEY.read() == "of the environment"
    file.write_text("no equals sign", encoding="utf-8")
    with pytest.raises(UsageError, match="line 1"):
        environment.METRICS_TOKEN.read()
    monkeypatch.setenv("DATAFERRY_SECRETS_FILE", str(tmp_path / "missing"))
    with pytest.raises(UsageError, match="missing"):
        environment.METRICS_TOKEN.read()


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        (
            "postgresql://a:p%40ss@db:5433/city",
            {"USER": "a", "PASSWORD": "p@ss", "HOST": "db", "PORT": "5433", "NAME": "city"},
        ),
        ("postgres://a@/city?host=/run/pg&sslmode=require", {"HOST": "/run/pg", "OPTIONS": {"sslmode": "require"}}),
    ],
)
def test_a_database_address_is_understood(
    monkeypatch: pytest.MonkeyPatch, address: str, wanted: dict[str, Any]
) -> None:
    monkeypatch.setenv("DATABASE_URL", address)
    assert wanted.items() <= environment.DATABASE_URL.read().items()


@pytest.mark.parametrize("address", ["mysql://a@db/city", "postgresql://db", "city"])
def test_another_database_is_refused_without_repeating_its_password(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", address)
    with pytest.raises(UsageError, match="DATABASE_URL") as refused:
        environment.DATABASE_URL.read()
    assert address not in refused.value.text()


def codes() -> set[str]:
    return {finding.code.removeprefix("server.portal.check_") for finding in checkup.examine()}


@pytest.mark.django_db
def test_a_checkup_finds_everything_that_is_wrong_at_once(
    home: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STORE = str(home / "snapshots")
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.DEBUG = False
    home.chmod(0o700)
    sound = codes() & {
        "home_open",
        "key_open",
        "debug",
        "any_host",
        "no_https",
        "store",
        "migrations",
        "home_unwritable",
    }
    assert sound == set()
    home.chmod(0o755)
    (home / "secret_key").write_text("x")
    (home / "secret_key").chmod(0o644)
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = ["*"]
    settings.STORE = str(home / "secret_key")
    assert {"home_open", "key_open", "debug", "any_host", "no_https", "store"} <= codes()
    settings.HOME = home / "missing"
    assert "home_unwritable" in codes()
    for finding in checkup.examine():
        assert all(finding.text(language) for language in ("en", "zh-Hant", "zh-Hans"))
