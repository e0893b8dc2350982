"""Settings, driven by the environment; every default serves the embedded, single-machine case.

``DEBUG`` is off unless asked for. Without ``SECRET_KEY`` a key is made once and kept beside the
SQLite database, so that the two commands need nothing; production sets its own. Every variable
read here is in docs/reference/settings.md.
"""

from __future__ import annotations

import os

from django.core.exceptions import ImproperlyConfigured

from deltacrown.config import serving
from deltacrown.config.caching import memory_cache, redis_cache_at
from deltacrown.config.content_policy import CONTENT_POLICY
from deltacrown.config.database import (
    DatabaseLimits,
    configure_postgresql,
    configure_replica,
    configure_sqlite,
)
from deltacrown.config.entrance import configure_entrance
from deltacrown.config.environment import Environment
from deltacrown.config.extras import ERRORS, TRACING
from deltacrown.config.home import find_default_home
from deltacrown.config.local_secret import read_or_make_secret
from deltacrown.config.logs import build_logging
from deltacrown.config.schedule import SCHEDULE
from deltacrown.core.metrics.folder import keep_counts_in

SHORTEST_SECRET, SHORTEST_TOKEN = 50, 20
#: A hundred years: what is added to a date must stay a date.
MOST_DAYS = 36_500

env = Environment(os.environ)

#: Whatever belongs to this installation is in it, unless another place is named.
DELTACROWN_HOME = env.folder("DELTACROWN_HOME", default=find_default_home()).expanduser().absolute()

DEBUG = env.bool("DEBUG", default=False)
BEHIND_TLS = env.bool("BEHIND_TLS", default=False)
#: Whether the generated season can be loaded here: its passwords are known to everybody.
DEMO = env.bool("DEMO", default=DEBUG)
SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    if BEHIND_TLS:  # a key each machine made for itself would sign people out at every turn
        raise ImproperlyConfigured(
            "BEHIND_TLS is set, so SECRET_KEY must be too: 50 random characters, the same for every process."
        )
    SECRET_KEY = read_or_make_secret(DELTACROWN_HOME / "secret_key")
if BEHIND_TLS and len(SECRET_KEY) < SHORTEST_SECRET:
    raise ImproperlyConfigured(
        f"SECRET_KEY has {len(SECRET_KEY)} characters: write at least {SHORTEST_SECRET} random ones."
    )
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_tally",
    "deltacrown.core",
    "deltacrown.freshness",
    "deltacrown.accounts",
    "deltacrown.games",
    "deltacrown.teams",
    "deltacrown.tournaments",
    "deltacrown.interchange",
    "deltacrown.moderation",
    "deltacrown.webhooks",  # before user_profile: a match is told before what follows from it
    "deltacrown.user_profile",
    "deltacrown.notifications",
    "deltacrown.pages",
    "deltacrown.api",
    "deltacrown.operations",
    *(["deltacrown.demo"] if DEMO else []),  # before web, whose load_demo says how to switch it on
    "deltacrown.web",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
]

MIDDLEWARE = [
    "deltacrown.web.watching.WatchedRequests",  # must be the first
    "deltacrown.config.content_policy.ContentPolicy",
    "deltacrown.api.middleware.ApiEdge",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "deltacrown.web.middleware.PrivatePages",
    "deltacrown.web.reader.AsReaderWants",
    "deltacrown.web.middleware.OutagePages",
    "deltacrown.web.middleware.PageLimit",
    "deltacrown.config.replicas.ReadsFromReplica",
    "deltacrown.web.kept.KeptPages",  # does what those below would do for a visitor
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "deltacrown.web.middleware.RefusalPages",
    "deltacrown.core.audited.AuditedRequests",
]

ROOT_URLCONF = "deltacrown.config.urls"
WSGI_APPLICATION = "deltacrown.config.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [
                (
                    "deltacrown.core.quick_templates.Loader",
                    ["django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "deltacrown.web.reader.add_reader",
            ],
        },
    }
]

FORM_RENDERER = "deltacrown.core.quick_widgets.Renderer"

