# syntax=docker/dockerfile:1
# One image for web, worker and scheduler; the command decides (Procfile, compose.yaml).

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /srv/ballast
RUN python -m venv .venv
COPY requirements.txt .
RUN .venv/bin/pip install --require-hashes -r requirements.txt
COPY . .
# Static files are part of the image. The development settings need no secret; what they made for
# themselves stays behind.
RUN BALLAST_VAR=/srv/ballast/var .venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && find var -mindepth 1 -maxdepth 1 ! -name static -exec rm -rf {} +

FROM python:3.11-slim-bookworm
RUN groupadd --system --gid 10001 ballast \
    && useradd --system --uid 10001 --gid ballast --home-dir /srv/ballast --no-create-home --shell /usr/sbin/nologin ballast
ENV DJANGO_SETTINGS_MODULE=config.settings.prod \
    BIND_ADDRESS=0.0.0.0 \
    PORT=8000 \
    PATH=/srv/ballast/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /srv/ballast
COPY --from=build --chown=root:root /srv/ballast /srv/ballast
# The code is read-only to the process; these folders are not.
RUN mkdir -p var/mail var/media var/metrics && chown ballast:ballast var/mail var/media var/metrics
USER ballast
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/healthz', timeout=4)"]
CMD ["gunicorn", "--config", "config/gunicorn.py", "config.wsgi"]
