output "endpoint" {
  value = aws_db_instance.booking.endpoint
}
