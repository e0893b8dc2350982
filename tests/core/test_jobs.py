"""Jobs run once at a time, leave a record whatever becomes of them, and are missed when they do not run."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import NamedTuple

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils.translation import get_language, override

from deltacrown.core import clock, jobs
from deltacrown.core.cadence import Cadence, Job
from deltacrown.core.models import JobRun
from tests.concurrency import call_together

pytestmark = pytest.mark.django_db

NOON = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)
CALLS = []


class State(NamedTuple):
    problem: str
    is_due: bool


def work(*, clock):
    CALLS.append(clock())
    return {"done": len(CALLS)}


def fail(*, clock):
    raise ZeroDivisionError("no way")


def be_stopped(*, clock):
    raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def schedule(settings, monkeypatch):
    """Two jobs that work and two that do not, in a database that is a year old, at a noon."""
    paths = {"works": "work", "also-works": "work", "fails": "fail", "is-stopped": "be_stopped"}
    settings.JOBS = tuple(
        Job(
            name,
            f"{__name__}.{function}",
            Cadence(hour=3, minute=0, weekday=0 if name == "also-works" else None),
            "migrate",
            "Does it.",
        )
        for name, function in paths.items()
    )
    CALLS.clear()
    monkeypatch.setattr(jobs, "_get_installed_at", lambda: NOON - timedelta(days=365))
    monkeypatch.setattr(clock, "now", lambda: NOON)


def at(**ago):
    return lambda: NOON - timedelta(**ago)


def runs(name):
    return list(JobRun.objects.filter(job=name).order_by("pk").values_list("status", flat=True))


def problems(now=NOON):
    return {state.job.name: state.problem for state in jobs.list_job_states(now) if state.problem}


def state_of(name, now=NOON):
    (state,) = [state for state in jobs.list_job_states(now) if state.job.name == name]
    return State(state.problem, state.is_due)


def run_command(*args, code=0):
    out, err = StringIO(), StringIO()
    try:
        call_command(*args, stdout=out, stderr=err)
        returned = 0
    except CommandError as error:
        returned = error.returncode
    except SystemExit as stop:
        returned = stop.code
    assert returned == code
    return out.getvalue() + err.getvalue()


def test_a_run_is_in_english_whatever_the_language_of_the_worker():
    with override("tr"):
        run = jobs.run_job("works", cause="a test", clock=at(minutes=0), work=lambda: {"in": get_language()})

    assert run.summary == {"in": "en"}


def test_a_run_is_recorded_with_what_it_did():
    run = jobs.run_job("works", cause="a test", clock=at(minutes=0))

    run.refresh_from_db()
    assert (run.status, run.cause, run.summary, run.error) == ("DONE", "a test", {"done": 1}, "")
    assert run.started_at == run.finished_at == NOON


@pytest.mark.parametrize(("name", "error"), [("fails", ZeroDivisionError), ("is-stopped", KeyboardInterrupt)])
def test_a_run_that_fails_or_is_stopped_says_why_and_does_not_stand_in_the_way(name, error, caplog):
    for _ in range(2):
        with pytest.raises(error):
            jobs.run_job(name, cause="a test", clock=at(minutes=0))

    assert runs(name) == ["FAILED", "FAILED"]
    assert error.__name__ in JobRun.objects.first().error
    assert problems()[name] == f"{name}: the run of 2025-06-02 12:00 failed."


def test_two_at_once_is_one():
    first = jobs.begin_run(job=jobs.get_job("works"), cause="first", now=NOON)
    with pytest.raises(jobs.AlreadyRunning):
        jobs.run_job("works", cause="second", clock=at(minutes=0))
    jobs.run_job("also-works", cause="another job", clock=at(minutes=0))
    jobs.finish_run(run=first, now=NOON)

    jobs.run_job("works", cause="third", clock=at(minutes=0))
    assert runs("works") == ["DONE", "DONE"]
    assert len(CALLS) == 2


@pytest.mark.django_db(transaction=True)
def test_many_at_the_same_time_are_one():
    answers = call_together(
        [lambda: jobs.begin_run(job=jobs.get_job("works"), cause="together", now=NOON)] * 6
    )

    assert sorted(type(answer).__name__ for answer in answers) == ["AlreadyRunning"] * 5 + ["JobRun"]
    assert runs("works") == ["RUNNING"]


@pytest.mark.parametrize(
    ("ago", "take_over", "buried"),
    [({"minutes": 4}, False, True), ({"minutes": 2}, False, False), ({"minutes": 2}, True, True)],
)
def test_a_run_that_was_killed_is_buried_after_a_while_or_when_told(ago, take_over, buried, caplog):
    jobs.begin_run(job=jobs.get_job("works"), cause="killed", now=at(**ago)())
    if not buried:
        with pytest.raises(jobs.AlreadyRunning):
            jobs.run_job("works", cause="next", clock=at(minutes=0), take_over=take_over)
        return
    jobs.run_job("works", cause="next", clock=at(minutes=0), take_over=take_over)

    assert runs("works") == ["FAILED", "DONE"]
    assert JobRun.objects.first().error == jobs.DEAD


def test_one_that_was_buried_and_comes_back_changes_nothing(caplog):
    lost = jobs.begin_run(job=jobs.get_job("works"), cause="lost", now=at(hours=7)())
    jobs.run_job("works", cause="next", clock=at(minutes=0))
    jobs.finish_run(run=lost, now=NOON, summary={"done": 99})

    assert runs("works") == ["FAILED", "DONE"]


@pytest.mark.parametrize(
    ("latest", "problem", "is_due"),
    [
        ({"hours": 8}, "", False),  # at 4:00, after it was due at 3:00
        ({"hours": 10}, "works: was due at 2025-06-02 03:00 and has not been run.", True),
        ({"days": 40}, "works: was due at 2025-06-02 03:00 and has not been run.", True),
        (None, "works: was due at 2025-06-02 03:00 and has not been run.", True),
    ],
)
def test_missed(latest, problem, is_due):
    if latest:
        jobs.finish_run(
            run=jobs.begin_run(job=jobs.get_job("works"), cause="x", now=at(**latest)()), now=NOON
        )
    (state,) = [state for state in jobs.list_job_states(NOON) if state.job.name == "works"]

    assert (state.problem, state.is_due) == (problem, is_due)


def test_late_is_not_yet_missed():
    jobs.finish_run(run=jobs.begin_run(job=jobs.get_job("works"), cause="x", now=at(hours=12)()), now=NOON)
    state = jobs.list_job_states(NOON - timedelta(hours=4))[0]

    assert (state.problem, state.is_due) == ("", True)


def test_one_that_takes_too_long_though_it_is_alive():
    run = jobs.begin_run(job=jobs.get_job("works"), cause="x", now=at(hours=8)())
    assert jobs.renew_lease(run=run, now=at(minutes=1)())

    assert state_of("works") == ("works: the run of 2025-06-02 04:00 has not ended.", False)


@pytest.mark.parametrize("started", [{"minutes": 30}, {"hours": 8}])
def test_one_that_was_killed_is_found_when_its_lease_has_run_out(started):
    run = jobs.begin_run(job=jobs.get_job("works"), cause="x", now=at(**started)())
    jobs.renew_lease(run=run, now=at(minutes=2)())
    assert "killed" not in state_of("works").problem

    later = NOON + timedelta(minutes=2)
    problem, is_due = state_of("works", later)
    assert problem.endswith(" was killed: nothing was heard of it since 2025-06-02 11:58.")
    assert is_due
    jobs.run_job("works", cause="next", clock=lambda: later)
    assert runs("works") == ["FAILED", "DONE"]


def test_one_of_before_there_were_leases_is_judged_by_its_start():
    run = jobs.begin_run(job=jobs.get_job("works"), cause="x", now=at(minutes=4)())
    JobRun.objects.filter(pk=run.pk).update(alive_at=None)

    assert "was killed" in state_of("works").problem


def test_a_lease_that_another_run_has_is_not_renewed():
    lost = jobs.begin_run(job=jobs.get_job("works"), cause="lost", now=at(minutes=4)())
    jobs.begin_run(job=jobs.get_job("works"), cause="next", now=NOON)

    assert not jobs.renew_lease(run=lost, now=NOON)


@pytest.mark.django_db(transaction=True)
def test_a_run_renews_its_lease_while_it_works(monkeypatch, settings):
    if connection.vendor == "sqlite":
        monkeypatch.setattr(jobs.connections, "close_all", lambda: None)  # the database is this connection's
    renewed = threading.Event()
    monkeypatch.setattr(jobs, "RENEWAL_SECONDS", 0.01)
    monkeypatch.setattr(jobs, "renew_lease", lambda **_: renewed.set() or True)
    monkeypatch.setattr(f"{__name__}.work", lambda *, clock: {"renewed": int(renewed.wait(300))})

    assert jobs.run_job("works", cause="x", clock=at(minutes=0)).summary == {"renewed": 1}
    assert not [
        thread for thread in threading.enumerate() if thread.name == "lease of works" and not _ends(thread)
    ]


def _ends(thread):
    thread.join(300)
    return not thread.is_alive()


class TestFailed:
    """A job that failed is not done: it is due again soon, and later each time."""

    def fail_at(self, *times):
        for time in times:
            run = jobs.begin_run(job=jobs.get_job("works"), cause="x", now=time)
            jobs.finish_run(run=run, now=time, error="no way")

    @pytest.mark.parametrize(
        ("failures", "wait"),
        [
            (1, {"minutes": 10}),
            (2, {"minutes": 20}),
            (3, {"minutes": 40}),
            (6, {"minutes": 320}),
            (20, {"hours": 6}),
        ],
    )
    def test_it_is_due_again_after_a_wait(self, settings, failures, wait, caplog):
        settings.JOBS = (replace(settings.JOBS[0], cadence=Cadence(hour=3, minute=0, day=2)),)  # monthly
        self.fail_at(*(NOON - timedelta(seconds=failures - number) for number in range(1, failures + 1)))

        just_before = NOON + timedelta(**wait) - timedelta(minutes=1)
        assert state_of("works", just_before) == ("works: the run of 2025-06-02 12:00 failed.", False)
        assert state_of("works", NOON + timedelta(**wait)).is_due

    def test_it_is_reported_until_it_is_done(self, settings, caplog):
        settings.JOBS = (replace(settings.JOBS[0], cadence=Cadence(hour=3, minute=0, day=2)),)
        self.fail_at(NOON)
        assert problems(NOON + timedelta(days=20)) == {"works": "works: the run of 2025-06-02 12:00 failed."}

        jobs.run_job("works", cause="x", clock=lambda: NOON + timedelta(days=20))
        assert state_of("works", NOON + timedelta(days=21)) == ("", False)

    def test_the_wait_begins_anew_after_one_that_was_done(self, caplog):
        self.fail_at(*(at(days=1, minutes=minutes)() for minutes in range(5, 0, -1)))
        jobs.run_job("works", cause="x", clock=at(days=1))
        self.fail_at(NOON)

        assert state_of("works", NOON + timedelta(minutes=10)).is_due

    def test_one_that_failed_by_hand_after_it_was_done_is_reported_and_not_due(self, caplog):
        jobs.run_job("works", cause="x", clock=at(hours=8))
        self.fail_at(NOON)

        assert state_of("works", NOON + timedelta(hours=1)) == (
            "works: the run of 2025-06-02 12:00 failed.",
            False,
        )

    def test_a_failure_of_before_it_was_due_holds_nothing_up(self, caplog):
        self.fail_at(at(hours=9, minutes=1)())

        assert state_of("works", at(hours=9)()).is_due


def test_a_new_database_has_missed_nothing(monkeypatch):
    monkeypatch.setattr(jobs, "_get_installed_at", lambda: NOON - timedelta(minutes=1))

    assert problems() == {}
    assert not any(state.is_due for state in jobs.list_job_states(NOON))


def test_states_cost_three_queries(monkeypatch, django_assert_num_queries):
    monkeypatch.undo()
    with django_assert_num_queries(3):
        jobs.list_job_states(NOON)


class TestCommands:
    def test_one_job(self):
        assert run_command("run_job", "works") == 'works: {"done": 1}\n'

    def test_everything_due_once_also_after_one_that_fails(self, settings, caplog):
        settings.JOBS = (settings.JOBS[2], *settings.JOBS[:2])
        assert "fails failed: no way" in run_command("run_job", "--due", code=1)
        assert run_command("run_job", "--due") == ""

        assert (runs("fails"), runs("works"), runs("also-works")) == (["FAILED"], ["DONE"], ["DONE"])

    def test_running_already(self):
        jobs.begin_run(job=jobs.get_job("works"), cause="first", now=NOON)

        assert "already running" in run_command("run_job", "works", code=3)
        assert run_command("run_job", "works", "--take-over") == 'works: {"done": 1}\n'

    @pytest.mark.parametrize("args", [[], ["works", "--due"], ["nonsense"]])
    def test_wrong_calls(self, args):
        run_command("run_job", *args, code=2)

    def test_checking(self):
        found = json.loads(run_command("check_jobs", "--json", code=1))
        assert [(row["job"], row["is_due"]) for row in found] == [
            (job.name, True) for job in jobs.list_jobs()
        ]
        assert "works: has not run yet. PROBLEM: works: was due" in run_command("check_jobs", code=1)

    def test_checking_when_all_is_well(self, settings):
        settings.JOBS = settings.JOBS[:2]
        run_command("run_job", "--due")

        assert "works: last ran 2025-06-02 12:00 UTC" in run_command("check_jobs")
