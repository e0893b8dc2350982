from django.contrib import admin
from django.urls import include, path

from deltacrown.core.admin_choices import offer_choices

admin.site.site_header = admin.site.site_title = "DeltaCrown"
admin.site.index_title = "Administration"

handler429 = "deltacrown.web.views.entrance.show_too_many"  # of django-allauth
handler400 = "deltacrown.web.failures.show_unreadable"
handler500 = "deltacrown.web.failures.show_failure"

urlpatterns = [
    path("admin/autocomplete/", admin.site.admin_view(offer_choices)),  # in place of Django's own
    path("admin/", admin.site.urls),
    path("api/", include("deltacrown.api.urls")),
    path("", include("deltacrown.web.urls")),
]
