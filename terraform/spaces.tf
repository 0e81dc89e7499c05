locals {
  backups_region = var.backups_region == "" ? var.spaces_region : var.backups_region
  bucket_regions = { for purpose in keys(var.retention_days) : purpose => contains(["archive", "backups"], purpose) ? local.backups_region : var.spaces_region }
}

# The bucket of the state itself is in state/: it must be there before this can run.
resource "digitalocean_spaces_bucket" "this" {
  for_each      = var.retention_days
  name          = "${local.name}-${each.key}"
  region        = local.bucket_regions[each.key]
  acl           = "private"
  force_destroy = false

  versioning {
    enabled = true
  }

  lifecycle_rule {
    id                                     = "expire"
    enabled                                = true
    abort_incomplete_multipart_upload_days = 1

    expiration {
      days = each.value
    }

    # What somebody deletes or overwrites can be had back for a week.
    noncurrent_version_expiration {
      days = 7
    }
  }
}

# A key opens one bucket.
resource "digitalocean_spaces_key" "this" {
  for_each = digitalocean_spaces_bucket.this
  name     = each.value.name

  grant {
    bucket     = each.value.name
    permission = "readwrite"
  }
}
