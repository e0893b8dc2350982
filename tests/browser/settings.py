"""The settings of the site in the browser's tests: as in production, with a language and broken pages more.

The language has every text that is marked for translation in brackets: what is outside of them is not marked.
"""

from __future__ import annotations

import os

from deltacrown.config.settings import *  # noqa: F403
from deltacrown.config.settings import LANGUAGES as OURS
from tests.browser.bracketed import LANGUAGE

ROOT_URLCONF = "tests.browser.urls"
#: As in the rest of the suite: a slow hash would be much of what a journey costs.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LANGUAGES = [*OURS, (LANGUAGE, "Esperanto")]
LOCALE_PATHS = [os.environ["BRACKETED_CATALOGUES"]]
#: Who has proved who they are is not asked again while a page is looked at, however busy the machine is.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 6 * 60 * 60
