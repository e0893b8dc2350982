"""Names and texts of the demo season."""

from __future__ import annotations

TAG_FIRSTS = (
    "Frost", "Ember", "Null", "Nova", "Rapid", "Silent", "Velvet", "Copper", "Lucky", "Hollow", "Neon",
    "Iron", "Paper", "Solar", "Lunar", "Turbo", "Static", "Crimson", "Azure", "Mellow", "Salty", "Quiet",
    "Wild", "Polar", "Dusty", "Electric", "Golden", "Midnight", "Rogue", "Sonic", "Tiny", "Vivid",
)  # fmt: skip
TAG_SECONDS = (
    "Byte", "Fox", "Raven", "Otter", "Comet", "Badger", "Pixel", "Wolf", "Moth", "Viper", "Falcon", "Lynx",
    "Mantis", "Panda", "Kite", "Orbit", "Blade", "Ghost", "Spark", "Cobra", "Heron", "Tiger", "Yeti", "Drift",
    "Echo", "Flux", "Gecko", "Hawk", "Ibis", "Jackal", "Koala", "Mango",
)  # fmt: skip
TAG_ALONE = (
    "zephyr", "kairo", "mirrow", "quill", "sable", "tanuki", "vesper", "wisp", "yonder", "brisk", "cinder",
    "dapple", "fennec", "glimmer", "halcyon", "indigo", "juniper", "krill", "lumen", "marrow", "nettle",
    "obsidian", "pepper", "rune", "saffron", "thistle", "umbra", "willow",
)  # fmt: skip

#: Country → given names and family names that are common there.
PEOPLE = {
    "BR": (
        ("Lucas", "Gabriel", "Rafael", "Ana", "Beatriz", "Thiago"),
        ("Silva", "Souza", "Costa", "Oliveira", "Ferreira", "Lima"),
    ),
    "CA": (
        ("Liam", "Olivia", "Ethan", "Chloe", "Noah", "Emma"),
        ("Tremblay", "Martin", "Roy", "Campbell", "Gagnon", "Fraser"),
    ),
    "CN": (("Wei", "Jing", "Hao", "Lei", "Xin", "Yan"), ("Wang", "Li", "Zhang", "Liu", "Chen", "Zhao")),
    "DE": (
        ("Lukas", "Jonas", "Lena", "Mia", "Finn", "Emil"),
        ("Schneider", "Fischer", "Weber", "Wagner", "Becker", "Hoffmann"),
    ),
    "DK": (
        ("Mikkel", "Freja", "Emil", "Ida", "Oskar", "Clara"),
        ("Jensen", "Nielsen", "Hansen", "Larsen", "Madsen", "Holm"),
    ),
    "ES": (
        ("Hugo", "Lucía", "Mateo", "Sofía", "Pablo", "Carla"),
        ("García", "Fernández", "López", "Sánchez", "Romero", "Navarro"),
    ),
    "FI": (
        ("Eero", "Aino", "Veikko", "Helmi", "Onni", "Elias"),
        ("Korhonen", "Virtanen", "Mäkinen", "Nieminen", "Laine", "Koski"),
    ),
    "FR": (
        ("Louis", "Jade", "Gabin", "Louise", "Arthur", "Inès"),
        ("Bernard", "Dubois", "Moreau", "Laurent", "Girard", "Roux"),
    ),
    "GB": (
        ("Oliver", "Amelia", "Harry", "Isla", "Callum", "Freya"),
        ("Smith", "Taylor", "Walker", "Hughes", "Clarke", "Wood"),
    ),
    "JP": (
        ("Haruto", "Yui", "Sota", "Aoi", "Ren", "Hina"),
        ("Sato", "Suzuki", "Takahashi", "Tanaka", "Ito", "Nakamura"),
    ),
    "KR": (
        ("Minjun", "Seoyeon", "Jiho", "Hayun", "Dohyun", "Jiwoo"),
        ("Kim", "Lee", "Park", "Choi", "Jung", "Kang"),
    ),
    "NG": (
        ("Chidi", "Amaka", "Tunde", "Ngozi", "Emeka", "Zainab"),
        ("Okafor", "Adeyemi", "Balogun", "Eze", "Musa", "Okoye"),
    ),
    "PL": (
        ("Jakub", "Zuzanna", "Kacper", "Maja", "Filip", "Oliwia"),
        ("Nowak", "Kowalski", "Wójcik", "Lewandowski", "Zieliński", "Mazur"),
    ),
    "SE": (
        ("Elsa", "Hugo", "Alva", "Nils", "Astrid", "Axel"),
        ("Andersson", "Lindberg", "Nyström", "Ek", "Holmgren", "Sjöberg"),
    ),
    "TR": (
        ("Emir", "Zeynep", "Kerem", "Defne", "Mert", "Elif"),
        ("Yılmaz", "Kaya", "Demir", "Şahin", "Çelik", "Arslan"),
    ),
    "US": (
        ("Mason", "Ava", "Logan", "Grace", "Tyler", "Maya"),
        ("Johnson", "Williams", "Brown", "Davis", "Miller", "Nguyen"),
    ),
}

