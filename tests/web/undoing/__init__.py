"""Every form of the site that changes something, with what undoes it, or where it says that nothing does.

``tests/web/test_undone.py`` sends each of them.
"""

from tests.web.undoing import entrance, invitations, organisers, players, rulings, staff

DEEDS = [
    *players.DEEDS,
    *invitations.DEEDS,
    *entrance.DEEDS,
    *organisers.DEEDS,
    *rulings.DEEDS,
    *staff.DEEDS,
]
#: Name of an address that takes a POST and changes nothing that anybody would take back → why.
CHANGES_NOTHING = {
    **players.CHANGES_NOTHING,
    **entrance.CHANGES_NOTHING,
}
