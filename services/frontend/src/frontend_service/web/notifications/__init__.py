"""The inbox, the toasts of reminders, web push, and the settings of all three."""