BIOS = (
    "{game} most evenings. Looking for calm teammates.",
    "Played {game} since launch, still learning the basics.",
    "Weekend player. Coffee first, then {game}.",
    "Former {game} coach, now back on the other side of the screen.",
    "Student by day. If I am late, the bus was.",
    "Here for the brackets. Mostly {game}.",
    "Left-handed, low sensitivity, high patience.",
    "I stream my practice on Sundays. {game} and bad puns.",
    "Two kids, one hour a night, all of it {game}.",
    "Trying to reach the top ten before my brother does.",
)

TEAM_NAMES = (
    "Northern Lights", "Hollow Kings", "Ember Collective", "Paper Tigers", "Static Bloom", "Copper Foxes",
    "Midnight Oil", "Glass Cannon", "Seventh Wave", "Quiet Storm", "Iron Orchard", "Lost Satellites",
    "Red Lantern", "Polar Express", "Velvet Hammer", "Second Wind", "Blue Hour", "Loose Cannons",
    "Harbour Wolves", "Broken Compass", "Golden Gate", "Night Shift", "Old Guard", "Salt and Iron",
    "Tin Soldiers", "Wild Cards", "Bright Side", "Cold Start", "Dead Reckoning", "Early Birds",
)  # fmt: skip

VOID_REASONS = (
    "The server crashed in the middle of the match.",
    "A player lost the connection before the first round ended.",
    "Played on the wrong map; both sides agreed to drop it.",
    "One account was used by someone else; the match cannot stand.",
    "Recorded twice under two keys; this one is the copy.",
)
CORRECTION_REASONS = (
    "The result was entered the wrong way round; the replay shows it.",
    "The server reported the sides swapped.",
    "Both captains confirmed that the other side won.",
)
MATCH_COMPLAINTS = (
    "The result is the wrong way round, we won this one.",
    "The server froze in the deciding round, the match should not count.",
    "My opponent used a banned controller setting.",
    "I was disconnected and the match went on without me.",
    "The other side had a player on a second account.",
)
RESULT_COMPLAINTS = (
    "The winner played with someone who was not registered.",
    "We were placed below a side that we beat.",
    "The final was played on an old version of the game.",
)
REJECTIONS = (
    "The recording shows a fair match; the result stands.",
    "The log shows no interruption on the server's side.",
    "The setting is allowed by the rules of this season.",
)
DISQUALIFICATIONS = (
    "Played with someone who was not registered.",
    "Did not appear for the match and did not answer.",
    "Used software the rules forbid.",
)
CANCELLATION = "The venue's network could not be repaired in time."
#: The rules of every tournament.
RULES = """Single elimination, best of three; the final decides.

Check in before the start. Who is ten minutes late forfeits the game.
Software that plays for you, or shows what you could not see, disqualifies the entrant."""
