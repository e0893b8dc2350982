"""Whoever looks after a site is told how jobs went; runs end in time, and are forgotten."""

from __future__ import annotations

import signal
import socket
import threading
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
from structlog.contextvars import get_contextvars

from deltacrown.config.schedule import SCHEDULE
from deltacrown.core import job_alerts, job_pings, job_pruning, jobs
from deltacrown.core.job_figures import JobFigures, list_job_figures
from deltacrown.core.job_limits import TookTooLong, ended_after
from deltacrown.core.models import JobRun, ToldProblem
from tests.core.test_jobs import NOON, at, fail, run_command, runs, schedule

pytestmark = pytest.mark.django_db
__all__ = ["schedule"]


@pytest.fixture
def watch(settings, monkeypatch):
    """A watch of jobs on a port of its own: the paths that it was asked for; ``answer`` is its status."""
    asked = []
    for name in ("WAIT_SECONDS", "MOST_SECONDS"):  # it is there, however long a busy machine takes
        monkeypatch.setattr(job_pings, name, 300.0)

    class Watch(BaseHTTPRequestHandler):
        answer = 200

        def do_GET(self):
            asked.append(self.path)
            self.send_response(Watch.answer)
            self.end_headers()

        def log_message(self, *_args):
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Watch)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.JOB_PING_URL = f"http://127.0.0.1:{server.server_port}/key/{{job}}"
    yield SimpleNamespace(asked=asked, handler=Watch, stop=server.server_close)
    server.shutdown()
    thread.join()
    server.server_close()


class TestPings:
    def test_a_watch_is_told_how_a_run_ended(self, watch):
        jobs.run_job("works", cause="a test", clock=at(minutes=0))
        with pytest.raises(ZeroDivisionError):
            jobs.run_job("fails", cause="a test", clock=at(minutes=0))

        assert watch.asked == ["/key/works", "/key/fails/fail"]

    def test_one_that_answers_wrongly_fails_no_job(self, watch, caplog):
        watch.handler.answer = 500

        assert jobs.run_job("works", cause="a test", clock=at(minutes=0)).status == "DONE"
        assert "the ping was answered with 500" in caplog.text
        assert "/key/" not in caplog.text

    def test_one_that_is_not_there_fails_no_job(self, settings, caplog):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))  # it is nobody else's meanwhile
            settings.JOB_PING_URL = f"http://127.0.0.1:{free.getsockname()[1]}/key/{{job}}"
            assert jobs.run_job("works", cause="a test", clock=at(minutes=0)).status == "DONE"

        assert "the ping did not get through" in caplog.text
        assert "/key/" not in caplog.text

    def test_one_that_never_answers_holds_no_job_up(self, monkeypatch, settings, caplog):
        released = threading.Event()
        monkeypatch.setattr(job_pings, "MOST_SECONDS", 0.01)
        monkeypatch.setattr(job_pings, "_call", lambda _job, _url: released.wait())
        settings.JOB_PING_URL = "http://127.0.0.1/{job}"

        assert jobs.run_job("works", cause="a test", clock=at(minutes=0)).status == "DONE"
        released.set()
        assert "the ping was not answered" in caplog.text


class TestAlerts:
    @pytest.fixture(autouse=True)
    def told(self, settings):
        settings.ALERT_ADDRESSES = ["ann@example.org", "bob@example.org"]
        settings.JOBS = tuple(job for job in settings.JOBS if job.name in {"works", "fails"})
        jobs.run_job("works", cause="a test", clock=at(minutes=0))

    def fail(self, **ago):
        with pytest.raises(ZeroDivisionError):
            jobs.run_job("fails", cause="a test", clock=at(**ago))

    def test_a_problem_is_told_once_and_once_that_it_is_over(self, mailoutbox):
        self.fail(minutes=5)
        assert [job_alerts.mail_problems(now=NOON) for _ in range(2)] == [1, 0]
        self.fail(minutes=1)  # again: the same problem
        assert job_alerts.mail_problems(now=NOON) == 0
        jobs.run_job("fails", cause="a test", clock=at(minutes=0), work=dict)
        assert [job_alerts.mail_problems(now=NOON) for _ in range(2)] == [1, 0]

        assert [mail.subject for mail in mailoutbox] == [
            "[DeltaCrown] fails has a problem",
            "[DeltaCrown] fails is well again",
        ]
        assert mailoutbox[0].to == ["ann@example.org", "bob@example.org"]
        assert "fails: the run of 2025-06-02 11:55 failed." in mailoutbox[0].body
        assert "no way" not in mailoutbox[0].body

    def test_a_mail_that_was_not_sent_is_sent_next_time(self, mailoutbox, monkeypatch, caplog):
        self.fail(minutes=5)
        with monkeypatch.context() as away:
            away.setattr("django.core.mail.EmailMessage.send", fail)
            assert job_alerts.mail_problems(now=NOON) == 0
        assert "were not mailed" in caplog.text

        assert job_alerts.mail_problems(now=NOON) == 1
        assert len(mailoutbox) == 1

    def test_who_told_it_meanwhile_has_told_it(self, mailoutbox, monkeypatch):
        self.fail(minutes=5)
        ToldProblem.objects.create(job="fails", problem="told", told_at=NOON)

        assert job_alerts._tell({"fails": "failed"}, set(), ["ann@example.org"], NOON) == 0
        assert mailoutbox == []

    def test_with_nobody_to_tell_nothing_is_written(self, settings, mailoutbox):
        settings.ALERT_ADDRESSES = []
        self.fail(minutes=5)

        assert job_alerts.mail_problems(now=NOON) == 0
        assert not ToldProblem.objects.exists()

    def test_the_commands_that_are_called_often_tell_it(self, mailoutbox):
        self.fail(minutes=5)
        run_command("check_jobs", code=1)
        assert mailoutbox == []

        run_command("check_jobs", "--mail", code=1)
        run_command("run_job", "--due")  # not due yet
        assert len(mailoutbox) == 1

        ToldProblem.objects.all().delete()
        run_command("run_job", "--due")
        assert len(mailoutbox) == 2


