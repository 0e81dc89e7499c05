resource "digitalocean_domain" "this" {
  count = var.owns_account ? 1 : 0
  name  = var.domain
}

data "digitalocean_domain" "this" {
  count = var.owns_account ? 0 : 1
  name  = var.domain
}

# Nobody else may certify the domain or a name below it (CAA, RFC 8659); cert-manager asks these. Both authorities of
# Let's Encrypt go by the one name, that of its tests as well.
resource "digitalocean_record" "certificate_authority" {
  for_each = var.owns_account ? var.certificate_authorities : []
  domain   = digitalocean_domain.this[0].id
  type     = "CAA"
  name     = "@"
  flags    = 0
  tag      = "issue"
  value    = "${each.value}."
  ttl      = 3600
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
