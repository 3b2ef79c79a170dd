"""What the deeds on people and teams would change, shown before they run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from allauth.mfa.models import Authenticator as StoredFactor
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from accounts import selectors
from accounts.roles import PERMISSIONS
from accounts.states import Capability, UserStatus
from core import clock
from core.console import Effect, masked

Data = Mapping[str, Any]
EffectOf = Callable[[Any, Data, HttpRequest], list[Effect]]

ENDS = _("Sessions and running jobs end now; API keys stop working.")


def says(sentence: Any, tone: str = "info") -> EffectOf:
    """The same sentence, whoever it is about."""
    return lambda _user, _data, _request: [Effect(sentence, tone=tone)]


def becomes(target: UserStatus, *sentences: Any) -> EffectOf:
    """The status before and after, and what comes with it."""

    def effect(user: Any, _data: Data, _request: HttpRequest) -> list[Effect]:
        change = Effect(_t("Each becomes %(status)s.") % {"status": target.label}, tone="info")
        if user is not None:
            change = Effect(_("Status"), user.get_status_display(), target.label, tone="info")
        return [change, *(Effect(sentence, tone="warn") for sentence in sentences)]

    return effect


def restrict_effect(_target: Any, data: Data, _request: HttpRequest) -> list[Effect]:
    """What is taken, and until when."""
    if not data.get("capability"):
        return [Effect(_("One capability is taken away, from now on."))]
    taken = Effect(Capability(data["capability"]).label, _("allowed"), _("taken away"), tone="warn")
    until = Effect(_("Until"), _("now"), data.get("ends_at") or _("somebody lifts it"))
    if data["capability"] != Capability.LOGIN:
        return [taken, until]
    return [taken, until, Effect(ENDS, tone="warn")]


def tag_effect(user: Any, data: Data, _request: HttpRequest) -> list[Effect]:
    """The tags before and after; of many, what each gets."""
    tag = data.get("tag")
    if user is None:
        return [Effect(_t("Each gets the tag “%(tag)s”.") % {"tag": tag} if tag else _("Each gets the tag."))]
    return [_tags(user, sorted({*user.tags, *([tag] if tag else [])}))]


def untag_effect(user: Any, data: Data, _request: HttpRequest) -> list[Effect]:
    """The tags before and after."""
    return [_tags(user, [tag for tag in user.tags if tag != data.get("tag")])]


def _tags(user: Any, after: list[str]) -> Effect:
    return Effect(_("Tags"), ", ".join(user.tags) or "—", ", ".join(after) or "—")


def verification_effect(user: Any, _data: Data, _request: HttpRequest) -> list[Effect]:
    """Where the mail goes."""
    return [Effect(_t("A mail with a new link goes to %(email)s.") % {"email": masked(user.email, "email")})]


def email_effect(user: Any, data: Data, _request: HttpRequest) -> list[Effect]:
    """Which address, when at the earliest, and who is told."""
    earliest = clock.now() + settings.EMAIL_CHANGE_COOLING_OFF
    return [
        Effect(_("E-mail address"), masked(user.email, "email"), data.get("new_email") or "…", tone="info"),
        Effect(_("Not before"), _("now"), earliest),
        Effect(_("Both addresses are told now. The new one must confirm; the old one can stop it.")),
    ]


def grant_effect(_user: Any, data: Data, _request: HttpRequest) -> list[Effect]:
    """What the role would open."""
    if not data.get("role"):
        return [Effect(_("Nothing changes until a second person consents."), tone="info")]
    held = sum(data["role"] in allowed for allowed in PERMISSIONS.values())
    text = _t("Nothing changes until a second person consents. The role holds %(n)d permissions.") % {"n": held}
    return [Effect(text, tone="info")]


def reset_factor_effect(user: Any, _data: Data, _request: HttpRequest) -> list[Effect]:
    """Which factors go, and what goes with them."""
    kinds = [str(StoredFactor.Type(factor.type).label) for factor in selectors.list_factors(user_id=user.pk)]
    if not kinds:
        return [Effect(_t("There is no second factor; this will be refused."), tone="bad")]
    lost = Effect(_t("Second factors"), ", ".join(kinds), _t("none"), tone="warn")
    effects = [lost, Effect(_t("Recovery codes go, sessions end, and the user is told by mail."), tone="warn")]
    if user.is_staff:
        effects.append(Effect(_t("A colleague: nothing changes until a second person consents."), tone="info"))
    return effects
