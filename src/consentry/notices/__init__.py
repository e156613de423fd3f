"""Telling one person that something happened: a row, an open page, e-mail and web push for those who want them."""
