region           = "eu-north-1"
ingress_hostname = "ingress.prod.tidewater.example"
