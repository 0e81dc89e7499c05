data "digitalocean_kubernetes_versions" "wanted" {
  version_prefix = "${var.kubernetes_minor}."
}

resource "digitalocean_kubernetes_cluster" "this" {
  name           = local.name
  region         = var.region
  version        = data.digitalocean_kubernetes_versions.wanted.latest_version
  vpc_uuid       = digitalocean_vpc.this.id
  cluster_subnet = var.pod_range
  service_subnet = var.service_range
  tags           = local.tags

  ha                               = var.high_availability
  auto_upgrade                     = true
  surge_upgrade                    = true
  registry_integration             = true
  destroy_all_associated_resources = false
  kubeconfig_expire_seconds        = var.kubeconfig_seconds

  maintenance_policy {
    day        = var.maintenance.day
    start_time = var.maintenance.start_time
  }

  dynamic "control_plane_firewall" {
    for_each = length(var.control_plane_addresses) > 0 ? [var.control_plane_addresses] : []
    content {
      enabled           = true
      allowed_addresses = control_plane_firewall.value
    }
  }

  # Its size can't change without a new cluster, so it carries only what every cluster has.
  node_pool {
    name       = "system"
    size       = var.system_node_size
    node_count = 1
    tags       = local.tags
    labels     = { pool = "system" }
  }

  lifecycle {
    # Patches come by themselves, in the window; a minor is asked for, see docs/SETUP.md.
    ignore_changes = [version]
  }

  depends_on = [digitalocean_container_registry.this]
}

resource "digitalocean_kubernetes_node_pool" "workers" {
  cluster_id = digitalocean_kubernetes_cluster.this.id
  name       = "workers-${var.worker_node_size}"
  size       = var.worker_node_size
  auto_scale = true
  min_nodes  = var.workers.min
  max_nodes  = var.workers.max
  tags       = local.tags
  labels     = { pool = "workers" }

  lifecycle {
    # Another size is another pool: the new one takes the pods before the old one goes.
    create_before_destroy = true
    ignore_changes        = [node_count]
  }
}
