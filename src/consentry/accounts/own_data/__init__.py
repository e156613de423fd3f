"""One's own data: gathered from every room into one file for its person (docs/spec/personal-data.md)."""
