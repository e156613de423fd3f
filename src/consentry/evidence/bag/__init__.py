"""Export: an item as a bag that anybody checks offline (docs/spec/bag.md). Pure: no Django, no settings, no keys."""
