from consentry.accounts.models import Person
from django.http import HttpRequest

def record_authentication(request: HttpRequest, user: Person | None, method: str, **extra_data: object) -> None: ...
