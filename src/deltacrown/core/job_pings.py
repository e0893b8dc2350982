"""Tell a watch outside of this machine that a run of a job ended (``JOB_PING_URL``).

Such a watch raises an alarm when it was *not* told in time, which nothing on this machine can do.
"""

from __future__ import annotations

import logging
import threading
import urllib.error
import urllib.request

from django.conf import settings

logger = logging.getLogger(__name__)

#: Of each wait for the other side, and of all of it together: a job is not held up.
WAIT_SECONDS, MOST_SECONDS = 5.0, 10.0
#: What is added to the address after a run that failed, as healthchecks.io takes it.
FAILED = "/fail"


def ping(job: str, *, is_done: bool) -> None:
    """Call the address of ``job``, if there is one. Whatever becomes of that, nothing is raised."""
    template: str = settings.JOB_PING_URL
    if not template:
        return
    url = template.replace("{job}", job) + ("" if is_done else FAILED)
    caller = threading.Thread(target=_call, args=(job, url), name=f"ping of {job}", daemon=True)
    caller.start()
    caller.join(MOST_SECONDS)
    if caller.is_alive():
        logger.warning("job %s: the ping was not answered within %g s", job, MOST_SECONDS)


def _call(job: str, url: str) -> None:
    """Call an address; it holds a secret, so it is never logged."""
    request = urllib.request.Request(url, headers={"User-Agent": "DeltaCrown"})  # noqa: S310 - checked
    try:
        with urllib.request.urlopen(request, timeout=WAIT_SECONDS):  # noqa: S310 - by the settings: HTTP
            pass
    except urllib.error.HTTPError as error:
        logger.warning("job %s: the ping was answered with %d", job, error.code)
    except Exception as error:  # noqa: BLE001 - an error of the watch is none of the job
        logger.warning("job %s: the ping did not get through: %s", job, type(error).__name__)
