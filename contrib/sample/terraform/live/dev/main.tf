provider "aws" {
  region = var.region

  default_tags {
    tags = {
      service     = "booking"
      environment = "dev"
    }
  }
}

module "network" {
  source      = "../../modules/network"
  environment = "dev"
  cidr        = "10.10.0.0/16"
  zones = {
    "eu-north-1a" = 0
    "eu-north-1b" = 1
  }
}

module "cluster" {
  source      = "../../modules/cluster"
  environment = "dev"
  subnet_ids  = module.network.private_subnet_ids
  node_type   = "t3.medium"
  nodes       = 2
}

module "database" {
  source             = "../../modules/database"
  environment        = "dev"
  instance_class     = "db.t4g.micro"
  storage_gb         = 20
  subnet_ids         = module.network.private_subnet_ids
  security_group_ids = [module.network.database_security_group_id]
  master_password    = var.database_password
}

module "dns" {
  source      = "../../modules/dns"
  environment = "dev"
  target      = var.ingress_hostname
}
