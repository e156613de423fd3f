from django.http import HttpRequest

from consentry.accounts.models import Person

class Login:
    user: Person | None

def unstash_login(request: HttpRequest, peek: bool = ...) -> Login | None: ...
