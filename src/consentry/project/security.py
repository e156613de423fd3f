"""What browsers may load, and how often people may try."""

# allauth's names; amounts per minute or hour and per address or account. Our own lock (accounts/rules.py) comes on top.
ACCOUNT_RATES = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/15m/key",
    "request_login_code": "20/m/ip,5/10m/key",
    "confirm_email": "5/10m/key",
    "signup": "20/m/ip",
    "reauthenticate": "10/m/user",
    "manage_email": "10/m/user",
}


def content_security_policy(gateways: list[str]) -> str:
    """The policy for pages: own files only, video from our gateways, MapLibre's worker from a blob.

    `gateways`: `ws://` or `wss://`; the same places by HTTP are where a look by WebRTC is agreed.
    """
    agreed = [gateway.replace("ws", "http", 1) for gateway in gateways]
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "media-src 'self' blob:",
            "worker-src 'self' blob:",
            " ".join(("connect-src 'self'", *gateways, *agreed)),
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "object-src 'none'",
            "frame-ancestors 'none'",
        )
    )
