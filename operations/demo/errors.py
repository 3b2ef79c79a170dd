"""Why the demo data were not loaded."""

from core.errors import Refusal


class NotInProduction(Refusal):
    """Made-up customers have no place beside real ones."""

    code = "not_in_production"
    title = "Demo data are refused in production"


class AlreadyLoaded(Refusal):
    """The company is there."""

    code = "already_loaded"
    title = "The demo data are loaded already; --reset wipes this database and loads them anew"


class DatabaseInUse(Refusal):
    """There are users that no demo made."""

    code = "database_in_use"
    title = "This database holds users that are no demo data; --reset would delete them"
