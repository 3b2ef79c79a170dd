from django.urls import path

from tests.core.console.demo import site

urlpatterns = [path("admin/", site.urls)]
