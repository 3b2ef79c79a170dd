"""The laptop: everything embedded, plain HTTP on loopback."""

from config import env
from config.settings.base import *

DEBUG = False
SECRET_KEY = env.secret("SECRET_KEY", required=False)
API_KEY_PEPPER = env.secret("API_KEY_PEPPER", required=False)
ALLOWED_HOSTS = env.ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]"]
STAFF_MFA_REQUIRED = env.STAFF_MFA_REQUIRED
ENVIRONMENT = "development"
