ingress_hostname = "ingress.prod.tidewater.example"
