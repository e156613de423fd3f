"""The vault's pure core: sealed segments, journals, manifests and keys as files. Knows no Django and no database."""
