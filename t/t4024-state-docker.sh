#!/bin/sh

test_description='what docker inspect and docker compose config print, kept as states'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-state.sh"

password='canary-0be45f'

# service ID INDEX IMAGE PASSWORD
service () {
	cat <<-EOT
	[
	    {
	        "ID": "$1",
	        "Version": {
	            "Index": $2
	        },
	        "CreatedAt": "2026-01-02T03:04:05Z",
	        "UpdatedAt": "2026-01-02T03:04:05Z",
	        "Spec": {
	            "Name": "shop_web",
	            "Labels": {
	                "com.docker.stack.namespace": "shop"
	            },
	            "TaskTemplate": {
	                "ContainerSpec": {
	                    "Image": "$3",
	                    "Env": [
	                        "DB_PASSWORD=$4"
	                    ],
	                    "Secrets": [
	                        {
	                            "SecretID": "s1",
	                            "SecretName": "shop_tls"
	                        }
	                    ]
	                }
	            },
	            "Mode": {
	                "Replicated": {
	                    "Replicas": 2
	                }
	            }
	        },
	        "Endpoint": {
	            "Spec": {}
	        }
	    }
	]
	EOT
}

# project IMAGE PASSWORD
project () {
	cat <<-EOT
	{
	  "name": "shop",
	  "networks": {
	    "default": {
	      "name": "shop_default"
	    }
	  },
	  "secrets": {
	    "tls": {
	      "name": "shop_tls",
	      "file": "/srv/tls.pem"
	    }
	  },
	  "services": {
	    "db": {
	      "environment": {
	        "POSTGRES_PASSWORD": "$2"
	      },
	      "image": "postgres:16",
	      "networks": {
	        "default": null
	      },
	      "volumes": [
	        {
	          "type": "volume",
	          "source": "data",
	          "target": "/var/lib/postgresql/data"
	        }
	      ]
	    },
	    "web": {
	      "depends_on": {
	        "db": {
	          "condition": "service_started",
	          "required": true
	        }
	      },
	      "image": "$1",
	      "secrets": [
	        {
	          "source": "tls",
	          "target": "/run/secrets/tls"
	        }
	      ]
	    }
	  },
	  "volumes": {
	    "data": {
	      "name": "shop_data"
	    }
	  }
	}
	EOT
}

save () {
	git vault state save --new --env prod "$@"
}

test_expect_success 'a project is saved, and given back' '
	git commit -q --allow-empty -m first &&
	project web:1 $password >one.json && save one.json 2>err &&
	test_grep "saved prod/default: 5 " err && is_given_back one.json &&
	nowhere $password
'

test_expect_success 'it is listed and shown without a value' '
	git vault state list >out && test_grep "docker *- *5 " out &&
	git vault state show >out && test_grep "^service/web " out &&
	test_grep "^volume/data " out &&
	git vault state show --json >json && test_grep ! -F $password json &&
	test_grep "\"dependencies\": *\[\"service/db\", *\"secret/tls\"" json
'

test_expect_success 'a diff names services and what of them changed' '
	project web:2 other >two.json && save two.json &&
	test_expect_code 1 git vault state diff >out && cat >expect <<-\EOT &&
	~   service/db
	      ~ environment
	~   service/web
	      ~ image
	EOT
	test_cmp expect out && is_given_back one.json latest~1 &&
	git vault state verify >out && test_grep "is intact: " out
'

test_expect_success 'the history of a service' '
	git vault state for-resource service/web >out &&
	test_line_count -eq 3 out &&
	git vault state blame service/web >out && test_grep "depends_on" out
'

test_expect_success 'services that need each other are told' '
	sed "s/\"image\": \"postgres:16\",/&\"depends_on\": {\"web\": {}},/" \
		two.json >round.json && save round.json &&
	test_expect_code 1 git vault state verify >out &&
	test_grep "^circular: service/db needs service/web" out &&
	test_line_count = 1 out
'

test_expect_success 'an inspected service: updated, and made anew' '
	service id1 10 web:1 $password >a.json &&
	git vault state save --new --env dev a.json &&
	service id1 11 web:2 $password >b.json &&
	git vault state save --new --env dev b.json &&
	test_expect_code 1 git vault state diff --env dev >out &&
	cat >expect <<-\EOT &&
	~   service/shop_web
	      ~ Version
	      ~ Spec.TaskTemplate.ContainerSpec.Image
	EOT
	test_cmp expect out && nowhere $password &&
	service id2 12 web:2 other >c.json &&
	git vault state save --new --env dev c.json &&
	test_expect_code 1 git vault state diff --env dev >out &&
	cat >expect <<-\EOT &&
	-/+ service/shop_web
	      ~ ID
	      ~ Version
	      ~ Spec.TaskTemplate.ContainerSpec.Env
	EOT
	test_cmp expect out && git vault state verify --env dev &&
	git vault state restore --env dev latest~2 >out && cmp a.json out
'

test_expect_success 'a project in YAML, as it is printed by default' '
	cat >one.yaml <<-EOT &&
	name: shop
	services:
	  db:
	    environment:
	      POSTGRES_PASSWORD: $password
	    image: postgres:16
	  web:
	    depends_on:
	      db:
	        condition: service_started
	    image: web:1
	networks:
	  default:
	    name: shop_default
	EOT
	save --stack yaml one.yaml 2>err && nowhere $password &&
	test_grep "saved prod/yaml: 3 " err &&
	sed "s/web:1/web:2/" one.yaml >two.yaml && save --stack yaml two.yaml &&
	test_expect_code 1 git vault state diff --stack yaml >out &&
	test_write_lines "~   service/web" "      ~ image" >expect &&
	test_cmp expect out && git vault state verify --stack yaml &&
	git vault state restore --stack yaml latest~1 >out && cmp one.yaml out &&
	each_mutant one.yaml
'

test_expect_success 'what is damaged is kept, and read as far as it goes' '
	each_mutant one.json && each_mutant a.json &&
	head -c 700 one.json >cut && save --stack cut cut 2>err &&
	test_grep "it is not an intact state" err &&
	git vault state restore --stack cut >out && cmp cut out
'

test_expect_success 'what is of others is none of it' '
	echo "{\"services\":{\"a\":{\"port\":1}},\"volumes\":{\"b\":{}}}" >plain &&
	echo "[{\"Name\":\"a\",\"Id\":\"b\"},{\"id\":1}]" >list &&
	of_others plain list
'

test_done
