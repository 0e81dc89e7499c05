variable "project" {
  description = "Beginning of every name."
  type        = string
  default     = "todo"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}$", var.project))
    error_message = "2 to 21 lower-case letters, digits and dashes; a letter first."
  }
}

variable "environment" {
  description = "Which environment this is; also the namespace the charts go to."
  type        = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "Either staging or production."
  }
}

variable "owns_account" {
  description = "Whether this environment makes what exists once per account: registry and domain."
  type        = bool

  validation {
    condition     = !var.owns_account || var.environment == "production"
    error_message = "Staging can be torn down; what all environments need belongs to production."
  }
}

variable "services" {
  description = "The services there are; each has an image, and all but the frontend a database."
  type        = set(string)
  default     = ["frontend", "user", "task", "chat", "notification", "analytics"]

  validation {
    condition     = alltrue([for name in var.services : can(regex("^[a-z][a-z-]*$", name))])
    error_message = "Names are lower-case words."
  }
}

variable "region" {
  description = "Data centre of cluster and databases, e.g. fra1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{3}[0-9]$", var.region))
    error_message = "Three letters and a digit, as in fra1."
  }
}

variable "registry_name" {
  description = "Name of the container registry; unique at DigitalOcean. One per account."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.registry_name))
    error_message = "3 to 63 lower-case letters, digits and dashes."
  }
}

variable "registry_tier" {
  description = "Plan of the registry. Basic holds five repositories, one fewer than there are services."
  type        = string
  default     = "professional"

  validation {
    condition     = contains(["starter", "basic", "professional"], var.registry_tier)
    error_message = "One of starter, basic, professional."
  }
}

variable "domain" {
  description = "Domain whose records DigitalOcean serves, e.g. example.com."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9-]+[.])+[a-z]{2,}$", var.domain))
    error_message = "A domain name in lower case."
  }
}

variable "subdomain" {
  description = "Name of the A record below the domain; @ for the domain itself."
  type        = string

  validation {
    condition     = can(regex("^(@|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)$", var.subdomain))
    error_message = "@, or labels in lower case."
  }
}

variable "gateway_address" {
  description = "IPv4 address of the gateway's load balancer; empty as long as there is none."
  type        = string
  default     = ""

  validation {
    condition     = var.gateway_address == "" || can(cidrnetmask("${var.gateway_address}/32"))
    error_message = "An IPv4 address."
  }
}
