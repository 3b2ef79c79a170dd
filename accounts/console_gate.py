"""Who passes into the console: staff with a role and a staff session. Asked before every page."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.backends import roles_of
from accounts.sessions import is_staff_session


def answer(request: HttpRequest) -> HttpResponse | None:
    """None lets the request through; else it goes to the login page, and comes back afterwards.

    A session from the product's own login is not enough, nor is ``is_staff`` without a role: only
    the console's login page, with the second factor, makes a staff session (ASVS 5.0 6.3.4).
    """
    if is_staff_session(request.session) and roles_of(request.user):
        return None
    target = request.get_full_path() if request.method == "GET" else reverse("admin:index")
    return HttpResponseRedirect(f"{reverse('admin:login')}?{urlencode({'next': target})}")
