resource "digitalocean_domain" "this" {
  count = var.owns_account ? 1 : 0
  name  = var.domain
}

data "digitalocean_domain" "this" {
  count = var.owns_account ? 0 : 1
  name  = var.domain
}

# The load balancer is made by the gateway, after the cluster; `make deploy` comes back with its address.
resource "digitalocean_record" "host" {
  count  = var.gateway_address == "" ? 0 : 1
  domain = var.owns_account ? digitalocean_domain.this[0].id : data.digitalocean_domain.this[0].id
  type   = "A"
  name   = var.subdomain
  value  = var.gateway_address
  ttl    = 300
}
