"""Django glue that every room uses: who asks, what they may, errors to HTTP, announcements, outbox, jobs."""