#: How long after a match was played, or a result decided, a dispute may be filed.
DISPUTE_WINDOW_DAYS = env.int("DISPUTE_WINDOW_DAYS", default=14, most=MOST_DAYS)

#: How long a player can reopen an account that they closed; then it is anonymised.
ACCOUNT_CLOSING_DAYS = env.int("ACCOUNT_CLOSING_DAYS", default=30, least=1, most=MOST_DAYS)
#: For how long a merge of two accounts can be undone.
MERGE_UNDO_DAYS = env.int("MERGE_UNDO_DAYS", default=30, most=MOST_DAYS)

#: Who keeps the cached numbers: "triggers" in the database, or "signals" in Python.
#: Run `migrate` after a change.
TALLY_MAINTAINER = env.choice("TALLY_MAINTAINER", ["triggers", "signals"], default="triggers")

#: Requests per seconds: of one API key or signed-in person, and of one address without either.
API_RATE_PER_KEY = env.rate("API_RATE_PER_KEY", default="1200/60")
API_RATE_PER_ADDRESS = env.rate("API_RATE_PER_ADDRESS", default="300/60")
#: How many proxies in front add to X-Forwarded-For; without any the header is not believed.
API_TRUSTED_PROXIES = env.int("API_TRUSTED_PROXIES", default=0, most=20)
#: The most fields of a form: that of results has four for each of 512 entrants.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_500
#: The largest body taken: a batch of 1,000 matches with ten players each is about 3 MB.
DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("MAX_BODY_BYTES", default=8 * 1024 * 1024, least=1024)

#: Requests for pages per seconds from one address; attempts to sign in of one account, and from one address.
PAGE_RATE_PER_ADDRESS = env.rate("PAGE_RATE_PER_ADDRESS", default="600/60")
SIGN_IN_RATE_PER_ACCOUNT = env.rate("SIGN_IN_RATE_PER_ACCOUNT", default="10/900")
USERNAME_CHANGE_RATE = env.rate("USERNAME_CHANGE_RATE", default="3/2592000")
#: How many teams a player may found, and how often captains may rename their team.
TEAM_FOUNDING_RATE = env.rate("TEAM_FOUNDING_RATE", default="5/2592000")
TEAM_NAME_CHANGE_RATE = env.rate("TEAM_NAME_CHANGE_RATE", default="3/2592000")
AVATAR_CHANGE_RATE = env.rate("AVATAR_CHANGE_RATE", default="20/3600")
SIGN_IN_RATE_PER_ADDRESS = env.rate("SIGN_IN_RATE_PER_ADDRESS", default="100/900")

#: Whether people can make accounts for themselves; how many from one address; mails to one mailbox.
SIGN_UP = env.bool("SIGN_UP", default=True)
SIGN_UP_RATE_PER_ADDRESS = env.rate("SIGN_UP_RATE_PER_ADDRESS", default="100/3600")
MAIL_RATE_PER_MAILBOX = env.rate("MAIL_RATE_PER_MAILBOX", default="5/900")
#: For how long an account waits for its e-mail address to be confirmed; then it is deleted.
UNCONFIRMED_SIGN_UP_DAYS = env.int("UNCONFIRMED_SIGN_UP_DAYS", default=3, least=1, most=MOST_DAYS)
ENTRANCE = configure_entrance(
    sign_ups=SIGN_UP_RATE_PER_ADDRESS, mails=MAIL_RATE_PER_MAILBOX, is_tls=BEHIND_TLS
)
globals().update(ENTRANCE)
#: What people can sign in with besides a password: a provider that is not named here does not exist.
STEAM_SIGN_IN = env.bool("STEAM_SIGN_IN", default=False)
DISCORD_CLIENT_ID, DISCORD_CLIENT_SECRET = env.client("DISCORD_CLIENT_ID", "DISCORD_CLIENT_SECRET")
#: Mails are written to a folder where there is no server for them.
MAILS = env.email("EMAIL_URL", default=f"filemail://{DELTACROWN_HOME / 'mail'}")
globals().update(MAILS)
EMAIL_FILE_PATH = MAILS["EMAIL_FILE_PATH"]
EMAIL_TIMEOUT = 10
# Where people reach the site: mails that nobody's request asks for lead there.
SITE_URL = (env.origins("SITE_URL") or ["http://localhost:8000"])[0]
DEFAULT_FROM_EMAIL = env.sender("DEFAULT_FROM_EMAIL", default="DeltaCrown <deltacrown@localhost>")

