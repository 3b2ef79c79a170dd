"""Every route of the product, composed from the apps."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("_allauth/", include("accounts.identity_urls")),
    path("api/", include("core.api.urls")),
    path("api/v1/", include("accounts.urls")),
    path("api/v1/", include("credits.urls")),
    path("webhooks/mail/", include("outbox.urls")),
    path("", include("operations.urls")),
]

handler400 = "core.api.problems.bad_request"
handler403 = "core.api.problems.permission_denied"
handler404 = "core.api.problems.page_not_found"
handler500 = "core.api.problems.server_error"
