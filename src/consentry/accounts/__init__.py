"""People, seats (roles), sign-in and its rules. The only room that knows allauth."""
