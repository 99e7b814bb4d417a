"""Kinds of settings: each function reads the text of a variable, and raises ValueError where it is not of its kind."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


def text(value: str) -> str:
    return value


def words(value: str) -> list[str]:
    return [word.strip() for word in value.split(",") if word.strip()]


def flag(value: str) -> bool:
    word = value.strip().lower()
    if word in {"1", "yes", "true", "on"}:
        return True
    if word in {"0", "no", "false", "off", ""}:
        return False
    raise ValueError(value)


def positive(value: str) -> int:
    number = int(value)
    if number <= 0:
        raise ValueError(value)
    return number


def count(value: str) -> int:
    number = int(value)
    if number < 0:
        raise ValueError(value)
    return number


def fee(value: str) -> int:
    number = int(value)
    if not 0 <= number < 10_000:
        raise ValueError(value)
    return number


def port(value: str) -> int:
    number = int(value)
    if not 0 < number < 65536:
        raise ValueError(value)
    return number


def log_format(value: str) -> str:
    word = value.strip().lower()
    if word not in {"text", "json"}:
        raise ValueError(value)
    return word


def ports(value: str) -> list[int]:
    return [port(word) for word in words(value)]


def level(value: str) -> str:
    level = value.strip().upper()
    if level not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
        raise ValueError(value)
    return level


def clamd(value: str) -> str:
    """A socket in the file system or a port."""
    address = urlsplit(value)
    is_socket = address.scheme == "unix" and address.path.startswith("/")
    is_port = address.scheme == "tcp" and bool(address.hostname) and address.port is not None
    if value and not (is_socket or is_port):
        raise ValueError(value)
    return value


def origin(value: str) -> str:
    address = urlsplit(value.strip().rstrip("/"))
    if not value.strip():
        return ""
    if address.scheme not in {"http", "https"} or not address.hostname or address.path or address.query:
        raise ValueError(value)
    return f"{address.scheme}://{address.netloc}"


def database(value: str) -> dict[str, Any]:
    """Django's options for a PostgreSQL address; nothing for the embedded SQLite."""
    if not value:
        return {}
    address = urlsplit(value)
    name = unquote(address.path.removeprefix("/"))
    if address.scheme not in {"postgresql", "postgres"} or not name:
        raise ValueError(value)
    options = {key: values[-1] for key, values in parse_qs(address.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(address.username or ""),
        "PASSWORD": unquote(address.password or ""),
        "HOST": options.pop("host", None) or unquote(address.hostname or ""),
        "PORT": str(address.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def mail(value: str) -> dict[str, Any]:
    """Django's options for an SMTP address; nothing where letters are written as files."""
    if not value:
        return {}
    address = urlsplit(value)
    if address.scheme not in {"smtp", "smtp+tls", "smtps"} or not address.hostname:
        raise ValueError(value)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": unquote(address.hostname),
        "EMAIL_PORT": address.port or {"smtp": 25, "smtp+tls": 587, "smtps": 465}[address.scheme],
        "EMAIL_HOST_USER": unquote(address.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(address.password or ""),
        "EMAIL_USE_TLS": address.scheme == "smtp+tls",
        "EMAIL_USE_SSL": address.scheme == "smtps",
    }


def sender(value: str) -> str:
    if "@" not in value or any(character in value for character in "\r\n"):
        raise ValueError(value)
    return value
