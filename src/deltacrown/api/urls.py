"""Where the API lives: version 1 under ``/api/v1/``."""

from django.urls import path

from deltacrown.api.application import api

urlpatterns = [path("v1/", api.urls)]
