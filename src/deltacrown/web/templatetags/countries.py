"""The template filter for the name of a country."""

from __future__ import annotations

from django import template

from deltacrown.web.countries import name_country

register = template.Library()

country = register.filter("country", name_country)
