from typing import Any

class BotoCoreError(Exception): ...

class ClientError(Exception):
    # Any: what the service said, parsed.
    response: dict[str, Any]
