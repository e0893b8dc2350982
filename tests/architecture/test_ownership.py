"""Only the owning app writes its rows (DESIGN section 3), and only through its services.

A write is a call of ``create``, ``save``, ``update`` and their like on something that stands for
a model. What it stands for is read from the source (``inference``). Apps that own nothing may
not save anything the source does not identify either: a page makes one service call.
"""

from __future__ import annotations

import ast

import pytest
from django.apps import apps
from django.db import models

from tests.architecture.inference import Names, own_models
from tests.architecture.source import FunctionNode, Module, dotted, list_modules, sample

OWNERS = {
    "accounts": {"User", "FormerUsername", "ExternalId", "ApiKey", "AnsweredRequest", "PlayerMerge"},
    "games": {"Game", "FormerGameName", "Season", "Match", "ArchivedMatch"},
    "teams": {"Team", "FormerTeamName", "TeamExternalId", "TeamInvitation", "TeamMembership", "TeamRole",
              "TeamSearchTerm"},
    "tournaments": {
        "Tournament", "FormerTournamentName", "TournamentSearchTerm",
        "TournamentParticipation", "TournamentResult", "TournamentMatchResult", "TournamentSeriesResult",
        "Disqualification", "EntryChange", "Pairing", "PairingReport", "Seed", "TournamentDecision",
        "TournamentInvitation", "TournamentOrganiser",
    },
    "moderation": {"Dispute", "DisputeStatement"},
    "notifications": {"Notification", "NotificationChoice"},
    "user_profile": {
        "UserProfile", "PlayerSearchTerm", "GameStats", "PublicIdCounter", "PrivacySettings",
        "UserActivity", "ArchivedUserActivity", "Achievement", "UserAchievement",
        "Follow", "Block", "KycVerification", "ExperienceAward", "BackfilledPlayer", "StandingChange",
        "PendingAnonymisation", "RankChange", "RankCount", "RankFold", "RankedPlayer",
    },
    "webhooks": {"WebhookEndpoint", "WebhookEvent", "WebhookDelivery"},
    "freshness": {"ContentVersion"},
    "tally": {"Installation", "Recording", "Revision", "ChangeContext", "Run", "Repair"},
    "core": {"JobRun", "AuditEntry", "ToldProblem"},
}  # fmt: skip

#: Nothing but a model has these.
SURE = {
    "save",
    "create",
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "update_or_create",
    "delete",
    "_raw_delete",
}
SURE |= {f"a{verb}" for verb in SURE if not verb.startswith("_")}
#: A dict or a set has these too: they count only on what is known to be a model's rows.
SHARED = {"update", "aupdate"}
#: Writes when called on a relation: ``team.members.add(user)``.
RELATION = {"add", "set", "remove", "clear"}


def owner_of(model: type[models.Model]) -> str:
    """The app in the table, or, for a model that is missing there, the one it is defined in."""
    return next((app for app, names in OWNERS.items() if model.__name__ in names), model._meta.app_label)


def list_scopes(module: Module) -> list[tuple[list[ast.AST], Names]]:
    """Each outermost function with its names, and what is left at the module's own level."""
    outer = [node for node in walk_outside_functions(module.tree) if isinstance(node, FunctionNode)]
    rest = [node for node in walk_outside_functions(module.tree) if not isinstance(node, FunctionNode)]
    return [(list(ast.walk(node)), Names(module, node)) for node in outer] + [(rest, Names(module))]


def walk_outside_functions(node: ast.AST) -> list[ast.AST]:
    found = []
    for child in ast.iter_child_nodes(node):
        found.append(child)
        if not isinstance(child, FunctionNode):
            found += walk_outside_functions(child)
    return found


def find_foreign_writes(module: Module) -> list[str]:
    """Every write to a row that another app owns, or that an app without rows does at all."""
    return [
        f"{module.at(node)} {dotted(node.func) or node.func.attr}: {complaint}"
        for nodes, names in list_scopes(module)
        for node in nodes
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (complaint := complain(module, names, node.func))
    ]


def complain(module: Module, names: Names, call: ast.Attribute) -> str:
    if call.attr not in SURE | SHARED | RELATION:
        return ""
    if call.attr in RELATION and not isinstance(call.value, ast.Attribute):
        return ""
    if dotted(call.value) == "Image.Image":  # a picture, and no row
        return ""
    model = names.of(call.value)
    if model:
        return "" if owner_of(model) == module.app else f"{owner_of(model)} owns {model.__name__}"
    saves_unknown = call.attr in SURE and module.app not in OWNERS
    return f"{module.app or 'the root'} owns no rows" if saves_unknown else ""


