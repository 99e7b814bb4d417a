"""Django settings. Everything that differs between machines is read from the environment (see `environment.py`)."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import django
from django.utils.translation import gettext_lazy as _

from dataferry.server.portal import environment
from dataferry.server.portal.secret import secret_key

SERVER = Path(__file__).parents[1]
HOME = Path(environment.HOME.read()).expanduser().absolute()

DEBUG = environment.DEBUG.read()
SECRET_KEY = secret_key(HOME, environment.SECRET_KEY.read())
ALLOWED_HOSTS = environment.ALLOWED_HOSTS.read()
CSRF_TRUSTED_ORIGINS = environment.TRUSTED_ORIGINS.read()
SITE = environment.SITE.read() or environment.site_by_hosts(ALLOWED_HOSTS, CSRF_TRUSTED_ORIGINS)
JOB_LEASE_SECONDS = environment.JOB_LEASE.read()
JOBS_KEPT_DAYS = environment.JOBS_KEPT.read()
FETCH_PORTS = environment.FETCH_PORTS.read()
BUILD_ATTEMPTS = environment.BUILD_ATTEMPTS.read()

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "django_tasks",
    "django_tasks_db",
    "dataferry.server.display",
    "dataferry.server.web",
    "dataferry.server.jobs",
    "dataferry.server.journal",
    "dataferry.server.papers",
    "dataferry.server.people",
    "dataferry.server.letters",
    "dataferry.server.uploads",
    "dataferry.server.catalogue",
    "dataferry.server.merchants",
    "dataferry.server.workshop",
    "dataferry.server.challenge",
    "dataferry.server.compliance",
    "dataferry.server.exchange",
    "dataferry.server.delivery",
    "dataferry.server.portal",
    # After ours, so that our templates stand before theirs.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "rules",
]

MIDDLEWARE = [
    "dataferry.server.web.request_id.with_request_id",
    "dataferry.server.portal.logs.access_log",
    "dataferry.server.portal.metrics.measured",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dataferry.server.portal.middleware.permissions_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "dataferry.server.portal.middleware.one_language",
    "dataferry.server.web.middleware.api_manners",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dataferry.server.people.middleware.own_language_and_time",
    "dataferry.server.people.middleware.refusals",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "dataferry.server.portal.urls"
WSGI_APPLICATION = "dataferry.server.portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dataferry.server.display.languages.language_context",
                "dataferry.server.people.places.account_places",
                "dataferry.server.portal.operations.may_operate",
                "dataferry.server.portal.places.exchange_places",
                "dataferry.server.portal.release_doors.release_doors",
            ]
        },
    }
]

SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": HOME / "dataferry.sqlite3",
    "OPTIONS": {
        # A writer that starts as a reader fails at once when another writes; IMMEDIATE waits its turn instead.
        "transaction_mode": "IMMEDIATE",
        "timeout": 60,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    },
}
DATABASES = {"default": environment.DATABASE_URL.read() or SQLITE}
SIGNING_KEY = environment.SIGNING_KEY.read()
PAPERS_KEY = environment.PAPERS_KEY.read()
STORE = environment.STORE.read() or str(HOME / "snapshots")
UPLOAD_LIMIT = environment.UPLOAD_LIMIT.read() * 1024 * 1024
UPLOAD_QUOTA = environment.UPLOAD_QUOTA.read() * 1024 * 1024
DISK_RESERVE = environment.DISK_RESERVE.read() * 1024 * 1024
CLAMD = environment.CLAMD.read()
EXCHANGE_FEE = environment.EXCHANGE_FEE.read()
EXCHANGE_BANK_DETAILS = environment.BANK_DETAILS.read()
EXCHANGE_TEST_PAYMENTS = environment.TEST_PAYMENTS.read()
FILE_UPLOAD_HANDLERS = ["dataferry.server.catalogue.receiving.LimitedUploadHandler"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "dataferry.server.people.passwords.LongEnough"},
    *(
        {"NAME": f"django.contrib.auth.password_validation.{name}"}
        for name in ("UserAttributeSimilarityValidator", "CommonPasswordValidator", "NumericPasswordValidator")
    ),
]

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "dataferry.server.people.backends.NameOrEmail",
    "rules.permissions.ObjectPermissionBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "account_overview"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "dataferry.server.people.adapters.AccountAdapter"
# The first account has a name and no e-mail address; everybody else signs up and in with the address.
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_MAX_EMAIL_ADDRESSES = 5
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_USER_DISPLAY = "dataferry.server.people.queries.display_name"
_FORMS = "dataferry.server.people.entrance_forms"
ACCOUNT_FORMS = {
    "login": f"{_FORMS}.LoginForm",
    "signup": f"{_FORMS}.SignupForm",
    "add_email": f"{_FORMS}.AddEmailForm",
    "change_password": f"{_FORMS}.ChangePasswordForm",
    "set_password": f"{_FORMS}.SetPasswordForm",
    "reset_password": f"{_FORMS}.ResetPasswordForm",
    "reset_password_from_key": f"{_FORMS}.ResetPasswordKeyForm",
    "reauthenticate": f"{_FORMS}.ReauthenticateForm",
}
MFA_FORMS = {"add_webauthn": f"{_FORMS}.AddPasskeyForm", "edit_webauthn": f"{_FORMS}.EditPasskeyForm"}
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if environment.HTTPS.read() else "http"
# Wrong passwords of one account are counted by axes; here only what comes from one address at all.
ACCOUNT_RATE_LIMITS = {"login_failed": "20/m/ip"}
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if environment.BEHIND_PROXY.read() else 0
MFA_ADAPTER = "dataferry.server.people.adapters.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Dataferry"
# Not at each visit: looking at a page must not write to the database.
USERSESSIONS_TRACK_ACTIVITY = False
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "dataferry.server.people.lockout.account_mark"
AXES_CLIENT_IP_CALLABLE = "dataferry.server.people.lockout.client_address"
AXES_LOCKOUT_CALLABLE = "dataferry.server.people.lockout.locked_out"
AXES_SENSITIVE_PARAMETERS = ["login", "email", "username", "password", "ip_address", "csrfmiddlewaretoken"]
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
DEFAULT_FROM_EMAIL = SERVER_EMAIL = environment.EMAIL_FROM.read()
EMAIL_TIMEOUT = 15
EMAIL_BACKEND = "dataferry.server.people.mail.PrivateFiles"
EMAIL_FILE_PATH = HOME / "mail"
globals().update(environment.EMAIL_URL.read())

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hant", _("Traditional Chinese")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [SERVER / "portal" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Hong_Kong"


def _static_digest() -> str:
    """One digest of all our static files, so that an address never serves two contents."""
    digest = hashlib.sha256(django.get_version().encode())
    for file in sorted(SERVER.glob("*/static/**/*")):
        if file.is_file():
            digest.update(file.relative_to(SERVER).as_posix().encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


STATIC_DIGEST = _static_digest()
STATIC_URL = f"/static/{STATIC_DIGEST}/"
# `dataferry up` collects and compresses static files once; before that they are served from where they are.
STATIC_COLLECTED = HOME / "static" / STATIC_DIGEST
STATIC_ROOT = STATIC_COLLECTED if STATIC_COLLECTED.is_dir() else None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_MAX_AGE = 0 if DEBUG else 365 * 24 * 3600

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = environment.HTTPS.read()
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE_SSL_REDIRECT else 0
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
API_RATES = {
    "read": environment.API_READS.read(),
    "write": environment.API_WRITES.read(),
    "expensive": environment.API_EXPENSIVE.read(),
    "refused": environment.API_REFUSED.read(),
}
DELIVERY_ADDRESS_HOURS = environment.DELIVERY_HOURS.read()
BEHIND_PROXY = environment.BEHIND_PROXY.read()
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_FAILURE_VIEW = "dataferry.server.portal.pages.form_refused"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "dataferry.server.portal.logs.TextLines"},
        "json": {"()": "dataferry.server.portal.logs.JsonLines"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": environment.LOG_FORMAT.read()}},
    "root": {"handlers": ["stderr"], "level": environment.LOG_LEVEL.read()},
    # The access log tells who got a 404; a warning for each would bury what matters.
    "loggers": {"django.request": {"level": "ERROR"}},
}
