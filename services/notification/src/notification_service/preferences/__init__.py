"""How a user wants to be told: quiet hours, default reminder, daily digest."""