def find_writes_outside_services(module: Module) -> list[str]:
    """Every write to an own row from a view, an admin page or a command of the owning app itself."""
    if (
        module.app not in OWNERS
        or module.is_service
        or module.names & {"models"}
        or module.app in {"tally", "core"}
    ):
        return []
    return [
        f"{module.at(node)} {dotted(node.func) or node.func.attr}"
        for nodes, names in list_scopes(module)
        for node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in SURE | SHARED and names.of(node.func.value)
    ]


def test_the_table_of_owners_is_the_truth():
    assert {name: owner for owner, names in OWNERS.items() for name in names} == {
        model.__name__: apps.get_app_config(model._meta.app_label).label for model in own_models().values()
    }, "enter the model in OWNERS here and in docs/explanation/ownership.md"


def test_only_the_owning_app_writes_its_rows():
    assert [write for module in list_modules() for write in find_foreign_writes(module)] == []


def test_it_writes_them_only_in_its_services():
    assert [write for module in list_modules() for write in find_writes_outside_services(module)] == []


@pytest.mark.parametrize(
    ("code", "owner"),
    [
        (
            "from deltacrown.games.models import Match\ndef f():\n    Match.objects.create()",
            "games owns Match",
        ),
        (
            "from deltacrown.games.models import Match as M\n"
            "def f():\n    M.objects.filter(a=1).all().update(c=3)",
            "games owns Match",
        ),
        (
            "from deltacrown.games.models import Match\ndef f(match: Match):\n    match.save()",
            "games owns Match",
        ),
        ("def f(match: 'Match | None'):\n    match.save()", "games owns Match"),
        (
            "from deltacrown.games.models import Match\nrows = Match.objects.bulk_create([])",
            "games owns Match",
        ),
        ("def f(dispute: Dispute):\n    dispute.match.delete()", "games owns Match"),
        (
            "def f(dispute: Dispute):\n    match = dispute.match\n    match.save(update_fields=['a'])",
            "games owns Match",
        ),
        ("def f(user: User):\n    user.profile.save()", "user_profile owns UserProfile"),
        ("def f(request):\n    request.user.privacy_settings.save()", "user_profile owns PrivacySettings"),
        ("def f(request):\n    request.user.save()", "accounts owns User"),
        (
            "def f(team: Team):\n    for row in team.memberships.all():\n        row.delete()",
            "teams owns TeamMembership",
        ),
        (
            "def f(pk):\n    get_object_or_404(Team, pk=pk).delete()\n"
            "from deltacrown.teams.models import Team",
            "teams owns Team",
        ),
        ("def f():\n    apps.get_model('games', 'Game').objects.get_or_create(slug='x')", "games owns Game"),
        ("def g() -> Team: ...\ndef f():\n    g().save()", "teams owns Team"),
        ("def f(user: User):\n    user.activities.add(1)", "user_profile owns UserActivity"),
        ("def f(form):\n    form.save()", "web owns no rows"),
    ],
)
def test_a_foreign_write_is_found(code, owner):
    assert [write.partition(": ")[2] for write in find_foreign_writes(sample(code, "web/views.py"))] == [
        owner
    ]


@pytest.mark.parametrize(
    "code",
    [
        "def f(seen: set[Match], rows: dict[str, Match]):\n    seen.add(1)\n    rows.update({})",
        "def f(context):\n    context.update(a=1)",
        "from deltacrown.games.models import Match\ndef f():\n    return Match.objects.filter(a=1).count()",
        "def f():\n    digest = hashlib.sha256()\n    digest.update(b'')",
    ],
)
def test_what_is_no_write_is_not_found(code):
    assert find_foreign_writes(sample(code, "web/views.py")) == []


def test_the_owner_writes_freely_in_its_services_and_nowhere_else():
    code = "def f(team: Team):\n    team.save()"

    assert find_foreign_writes(sample(code, "teams/services.py")) == []
    assert find_writes_outside_services(sample(code, "teams/services/rosters.py")) == []
    assert find_writes_outside_services(sample(code, "teams/admin.py")) == [
        "src/deltacrown/teams/admin.py:2 team.save"
    ]
