"""Our own tables, as a site of Django REST framework would have declared them. It only reads."""

from __future__ import annotations

from django.db import models


class Player(models.Model):
    user_id = models.BigIntegerField(primary_key=True)
    public_id = models.CharField(max_length=20)
    display_name = models.CharField(max_length=60)
    bio = models.TextField()
    country = models.CharField(max_length=2)
    standing = models.CharField(max_length=10)
    total_matches_played = models.BigIntegerField()
    matches_won = models.BigIntegerField()
    overall_win_rate = models.DecimalField(max_digits=5, decimal_places=2)
    tournaments_won = models.BigIntegerField()
    tournaments_participated = models.BigIntegerField()
    achievement_count = models.BigIntegerField()
    experience_points = models.BigIntegerField()
    level = models.IntegerField()

    class Meta:
        managed = False
        db_table = "user_profile_userprofile"

    def __str__(self) -> str:
        return self.public_id


class Game(models.Model):
    slug = models.SlugField()
    name = models.CharField(max_length=120)

    class Meta:
        managed = False
        db_table = "games_game"

    def __str__(self) -> str:
        return self.slug


class GameStats(models.Model):
    player = models.ForeignKey(Player, models.DO_NOTHING, db_column="user_id", related_name="game_stats")
    game = models.ForeignKey(Game, models.DO_NOTHING)
    matches_played = models.BigIntegerField()
    matches_won = models.BigIntegerField()
    win_rate = models.DecimalField(max_digits=5, decimal_places=2)

    class Meta:
        managed = False
        db_table = "user_profile_gamestats"

    def __str__(self) -> str:
        return f"{self.player_id} in {self.game_id}"


class Match(models.Model):
    player = models.ForeignKey(Player, models.DO_NOTHING, db_column="user_id", related_name="matches")
    game = models.ForeignKey(Game, models.DO_NOTHING)
    match_key = models.CharField(max_length=100)
    kind = models.CharField(max_length=10)
    side = models.CharField(max_length=120)
    result = models.CharField(max_length=4)
    score = models.CharField(max_length=100)
    stats = models.JSONField()
    played_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "games_match"
        ordering = ["-played_at", "-id"]

    def __str__(self) -> str:
        return self.match_key
