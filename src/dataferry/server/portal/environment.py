"""Every setting comes from the environment, read through one typed reader and listed in one table."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from dataferry.messages import UsageError
from dataferry.server.portal import setting_kinds

T = TypeVar("T")


@dataclass(frozen=True)
class Variable(Generic[T]):
    """One environment variable: its name, how it is read, what it is when absent, and what it does."""

    name: str
    kind: str
    parse: Callable[[str], T]
    default: str
    meaning: str
    secret: bool = False

    def read(self) -> T:
        """The value in the environment.

        Raises:
            UsageError: `server.portal.bad_setting`, when the value is not of its kind.
        """
        value = os.environ.get(self.name)
        if value is None:
            value = _secrets().get(self.name, self.default) if self.secret else self.default
        try:
            return self.parse(value)
        except ValueError as error:
            shown = "…" if self.secret else value
            raise UsageError("server.portal.bad_setting", name=self.name, value=shown, kind=self.kind) from error


def of_child(given: Mapping[str, str]) -> dict[str, str]:
    """The environment for a program that is started here: this process's own, and what is given to it."""
    return {**os.environ, **given}


def _secrets() -> dict[str, str]:
    """The settings in the secrets file: lines of NAME=VALUE. Nobody but its owner may read the file.

    Raises:
        UsageError: `server.portal.secrets_file`, when it is missing, readable by others, or has a line of another form.
    """
    place = os.environ.get(SECRETS_FILE.name)
    if not place:
        return {}
    file = Path(place).expanduser()
    try:
        mode = file.stat().st_mode
        if mode & 0o077:
            raise UsageError("server.portal.secrets_file", file=place, why=f"mode {stat.filemode(mode)}")
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UsageError("server.portal.secrets_file", file=place, why=error.strerror) from error
    found = {}
    for number, line in enumerate(lines, 1):
        name, equals, value = line.partition("=")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not equals:
            raise UsageError("server.portal.secrets_file", file=place, why=f"line {number}")
        found[name.strip()] = value.strip()
    return found


