import pytest

from tests import scene


@pytest.fixture
def boss(db):
    return scene.player("boss", is_staff=True, is_superuser=True)


@pytest.fixture
def desk(client, boss):
    """A browser in which a superuser is signed in."""
    client.force_login(boss)
    return client
