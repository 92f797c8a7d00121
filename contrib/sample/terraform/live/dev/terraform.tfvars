ingress_hostname = "ingress.dev.tidewater.example"
