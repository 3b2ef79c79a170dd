"""django-allauth, django-axes, sessions: who gets in, and for how long."""

from datetime import timedelta

from config import env

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.backends.AccountBackend",
    "accounts.backends.StaffRoleBackend",
]

# ASVS 5.0 6.2.1, 6.2.4, 6.2.9: length, not composition; common passwords refused; 64 and more accepted.
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.validators.GuessablePasswordValidator"},
]

# The product's frontend: pages that take the key of a mailed link.
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("app", "browser")
HEADLESS_ADAPTER = "accounts.adapters.HeadlessAdapter"
HEADLESS_FRONTEND_URLS = {
    "home": f"{env.BASE_URL}/",
    "account_signup": f"{env.BASE_URL}/account/signup",
    "account_confirm_email": f"{env.BASE_URL}/account/verify-email/{{key}}",
    "account_reset_password": f"{env.BASE_URL}/account/password/reset",
    "account_reset_password_from_key": f"{env.BASE_URL}/account/password/reset/{{key}}",
    "accept_invitation": f"{env.BASE_URL}/account/invitations/{{key}}",
    "confirm_email_change": f"{env.BASE_URL}/account/email-change/confirm/{{key}}",
    "cancel_email_change": f"{env.BASE_URL}/account/email-change/cancel/{{key}}",
}

ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# ``login_failed`` by key guards second factors only, whose guesser knows the password already; a
# limit by account on passwords would let strangers lock owners out (docs/adr/0031).
ACCOUNT_RATE_LIMITS = {"login_failed": "30/m/ip,10/10m/key"}
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=4).total_seconds())

USERSESSIONS_ADAPTER = "accounts.adapters.UserSessionsAdapter"
USERSESSIONS_TRACK_ACTIVITY = False  # our middleware does, at most once a minute

MFA_ADAPTER = "accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Ballast"
MFA_TOTP_TOLERANCE = 1  # a code counts once in all three periods: accounts.receivers.on_factor_used

AXES_ENABLED = True
AXES_VERBOSE = False
AXES_HANDLER = "accounts.lockout.LockoutHandler"
AXES_CLIENT_IP_CALLABLE = "accounts.lockout.client_network"
AXES_USERNAME_CALLABLE = "accounts.lockout.login_name"
AXES_LOCKOUT_CALLABLE = "accounts.lockout.lockout_answer"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "ip_address"]
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False

# ASVS 5.0 7.3.1 and 7.3.2: staff sessions end when idle and after half a day's work at most.
STAFF_SESSION_IDLE = timedelta(minutes=30)
STAFF_SESSION_LIMIT = timedelta(hours=4)
CUSTOMER_SESSION_LIMIT = timedelta(days=14)

INVITATION_DAYS = 7
EMAIL_CHANGE_COOLING_OFF = timedelta(hours=24)
EMAIL_CHANGE_EXPIRY = timedelta(days=7)  # counted from the end of the cooling-off
