from consentry.accounts.models import Person
from django.http import HttpRequest

class Login:
    user: Person | None

def unstash_login(request: HttpRequest, peek: bool = ...) -> Login | None: ...
