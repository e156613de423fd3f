"""For web processes that serve no event streams; bodies are bounded by the server in front."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consentry.project.settings")
application = get_wsgi_application()
