from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("deltacrown.api.urls")),
    path("", include("deltacrown.web.urls")),
]
