resource "aws_db_subnet_group" "this" {
  name       = "booking-${var.environment}"
  subnet_ids = var.subnet_ids
}

resource "aws_db_instance" "booking" {
  identifier     = "booking-${var.environment}"
  engine         = "postgres"
  engine_version = "15.6"
  instance_class = var.instance_class

  allocated_storage     = var.storage_gb
  max_allocated_storage = var.storage_gb * 4
  storage_encrypted     = true

  username = "booking"
  password = var.master_password

  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = var.security_group_ids

  backup_retention_period = var.environment == "prod" ? 14 : 1
  deletion_protection     = var.environment == "prod"
  multi_az                = var.environment == "prod"
  skip_final_snapshot     = var.environment != "prod"
}
