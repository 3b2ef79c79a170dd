"""What the omnibox finds of the ledger, besides ids."""

from core.console import SearchRule, find_by_rules
from credits.admin._accounts import AccountAdmin

find_by_rules(AccountAdmin, SearchRule.public_id("workspace_id", prefix="wsp"), order=20)