SECRETS_FILE = Variable(
    "DATAFERRY_SECRETS_FILE",
    "file",
    setting_kinds.text,
    "",
    "File with the secret settings, a NAME=VALUE on each line, readable by its owner only (mode 600).",
)
HOME = Variable(
    "DATAFERRY_HOME", "folder", setting_kinds.text, "./var", "Where everything that lasts is kept: database, releases."
)
DATABASE_URL = Variable(
    "DATABASE_URL",
    "database address",
    setting_kinds.database,
    "",
    "PostgreSQL database, as postgresql://user:password@host:port/name. When absent: SQLite in the data home.",
    secret=True,
)
STORE = Variable(
    "DATAFERRY_STORE",
    "folder or s3:// address",
    setting_kinds.text,
    "",
    "Where snapshots of files are kept. When absent: the folder `snapshots` in the data home.",
)
UPLOAD_LIMIT = Variable(
    "DATAFERRY_UPLOAD_LIMIT",
    "MiB",
    setting_kinds.positive,
    "1024",
    "Largest file that a person may upload to the catalogue.",
)
UPLOAD_QUOTA = Variable(
    "DATAFERRY_UPLOAD_QUOTA",
    "MiB",
    setting_kinds.positive,
    "8192",
    "What one person's resumable uploads may hold together until they are handed in.",
)
DISK_RESERVE = Variable(
    "DATAFERRY_DISK_RESERVE",
    "MiB",
    setting_kinds.count,
    "1024",
    "Free space of the data home's disk that uploads leave alone.",
)
CLAMD = Variable(
    "DATAFERRY_CLAMD",
    "clamd address",
    setting_kinds.clamd,
    "",
    "Virus scanner for what teams hand in, as unix:/path/of/socket or tcp://host:port. "
    "When absent, files are marked as not scanned.",
)
EXAMPLES = Variable(
    "DATAFERRY_EXAMPLES", "folder", setting_kinds.text, "", "Product folders that `dataferry up` builds at its start."
)
HOST = Variable("DATAFERRY_HOST", "address", setting_kinds.text, "127.0.0.1", "Address that the web server listens on.")
PORT = Variable("DATAFERRY_PORT", "port", setting_kinds.port, "8000", "Port that the web server listens on.")
THREADS = Variable(
    "DATAFERRY_THREADS", "number", setting_kinds.positive, "32", "Requests, and slow downloads, at a time."
)
ALLOWED_HOSTS = Variable(
    "DATAFERRY_ALLOWED_HOSTS",
    "list",
    setting_kinds.words,
    "localhost,127.0.0.1,[::1]",
    "Host names that the site answers to, with commas between them.",
)
TRUSTED_ORIGINS = Variable(
    "DATAFERRY_TRUSTED_ORIGINS",
    "list",
    setting_kinds.words,
    "",
    "Origins (scheme and host) whose forms are accepted, for a site behind a proxy.",
)
SITE = Variable(
    "DATAFERRY_SITE",
    "address",
    setting_kinds.origin,
    "",
    "Address by which the world knows the site, such as https://data.example.org: certificates and papers name it. "
    "When absent, it is made of the first trusted origin, else of the first allowed host.",
)
HTTPS = Variable(
    "DATAFERRY_HTTPS",
    "yes or no",
    setting_kinds.flag,
    "no",
    "Visitors come by HTTPS: secure cookies, redirect to HTTPS, HSTS.",
)
BEHIND_PROXY = Variable(
    "DATAFERRY_BEHIND_PROXY",
    "yes or no",
    setting_kinds.flag,
    "no",
    "Believe X-Forwarded-Proto and the last address of X-Forwarded-For. Only where a proxy sets both each time.",
)
SECRET_KEY = Variable(
    "DATAFERRY_SECRET_KEY",
    "text",
    setting_kinds.text,
    "",
    "Key that signs sessions. When absent it is made once and kept in the data home, readable by its owner only.",
    secret=True,
)
SIGNING_KEY = Variable(
    "DATAFERRY_SIGNING_KEY",
    "text",
    setting_kinds.text,
    "",
    "Ed25519 key that signs anchors of the journal: base64 of its 32 bytes. "
    "When absent it is made once and kept in the data home, readable by its owner only.",
    secret=True,
)
PAPERS_KEY = Variable(
    "DATAFERRY_PAPERS_KEY",
    "text",
    setting_kinds.text,
    "",
    "Key of the store of identity papers: base64 of 32 random bytes. "
    "When absent it is made once and kept in the data home, readable by its owner only. "
    "Without it no paper can be read.",
    secret=True,
)
EMAIL_URL = Variable(
    "DATAFERRY_EMAIL_URL",
    "mail server address",
    setting_kinds.mail,
    "",
    "Mail server for outgoing e-mail: smtp://, smtp+tls:// (STARTTLS) or smtps://user:password@host:port. "
    "When absent: messages are written as files into the folder `mail` of the data home.",
)
EMAIL_FROM = Variable(
    "DATAFERRY_EMAIL_FROM",
    "e-mail address",
    setting_kinds.sender,
    "Dataferry <noreply@localhost>",
    "Sender of outgoing e-mail.",
)
DEBUG = Variable(
    "DATAFERRY_DEBUG", "yes or no", setting_kinds.flag, "no", "Django's debug pages. Never on a public address."
)
LOG_LEVEL = Variable(
    "DATAFERRY_LOG_LEVEL", "word", setting_kinds.level, "WARNING", "How much is logged: ERROR to DEBUG."
)
LOG_FORMAT = Variable(
    "DATAFERRY_LOG_FORMAT",
    "text or json",
    setting_kinds.log_format,
    "text",
    "Log lines for people, or for a collector of logs.",
)
METRICS_TOKEN = Variable(
    "DATAFERRY_METRICS_TOKEN",
    "text",
    setting_kinds.text,
    "",
    "Bearer token that opens `/metrics`. When absent, only this machine itself may read them.",
    secret=True,
)
JOB_LEASE = Variable(
    "DATAFERRY_JOB_LEASE",
    "seconds",
    setting_kinds.positive,
    "60",
    "How long a worker may be silent before its job counts as lost and is tried again.",
)
JOBS_KEPT = Variable(
    "DATAFERRY_JOBS_KEPT",
    "number",
    setting_kinds.positive,
    "30",
    "Days that background jobs are listed after they ended.",
)
FETCH_PORTS = Variable(
    "DATAFERRY_FETCH_PORTS",
    "list",
    setting_kinds.ports,
    "80,443",
    "Ports of other servers from which files may be fetched.",
)
METRICS_FOLDER = Variable(
    "PROMETHEUS_MULTIPROC_DIR",
    "folder",
    setting_kinds.text,
    "",
    "Where several web processes share their figures. `dataferry up` and `dataferry web` set it.",
)
BUILD_ATTEMPTS = Variable(
    "DATAFERRY_BUILD_ATTEMPTS",
    "number",
    setting_kinds.positive,
    "3",
    "How often a lost build is tried before it counts as failed.",
)
EXCHANGE_FEE = Variable(
    "DATAFERRY_EXCHANGE_FEE",
    "basis points",
    setting_kinds.fee,
    "0",
    "What the exchange keeps of each payment, in hundredths of a percent (250 is 2.5%).",
)
BANK_DETAILS = Variable(
    "DATAFERRY_BANK_DETAILS",
    "text",
    setting_kinds.text,
    "",
    "Account of the exchange that buyers transfer to, as they read it on the page of a payment.",
)
TEST_PAYMENTS = Variable(
    "DATAFERRY_TEST_PAYMENTS",
    "yes or no",
    setting_kinds.flag,
    "no",
    "Let buyers pretend to pay, without money, for development and rehearsals. Never where real data is sold.",
)
API_READS = Variable(
    "DATAFERRY_API_READS",
    "count",
    setting_kinds.count,
    "600",
    "API reads of one token, person or address in a minute; 0: no limit.",
)
API_WRITES = Variable(
    "DATAFERRY_API_WRITES", "count", setting_kinds.count, "120", "API changes of one caller in a minute; 0: no limit."
)
API_EXPENSIVE = Variable(
    "DATAFERRY_API_EXPENSIVE",
    "count",
    setting_kinds.count,
    "30",
    "Uploads, previews, builds and answers that one caller asks for as a program in a minute; 0: no limit.",
)
DELIVERY_HOURS = Variable(
    "DATAFERRY_DELIVERY_HOURS",
    "hours",
    setting_kinds.positive,
    "6",
    "How long the address of a delivered file lives: longer than the slowest reader takes; it is asked for once.",
)
API_REFUSED = Variable(
    "DATAFERRY_API_REFUSED",
    "count",
    setting_kinds.count,
    "30",
    "Wrong tokens from one address in a minute before it has to wait; 0: no limit.",
)

