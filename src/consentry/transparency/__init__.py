"""The public record: what was looked at, as the log itself says it; nothing that is not in the log or published."""
