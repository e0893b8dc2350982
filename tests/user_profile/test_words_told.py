"""What the site stores is English, whoever brought it about; pages say it in the language of their reader."""

from __future__ import annotations

from decimal import Decimal

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from django.utils.translation import override, trans_real

from deltacrown.user_profile.achievements.experience import rebuild_experience
from deltacrown.user_profile.achievements.syncing import (
    sync_match_achievements,
    sync_tournament_achievements,
)
from deltacrown.user_profile.models import ExperienceAward, UserAchievement, UserActivity, UserProfile
from deltacrown.user_profile.numbers.catalogue import get_stat_field
from deltacrown.user_profile.numbers.evidence import write_sentence
from deltacrown.user_profile.timeline.kinds import KINDS
from deltacrown.user_profile.timeline.reading import get_activity_timeline
from deltacrown.user_profile.timeline.syncing import sync_timeline
from tests.user_profile.season import hold, people, squad

pytestmark = [pytest.mark.django_db, pytest.mark.once]

TURKISH = {
    "Joined DeltaCrown": "DeltaCrown’a katıldı",
    "Joined team %(team_name)s": "%(team_name)s takımına katıldı",
    "Registered for %(tournament_name)s": "%(tournament_name)s turnuvasına kaydoldu",
    "🏆 Won %(tournament_name)s": "🏆 %(tournament_name)s şampiyonu oldu",
    "Earned %(achievement_name)s": "Başarım kazandı: %(achievement_name)s",
    "Champion": "Şampiyon",
    "Win rate": "Galibiyet oranı",
    "{matches_won:,} won of {total_matches_played:,} played: {value} %.": (
        "Oynanan {total_matches_played:,} maçta {matches_won:,} galibiyet: %{value}."
    ),
}


@pytest.fixture
def in_turkish(settings, tmp_path):
    """Put these texts before the catalogue of Turkish."""
    catalogue = Catalog(locale="tr")
    for text, turkish in TURKISH.items():
        catalogue.add(text, turkish)
    folder = tmp_path / "tr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "django.mo").open("wb") as file:
        write_mo(file, catalogue)
    settings.LOCALE_PATHS = [tmp_path]
    trans_real._translations.clear()
    yield
    trans_real._translations.clear()


@pytest.fixture
def champion():
    """Return a player whose team, two joined, won a cup."""
    ann, bob = people("ann", "bob")
    hold("spring-cup", squad("reds", ann), squad("blues", bob))
    return ann


def read_stored(user):
    """Return everything the site wrote of a player, with the keys of the rows."""
    tables = (UserActivity, UserAchievement, ExperienceAward)
    return [list(table.objects.filter(user=user).order_by("pk").values()) for table in tables]


def sync_everything(user):
    users = [user.pk]
    sync_match_achievements(users=users)
    sync_tournament_achievements(users=users)
    rebuild_experience(users=users)
    return sync_timeline(kinds=[type(kind) for kind in KINDS.values()], users=users)


def test_syncing_in_another_language_changes_nothing(in_turkish, champion):
    sync_everything(champion)
    stored = read_stored(champion)
    with override("tr"):
        sync_everything(champion)
    assert read_stored(champion) == stored
    assert any(row["description"].startswith("🏆 Won ") for row in stored[0])


def test_what_a_reader_of_another_language_brings_about_is_stored_in_english(in_turkish):
    with override("tr"):
        ann, bob = people("ann", "bob")
        hold("spring-cup", squad("reds", ann), squad("blues", bob))
    told = {row.description for row in UserActivity.objects.filter(user=ann)}
    assert "Joined DeltaCrown" in told
    assert not told & set(TURKISH.values())
    in_turkish_words = {"kaydoldu", "katıldı", "Başarım"}
    assert not [text for text in told if any(word in text for word in in_turkish_words)]


def test_a_timeline_is_said_in_the_language_of_its_reader_with_names_as_they_are(
    in_turkish, champion, client
):
    def told():
        return [entry.description for entry in get_activity_timeline(champion, champion, limit=50).items]

    english = told()
    with override("tr"):
        turkish = told()
    assert english == [row.description for row in _list_entries(champion)]
    assert len(english) == len(turkish) == len(set(english))
    assert {"DeltaCrown’a katıldı", "Başarım kazandı: Şampiyon"} <= set(turkish)
    assert not set(english) & set(turkish)

    address = f"players/{champion.profile.public_id}/"
    page = client.get(f"/{address}activity/", headers={"accept-language": "tr"}).content.decode()
    assert "DeltaCrown’a katıldı" in page
    assert "Joined DeltaCrown" not in page
    api = client.get(f"/api/v1/{address}activity", headers={"accept-language": "tr"}).content.decode()
    assert "Joined DeltaCrown" in api


def _list_entries(user):
    entries = {row.description: row for row in UserActivity.objects.filter(user=user)}
    listed = [entry.description for entry in get_activity_timeline(user, user, limit=50).items]
    return [entries[text] for text in listed]


def test_an_entry_in_other_words_is_shown_as_it_was_written(in_turkish):
    kind = KINDS["TEAM_JOINED"]
    with override("tr"):
        assert kind.reword("Joined team Reds", {"team_name": "Reds"}) == "Reds takımına katıldı"
        assert kind.reword("Came home", {"team_name": "Reds"}) == "Came home"
        assert kind.reword("Joined team Reds", {"team_slug": "reds"}) == "Joined team Reds"


@pytest.mark.parametrize(
    ("language", "label", "sentence"),
    [
        ("en", "Win rate", "1,234 won of 2,000 played: 61.70 %."),
        ("tr", "Galibiyet oranı", "Oynanan 2.000 maçta 1.234 galibiyet: %61,70."),
    ],
)
def test_a_number_is_explained_in_the_language_of_its_reader(in_turkish, language, label, sentence):
    field = get_stat_field(UserProfile, "overall_win_rate")
    parts = {"matches_won": 1234, "total_matches_played": 2000}
    with override(language):
        assert field.label == label
        assert write_sentence(field, 2000, parts, Decimal("61.70")) == sentence
