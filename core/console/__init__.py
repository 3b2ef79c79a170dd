"""The console's base: what every admin class and page stands on. See core/README.md."""

from typing import TYPE_CHECKING, cast

from django.contrib import admin

from core.console.actions import Action, ActionCall, ActionForm, Effect, ManyCall, ReasonForm, object_actions
from core.console.chips import Chip, chip_for
from core.console.customers import (
    Customer,
    CustomerRef,
    HeaderPart,
    is_revealed,
    register_header_part,
    use_customer_lookup,
)
from core.console.deeds import DeedView
from core.console.fields import ReferenceField
from core.console.filters import BooleanFilter, ChoiceFilter, DateRangeFilter, TokenFilter
from core.console.home import HomeCard, WorkItem
from core.console.home import register as register_home_card
from core.console.list_views import ListLink
from core.console.lists import chosen_rows
from core.console.masking import mask_email, mask_ip, masked
from core.console.model_admin import ConsoleAdmin
from core.console.nav import OWN, NavItem, nav
from core.console.omnibox import Finder, hit_of
from core.console.omnibox import register as register_finder
from core.console.omnibox import register_rules as find_by_rules
from core.console.panels import Panel, panels
from core.console.ports import use_gate, use_login_view, use_role_lookup
from core.console.running import run_action
from core.console.search import SearchRule
from core.console.views import ConsoleView

if TYPE_CHECKING:
    from core.console.sites import ConsoleSite

console_site = cast("ConsoleSite", admin.site)

__all__ = [
    "OWN",
    "Action",
    "ActionCall",
    "ActionForm",
    "BooleanFilter",
    "Chip",
    "ChoiceFilter",
    "ConsoleAdmin",
    "ConsoleView",
    "Customer",
    "CustomerRef",
    "DateRangeFilter",
    "DeedView",
    "Effect",
    "Finder",
    "HeaderPart",
    "HomeCard",
    "ListLink",
    "ManyCall",
    "NavItem",
    "Panel",
    "ReasonForm",
    "ReferenceField",
    "SearchRule",
    "TokenFilter",
    "WorkItem",
    "chip_for",
    "chosen_rows",
    "console_site",
    "find_by_rules",
    "hit_of",
    "is_revealed",
    "mask_email",
    "mask_ip",
    "masked",
    "nav",
    "object_actions",
    "panels",
    "register_finder",
    "register_header_part",
    "register_home_card",
    "run_action",
    "use_customer_lookup",
    "use_gate",
    "use_login_view",
    "use_role_lookup",
]
