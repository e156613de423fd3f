"""The copy that a recipient plays: every picture bears their name (docs/spec/disclosure.md, *The named copy*).

Made in pieces of some seconds by one child at a time, so that the first can be played while the last is not yet made.
`render` is the seam and pure of Django; `services` keeps the pieces sealed under the item's own key.
"""
