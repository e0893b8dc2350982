from __future__ import annotations

from django.contrib import admin

from deltacrown.core.admin import OwnedAdmin
from deltacrown.freshness.models import ContentVersion


@admin.register(ContentVersion)
class ContentVersionAdmin(OwnedAdmin):
    list_display = ["player", "token", "site_link"]
    fields = ["player", "token"]
    readonly_fields = ["player"]
    ordering = ["owner"]
