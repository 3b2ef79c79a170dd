"""The OpenAPI document and its page, below /api/."""

from django.urls import path

from core.api import views

app_name = "api"
urlpatterns = [
    path("schema/", views.schema, name="schema"),
    path("docs/", views.docs, name="docs"),
    path("docs/sign-up/", views.sign_up_docs, name="docs-sign-up"),
]
