"""The web pages: HTML made on the server, with htmx putting parts of pages in place."""
