"""What the workflows of .github/ do; each part runs on a laptop as well."""
