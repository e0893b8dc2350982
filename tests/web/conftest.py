import pytest


@pytest.fixture(autouse=True)
def _static_files_without_a_manifest(settings):
    """Pages name their static files as they are: the manifest is made by ``collectstatic``, which tests do not run."""
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
