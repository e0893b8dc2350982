"""Who sees what: DESIGN section 6 as one table. The matrix asks nothing else what to expect."""

from __future__ import annotations

from dataclasses import dataclass

#: Everybody who may look, by what they are to the owner. The member is followed by the owner, and a superuser
#: without being staff; the deactivated account was staff and a follower. Staff without rights are members.
PEOPLE = ("self", "staff", "staff without rights", "follower", "member", "deactivated", "anonymous")
#: Programs with a key: of the owner, of the owner without the scope to read, and of staff who follow
#: the owner. No key has the rights of staff.
KEYS = ("key of self", "key without read", "key of staff")

EVERYONE = frozenset(PEOPLE + KEYS)
OWNER = frozenset({"self", "key of self"})
OWN = OWNER | {"staff"}
FOLLOWERS = frozenset({"follower", "key of staff"})
SIGNED_IN = EVERYONE - {"deactivated", "anonymous"}


@dataclass(frozen=True)
class Shown:
    """What the owner lets others see; a missing privacy row shows nothing."""

    matches: bool
    tournaments: bool
    is_missing: bool = False

    def __str__(self) -> str:
        if self.is_missing:
            return "no privacy row"

        matches = "shown" if self.matches else "hidden"
        tournaments = "shown" if self.tournaments else "hidden"
        return f"matches {matches}, tournaments {tournaments}"


SETTINGS = (
    Shown(matches=True, tournaments=True),
    Shown(matches=True, tournaments=False),
    Shown(matches=False, tournaments=True),
    Shown(matches=False, tournaments=False),
    Shown(matches=False, tournaments=False, is_missing=True),
)


@dataclass(frozen=True)
class Rule:
    """Who always sees something, and who else while the owner shows all of ``where``."""

    always: frozenset[str]
    others: frozenset[str] = frozenset()
    where: tuple[str, ...] = ()

    def admits(self, viewer: str, shown: Shown) -> bool:
        return viewer in self.always or (
            viewer in self.others and all(getattr(shown, name) for name in self.where)
        )


RULES = {
    "public": Rule(EVERYONE),
    "matches": Rule(OWN, EVERYONE, ("matches",)),
    "tournaments": Rule(OWN, EVERYONE, ("tournaments",)),
    # What may tell of either history.
    "both": Rule(OWN, EVERYONE, ("matches", "tournaments")),
    # Passed on: the same for everybody, the player and staff included.
    "everybody, where both are shown": Rule(frozenset(), EVERYONE, ("matches", "tournaments")),
    "everybody, where tournaments are shown": Rule(frozenset(), EVERYONE, ("tournaments",)),
    "followers": Rule(OWN | FOLLOWERS),
    "registrations for followers": Rule(OWN, FOLLOWERS, ("tournaments",)),
    "followers, where both are shown": Rule(OWN, FOLLOWERS, ("matches", "tournaments")),
    "own": Rule(OWN),
    "others": Rule(EVERYONE - OWN),
    "self": Rule(OWNER),
    # One's own page as others see it.
    "self, as others": Rule(frozenset({"self"})),
    "self, where matches are shown": Rule(frozenset(), frozenset({"self"}), ("matches",)),
    "self, where tournaments are shown": Rule(frozenset(), frozenset({"self"}), ("tournaments",)),
    "self, where both are shown": Rule(frozenset(), frozenset({"self"}), ("matches", "tournaments")),
    "own in person": Rule(frozenset({"self", "staff"})),
    "self in person": Rule(frozenset({"self"})),
    # In the feed of those who follow the owner; staff do, too.
    "in a feed": Rule(FOLLOWERS | {"staff"}),
    "in a feed, where tournaments are shown": Rule(frozenset({"staff"}), FOLLOWERS, ("tournaments",)),
    "in a feed, where both are shown": Rule(frozenset({"staff"}), FOLLOWERS, ("matches", "tournaments")),
    "staff": Rule(frozenset({"staff"})),
    # Who records matches: the key without the scope to read has that to write.
    "recorders": Rule(frozenset({"staff", "key without read"})),
    "signed in": Rule(SIGNED_IN),
    "signed in with read": Rule(SIGNED_IN - {"key without read"}),
    "people signed in": Rule(SIGNED_IN - frozenset(KEYS)),
    "not signed in": Rule(frozenset({"deactivated", "anonymous"})),
    "with a key of self": Rule(frozenset({"key of self"})),
    "nobody": Rule(frozenset()),
}


def admits(rule: str, viewer: str, shown: Shown) -> bool:
    return RULES[rule].admits(viewer, shown)
