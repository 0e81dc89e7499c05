"""The database of a service: sessions, statements per dialect, migrations."""
