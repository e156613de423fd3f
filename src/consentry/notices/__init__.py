"""Telling one person that something happened: a row, an open page, later e-mail and web push."""
