data "aws_route53_zone" "tidewater" {
  name = "tidewater.example."
}

resource "aws_route53_record" "booking" {
  zone_id = data.aws_route53_zone.tidewater.zone_id
  name    = var.environment == "prod" ? "booking" : "booking.${var.environment}"
  type    = "CNAME"
  ttl     = 300
  records = [var.target]
}

variable "environment" {
  type = string
}

variable "target" {
  type = string
}
