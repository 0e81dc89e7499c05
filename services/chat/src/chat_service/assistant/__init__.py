"""The assistant: from a message in plain English to an intent, to changes and a reply."""
