"""What the services say to each other. No I/O, and no dependency but pydantic."""
