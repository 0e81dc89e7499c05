terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    digitalocean = {
      source  = "digitalocean/digitalocean"
      version = "~> 2.99"
    }
  }

  # Bucket and key are in environments/<name>.s3.tfbackend; credentials are AWS_ACCESS_KEY_ID and
  # AWS_SECRET_ACCESS_KEY. Spaces speaks S3, but is no AWS: what only AWS answers is not asked.
  backend "s3" {
    region                      = "us-east-1"
    use_lockfile                = true
    skip_credentials_validation = true
    skip_requesting_account_id  = true
    skip_metadata_api_check     = true
    skip_region_validation      = true
    skip_s3_checksum            = true
  }
}
