"""Production: secrets required, HTTPS only."""

from config import env
from config.settings.base import *

SECRET_KEY = env.secret("SECRET_KEY", required=True)
API_KEY_PEPPER = env.secret("API_KEY_PEPPER", required=True)
ALLOWED_HOSTS = env.required_hosts()
BASE_URL = env.required_base_url()
STAFF_MFA_REQUIRED = True
ENVIRONMENT = "production"

SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]  # asked inside the network, by address
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
if env.TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
