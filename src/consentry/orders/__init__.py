"""Court orders: drawn, reviewed by two, executed on what is stored, and told to whom they concern."""
