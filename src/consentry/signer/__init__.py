"""The process that holds the ticket key and nothing else: it signs only for what is in the log. docs/design/keys.md."""
