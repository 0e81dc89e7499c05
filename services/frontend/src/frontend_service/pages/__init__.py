"""The web pages: HTML made here, kept up to date in the browser by htmx and the live stream."""
