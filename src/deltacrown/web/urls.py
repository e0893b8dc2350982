"""The addresses of the pages.

They name players by public id, everything else by slug or match key, nothing by a database key.
"""

from django.contrib.auth.views import LogoutView
from django.urls import path, register_converter
from django.views.generic import RedirectView

from deltacrown.pages.result_rulings import Do
from deltacrown.web.converters import PictureNameConverter, PublicIdConverter
from deltacrown.web.views import (
    account,
    assets,
    bests,
    display,
    disputes,
    entrance,
    health,
    histories,
    home,
    integrity,
    keys,
    leaderboards,
    matches,
    notifications,
    own,
    pairings,
    pictures,
    players,
    search,
    seasons,
    sharing,
    sign_in,
    social,
    standings,
    teams,
    tournaments,
    versus,
)
from deltacrown.web.views.moderation import audit as bench_audit
from deltacrown.web.views.moderation import bench
from deltacrown.web.views.moderation import disputes as bench_disputes
from deltacrown.web.views.moderation import matches as bench_matches
from deltacrown.web.views.moderation import merges as bench_merges
from deltacrown.web.views.moderation import people as bench_people
from deltacrown.web.views.organise import disputes as desk_disputes
from deltacrown.web.views.organise import entrants as desk_entrants
from deltacrown.web.views.organise import matches as desk_matches
from deltacrown.web.views.organise import pairings as desk_pairings
from deltacrown.web.views.organise import people as desk_people
from deltacrown.web.views.organise import results as desk_results
from deltacrown.web.views.organise import tournaments as desks

register_converter(PublicIdConverter, "public_id")
register_converter(PictureNameConverter, "picture_name")

