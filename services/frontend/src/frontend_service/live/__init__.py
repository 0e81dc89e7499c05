"""Live updates: a broker of Server-Sent Events, fed by the events every replica hears."""
