"""Routes for what mail providers tell us, below /webhooks/mail/."""

from django.urls import URLPattern, URLResolver, path

from outbox import webhooks

app_name = "outbox"
urlpatterns: list[URLPattern | URLResolver] = [
    path("<slug:provider>/tracking/", webhooks.tracking, name="mail-tracking"),
]
