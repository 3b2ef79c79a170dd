"""Django REST framework, its OpenAPI document, and how much may be called."""

from config import env

# The longest body of the product API and of the sign-up endpoints. Uploads go elsewhere.
API_BODY_LIMIT = 262_144
# Multiplies every limit of flags.policies; the test suite raises it.
LIMIT_SCALE = 1
WEB_WORKERS = env.WEB_WORKERS
# The OpenAPI document of sign-up, login and sessions, for our docs page; its own page needs a CDN.
HEADLESS_SERVE_SPECIFICATION = True
HEADLESS_SPECIFICATION_TEMPLATE_NAME = None
CSRF_FAILURE_VIEW = "core.api.problems.csrf_failure"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.ApiKeyAuthentication",
        "accounts.authentication.SessionTokenAuthentication",
        "accounts.authentication.CookieSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["core.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "core.api.negotiation.JSONOnly",
    "DEFAULT_METADATA_CLASS": "core.api.metadata.Methods",
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_PAGINATION_CLASS": "core.api.pagination.KeysetPagination",
    "DEFAULT_THROTTLE_CLASSES": ["flags.throttles.PolicyThrottle"],
    "DEFAULT_SCHEMA_CLASS": "core.api.schema.ApiSchema",
    "EXCEPTION_HANDLER": "core.api.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Ballast API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "DESCRIPTION": (
        "Sign-up and login are under `/_allauth/app/v1/` (the second definition on the docs page). "
        "Every error is a problem document (RFC 9457). Times are RFC 3339 in UTC, credits are integers, "
        "money is in minor units with its currency. Unknown fields are refused."
    ),
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    # Named, so that a later field of the same name renames nothing in clients made from the document.
    "ENUM_NAME_OVERRIDES": {
        "HoldStatus": "credits.states.HoldStatus",
        "EntryKind": "credits.states.EntryKind",
        "LotSource": "credits.states.LotSource",
        "ReasonCode": "credits.states.ReasonCode",
        "InvitationStatus": "accounts.states.InvitationStatus",
        "MemberRole": "accounts.states.MemberRole",
        "KeyMode": "accounts.states.KeyMode",
        "Scope": "accounts.scopes.Scope",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "core.api.schema.add_shared_components",
    ],
}
