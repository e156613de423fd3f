"""The heart: the policy's decisions, asks, grants, sessions and their tickets. docs/design/access.md."""
