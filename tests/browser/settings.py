"""The settings of the site in the browser's tests: as in production, with one language more.

The language has every text that is marked for translation in brackets: what is outside of them is not marked.
"""

from __future__ import annotations

import os

from deltacrown.config.settings import *  # noqa: F403
from deltacrown.config.settings import LANGUAGES as OURS
from tests.browser.bracketed import LANGUAGE

LANGUAGES = [*OURS, (LANGUAGE, "Esperanto")]
LOCALE_PATHS = [os.environ["BRACKETED_CATALOGUES"]]