urlpatterns = [
    path("", home.show_home, name="home"),
    path("leaderboards/<slug:stat>/", leaderboards.show_leaderboard, name="leaderboard"),
    path("seasons/", seasons.show_seasons, name="seasons"),
    path("seasons/<slug:slug>/", seasons.show_season, name="season"),
    path("search/", search.show_search, name="search"),
    path("search/suggest/", search.suggest, name="search-suggest"),
    path("players/", players.show_search, name="player-search"),
    path("players/<public_id:public_id>/", players.show_profile, name="player"),
    path(
        "players/<public_id:public_id>/matches/",
        histories.show_history,
        {"kind": "matches"},
        name="player-matches",
    ),
    path(
        "players/<public_id:public_id>/series/",
        histories.show_history,
        {"kind": "series"},
        name="player-series",
    ),
    path(
        "players/<public_id:public_id>/tournaments/",
        histories.show_history,
        {"kind": "tournaments"},
        name="player-tournaments",
    ),
    path(
        "players/<public_id:public_id>/activity/",
        histories.show_history,
        {"kind": "activity"},
        name="player-activity",
    ),
    path("players/<public_id:public_id>/bests/", bests.show_bests, name="player-bests"),
    path("players/<public_id:public_id>/places/", bests.show_places, name="player-places"),
    path("players/<public_id:public_id>/company/", players.show_company, name="player-company"),
    path("players/<public_id:public_id>/stats/<slug:stat>/", players.show_stat, name="player-stat"),
    path(
        "players/<public_id:public_id>/stats/<slug:stat>/history/",
        players.show_stat_history,
        name="player-stat-history",
    ),
    path("players/<public_id:public_id>/activity.atom", sharing.show_player_feed, name="player-feed"),
    path("players/<public_id:public_id>/card.png", sharing.show_player_card, name="player-card"),
    path("players/<public_id:public_id>/badge/", sharing.show_badge, name="player-badge"),
    path("players/<public_id:public_id>/badge.svg", sharing.show_badge_picture, name="player-badge-picture"),
    path("players/<public_id:public_id>/versus/", versus.choose_rival, name="versus-choice"),
    path("players/<public_id:public_id>/versus/<public_id:other>/", versus.show_versus, name="versus"),
    path("players/<public_id:public_id>/follow/", social.follow_player, name="follow"),
    path("players/<public_id:public_id>/unfollow/", social.unfollow_player, name="unfollow"),
    path("players/<public_id:public_id>/block/", social.block_player, name="block"),
    path("players/<public_id:public_id>/unblock/", social.unblock_player, name="unblock"),
    path("players/<public_id:public_id>/remove-follower/", social.remove_follower, name="remove-follower"),
    path("players/<public_id:public_id>/followers/", social.show_followers, name="player-followers"),
    path("players/<public_id:public_id>/following/", social.show_following, name="player-following"),
    path("players/<public_id:public_id>/standing/", standings.change_standing, name="player-standing"),
    path("feed/", social.show_feed, name="feed"),
    path("avatars/<picture_name:name>.webp", pictures.show_avatar, name="avatar"),
    path("teams/<slug:slug>/", teams.show_team, name="team"),
    path("teams/<slug:slug>/matches/", teams.show_matches, name="team-matches"),
    path("teams/<slug:slug>/results/", teams.show_results, name="team-results"),
    path("teams/<slug:slug>/roster/", teams.show_roster, name="team-roster"),
    path("teams/<slug:slug>/roles/", teams.show_or_set_roles, name="team-roles"),
    path("teams/<slug:slug>/members/", teams.end_membership, name="team-members"),
    path("tournaments/", tournaments.show_list, name="tournaments"),
    path("tournaments/results.atom", sharing.show_result_feed, name="result-feed"),
    path("tournaments/calendar.ics", sharing.show_calendar, name="calendar"),
    path("tournaments/<slug:slug>/card.png", sharing.show_tournament_card, name="tournament-card"),
    path(
        "tournaments/<slug:slug>/calendar.ics", sharing.show_tournament_calendar, name="tournament-calendar"
    ),
    path("tournaments/<slug:slug>/", tournaments.show_tournament, name="tournament"),
    path("tournaments/<slug:slug>/results/", tournaments.show_results, name="tournament-results"),
    path("tournaments/<slug:slug>/matches/", tournaments.show_tournament_matches, name="tournament-matches"),
    path("tournaments/<slug:slug>/series/<path:series>/", tournaments.show_series, name="tournament-series"),
    path("tournaments/<slug:slug>/entrants/", tournaments.show_entrants, name="tournament-entrants"),
    path("tournaments/<slug:slug>/entry/", tournaments.enter, name="tournament-entry"),
    path("tournaments/<slug:slug>/team/", tournaments.enter, name="tournament-team"),
    path("tournaments/<slug:slug>/changes/", tournaments.show_entry_changes, name="tournament-changes"),
    path("tournaments/<slug:slug>/pairings/<str:handle>/", pairings.report, name="pairing"),
    path("organise/<slug:slug>/pairings/", desk_pairings.show_desk, name="organise-pairings"),
    path("organise/<slug:slug>/pairings/<str:handle>/", desk_pairings.show_one, name="organise-pairing"),
    path("tournaments/<slug:slug>/players/", tournaments.show_players, name="tournament-players"),
    path("matches/<slug:game>/<path:match_key>/", matches.show_match, name="match"),
    path("organise/", desks.show_list, name="organise"),
    path("organise/new/", desks.create, name="organise-create"),
    path("organise/<slug:slug>/edit/", desks.edit, name="organise-edit"),
    path("organise/<slug:slug>/organisers/", desk_people.show_people, name="organise-people"),
    path("organise/<slug:slug>/entrants/", desk_entrants.show_entrants, name="organise-entrants"),
    path("organise/<slug:slug>/entrants/import/", desk_entrants.import_list, name="organise-import"),
    path("organise/<slug:slug>/entrants/do/", desk_entrants.act, name="organise-entrants-do"),
    path(
        "organise/<slug:slug>/entrants/teams/<slug:team>/", desk_entrants.edit_roster, name="organise-roster"
    ),
    path("organise/<slug:slug>/", desks.show_overview, name="organise-tournament"),
    path("organise/<slug:slug>/disputes/", desk_disputes.show_disputes, name="organise-disputes"),
    path("organise/<slug:slug>/results/", desk_results.show_desk, name="organise-results"),
    path("organise/<slug:slug>/results/complete/", desk_results.complete, name="organise-complete"),
    path("organise/<slug:slug>/results/annul/", desk_results.decide, {"do": Do.ANNUL}, name="organise-annul"),
    path(
        "organise/<slug:slug>/results/lift-annulment/",
        desk_results.decide,
        {"do": Do.LIFT_ANNULMENT},
        name="organise-lift-annulment",
    ),
    path(
        "organise/<slug:slug>/results/reopen/",
        desk_results.decide,
        {"do": Do.REOPEN},
        name="organise-reopen",
    ),
    path(
        "organise/<slug:slug>/results/entrant/<slug:handle>/",
        desk_results.rule_entrant,
        name="organise-result",
    ),
    path("organise/<slug:slug>/results/record/", desk_matches.record, name="organise-record"),
    path(
        "organise/<slug:slug>/results/matches/<path:match_key>/", desk_matches.change, name="organise-match"
    ),
    path("integrity/", integrity.show_integrity, name="integrity"),
    path("settings/", RedirectView.as_view(pattern_name="profile-settings"), name="settings"),
    path("settings/profile/", own.edit_profile, name="profile-settings"),
    path("settings/hidden/", own.show_hidden, name="hidden-entries"),
    path("settings/ids/", own.manage_ids, name="linked-ids"),
    path("settings/privacy/", account.edit_privacy, name="privacy"),
    path("settings/privacy/preview/", account.show_preview, name="privacy-preview"),
    path("settings/picture/", pictures.edit_picture, name="picture"),
    path("settings/display/", display.edit_display, name="display"),
    path("settings/timeline/", social.hide_or_show_entry, name="timeline-entry"),
    path("settings/blocked/", social.show_blocked, name="blocked"),
    path("settings/verification/", social.ask_for_verification, name="verification"),
    path("settings/account/", account.manage_account, name="account"),
    path("notifications/", notifications.show_notifications, name="notifications"),
    path("notifications/open/", notifications.open_notification, name="notification"),
    path("notifications/read/", notifications.mark_read, name="notifications-read"),
    path("settings/notifications/", notifications.edit_choices, name="notification-settings"),
    path("settings/keys/", keys.edit_keys, name="api-keys"),
    path("settings/keys/<slug:prefix>/", keys.revoke_key, name="api-key"),
    path("disputes/", disputes.show_own, name="disputes"),
    path("disputes/result/<slug:slug>/", disputes.dispute_result, name="dispute-result"),
    path("disputes/match/<slug:game>/<path:match_key>/", disputes.dispute_match, name="dispute-match"),
    path("moderation/log/", bench_audit.show_log, name="audit-log"),
    path("moderation/repairs/", bench_audit.show_repairs, name="repairs"),
    path("moderation/players/", bench_people.show_players, name="moderate-players"),
    path("moderation/players/<public_id:public_id>/", bench_people.show_player, name="moderate-player"),
    path(
        "moderation/players/<public_id:public_id>/picture/",
        bench_people.remove_picture,
        name="moderate-picture",
    ),
    path(
        "moderation/players/<public_id:public_id>/anonymise/",
        bench_people.anonymise,
        name="moderate-anonymise",
    ),
    path("moderation/merges/", bench_merges.show_merges, name="merges"),
    path("moderation/merges/new/", bench_merges.merge, name="merge"),
    path("moderation/merges/undo/", bench_merges.undo, name="merge-undo"),
    path("moderation/", bench.show_bench, name="moderation"),
    path("moderation/matches/<slug:game>/<path:match_key>/", bench_matches.rule, name="moderate-match"),
    path("moderation/disputes/", bench_disputes.show_queue, name="dispute-queue"),
    path("moderation/disputes/<str:handle>/", bench_disputes.review_dispute, name="dispute-review"),
    path("moderation/disputes/<str:handle>/hands/", bench_disputes.hand_over, name="dispute-hands"),
    # Those of django-allauth have the names that it leads to.
    path("settings/email/", entrance.edit_email, name="account_email"),
    path("settings/password/", entrance.change_password, name="account_change_password"),
    path("settings/password/first/", entrance.set_password, name="account_set_password"),
    path("settings/second-factor/", entrance.show_second_factor, name="mfa_index"),
    path("settings/second-factor/app/", entrance.activate_app, name="mfa_activate_totp"),
    path("settings/second-factor/app/remove/", entrance.remove_app, name="mfa_deactivate_totp"),
    path("settings/second-factor/codes/", entrance.show_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "settings/second-factor/codes/new/", entrance.make_recovery_codes, name="mfa_generate_recovery_codes"
    ),
    path("settings/sessions/", entrance.show_sessions, name="usersessions_list"),
    path("sign-up/", entrance.sign_up, name="account_signup"),
    path("sign-up/confirm/", entrance.confirm_address, name="account_email_verification_sent"),
    path("sign-in/", sign_in.SignIn.as_view(), name="login"),
    path("sign-in/", sign_in.SignIn.as_view(), name="account_login"),
    path("sign-in/code/", entrance.ask_code, name="mfa_authenticate"),
    path("sign-in/again/", entrance.ask_again, name="account_reauthenticate"),
    path("sign-in/again/code/", entrance.ask_code_again, name="mfa_reauthenticate"),
    path("sign-in/forgotten/", entrance.forgotten, name="account_reset_password"),
    path("sign-in/forgotten/code/", entrance.forgotten_code, name="account_confirm_password_reset_code"),
    path("sign-in/forgotten/password/", entrance.new_password, name="account_complete_password_reset"),
    path("sign-in/forgotten/done/", entrance.lead_to_sign_in, name="account_password_reset_completed"),
    path("sign-in/inactive/", entrance.lead_to_sign_in, name="account_inactive"),
    path("sign-in/reopen/", sign_in.reopen_account, name="reopen"),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    path("sign-out/closed/", account.show_account_closed, name="account-closed"),
    path("sitemap.xml", sharing.show_sitemap, name="sitemap"),
    path("sitemap-<slug:section>.xml", sharing.show_sitemap_section, name="sitemap-section"),
    path("robots.txt", sharing.show_robots, name="robots"),
    path("favicon.ico", assets.show_icon, name="icon"),
    path("healthz", health.show_liveness, name="healthz"),
    path("readyz", health.show_readiness, name="readyz"),
]
