# The bucket of all states; made once, by hand, before anything else. Its own state stays on the disk of
# whoever makes it: it holds no secret, and `terraform import` makes it again.
terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    digitalocean = {
      source  = "digitalocean/digitalocean"
      version = "~> 2.99"
    }
  }
}

provider "digitalocean" {}

resource "digitalocean_spaces_bucket" "state" {
  name          = var.bucket
  region        = var.region
  acl           = "private"
  force_destroy = false

  # Every version is a backup; docs/SETUP.md has how to go back to one.
  versioning {
    enabled = true
  }

  lifecycle_rule {
    id                                     = "expire-old-versions"
    enabled                                = true
    abort_incomplete_multipart_upload_days = 1

    noncurrent_version_expiration {
      days = 90
    }
  }

  lifecycle {
    prevent_destroy = true
  }
}
