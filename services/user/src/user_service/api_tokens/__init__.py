"""API tokens: made and revoked by people, exchanged by the edge for access tokens of a minute."""
