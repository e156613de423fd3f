"""Django's settings; the only place in the web, worker and sequencer processes that reads the environment."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import psycopg.conninfo

from consentry.kernel.clock import wall_offset_ms
from consentry.kernel.limits import MAX_JSON_BODY_BYTES
from consentry.project.secret import load_secret
from consentry.project.security import ACCOUNT_RATES, content_security_policy

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("CONSENTRY_DATA", ROOT / "data"))
DEMO = os.environ.get("CONSENTRY_DEMO") == "1"
ORIGIN = os.environ.get("CONSENTRY_ORIGIN", "http://localhost:8480").rstrip("/")
# Where browsers and edges reach the gateways, of this machine and of others: addresses apart by blanks.
GATEWAY_ORIGINS = [
    address.rstrip("/") for address in os.environ.get("CONSENTRY_GATEWAY_ORIGIN", "ws://localhost:8481").split()
]
CONSOLE_DIST = Path(os.environ.get("CONSENTRY_CONSOLE", ROOT / "console" / "dist"))
# Pictures of private cameras are encrypted from edge to viewer, so that no gateway can read them (docs/spec/sealed.md).
SEALED = os.environ.get("CONSENTRY_SEALED") == "1"
SECURE = ORIGIN.startswith("https://")
# Scans officers' files before they are sealed: `exec:/path/to/program` or `clamd:/path/of/socket` (evidence/scan.py).
SCANNER = os.environ.get("CONSENTRY_SCANNER", "")

DEBUG = False
SECRET_KEY = load_secret(os.environ.get("CONSENTRY_SECRET_FILE"), DATA)
# Under its public name, and where the gateway beside us asks it.
_NAMES = {urlsplit(address).hostname for address in (ORIGIN, os.environ.get("CONSENTRY_WEB_URL", ORIGIN))}
ALLOWED_HOSTS = ["localhost", "127.0.0.1"] if DEMO else sorted({"localhost", *filter(None, _NAMES)})

ROOMS = (
    "core", "ledger", "cells", "accounts", "notices", "agencies", "cameras", "consent", "incidents", "orders", "access",
    "evidence", "live", "requests", "home", "neighbors", "transparency", "demo",
)  # fmt: skip
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.postgres",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.headless",
    *(f"consentry.{room}" for room in ROOMS),
    "consentry.project",
]
MIDDLEWARE = [
    "consentry.core.middleware.security_headers",
    "consentry.core.middleware.demo_only_at_home",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "consentry.accounts.middleware.sign_in_rules",
    "consentry.accounts.middleware.sign_in_lock",
]
ROOT_URLCONF = "consentry.project.urls"
ASGI_APPLICATION = "consentry.project.asgi.application"
WSGI_APPLICATION = "consentry.project.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français"), ("es", "Español")]

# Input, sessions, cookies. ASGI bodies are cut off earlier, by core/body_limit.py.
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * MAX_JSON_BODY_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 5
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "__Host-consentry" if SECURE else "consentry"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = SECURE
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_NAME = "__Host-csrftoken" if SECURE else "csrftoken"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = SECURE
CSRF_TRUSTED_ORIGINS = [ORIGIN]
CSRF_FAILURE_VIEW = "consentry.project.errors.csrf_refused"

# Headers (core/middleware.py adds the ones that Django does not know).
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
CONTENT_SECURITY_POLICY = content_security_policy(GATEWAY_ORIGINS)

# People (allauth, headless, browser client only: session cookie and CSRF, no tokens).
AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_ADAPTER = "consentry.accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 900
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_RATE_LIMITS = ACCOUNT_RATES
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Consentry] "
ACCOUNT_EMAIL_NOTIFICATIONS = True
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("browser",)
HEADLESS_FRONTEND_URLS = {
    "account_confirm_email": f"{ORIGIN}/sign-in/verify",
    "account_signup": f"{ORIGIN}/sign-in",
    "account_reset_password": f"{ORIGIN}/sign-in",
    "account_reset_password_from_key": f"{ORIGIN}/sign-in",
}
MFA_ADAPTER = "consentry.accounts.adapters.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Consentry"
MFA_TOTP_TOLERANCE = 1

# Wall time minus time since boot when the platform started (`consentry up` says it to all), ms; see access/gather.py.
CLOCK_OFFSET_MS = int(os.environ.get("CONSENTRY_CLOCK_OFFSET_MS", wall_offset_ms()))

# How often an open event stream asks whether its sign-in still holds, seconds.
STREAM_RECHECK_S = float(os.environ.get("CONSENTRY_STREAM_RECHECK_S", "30"))

# E-mail: SMTP when a host is named, else files in the data folder (the demo shows them).
EMAIL_HOST = os.environ.get("CONSENTRY_SMTP_HOST", "")
EMAIL_PORT = int(os.environ.get("CONSENTRY_SMTP_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("CONSENTRY_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("CONSENTRY_SMTP_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("CONSENTRY_SMTP_TLS", "1") == "1"
EMAIL_TIMEOUT = 10
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = DATA / "mail"
DEFAULT_FROM_EMAIL = os.environ.get("CONSENTRY_MAIL_FROM", "consentry@localhost")

# Web push goes to these services alone (notices/rules.py); the browsers' makers run them.
PUSH_SERVICES = [
    "https://fcm.googleapis.com", "https://*.push.services.mozilla.com", "https://web.push.apple.com",
    "https://*.push.apple.com", "https://*.notify.windows.com",
    *os.environ.get("CONSENTRY_PUSH_SERVICES", "").split(),
]  # fmt: skip


def _database() -> dict[str, object]:
    url = os.environ.get("DATABASE_URL", f"host={DATA / 'run'} dbname=consentry user=consentry")
    said = psycopg.conninfo.conninfo_to_dict(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": said.get("dbname", "consentry"),
        "USER": said.get("user", ""),
        "PASSWORD": said.get("password", ""),
        "HOST": said.get("host", ""),
        "PORT": said.get("port", ""),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {"pool": {"min_size": 2, "max_size": 20, "timeout": 10}},
    }


DATABASES = {"default": _database()}
CACHES: dict[str, dict[str, object]] = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "core_cache"}
}
CACHES["default"]["OPTIONS"] = {"MAX_ENTRIES": 200_000}  # rate limits live here: a flood must not push them out
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"err": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["err"], "level": "INFO"},
    "loggers": {"procrastinate": {"level": "WARNING"}},
}
