"""The WSGI entry point."""

from django.core.wsgi import get_wsgi_application

from deltacrown.config import serving
from deltacrown.config.starting import read_settings, start_watching

serving.is_server = serving.counts_together = True

read_settings()
start_watching()
application = get_wsgi_application()
