"""Settings of a peer's process: no more than it needs. The environment names the peer and the database."""

import os

import environ

from benchmarks.peers import APPS

PEER = os.environ["BENCH_PEER"]
PACKAGES = {"computedfields": ["computedfields"], "denorm": ["denorm"], "rest": ["rest_framework"]}

SECRET_KEY = "of a benchmark that nobody else can reach"  # noqa: S105
DATABASES = {"default": environ.Env.db_url_config(os.environ["BENCH_PEER_DATABASE"])}
INSTALLED_APPS = ["django.contrib.contenttypes", *PACKAGES.get(PEER, []), APPS[PEER]]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
ALLOWED_HOSTS = ["testserver"]
ROOT_URLCONF = "benchmarks.peers.rest.urls"
# As its documentation advises for many rows: one UPDATE of a whole batch from values, on PostgreSQL.
COMPUTEDFIELDS_FASTUPDATE = True
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}
