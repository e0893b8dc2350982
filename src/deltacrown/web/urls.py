"""The addresses of the pages.

They name players by public id, everything else by slug or match key, nothing by a database key.
"""

from django.contrib.auth.views import LogoutView
from django.urls import path, register_converter

from deltacrown.web.converters import PublicIdConverter
from deltacrown.web.views import (
    account,
    assets,
    disputes,
    health,
    integrity,
    leaderboards,
    matches,
    players,
    search,
    seasons,
    sign_in,
    social,
    standings,
    teams,
    tournaments,
)

register_converter(PublicIdConverter, "public_id")

urlpatterns = [
    path("", leaderboards.show_home, name="home"),
    path("leaderboards/<slug:stat>/", leaderboards.show_leaderboard, name="leaderboard"),
    path("seasons/", seasons.show_seasons, name="seasons"),
    path("seasons/<slug:slug>/", seasons.show_season, name="season"),
    path("search/", search.show_search, name="search"),
    path("players/", players.show_search, name="player-search"),
    path("players/<public_id:public_id>/", players.show_profile, name="player"),
    path("players/<public_id:public_id>/matches/", players.show_match_history, name="player-matches"),
    path("players/<public_id:public_id>/series/", players.show_series, name="player-series"),
    path("players/<public_id:public_id>/tournaments/", players.show_tournaments, name="player-tournaments"),
    path("players/<public_id:public_id>/activity/", players.show_timeline, name="player-activity"),
    path("players/<public_id:public_id>/stats/<slug:stat>/", players.show_stat, name="player-stat"),
    path(
        "players/<public_id:public_id>/stats/<slug:stat>/history/",
        players.show_stat_history,
        name="player-stat-history",
    ),
    path("players/<public_id:public_id>/follow/", social.follow_player, name="follow"),
    path("players/<public_id:public_id>/unfollow/", social.unfollow_player, name="unfollow"),
    path("players/<public_id:public_id>/block/", social.block_player, name="block"),
    path("players/<public_id:public_id>/unblock/", social.unblock_player, name="unblock"),
    path("players/<public_id:public_id>/remove-follower/", social.remove_follower, name="remove-follower"),
    path("players/<public_id:public_id>/followers/", social.show_followers, name="player-followers"),
    path("players/<public_id:public_id>/following/", social.show_following, name="player-following"),
    path("players/<public_id:public_id>/standing/", standings.change_standing, name="player-standing"),
    path("feed/", social.show_feed, name="feed"),
    path("teams/<slug:slug>/", teams.show_team, name="team"),
    path("teams/<slug:slug>/roles/", teams.show_or_set_roles, name="team-roles"),
    path("teams/<slug:slug>/members/", teams.end_membership, name="team-members"),
    path("tournaments/", tournaments.show_list, name="tournaments"),
    path("tournaments/<slug:slug>/", tournaments.show_tournament, name="tournament"),
    path("tournaments/<slug:slug>/results/", tournaments.show_results, name="tournament-results"),
    path("tournaments/<slug:slug>/matches/", tournaments.show_tournament_matches, name="tournament-matches"),
    path("tournaments/<slug:slug>/series/<path:series>/", tournaments.show_series, name="tournament-series"),
    path("tournaments/<slug:slug>/entrants/", tournaments.show_entrants, name="tournament-entrants"),
    path("tournaments/<slug:slug>/team/", tournaments.enter_team, name="tournament-team"),
    path("tournaments/<slug:slug>/changes/", tournaments.show_entry_changes, name="tournament-changes"),
    path("tournaments/<slug:slug>/players/", tournaments.show_players, name="tournament-players"),
    path("matches/<slug:game>/<path:match_key>/", matches.show_match, name="match"),
    path("integrity/", integrity.show_integrity, name="integrity"),
    path("settings/privacy/", account.edit_privacy, name="privacy"),
    path("settings/privacy/preview/", account.show_preview, name="privacy-preview"),
    path("settings/timeline/", social.hide_or_show_entry, name="timeline-entry"),
    path("settings/blocked/", social.show_blocked, name="blocked"),
    path("settings/verification/", social.ask_for_verification, name="verification"),
    path("settings/account/", account.manage_account, name="account"),
    path("disputes/", disputes.show_own, name="disputes"),
    path("disputes/result/<slug:slug>/", disputes.dispute_result, name="dispute-result"),
    path("disputes/match/<slug:game>/<path:match_key>/", disputes.dispute_match, name="dispute-match"),
    path("moderation/disputes/", disputes.show_queue, name="dispute-queue"),
    path("moderation/disputes/<str:handle>/", disputes.review_dispute, name="dispute-review"),
    path("sign-in/", sign_in.SignIn.as_view(), name="login"),
    path("sign-in/reopen/", sign_in.reopen_account, name="reopen"),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    path("sign-out/closed/", account.show_account_closed, name="account-closed"),
    path("favicon.ico", assets.show_icon, name="icon"),
    path("healthz", health.show_liveness, name="healthz"),
    path("readyz", health.show_readiness, name="readyz"),
]
