from typing import Any

from botocore.config import Config

class Session:
    def __init__(self, *, aws_access_key_id: str, aws_secret_access_key: str, region_name: str) -> None: ...
    # Any: clients are made at run time from descriptions of the service.
    def client(
        self, service_name: str, *, endpoint_url: str | None = ..., verify: str | bool = ..., config: Config = ...
    ) -> Any: ...
