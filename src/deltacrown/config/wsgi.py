"""The WSGI entry point."""

from django.core.wsgi import get_wsgi_application

from deltacrown.config import serving
from deltacrown.config.starting import read_settings

serving.is_server = True

read_settings()
application = get_wsgi_application()
