from __future__ import annotations

from django.contrib import admin

from deltacrown.core.admin import ReadOnlyAdmin
from deltacrown.freshness.models import ContentVersion


@admin.register(ContentVersion)
class ContentVersionAdmin(ReadOnlyAdmin):
    list_display = ["owner", "token"]
    search_fields = ["owner__exact"]
    search_help_text = "The key of the owner."
