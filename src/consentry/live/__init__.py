"""Viewing sessions: openings and tickets for viewers, control and reports for gateways."""
