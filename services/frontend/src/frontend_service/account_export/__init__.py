"""Everything the platform keeps of an account as one ZIP file, made while it is sent."""
