"""How a process deals with more than it can do. No I/O, and no dependency but on what ASGI says."""
