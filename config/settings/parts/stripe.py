"""dj-stripe's required settings. Billing's own tables stand in front of it."""

DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"
DJSTRIPE_USE_NATIVE_JSONFIELD = True
