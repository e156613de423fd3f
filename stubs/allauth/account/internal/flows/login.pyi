from django.http import HttpRequest

from consentry.accounts.models import Person

def record_authentication(request: HttpRequest, user: Person | None, method: str, **extra_data: object) -> None: ...
