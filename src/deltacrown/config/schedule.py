"""The schedule: every job, once.

Celery beat, the crontab, the systemd timers, the documentation and ``check_jobs`` are derived from it.
"""

from __future__ import annotations

from deltacrown.core.cadence import Cadence, Job

SCHEDULE = (
    Job(
        name="reconcile",
        function="deltacrown.user_profile.jobs.reconcile_everything",
        cadence=Cadence(hour=3, minute=15),
        command="reconcile_stats",
        meaning="Syncs series, timelines and achievements with the facts, recounts every number, mends both.",
    ),
    Job(
        name="anonymise-accounts",
        function="deltacrown.user_profile.jobs.anonymise_due",
        cadence=Cadence(hour=3, minute=45),
        meaning="Anonymises accounts that their players closed so long ago that they cannot reopen them.",
    ),
    Job(
        name="sweep-avatars",
        function="deltacrown.user_profile.jobs.sweep_orphaned_avatars",
        cadence=Cadence(hour=4, minute=0),
        command="sweep_avatars",
        meaning="Deletes pictures that no profile names: of uploads that were stopped, and of deleted users.",
    ),
    Job(
        name="sweep-sign-ups",
        function="deltacrown.accounts.jobs.sweep_entrance",
        cadence=Cadence(hour=4, minute=10),
        meaning="Deletes accounts whose e-mail address nobody confirmed in time, and sessions that are over.",
    ),
    Job(
        name="prune-audit-log",
        function="deltacrown.accounts.jobs.prune_audit_log",
        cadence=Cadence(hour=4, minute=20),
        meaning="Deletes from the audit log what staff read over 400 days ago; rulings and changes stay.",
    ),
    Job(
        name="prune-job-runs",
        function="deltacrown.core.job_pruning.prune_job_runs",
        cadence=Cadence(hour=4, minute=50),
        meaning="Deletes records of runs of jobs after 90 days, of frequent ones after 7, but the latest.",
    ),
    Job(
        name="count-ranks",
        function="deltacrown.user_profile.jobs.count_ranks",
        cadence=Cadence(hour=None, minute=2, every=10),
        meaning="Counts who has which value on the leaderboards, so that a place is read fast.",
    ),
    Job(
        name="end-suspensions",
        function="deltacrown.user_profile.jobs.end_due_suspensions",
        cadence=Cadence(hour=None, minute=5),
        command="end_suspensions",
        meaning="Records the end of each suspension whose time is over; it has ended for everybody by then.",
    ),
    Job(
        name="send-notifications",
        function="deltacrown.notifications.jobs.send_notifications",
        cadence=Cadence(hour=None, minute=25),
        meaning="Mails players what is new, where they want it by mail: one mail each.",
    ),
    Job(
        name="prune-notifications",
        function="deltacrown.notifications.jobs.prune_notifications",
        cadence=Cadence(hour=4, minute=20),
        meaning="Deletes notifications that were read 90 days ago, and those a year old that nobody read.",
    ),
    Job(
        name="deliver-webhooks",
        function="deltacrown.webhooks.jobs.deliver_due_webhooks",
        cadence=Cadence(hour=None, minute=0, every=1),
        meaning="Sends events to the endpoints of webhooks, and tries again what was not taken.",
    ),
    Job(
        name="prune-webhooks",
        function="deltacrown.webhooks.jobs.prune_webhooks",
        cadence=Cadence(hour=4, minute=25),
        meaning="Deletes events of webhooks that are older than 30 days, with what became of them.",
    ),
    Job(
        name="breakdowns",
        function="deltacrown.pages.jobs.refresh_breakdowns",
        cadence=Cadence(hour=4, minute=30, weekday=0),
        command="refresh_breakdowns",
        meaning="Recounts the numbers per game, and caches those of each game's leading players.",
    ),
    Job(
        name="archive-matches",
        function="deltacrown.user_profile.jobs.archive_old_matches",
        cadence=Cadence(hour=5, minute=0, day=2),
        command="archive_matches",
        meaning="Moves matches older than two years into the archive; pages show the same as before.",
    ),
    Job(
        name="archive-activities",
        function="deltacrown.user_profile.jobs.archive_old_activities",
        cadence=Cadence(hour=5, minute=30, day=3, month=1),
        command="archive_activities",
        meaning="Moves timeline entries older than two years into the archive; timelines still show them.",
    ),
)
