# In place of charts/data's own, each by a switch. Reached from the cluster's nodes and nowhere else.
resource "digitalocean_database_cluster" "postgresql" {
  count                = var.managed_postgresql.enabled ? 1 : 0
  name                 = "${local.name}-postgresql"
  engine               = "pg"
  version              = "17"
  region               = var.region
  size                 = var.managed_postgresql.size
  node_count           = var.managed_postgresql.nodes
  private_network_uuid = digitalocean_vpc.this.id
  tags                 = local.tags

  maintenance_window {
    day  = var.maintenance.day
    hour = "${var.maintenance.start_time}:00"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "digitalocean_database_firewall" "postgresql" {
  count      = var.managed_postgresql.enabled ? 1 : 0
  cluster_id = digitalocean_database_cluster.postgresql[0].id

  rule {
    type  = "k8s"
    value = digitalocean_kubernetes_cluster.this.id
  }
}

resource "digitalocean_database_db" "service" {
  for_each   = var.managed_postgresql.enabled ? local.services_with_database : []
  cluster_id = digitalocean_database_cluster.postgresql[0].id
  name       = each.value
}

resource "digitalocean_database_user" "service" {
  for_each   = var.managed_postgresql.enabled ? local.services_with_database : []
  cluster_id = digitalocean_database_cluster.postgresql[0].id
  name       = each.value
}

data "digitalocean_database_ca" "postgresql" {
  count      = var.managed_postgresql.enabled ? 1 : 0
  cluster_id = digitalocean_database_cluster.postgresql[0].id
}

resource "digitalocean_database_cluster" "valkey" {
  count                = var.managed_valkey.enabled ? 1 : 0
  name                 = "${local.name}-valkey"
  engine               = "valkey"
  version              = "8"
  region               = var.region
  size                 = var.managed_valkey.size
  node_count           = var.managed_valkey.nodes
  eviction_policy      = "noeviction"
  private_network_uuid = digitalocean_vpc.this.id
  tags                 = local.tags

  maintenance_window {
    day  = var.maintenance.day
    hour = "${var.maintenance.start_time}:00"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "digitalocean_database_firewall" "valkey" {
  count      = var.managed_valkey.enabled ? 1 : 0
  cluster_id = digitalocean_database_cluster.valkey[0].id

  rule {
    type  = "k8s"
    value = digitalocean_kubernetes_cluster.this.id
  }
}

locals {
  services_with_database = setsubtract(var.services, ["frontend"])
}
