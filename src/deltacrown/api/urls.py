"""The addresses of the API: version 1 under ``/api/v1/``."""

from django.urls import path

from deltacrown.api.application import api
from deltacrown.api.reference import show_description, show_docs

urlpatterns = [
    path("v1/openapi.json", show_description, name="api-description"),
    path("v1/docs", show_docs, name="api-docs"),
    path("v1/", api.urls),
]
