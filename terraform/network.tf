resource "digitalocean_vpc" "this" {
  name        = local.name
  description = "Nodes and managed databases of ${local.name}"
  region      = var.region
  ip_range    = var.vpc_range
}
