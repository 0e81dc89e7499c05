locals {
  registry_repositories = { starter = 1, basic = 5, professional = 1000 }
}

resource "digitalocean_container_registry" "this" {
  count                  = var.owns_account ? 1 : 0
  name                   = var.registry_name
  subscription_tier_slug = var.registry_tier
  region                 = var.region

  lifecycle {
    precondition {
      condition     = length(var.services) + 1 <= local.registry_repositories[var.registry_tier]
      error_message = "Each service and what backs them up has its own repository, and this tier holds fewer."
    }
  }
}

data "digitalocean_container_registry" "this" {
  count = var.owns_account ? 0 : 1
  name  = var.registry_name
}
