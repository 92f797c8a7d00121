# shellcheck shell=sh
# A repository as teams have them: secrets in 28 formats of files, beside each
# of them what only looks like one. Source this after test-lib.sh.
#
#	for e in prod staging dev; do of $e || return 1; done
#
# $T/told has a line for each secret: path, line, environment, key; $T/values the
# value of each as it stands there.

# What is printed goes there, so that no scan sees it.
T=$TMPDIR
seed=0

# put PATH: the text on stdin, «KEY» a secret in it (to be told with that key)
# and «b64:KEY» one in base 64. What is to be found goes to $T/expect.
put () {
	mkdir -p "$(dirname "$1")" && cat >$T/text &&
	seed=$((seed + 1)) &&
	value=$(printf "%s %s" "$1" $seed | sha256sum | base64 -w0 | cut -c1-20) &&
	sealed=$(printf %s "$value" | base64) &&
	if grep -q "«b64:" $T/text
	then
		echo "$sealed"
	else
		echo "$value"
	fi >>$T/values &&
	awk -v path="$1" -v env="$env" -v value="$value" -v sealed="$sealed" \
		-v told="$T/told" '{
		while (match($0, /«[^»]*»/)) {
			key = substr($0, RSTART, RLENGTH)
			gsub(/[«»]/, "", key)
			is = sub(/^b64:/, "", key) ? sealed : value
			$0 = substr($0, 1, RSTART - 1) is \
				substr($0, RSTART + RLENGTH)
			print path "\t" NR "\t" env "\t" key >>told
		}
		print
	    }' $T/text >"$1"
}

# of ENV: its files.
of () {
	env=$1 &&
	put live/$1/.env <<-\END &&
	LOG_LEVEL=info
	DB_PASSWORD=«DB_PASSWORD»
	API_TOKEN=${CI_API_TOKEN}
	SESSION_SECRET_FILE=/run/secrets/session
	END
	put live/$1/values.yaml <<-\END &&
	image:
	  digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
	database:
	  user: app
	  password: «database.password»
	existingSecret: app-credentials
	END
	put live/$1/secret.yaml <<-\END &&
	apiVersion: v1
	kind: Secret
	metadata:
	  name: app
	  uid: 6f1c2a58-0c3e-4a57-9b57-2f5f0d9a7c11
	data:
	  password: «b64:data.password»
	END
	put live/$1/deployment.yaml <<-\END &&
	kind: Deployment
	spec:
	  containers:
	    - name: app
	      env:
	        - name: DB_PASSWORD
	          valueFrom: {secretKeyRef: {name: app, key: password}}
	        - name: API_TOKEN
	          value: «spec.containers[0].env[1].value»
	END
	put live/$1/config.json <<-\END &&
	{
	  "passwordPolicy": "strict",
	  "smtp": {"user": "mailer", "password": "«smtp.password»"}
	}
	END
	put live/$1/terraform.tfvars <<-\END &&
	region      = "eu-west-1"
	kms_key_id  = "arn:aws:kms:eu-west-1:111122223333:key/6f1c2a58-0c3e-4a57-9b57-2f5f0d9a7c11"
	db_password = "«db_password»"
	END
	put live/$1/main.tf <<-\END &&
	variable "db_password" {
	  sensitive = true
	  default   = "«variable.db_password.default»"
	}
	resource "aws_db_instance" "main" {
	  password = var.db_password
	}
	END
	put live/$1/docker-compose.yml <<-\END &&
	services:
	  db:
	    image: postgres:16
	    environment:
	      - POSTGRES_USER=app
	      - POSTGRES_PASSWORD=«services.db.environment[1].POSTGRES_PASSWORD»
	END
	put live/$1/app.ini <<-\END &&
	[database]
	host = db.internal
	password = «database.password»
	END
	put live/$1/application.properties <<-\END &&
	spring.datasource.username=app
	spring.datasource.password=«"spring.datasource.password"»
	server.ssl.key-store-password=${KEYSTORE_PASSWORD}
	END
	put live/$1/config.toml <<-\END &&
	[auth]
	token_ttl = "3600s"
	client_secret = "«auth.client_secret»"
	END
	put live/$1/settings.xml <<-\END &&
	<settings>
	  <servers>
	    <server>
	      <id>releases</id>
	      <password>«settings.servers.server.password»</password>
	    </server>
	  </servers>
	</settings>
	END
	put live/$1/.netrc <<-\END &&
	machine git.internal login ci password «»
	END
	put live/$1/.npmrc <<-\END &&
	registry=https://npm.internal/
	//npm.internal/:_authToken=«»
	END
	put live/$1/.pgpass <<-\END &&
	db.internal:5432:app:app:«»
	END
	put live/$1/Dockerfile <<-\END &&
	FROM alpine:3.19
	ARG VERSION=1.2.3
	ENV ADMIN_PASSWORD=«»
	END
	put live/$1/deploy.sh <<-\END &&
	#!/bin/sh
	export VAULT_ADDR=https://vault.internal
	export ADMIN_TOKEN="«»"
	curl -H "X-Token: $ADMIN_TOKEN" "$VAULT_ADDR"
	END
	put live/$1/settings.py <<-\END &&
	import os
	DB_PASSWORD = os.environ["DB_PASSWORD"]
	SECRET_KEY = "«»"
	END
	put live/$1/config.js <<-\END &&
	module.exports = {
	  apiKey: process.env.API_KEY,
	  clientSecret: "«»",
	};
	END
	put live/$1/config.go <<-\END &&
	package config
	
	const adminPassword = "«»"
	var token = os.Getenv("TOKEN")
	END
	put live/$1/config.rb <<-\END &&
	config.api_key = ENV["API_KEY"]
	config.secret_key = "«»"
	END
	put live/$1/setup.ps1 <<-\END &&
	$User = "app"
	$AdminPassword = "«»"
	END
	put live/$1/user-data.yaml <<-\END &&
	#cloud-config
	chpasswd:
	  expire: false
	write_files:
	  - path: /etc/app.env
	    content: |
	      MODE=a
	      DB_PASSWORD=«write_files[0].content.DB_PASSWORD»
	END
	put live/$1/inventory.ini <<-\END &&
	[web]
	web1 ansible_host=10.0.0.1 ansible_user=app ansible_password=«»
	END
	put live/$1/app.service <<-\END &&
	[Service]
	Environment=API_SECRET=«»
	ExecStart=/usr/bin/app
	END
	put live/$1/wp-config.php <<-\END &&
	<?php
	define('DB_USER', 'app');
	define('DB_PASSWORD', '«»');
	END
	put live/$1/kubeconfig <<-\END &&
	apiVersion: v1
	kind: Config
	users:
	- name: admin
	  user:
	    token: «users[0].user.token»
	END
	put live/$1/.gitlab-ci.yml <<-\END
	variables:
	  DEPLOY_TOKEN: «variables.DEPLOY_TOKEN»
	deploy:
	  script: ["deploy --token $DEPLOY_TOKEN"]
	END
}
