"""The web process: `granian --interface asgi consentry.project.asgi:application`."""

import os

from django.core.asgi import get_asgi_application

from consentry.core.body_limit import limit_bodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consentry.project.settings")
application = limit_bodies(get_asgi_application())