#: Whether webhooks may go to machines of the own network, and without TLS: for development.
WEBHOOKS_ALLOW_PRIVATE = env.bool("WEBHOOKS_ALLOW_PRIVATE", default=False)
#: Authorities whose certificates webhooks take besides those that the system trusts.
WEBHOOKS_CA_FILE = env.certificates("WEBHOOKS_CA_FILE")

CONTENT_SECURITY_POLICY = CONTENT_POLICY

if not env.str("DATABASE_URL", default=""):
    DELTACROWN_HOME.mkdir(parents=True, exist_ok=True)
DATABASES = {
    "default": env.database("DATABASE_URL", default=f"sqlite:///{DELTACROWN_HOME / 'deltacrown.sqlite3'}")
}
#: Whether PgBouncer in transaction mode stands before the database.
DATABASE_PGBOUNCER = env.bool("DATABASE_PGBOUNCER", default=False)
#: What the replica has is what the primary had at most so long ago, or else the primary is read.
REPLICA_MAX_LAG_SECONDS = env.int("REPLICA_MAX_LAG_SECONDS", default=10, least=1, most=3600)
if env.str("DATABASE_REPLICA_URL", default=""):
    DATABASES["replica"] = env.database("DATABASE_REPLICA_URL", default="")
    if {entry["ENGINE"].rpartition(".")[2] for entry in DATABASES.values()} != {"postgresql"}:
        raise ImproperlyConfigured("DATABASE_REPLICA_URL and DATABASE_URL must both be of PostgreSQL.")
    if not env.redis("REDIS_URL"):
        raise ImproperlyConfigured(
            "DATABASE_REPLICA_URL is set, so REDIS_URL must be too: "
            "there the processes tell each other what was written."
        )
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    configure_sqlite(
        DATABASES["default"],
        is_server=serving.is_server,
        timeout=env.int("SQLITE_TIMEOUT_SECONDS", default=30, most=3600),
    )
elif DATABASES["default"]["ENGINE"].endswith("postgresql"):
    limits = DatabaseLimits(
        pool_size=env.int("DATABASE_POOL_SIZE", default=8, least=1, most=3600),
        pool_wait=env.int("DATABASE_POOL_WAIT_SECONDS", default=5, least=1, most=3600),
        connect=env.int("DATABASE_CONNECT_SECONDS", default=5, least=1, most=3600),
        statement=env.int("DATABASE_STATEMENT_SECONDS", default=10, most=86_400),
        lock=env.int("DATABASE_LOCK_SECONDS", default=5, most=86_400),
        idle_in_transaction=env.int("DATABASE_IDLE_IN_TRANSACTION_SECONDS", default=30, most=86_400),
    )
    shape = {"is_server": serving.is_server, "is_behind_pgbouncer": DATABASE_PGBOUNCER}
    configure_postgresql(DATABASES["default"], limits, **shape)
    if "replica" in DATABASES:
        configure_replica(DATABASES["replica"], limits, **shape)
#: A server that lost its database asks for it in the background, and answers 503 meanwhile.
DATABASE_RESTS = serving.is_server

#: Empty: pages are kept in the memory of each process, and the jobs run from cron or systemd timers.
REDIS_URL = env.redis("REDIS_URL")
CACHES = {"default": redis_cache_at(REDIS_URL) if REDIS_URL else memory_cache()}

