# One environment: a network, a cluster in it, and what the cluster stands on. Registry and domain exist
# once per account; the environment that owns them makes them, the others look them up.
# The token is DIGITALOCEAN_TOKEN; keys for buckets are SPACES_ACCESS_KEY_ID and SPACES_SECRET_ACCESS_KEY.
provider "digitalocean" {}

locals {
  name = "${var.project}-${var.environment}"
  tags = [var.project, var.environment, "terraform"]
  host = var.subdomain == "@" ? var.domain : "${var.subdomain}.${var.domain}"

  # What the pods of all services take together while each is replaced, by the values of charts/todo.
  database_connections = { staging = 150, production = 380 }
}

resource "digitalocean_project" "this" {
  name        = local.name
  description = "The todo platform, ${var.environment}"
  purpose     = "Service or API"
  environment = title(var.environment)
}

resource "digitalocean_project_resources" "this" {
  project = digitalocean_project.this.id
  resources = concat(
    [digitalocean_kubernetes_cluster.this.urn],
    [for bucket in digitalocean_spaces_bucket.this : bucket.urn],
    digitalocean_database_cluster.postgresql[*].urn,
    digitalocean_database_cluster.valkey[*].urn,
    digitalocean_domain.this[*].urn,
  )
}
