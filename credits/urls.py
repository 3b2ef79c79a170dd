"""Routes of this app's part of the product API, below /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from core.api.converters import register_public_id
from credits import api

register_public_id("hld")

app_name = "credits"
urlpatterns: list[URLPattern | URLResolver] = [
    path("credits/", api.BalanceView.as_view(), name="balance"),
    path("credits/entries/", api.EntriesView.as_view(), name="entries"),
    path("credits/holds/", api.HoldsView.as_view(), name="holds"),
    path("credits/holds/batch/", api.BatchView.as_view(), name="hold-batch"),
    path("credits/holds/<hld:hold_id>/", api.HoldView.as_view(), name="hold"),
    path("credits/holds/<hld:hold_id>/capture/", api.CaptureView.as_view(), name="hold-capture"),
    path("credits/holds/<hld:hold_id>/release/", api.ReleaseView.as_view(), name="hold-release"),
]
