from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.mail import EmailMessage
from django.http import HttpRequest

class DefaultAccountAdapter:
    def is_open_for_signup(self, request: HttpRequest) -> bool: ...
    def new_user(self, request: HttpRequest) -> AbstractBaseUser: ...
    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = ...,
    ) -> EmailMessage: ...
    def send_mail(self, template_prefix: str, email: str, context: dict[str, object]) -> None: ...
    def send_notification_mail(
        self,
        template_prefix: str,
        user: AbstractBaseUser,
        context: dict[str, Any] | None = ...,
        email: str | None = ...,
    ) -> None: ...

def get_adapter(request: HttpRequest | None = ...) -> DefaultAccountAdapter: ...
