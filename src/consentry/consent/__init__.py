"""What owners allow: waivers, terms as append-only chains of signed versions, receipts; mandates recorded apart."""
