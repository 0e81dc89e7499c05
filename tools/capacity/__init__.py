"""Whether what runs in an environment fits its nodes, and what those cost: `python -m tools.capacity`.

Kubernetes places pods by what they request, never by what they use, so the sum is of requests. It has
everything that runs: our charts as Helm renders them (`rendered`), what operators make of their resources,
the releases of other projects (`releases.yaml`), and what DigitalOcean itself runs (`digitalocean.yaml`).
"""
