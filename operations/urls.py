"""Routes for machines: alive, ready, metrics."""

from django.urls import URLPattern, URLResolver, path

from operations import views

app_name = "operations"
urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics_text, name="metrics"),
]
