output "bucket" {
  description = "For environments/*.s3.tfbackend."
  value       = digitalocean_spaces_bucket.state.name
}
