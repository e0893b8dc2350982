"""The engine in a project of its own: a shop that counts its orders, on the database the suite runs on."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest

from tests.tally.scratch.project import ENGINE

MODELS = '''
from django.db import models
from django.db.models import Case, F, Q, When
from django_tally.declarations import Rule, count_of, sum_of
from django_tally.fields import DerivedStat, HolderQuerySet, RecordedAt, Stat

PAID = Rule(Q(is_paid=True), "{cents} cents are not paid")


class Customer(models.Model):
    name = models.CharField(max_length=20)


class Branch(models.Model):
    name = models.CharField(max_length=20)


class OrderRow(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE)
    branch = models.ForeignKey(Branch, models.CASCADE)
    cents = models.IntegerField()
    is_paid = models.BooleanField(default=True)
    recorded_at = RecordedAt()

    class Meta:
        abstract = True


class Order(OrderRow):
    pass


class OldOrder(OrderRow):
    history_of = "shop.Order"


class Duel(models.Model):
    """Counts for two customers, for each from another time on."""

    winner = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    loser = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    stake = models.IntegerField(null=True)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    recorded_at = RecordedAt()


class Account(models.Model):
    stat_keys = ("customer",)
    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True)
    staked = Stat(
        (
            *sum_of("stake", "shop.Duel", happened_at="ended_at", keys={"customer": "winner"}),
            *sum_of("stake", "shop.Duel", happened_at="began_at", keys={"customer": "loser"}),
        )
    )
    orders = Stat(count_of("shop.Order", "shop.OldOrder", happened_at="recorded_at", where=[PAID]))
    cents_spent = Stat(
        sum_of("cents", "shop.Order", "shop.OldOrder", happened_at="recorded_at", where=[PAID])
    )
    mean_cents = DerivedStat(
        expression=Case(When(orders=0, then=None), default=F("cents_spent") / F("orders")),
        output_field=models.IntegerField(null=True),
        rows_of="orders",
    )

    objects = HolderQuerySet.as_manager()


class Loyalty(models.Model):
    """A row per customer and branch, made by the triggers with the first order that counts."""

    stat_keys = ("customer", "branch")
    stat_rows_on_demand = True
    customer = models.ForeignKey(Customer, models.CASCADE)
    branch = models.ForeignKey(Branch, models.CASCADE)
    orders = Stat(count_of("shop.Order", happened_at="recorded_at", where=[PAID]))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "branch"], name="loyalty_once")]
'''

PRELUDE = """
import json
from django.db import connection
from shop.models import Account, Branch, Customer, Loyalty, OldOrder, Order

branch = Branch.objects.get_or_create(name="north")[0]

def open_account(name):
    customer = Customer.objects.create(name=name)
    Account.objects.create(customer=customer)
    return customer

def order(customer, cents, **fields):
    return Order(customer=customer, branch=branch, cents=cents, **fields)

def numbers(customer):
    account = Account.objects.get(customer=customer)
    return [account.orders, account.cents_spent, account.mean_cents]

