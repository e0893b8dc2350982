"""The WSGI entry point."""

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from deltacrown.config import serving
from deltacrown.config.starting import read_settings, start_watching
from deltacrown.config.whole_answers import send_whole
from deltacrown.core.garbage import leave_loaded_alone

serving.is_server = serving.counts_together = True

read_settings()
start_watching()
application = send_whole(get_wsgi_application())
# The addresses and all their views, which the first request would wait for.
get_resolver().url_patterns  # noqa: B018 - the first use loads them
leave_loaded_alone()
