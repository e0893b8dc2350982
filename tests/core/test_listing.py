import pytest
from django.utils.translation import override

from deltacrown.core.listing import name_script, write_choice, write_list

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("language", "names", "listed", "chosen"),
    [
        ("en", ["Ann"], "Ann", "Ann"),
        ("en", ["Ann", "Bob"], "Ann and Bob", "Ann or Bob"),
        ("en", ["Ann", "Bob", "Cat"], "Ann, Bob, and Cat", "Ann, Bob, or Cat"),
        ("tr", ["Ann", "Bob"], "Ann ve Bob", "Ann veya Bob"),
    ],
)
def test_several_names(language, names, listed, chosen):
    with override(language):
        assert (write_list(names), write_choice(names)) == (listed, chosen)


@pytest.mark.parametrize(
    ("language", "script", "name"),
    [
        ("en", "CYRILLIC", "Cyrillic"),
        ("tr", "CYRILLIC", "Kiril"),
        ("tr", "NO_SUCH_SCRIPT", "No Such Script"),
    ],
)
def test_scripts(language, script, name):
    with override(language):
        assert name_script(script) == name
