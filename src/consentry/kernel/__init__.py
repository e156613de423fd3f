"""Pure rules and formats shared by everyone: no Django, no database, no network, no clock of its own."""
