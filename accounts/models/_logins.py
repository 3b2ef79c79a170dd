"""From where somebody logs in."""

from django.db import models


class LoginNetwork(models.Model):
    """A network an account has logged in from. A known network is not held back by strangers' failures.

    ``account_digest`` stands for the e-mail address (accounts/devices.py), so that a login form can
    ask without looking a user up.
    """

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="login_networks", db_index=False)
    account_digest = models.CharField(max_length=64)
    network = models.GenericIPAddressField()
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "network"], name="accounts_loginnetwork_once"),
        ]
        indexes = [
            models.Index(fields=["account_digest", "network"], name="accounts_loginnetwork_lookup"),
            models.Index(fields=["last_seen_at"], name="accounts_loginnetwork_age"),
            models.Index(fields=["network", "-last_seen_at"], name="accounts_loginnetwork_people"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} from {self.network}"
