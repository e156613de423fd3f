"""One error tree. `core/problems.py` holds the one table from these to HTTP (problem+json, RFC 9457).

ConsentryError              anything that we say no to, with a stable `kind`
├── Malformed               the input is not what the format says (400)
├── NotSignedIn             nobody is signed in, or the sign-in is too old (401)
├── Refused                 signed in, but a rule says no (403); `conditions` names the rules that failed
├── NotFound                there is no such object for this caller: absent and not-yours look the same (404)
├── Conflict                the object is not in a state that allows this (409)
├── LimitReached            a bound in `kernel/limits.py` or a cap of the programme (429)
├── Unavailable             something that we need is not there: log, signer, edge (503); doors stay closed
└── Untrusted               a signature, proof, hash or time does not hold; always fatal for what it protects (403)
"""


class ConsentryError(Exception):
    """The root. `kind` is stable and machine-readable; the message is plain English for people who operate."""

    kind = "error"

    def __init__(self, message: str = "", *, kind: str | None = None) -> None:
        super().__init__(message or self.kind)
        if kind is not None:
            self.kind = kind


class Malformed(ConsentryError):
    """The input is not what the format says."""

    kind = "malformed"


class NotSignedIn(ConsentryError):
    """Nobody is signed in, or the sign-in is too old or too weak for this."""

    kind = "not-signed-in"


class Refused(ConsentryError):
    """A rule says no."""

    kind = "refused"

    def __init__(self, message: str = "", *, kind: str | None = None, conditions: tuple[str, ...] = ()) -> None:
        super().__init__(message, kind=kind)
        self.conditions = conditions


class NotFound(ConsentryError):
    """No such object for this caller."""

    kind = "not-found"


class Conflict(ConsentryError):
    """The object is not in a state that allows this."""

    kind = "conflict"


class LimitReached(ConsentryError):
    """A bound was reached."""

    kind = "limit-reached"


class Unavailable(ConsentryError):
    """Something that we need is not there; what it guards stays closed."""

    kind = "unavailable"


class Untrusted(ConsentryError):
    """A signature, proof, hash or time does not hold."""

    kind = "untrusted"
