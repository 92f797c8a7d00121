region           = "eu-north-1"
ingress_hostname = "ingress.dev.tidewater.example"
