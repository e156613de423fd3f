from consentry.accounts.models import Person
from django.http import HttpRequest

def get_authentication_records(request: HttpRequest, user: Person | None = ...) -> list[dict[str, object]]: ...
