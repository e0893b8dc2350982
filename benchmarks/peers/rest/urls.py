"""The twins of our profile, history and board in Django REST framework, as its tutorial builds them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import path
from rest_framework import generics, serializers
from rest_framework.pagination import CursorPagination

from benchmarks.peers.rest.models import GameStats, Match, Player


class GameStatsSerializer(serializers.ModelSerializer[GameStats]):
    game = serializers.SlugRelatedField(slug_field="slug", read_only=True)

    class Meta:
        model = GameStats
        fields = ["game", "matches_played", "matches_won", "win_rate"]


class PlayerSerializer(serializers.ModelSerializer[Player]):
    game_stats = GameStatsSerializer(many=True, read_only=True)

    class Meta:
        model = Player
        exclude = ["user_id", "standing"]


class PlaceSerializer(serializers.ModelSerializer[Player]):
    class Meta:
        model = Player
        fields = ["public_id", "display_name", "country", "matches_won", "overall_win_rate"]


class MatchSerializer(serializers.ModelSerializer[Match]):
    game = serializers.SlugRelatedField(slug_field="slug", read_only=True)

    class Meta:
        model = Match
        fields = [
            "id",
            "game",
            "match_key",
            "kind",
            "side",
            "result",
            "score",
            "stats",
            "played_at",
            "voided_at",
        ]


class MatchPages(CursorPagination):
    page_size = 50
    ordering = ("-played_at", "-id")


class ProfileView(generics.RetrieveAPIView[Player]):
    queryset = Player.objects.prefetch_related("game_stats__game")
    serializer_class = PlayerSerializer
    lookup_field = "public_id"


class HistoryView(generics.ListAPIView[Match]):
    serializer_class = MatchSerializer
    pagination_class = MatchPages

    def get_queryset(self) -> QuerySet[Match]:
        return Match.objects.filter(player__public_id=self.kwargs["public_id"]).select_related("game")


class BoardView(generics.ListAPIView[Player]):
    serializer_class = PlaceSerializer

    def get_queryset(self) -> Any:
        return Player.objects.filter(standing="ACTIVE", matches_won__gt=0).order_by(
            "-matches_won", "public_id"
        )[:100]


urlpatterns = [
    path("players/<str:public_id>/", ProfileView.as_view()),
    path("players/<str:public_id>/matches/", HistoryView.as_view()),
    path("boards/matches_won/", BoardView.as_view()),
]
