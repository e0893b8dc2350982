"""Jobs run once at a time, leave a record whatever becomes of them, and are missed when they do not run."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from deltacrown.core import clock, jobs
from deltacrown.core.cadence import Cadence, Job
from deltacrown.core.models import JobRun
from tests.concurrency import call_together

pytestmark = pytest.mark.django_db

NOON = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)
CALLS = []


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
    [({"hours": 7}, False, True), ({"hours": 5}, False, False), ({"hours": 5}, True, True)],
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


def test_one_that_never_ended():
    jobs.begin_run(job=jobs.get_job("works"), cause="x", now=at(hours=8)())

    assert problems()["works"] == "works: the run of 2025-06-02 04:00 has not ended."


def test_a_new_database_has_missed_nothing(monkeypatch):
    monkeypatch.setattr(jobs, "_get_installed_at", lambda: NOON - timedelta(minutes=1))

    assert problems() == {}
    assert not any(state.is_due for state in jobs.list_job_states(NOON))


def test_states_cost_two_queries(monkeypatch, django_assert_num_queries):
    monkeypatch.undo()
    with django_assert_num_queries(2):
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
