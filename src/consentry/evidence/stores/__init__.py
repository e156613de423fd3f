"""Where sealed files lie: in a folder, or in S3 with Object Lock. Pure: no Django."""
