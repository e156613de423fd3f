from django.http import HttpRequest

from consentry.accounts.models import Person

def get_authentication_records(request: HttpRequest, user: Person | None = ...) -> list[dict[str, object]]: ...