VARIABLES: tuple[Variable[Any], ...] = (
    SECRETS_FILE,
    HOME,
    DATABASE_URL,
    STORE,
    UPLOAD_LIMIT,
    UPLOAD_QUOTA,
    DISK_RESERVE,
    CLAMD,
    EXAMPLES,
    HOST,
    PORT,
    THREADS,
    ALLOWED_HOSTS,
    TRUSTED_ORIGINS,
    SITE,
    HTTPS,
    BEHIND_PROXY,
    API_READS,
    API_WRITES,
    API_EXPENSIVE,
    API_REFUSED,
    DELIVERY_HOURS,
    SECRET_KEY,
    SIGNING_KEY,
    PAPERS_KEY,
    EMAIL_URL,
    EMAIL_FROM,
    DEBUG,
    LOG_LEVEL,
    LOG_FORMAT,
    METRICS_TOKEN,
    METRICS_FOLDER,
    JOB_LEASE,
    JOBS_KEPT,
    FETCH_PORTS,
    BUILD_ATTEMPTS,
    EXCHANGE_FEE,
    BANK_DETAILS,
    TEST_PAYMENTS,
)


def site_by_hosts(hosts: list[str], origins: list[str]) -> str:
    """The address of a site that states none: its first origin, or its first host with the way and port of this one."""
    if origins:
        return origins[0].rstrip("/")
    named = next((host for host in hosts if host and not host.startswith((".", "*"))), "localhost")
    return f"https://{named}" if HTTPS.read() else f"http://{named}:{PORT.read()}"
