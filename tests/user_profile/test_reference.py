"""The reference page of the stats says what the declarations say."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import Q

from deltacrown.user_profile.numbers.reference import describe_condition, render_stats_reference
from django_tally.feeds import get_derived, get_stats, list_holders


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (Q(), ""),
        (Q(voided_at__isnull=True), "voided_at is empty"),
        (Q(voided_at__isnull=False) & Q(result="WIN"), "voided_at is not empty and result = WIN"),
        (Q(placement__lte=10), "placement ≤ 10"),
        (Q(kind="A") | Q(kind="B"), "kind = A or kind = B"),
        (Q(played=True) & (Q(kind="A") | Q(kind="B")), "played = True and (kind = A or kind = B)"),
        (~Q(result="DRAW"), "not (result = DRAW)"),
    ],
)
def test_a_condition_is_put_in_words(where, words):
    assert describe_condition(where) == words


def test_every_number_has_an_entry_with_its_meaning():
    page = render_stats_reference()

    for holder in list_holders():
        for field in [*get_stats(holder), *get_derived(holder)]:
            assert f"### `{field.name}`\n\n**{field.label}.** {field.meaning}\n" in page


def test_the_command_prints_the_page():
    printed = StringIO()

    call_command("document_stats", stdout=printed)

    assert printed.getvalue() == render_stats_reference()


def test_the_command_writes_the_page_where_it_is_told(tmp_path):
    call_command("document_stats", write=tmp_path / "stats.md")

    assert (tmp_path / "stats.md").read_text(encoding="utf-8") == render_stats_reference()