class TestLimits:
    def test_a_run_that_takes_too_long_is_ended_and_recorded(self, settings):
        settings.JOBS = (replace(jobs.get_job("works"), longest=timedelta(seconds=0.05)),)

        def wait():
            try:
                threading.Event().wait(300)
            except Exception:  # noqa: BLE001 - as some of our work has it: it must not go on after this
                threading.Event().wait(300)

        with pytest.raises(TookTooLong):
            jobs.run_job("works", cause="a test", clock=at(minutes=0), work=wait, is_limited=True)

        assert runs("works") == ["FAILED"]
        assert "TookTooLong: The run took longer than 0:00:00.050000" in JobRun.objects.get().error
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)

    def test_one_that_ends_in_time_leaves_no_alarm(self):
        before = signal.getsignal(signal.SIGALRM)
        with ended_after(timedelta(hours=1)):
            assert signal.getitimer(signal.ITIMER_REAL)[0] > 3000
            with ended_after(timedelta(seconds=1)):  # somebody has set an alarm: it stays
                assert signal.getitimer(signal.ITIMER_REAL)[0] > 3000

        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
        assert signal.getsignal(signal.SIGALRM) == before


class TestPruning:
    def test_old_runs_go_but_for_the_latest_of_each_kind(self, monkeypatch):
        monkeypatch.setattr(job_pruning, "BATCH", 2)
        old, new = NOON - timedelta(days=91), NOON - timedelta(days=89)
        kept = []
        for job in ("works", "fails"):
            for minute in range(4):
                for status in ("DONE", "FAILED"):
                    began = old + timedelta(minutes=minute)
                    run = JobRun.objects.create(job=job, status=status, started_at=began, finished_at=began)
                    kept += [run.pk] if minute == 3 else []
        kept.append(JobRun.objects.create(job="works", started_at=old).pk)
        kept.append(
            JobRun.objects.create(job="also-works", status="DONE", started_at=new, finished_at=new).pk
        )
        kept.append(
            JobRun.objects.create(job="also-works", status="DONE", started_at=NOON, finished_at=NOON).pk
        )
        before = jobs.list_job_states(NOON)

        assert job_pruning.prune_job_runs(clock=lambda: NOON) == {"deleted": 12}
        assert set(JobRun.objects.values_list("pk", flat=True)) == set(kept)
        assert job_pruning.prune_job_runs(clock=lambda: NOON) == {"deleted": 0}
        assert [state.problem for state in jobs.list_job_states(NOON)] == [state.problem for state in before]

    def test_what_was_done_often_goes_after_a_week(self, settings):
        settings.JOBS = SCHEDULE
        week = NOON - timedelta(days=7)
        [often] = [job.name for job in SCHEDULE if job.name == "count-ranks"]
        for job, status, began in (
            (often, "DONE", week - timedelta(minutes=1)),  # goes
            (often, "FAILED", week - timedelta(minutes=2)),
            (often, "FAILED", week - timedelta(minutes=1)),
            (often, "DONE", week + timedelta(minutes=1)),
            ("reconcile", "DONE", week - timedelta(minutes=1)),
            ("reconcile", "DONE", NOON),
        ):
            JobRun.objects.create(job=job, status=status, started_at=began, finished_at=began)

        assert job_pruning.prune_job_runs(clock=lambda: NOON) == {"deleted": 1}
        assert not JobRun.objects.filter(job=often, status="DONE", started_at__lt=week).exists()


def test_the_figures_of_metrics(django_assert_num_queries):
    jobs.run_job("works", cause="a test", clock=at(minutes=9))
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            jobs.run_job("fails", cause="a test", clock=at(minutes=0))
    with django_assert_num_queries(3):  # and one for when the site was installed, which this module knows
        figures = {each.job: each for each in list_job_figures(NOON)}

    assert figures["works"] == JobFigures("works", NOON - timedelta(minutes=9), 0.0, 0, False)
    assert figures["fails"] == JobFigures("fails", None, None, 2, True)


def test_every_record_of_a_run_has_its_job_and_its_number(caplog):
    bound = {}
    run = jobs.run_job(
        "works", cause="a test", clock=at(minutes=0), work=lambda: bound.update(get_contextvars()) or {}
    )

    assert bound == {"job": "works", "run": run.pk}
    assert get_contextvars() == {}
