"""What people read in a bag: the custody report (HTML, PDF, CASE JSON-LD), a draft certificate, a README."""
