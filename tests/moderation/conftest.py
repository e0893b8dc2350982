from tests.moderation.scene import ann, bob, bobs_title, cup, duel, eve, league, moderator

__all__ = ["ann", "bob", "bobs_title", "cup", "duel", "eve", "league", "moderator"]