def execute(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
"""


@pytest.fixture(scope="module")
def shop(make_project):
    return make_project("shop", MODELS)


@pytest.fixture(scope="module")
def run(shop):
    """Run a script after :data:`PRELUDE`, and return the JSON documents it prints, a line each."""

    def run_script(script):
        return [json.loads(line) for line in shop.run(PRELUDE + textwrap.dedent(script)).splitlines()]

    return run_script


def test_nothing_of_the_platform_is_there(run, engine):
    where, found, imported = run(
        """
        import importlib.util, sys, django_tally
        print(json.dumps(django_tally.__file__))
        print(json.dumps(importlib.util.find_spec("deltacrown") is not None))
        unwanted = ("deltacrown", "django.contrib.auth")
        print(json.dumps([name for name in sys.modules if name.startswith(unwanted)]))
        """
    )

    assert Path(where).is_relative_to(engine)
    assert not found
    assert imported == []


def test_the_wheel_holds_every_module_and_nothing_else(engine):
    package = engine / "django_tally"
    files = {path.relative_to(package) for path in package.rglob("*") if path.is_file()}
    installed = {path for path in files if path.suffix != ".pyc"}

    assert installed == {path.relative_to(ENGINE) for path in ENGINE.rglob("*.py")} | {Path("py.typed")}


def test_every_way_of_writing_is_counted(run):
    steps = run(
        """
        ann, bob = open_account("ann"), open_account("bob")

        def show():
            print(json.dumps([numbers(ann), numbers(bob)]))

        first = Order.objects.create(customer=ann, branch=branch, cents=500)
        Order.objects.create(customer=ann, branch=branch, cents=9, is_paid=False)
        show()
        Order.objects.bulk_create([order(ann, 100), order(bob, 40), order(bob, 7, is_paid=False)])
        show()
        Order.objects.filter(customer=ann, is_paid=False).update(is_paid=True)
        show()
        execute("UPDATE shop_order SET customer_id = %s WHERE id = %s", bob.pk, first.pk)
        show()
        columns = "customer_id, branch_id, cents, is_paid"
        execute(f"INSERT INTO shop_order ({columns}) VALUES (%s, %s, 60, true)", ann.pk, branch.pk)
        show()
        Order.objects.filter(customer=bob)._raw_delete("default")
        show()
        """
    )

    assert steps == [
        [[1, 500, 500], [0, 0, None]],
        [[2, 600, 300], [1, 40, 40]],
        [[3, 609, 203], [1, 40, 40]],
        [[2, 109, 54], [2, 540, 270]],
        [[3, 169, 56], [2, 540, 270]],
        [[3, 169, 56], [0, 0, None]],
    ]


def test_rows_are_made_with_the_first_order_that_counts(run):
    before, after = run(
        """
        cleo = open_account("cleo")
        unpaid = Order.objects.create(customer=cleo, branch=branch, cents=5, is_paid=False)
        print(json.dumps(list(Loyalty.objects.filter(customer=cleo).values_list("orders", flat=True))))
        Order.objects.bulk_create([order(cleo, 10), order(cleo, 20)])
        print(json.dumps(list(Loyalty.objects.filter(customer=cleo).values_list("orders", flat=True))))
        """
    )

    assert (before, after) == ([], [2])


def test_moving_rows_to_their_archive_changes_no_number_and_leaves_no_revision(run):
    before, after, revisions = run(
        """
        from django.db import transaction
        from django_tally.models import Revision
        dora = open_account("dora")
        Order.objects.bulk_create([order(dora, 30), order(dora, 50)])
        print(json.dumps(numbers(dora)))
        with transaction.atomic():
            rows = list(Order.objects.filter(customer=dora).values())
            OldOrder.objects.bulk_create(OldOrder(**row) for row in rows)
            Order.objects.filter(pk__in=[row["id"] for row in rows]).delete()
        print(json.dumps(numbers(dora)))
        # What an archive holds came with a past of its own; the move itself is no change of a number.
        print(json.dumps(Revision.objects.filter(owner=dora.pk).count()))
        """
    )

    assert before == after == [2, 80, 40]
    assert revisions == 0


def test_code_cannot_set_a_number(run):
    refused, kept = run(
        """
        from django_tally.fields import ProtectedNumber
        eve = open_account("eve")
        try:
            Account.objects.filter(customer=eve).update(orders=7)
        except ProtectedNumber as error:
            print(json.dumps(str(error)))
        stale = Account.objects.get(customer=eve)
        Order.objects.create(customer=eve, branch=branch, cents=5)
        stale.orders = 99
        stale.save()
        print(json.dumps(numbers(eve)))
        """
    )

    assert "manage.py tally reconcile" in refused
    assert kept == [1, 5, 5]


def test_rows_and_explanations_agree_with_the_number(run):
    counted, verdicts = run(
        """
        from django_tally.explanation import explain_row
        from django_tally.rows import rows_of
        finn = open_account("finn")
        Order.objects.bulk_create([order(finn, 30), order(finn, 50), order(finn, 70, is_paid=False)])
        counted = rows_of(Account, "mean_cents", customer=finn)
        print(json.dumps([list(rows.values_list("cents", flat=True)) for rows in counted]))
        stat = Account._meta.get_field("cents_spent")
        orders = Order.objects.filter(customer=finn).order_by("cents")
        print(json.dumps([str(explain_row(stat, row)) for row in orders]))
        """
    )

    assert counted == [[30, 50], []]
    assert verdicts == ["counts 30", "counts 50", "does not count: 70 cents are not paid"]


def test_history_tells_each_change_and_as_of_undoes_it(run):
    changes, as_of = run(
        """
        import time
        from django.utils import timezone
        from django_tally.as_of import get_as_of
        from django_tally.context import attributed
        from django_tally.history import list_changes
        from django_tally.stat_sql import StatOf
        gil = open_account("gil")
        keys = {"customer": gil.pk}
        first = Order.objects.create(customer=gil, branch=branch, cents=30)
        Order.objects.create(customer=gil, branch=branch, cents=50)
        between = list_changes(StatOf(Account, Account._meta.get_field("orders"), keys), limit=1)[0].at
        time.sleep(0.005)  # SQLite's clock has milliseconds
        with attributed(actor="clerk", reason="paid twice"):
            Order.objects.filter(pk=first.pk).update(is_paid=False)
        spent = list_changes(StatOf(Account, Account._meta.get_field("cents_spent"), keys), limit=10)
        print(json.dumps([[change.delta, change.actor, change.reason] for change in spent]))
        print(json.dumps([
            get_as_of(Account, name, keys, known_at=at)
            for name in ("orders", "cents_spent", "mean_cents")
            for at in (between, timezone.now())
        ]))
        """
    )

    assert changes == [[-30, "clerk", "paid twice"], [50, "", ""], [30, "", ""]]
    assert as_of == [2, 1, 80, 50, 40, 50]


class TestCommand:
    """``manage.py tally``: exit code 0 when all is right, 1 when a number had drifted, 2 for a wrong call."""

    @pytest.fixture
    def owner(self, run):
        """A customer with an order that counts and one that does not, and the key of the second."""
        return run(
            """
            hal = open_account("hal")
            Order.objects.create(customer=hal, branch=branch, cents=30)
            unpaid = Order.objects.create(customer=hal, branch=branch, cents=70, is_paid=False)
            print(json.dumps([hal.pk, unpaid.pk]))
            """
        )[0]

    def test_drift_is_found_repaired_and_gone(self, shop, run, owner):
        hal = owner[0]
        assert "all right" in shop.manage("tally", "verify")

        run(f'execute("UPDATE shop_account SET orders = 5 WHERE customer_id = {hal}")')
        found = json.loads(shop.manage("tally", "verify", "--json", code=1))
        drift = {
            "holder": "shop.Account",
            "keys": {"customer": hal},
            "stat": "orders",
            "cached": 5,
            "actual": 1,
        }
        assert (found["status"], found["numbers_repaired"], found["drifts"]) == ("DRIFTED", 0, [drift])

        assert shop.manage("tally", "verify", "shop.Loyalty").endswith("all right.\n")
        said = shop.manage("tally", "reconcile", code=1)
        assert f"shop.Account customer={hal} orders: 5, its rows say 1 (repaired)" in said
        assert json.loads(shop.manage("tally", "reconcile", "shop.Account", "--json"))["status"] == "CLEAN"

    def test_a_number_is_explained(self, shop, run, owner):
        hal, unpaid = owner
        lines = shop.manage("tally", "explain", "shop.Account", str(hal), "mean_cents").splitlines()
        assert lines[:7] == [
            f"shop.Account customer={hal} mean_cents: 30",
            "  made of orders: 1",
            "  made of cents_spent: 30",
            "  shop.Order: 1 rows count",
            "  shop.OldOrder: 0 rows count",
            "Not counted:",
            f"  shop.Order {unpaid}: 70 cents are not paid",
        ]

        run(f'execute("UPDATE shop_account SET orders = 5 WHERE customer_id = {hal}")')
        explain = ["tally", "explain", "shop.Account", str(hal), "orders"]
        report = json.loads(shop.manage(*explain, "--json", "--limit", "1", code=1))
        assert report["components"] == [{"stat": "orders", "cached": 5, "counted": 1}]
        assert [change["delta"] for change in report["changes"]] == [1]
        shop.manage("tally", "reconcile", code=1)

    def test_a_wrong_call_is_refused(self, run):
        """Run all in one process, since starting one for each takes long."""
        calls = {
            ("verify", "shop.Nothing"): "is no model",
            ("reconcile", "shop.Order"): "declares no stats; these do: shop.Account, shop.Loyalty",
            ("explain", "shop.Loyalty", "1", "orders"): "takes 2 KEY: customer, branch",
            ("explain", "shop.Account", "1", "returns"): "has no number called 'returns'",
            ("explain", "shop.Account", "1", "orders", "--limit", "0"): "a whole number from 1",
            (): "SUBCOMMAND",
        }
        answers = run(
            f"""
            import contextlib, io
            from django.core.management import execute_from_command_line
            for arguments in {list(calls)}:
                said = io.StringIO()
                with contextlib.redirect_stderr(said):
                    try:
                        execute_from_command_line(["manage.py", "tally", *arguments])
                    except SystemExit as end:
                        print(json.dumps([end.code, said.getvalue()]))
            """
        )

        assert [code for code, _ in answers] == [2] * len(calls)
        for (_, said), expected in zip(answers, calls.values(), strict=True):
            assert expected in said

    def test_install_puts_lost_triggers_back_and_recounts(self, shop, run, owner):
        hal = owner[0]
        counts = run(
            f"""
            from django_tally.triggers.installation import drop_triggers
            drop_triggers(connection)
            hal = Customer.objects.get(pk={hal})
            Order.objects.create(customer=hal, branch=branch, cents=10)
            print(json.dumps(numbers(hal)))
            """
        )
        assert counts == [[1, 30, 30]]
        assert "tally.W101" in shop.start("-m", "django", "check", "--database", "default").stderr

        shop.manage("tally", "install")
        assert "tally.W101" not in shop.start("-m", "django", "check", "--database", "default").stderr
        assert run(f"print(json.dumps(numbers(Customer.objects.get(pk={hal}))))") == [[2, 40, 20]]


def test_a_row_counts_for_two_by_two_columns_of_time_as_known_now_and_before(run):
    now, before, moved = run(
        """
        import time
        from datetime import UTC, datetime
        from django_tally.as_of import get_as_of
        from django_tally.database_clock import read_database_clock
        from shop.models import Duel
        ida, jon = open_account("ida"), open_account("jon")
        day = lambda n: datetime(2020, 1, n, tzinfo=UTC)

        def duel(winner, loser, stake, began, ended):
            return Duel.objects.create(
                winner=winner, loser=loser, stake=stake, began_at=day(began), ended_at=day(ended)
            )

        def tell(known_at=None):
            times = [{"at": day(n), "known_at": known_at} for n in (1, 2, 3, 4)]
            print(json.dumps([
                [get_as_of(Account, "staked", {"customer": who.pk}, **each) for each in times]
                for who in (ida, jon)
            ]))

        first = duel(ida, jon, 10, 2, 3)
        duel(ida, ida, 100, 1, 4)
        duel(jon, ida, None, 1, 1)
        time.sleep(0.005)
        cut = read_database_clock(connection)
        time.sleep(0.005)
        tell()
        Duel.objects.filter(pk=first.pk).update(winner=jon, ended_at=day(4), stake=7)
        tell(known_at=cut)
        tell()
        """
    )

    assert now == before == [[100, 100, 110, 210], [0, 10, 10, 10]]
    assert moved == [[100, 100, 100, 200], [0, 7, 7, 14]]
