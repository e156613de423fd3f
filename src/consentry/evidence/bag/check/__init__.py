"""The check of a bag: standard library and `cryptography` alone, because the same text is `verify.py` inside each bag.

`verifier_text` joins these modules into one file. So names at the top of a module are unique over all of them, and
nothing is imported under another name (`tests/evidence/test_verifier_text.py` holds both).
"""
