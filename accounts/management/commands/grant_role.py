"""The first founder, or a way back in: for whoever has a shell on the server."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import selectors, services
from accounts.roles import StaffRole
from core import clock
from core.actors import system
from core.errors import Refusal


class Command(BaseCommand):
    """``manage.py grant_role <e-mail> <role> --reason …``: the one grant that needs no second person."""

    help = "Give a staff role to an existing user. Everywhere else that takes two people."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who, which role, and why."""
        parser.add_argument("email")
        parser.add_argument("role", choices=StaffRole.values)
        parser.add_argument("--reason", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Grant, or say why not."""
        user = selectors.find_user_by_email(options["email"])
        if user is None:
            raise CommandError("There is no user with this address. They must sign up first.")
        try:
            services.assign_staff_role(
                user_id=user.pk,
                role=StaffRole(options["role"]),
                actor=system("manage.grant_role"),
                reason=options["reason"],
                at=clock.now(),
            )
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{user.public_id} is {options['role']} now.")
