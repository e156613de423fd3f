"""Pure parsers: bytes in, minimised `RawCall` or `Rejected` out. No database, no clock, no network."""