JOBS = SCHEDULE
#: Jobs move matches and timeline entries that are older than this into the archive.
ARCHIVE_MATCHES_AFTER_DAYS = env.int("ARCHIVE_MATCHES_AFTER_DAYS", default=730, least=1, most=MOST_DAYS)
ARCHIVE_ACTIVITIES_AFTER_DAYS = env.int("ARCHIVE_ACTIVITIES_AFTER_DAYS", default=730, least=1, most=MOST_DAYS)
CELERY_BROKER_URL = env.broker("CELERY_BROKER_URL", default=REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True  # what became of a job is in its record
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A task is handed out again when its worker was lost: what was done already is not due, and a run that is
# still alive refuses a second one. No process of a worker holds tasks that another could do.
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A process that has done so many, or has grown to so many kB, is replaced when it has done its task.
CELERY_WORKER_MAX_TASKS_PER_CHILD = 100
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 500_000

AUTHENTICATION_BACKENDS = [
    "deltacrown.accounts.backends.SignInLimit",  # must be the first
    "deltacrown.accounts.backends.Passwords",
    "django.contrib.auth.backends.ModelBackend",  # for sessions that it began, before there was the other
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

#: Of what is for nobody in particular: feeds, cards and badges. Pages are in the language of each reader.
LANGUAGE_CODE = env.choice("SITE_LANGUAGE", ["en", "tr"], default="en")
#: Each language pages are shown in, by its own name.
LANGUAGES = [("en", "English"), ("tr", "Türkçe")]
LANGUAGE_COOKIE_NAME = "language"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

#: The pictures of players; another host keeps them elsewhere with another default of ``STORAGES``.
MEDIA_ROOT = env.folder("MEDIA_ROOT", default=DELTACROWN_HOME / "media")
#: The largest picture taken from a player. Requests with files of more than that lose them unread.
AVATAR_MAX_BYTES = env.int("AVATAR_MAX_BYTES", default=4 * 1024 * 1024, least=1024, most=64 * 1024 * 1024)
FILE_UPLOAD_HANDLERS = [
    "deltacrown.web.uploads.BoundedUploads",  # must be the first
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

STATIC_URL = "static/"
STATIC_ROOT = env.folder("STATIC_ROOT", default=DELTACROWN_HOME / "static")
PLAIN_STATIC_FILES = "django.contrib.staticfiles.storage.StaticFilesStorage"
HASHED_STATIC_FILES = "whitenoise.storage.CompressedManifestStaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": PLAIN_STATIC_FILES if DEBUG else HASHED_STATIC_FILES},
}
WHITENOISE_USE_FINDERS = DEBUG

# Behind TLS (production) everything is strict; the embedded default speaks plain HTTP on loopback.
SECURE_SSL_REDIRECT = BEHIND_TLS
SESSION_ENGINE = "deltacrown.config.sessions"
SESSION_COOKIE_SECURE = BEHIND_TLS
CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = BEHIND_TLS
SECURE_HSTS_PRELOAD = BEHIND_TLS
if env.bool("TRUST_FORWARDED_PROTO", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LOGGING = build_logging(
    level=env.level("LOG_LEVEL", default="WARNING"),
    form=env.choice("LOG_FORMAT", ["line", "json"], default="line"),
    tells_errors=DEBUG,
)

#: What reads ``/metrics``; without it there is nothing at that address.
METRICS_TOKEN = env.secret("METRICS_TOKEN", least=SHORTEST_TOKEN)
if METRICS_TOKEN and serving.counts_together:
    keep_counts_in(DELTACROWN_HOME / "metrics")
#: Spans go there, and errors; each needs an extra.
OTEL_EXPORTER_OTLP_ENDPOINT = env.endpoint("OTEL_EXPORTER_OTLP_ENDPOINT", needs=TRACING)
SENTRY_DSN = env.endpoint("SENTRY_DSN", needs=ERRORS)

#: Who is told by mail of a job that has a problem. Django's own ``ADMINS`` would be sent all of a request.
ALERT_ADDRESSES = env.addresses("ADMINS")
#: Called when a run of a job has ended, with the name of the job in place of ``{job}``.
JOB_PING_URL = env.endpoint("JOB_PING_URL", holds="{job}")
