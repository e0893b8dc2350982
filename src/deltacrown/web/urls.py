"""The addresses of the pages.

They name players by public id, everything else by slug or match key, nothing by a database key.
"""

from django.contrib.auth.views import LoginView, LogoutView
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
    social,
    tournaments,
)

register_converter(PublicIdConverter, "public_id")

sign_in = LoginView.as_view(template_name="web/sign_in.html", redirect_authenticated_user=True)

urlpatterns = [
    path("", leaderboards.show_home, name="home"),
    path("leaderboards/<slug:stat>/", leaderboards.show_leaderboard, name="leaderboard"),
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
    path("players/<public_id:public_id>/followers/", social.show_followers, name="player-followers"),
    path("players/<public_id:public_id>/following/", social.show_following, name="player-following"),
    path("feed/", social.show_feed, name="feed"),
    path("tournaments/", tournaments.show_list, name="tournaments"),
    path("tournaments/<slug:slug>/", tournaments.show_tournament, name="tournament"),
    path("tournaments/<slug:slug>/results/", tournaments.show_results, name="tournament-results"),
    path("tournaments/<slug:slug>/matches/", tournaments.show_tournament_matches, name="tournament-matches"),
    path("tournaments/<slug:slug>/series/<path:series>/", tournaments.show_series, name="tournament-series"),
    path("tournaments/<slug:slug>/entrants/", tournaments.show_entrants, name="tournament-entrants"),
    path("tournaments/<slug:slug>/changes/", tournaments.show_entry_changes, name="tournament-changes"),
    path("tournaments/<slug:slug>/players/", tournaments.show_players, name="tournament-players"),
    path("matches/<slug:game>/<path:match_key>/", matches.show_match, name="match"),
    path("integrity/", integrity.show_integrity, name="integrity"),
    path("settings/privacy/", account.edit_privacy, name="privacy"),
    path("settings/privacy/preview/", account.show_preview, name="privacy-preview"),
    path("settings/timeline/", social.hide_or_show_entry, name="timeline-entry"),
    path("settings/verification/", social.ask_for_verification, name="verification"),
    path("disputes/", disputes.show_own, name="disputes"),
    path("disputes/result/<slug:slug>/", disputes.dispute_result, name="dispute-result"),
    path("disputes/match/<slug:game>/<path:match_key>/", disputes.dispute_match, name="dispute-match"),
    path("moderation/disputes/", disputes.show_queue, name="dispute-queue"),
    path("moderation/disputes/<str:handle>/", disputes.review_dispute, name="dispute-review"),
    path("sign-in/", sign_in, name="login"),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    path("favicon.ico", assets.show_icon, name="icon"),
    path("healthz", health.show_liveness, name="healthz"),
    path("readyz", health.show_readiness, name="readyz"),
]
