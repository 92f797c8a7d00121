#!/bin/sh

test_description='objects of a cluster, as kubectl prints them, kept as states'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-state.sh"

password=Y2FuYXJ5LTkxZTBi
note='canary-4c2f7a'

# cluster VERSION REPLICAS PASSWORD HELM-STATUS
cluster () {
	cat <<-EOT
	{
	    "apiVersion": "v1",
	    "items": [
	        {
	            "apiVersion": "apps/v1",
	            "kind": "Deployment",
	            "metadata": {
	                "annotations": {
	                    "deployment.kubernetes.io/revision": "3"
	                },
	                "generation": 4,
	                "labels": {
	                    "app.kubernetes.io/name": "web"
	                },
	                "name": "web",
	                "namespace": "prod",
	                "resourceVersion": "$1",
	                "uid": "6a1c0ab0-0001"
	            },
	            "spec": {
	                "replicas": $2,
	                "template": {
	                    "spec": {
	                        "containers": [
	                            {
	                                "image": "registry.example.com/web:1.4",
	                                "name": "web"
	                            }
	                        ]
	                    }
	                }
	            },
	            "status": {
	                "readyReplicas": $2
	            }
	        },
	        {
	            "apiVersion": "apps/v1",
	            "kind": "ReplicaSet",
	            "metadata": {
	                "name": "web-5d4f",
	                "namespace": "prod",
	                "ownerReferences": [
	                    {
	                        "apiVersion": "apps/v1",
	                        "controller": true,
	                        "kind": "Deployment",
	                        "name": "web",
	                        "uid": "6a1c0ab0-0001"
	                    }
	                ],
	                "resourceVersion": "100",
	                "uid": "6a1c0ab0-0002"
	            },
	            "spec": {
	                "replicas": 2
	            }
	        },
	        {
	            "apiVersion": "v1",
	            "data": {
	                "password": "$3",
	                "user": "d2Vi"
	            },
	            "kind": "Secret",
	            "metadata": {
	                "annotations": {
	                    "kubectl.kubernetes.io/last-applied-configuration": "{\"stringData\":{\"password\":\"$note\"}}\n"
	                },
	                "name": "web",
	                "namespace": "prod",
	                "resourceVersion": "101",
	                "uid": "6a1c0ab0-0003"
	            },
	            "type": "Opaque"
	        },
	        {
	            "apiVersion": "v1",
	            "data": {
	                "release": "SDRzSUFBQUFBQUFBLzRx"
	            },
	            "kind": "Secret",
	            "metadata": {
	                "labels": {
	                    "name": "shop",
	                    "owner": "helm",
	                    "status": "$4",
	                    "version": "7"
	                },
	                "name": "sh.helm.release.v1.shop.v7",
	                "namespace": "prod",
	                "resourceVersion": "102",
	                "uid": "6a1c0ab0-0004"
	            },
	            "type": "helm.sh/release.v1"
	        },
	        {
	            "apiVersion": "v1",
	            "kind": "Namespace",
	            "metadata": {
	                "name": "prod",
	                "uid": "6a1c0ab0-0005"
	            }
	        }
	    ],
	    "kind": "List",
	    "metadata": {
	        "resourceVersion": ""
	    }
	}
	EOT
}

save () {
	git vault state save --new --env prod "$@"
}

test_expect_success 'a list of objects is saved, and given back' '
	git commit -q --allow-empty -m first &&
	cluster 900 2 $password deployed >one.json && save one.json >id 2>err &&
	test_grep "saved prod/default: 5 " err && is_given_back one.json &&
	nowhere $password && nowhere $note
'

test_expect_success 'it is listed and shown without a value' '
	git vault state list >out && test_grep "kubernetes *- *5 " out &&
	git vault state show >out &&
	test_grep "^prod/deployment.apps/web " out &&
	test_grep "^prod/secret/sh.helm.release.v1.shop.v7 .*sensitive" out &&
	test_grep "^namespace/prod " out &&
	git vault state show --json >json && test_grep "\"tool\": *\"kubernetes\"" json &&
	test_grep "\"serial\": *null" json &&
	test_grep "\"type\": *\"helm.sh/release.v1\"" json &&
	test_grep "\"data.password\"" json &&
	test_grep "\"dependencies\": *\[\"prod/deployment.apps/web\"" json &&
	test_grep ! -F $password json && test_grep ! -F $note json
'

test_expect_success 'a diff says what changed, also beside what always does' '
	cluster 950 3 bmV3 deployed >two.json && save two.json &&
	test_expect_code 1 git vault state diff >out && cat >expect <<-\EOT &&
	~   prod/deployment.apps/web
	      ~ metadata.resourceVersion
	      ~ spec.replicas
	      ~ status
	~   prod/secret/web
	      ~ data.password
	EOT
	test_cmp expect out && is_given_back one.json latest~1
'

test_expect_success 'who made an object anew replaced it; other versions of an API do not' '
	sed -e "s/-0001\"/-1001\"/; s|\"apps/v1\"|\"apps/v2\"|" two.json >three.json &&
	save three.json && test_expect_code 1 git vault state diff >out &&
	cat >expect <<-\EOT &&
	-/+ prod/deployment.apps/web
	      ~ metadata.uid
	~   prod/replicaset.apps/web-5d4f
	      ~ metadata.ownerReferences
	EOT
	test_cmp expect out
'

test_expect_success 'the history of an object' '
	git vault state for-resource prod/deployment.apps/web >out &&
	test_line_count -eq 4 out &&
	git vault state blame prod/secret/web >out &&
	two=$(git rev-parse refs/vault/state/prod/default~1 | cut -c1-12) &&
	test_grep "^data.password  *$two " out &&
	test_grep "^data.user " out && test_grep ! "^data.user  *$two " out
'

test_expect_success 'what is whole is said to be, though owners may be elsewhere' '
	git vault state verify >out && test_grep "is intact: " out &&
	sed "s/\"name\": \"web\",\$/\"name\": \"gone\",/" three.json >four.json &&
	save four.json && git vault state verify
'

test_expect_success 'what Helm did not end is unfinished' '
	cluster 990 3 bmV3 pending-upgrade >five.json && save five.json &&
	test_expect_code 1 git vault state verify >out &&
	test_grep "^unfinished: prod/secret/sh.helm.*shop.v7 is pending" out &&
	test_line_count = 1 out
'

# packed: as Helm packs it, in a Secret
packed () {
	gzip -n | base64 -w 0 | base64 -w 0
}

# release STATUS IMAGE PASSWORD: what Helm knows of it
release () {
	cat <<-EOT
	{"name": "shop", "info": {"first_deployed": "2026-01-02T03:04:05Z",
	"status": "$1", "notes": "log in by $3"}, "chart": {"metadata": {
	"name": "shop", "version": "1.2.3", "appVersion": "$2"},
	"values": {"image": "shop"}, "templates": []}, "config": {
	"password": "$3", "image": "$2"}, "manifest": "---\nimage: $2\n",
	"version": 7, "namespace": "prod"}
	EOT
}

# holding KIND: an object that holds what comes in
holding () {
	cat <<-EOT
	{"apiVersion": "v1", "items": [{"apiVersion": "v1", "data": {
	"release": "$(cat)"}, "kind": "$1", "metadata": {"labels": {
	"status": "deployed"}, "name": "sh.helm.release.v1.shop.v7",
	"namespace": "prod"}}], "kind": "List"}
	EOT
}

told () {
	git vault state show --stack helm --json >json &&
		jq -r ".resources[].attributes[]" json | sort >names
}

test_expect_success 'what Helm knows of a release is told, and none of its values' '
	release deployed 2.0 $password | packed | holding Secret >helm1.json &&
	save --stack helm helm1.json && told &&
	for name in release.info.status release.config.password \
		release.chart.metadata.appVersion release.version \
		release.manifest release.info.notes release.chart.values
	do
		grep -x "$name" names || return 1
	done && nowhere $password &&
	release superseded 2.1 $password | packed | holding Secret >helm2.json &&
	save --stack helm helm2.json &&
	test_expect_code 1 git vault state diff --stack helm >out &&
	cat >expect <<-\EOT &&
	~   prod/secret/sh.helm.release.v1.shop.v7
	      ~ data.release
	      ~ release.manifest
	      ~ release.info.status
	      ~ release.config.image
	      ~ release.chart.metadata.appVersion
	EOT
	test_cmp expect out && git vault state verify --stack helm &&
	git vault state restore --stack helm >out && cmp helm2.json out &&
	release deployed 2.0 $password | gzip -n | base64 -w 0 |
		holding ConfigMap >helm3.json &&
	save --stack helm helm3.json && told && grep -x release.info.status names &&
	nowhere $password
'

# longer_than_it_says: a gzip file whose last bytes say that it is short
longer_than_it_says () {
	head -c 3000000 /dev/zero | gzip -n | head -c -4 &&
		printf "\\020\\0\\0\\0"
}

test_expect_success 'what is no release of Helm is kept as it is' '
	for what in "echo {}" "release deployed 2.0 x | head -c 100 | gzip" \
		"release deployed 2.0 x | gzip | head -c 150" "echo plain" \
		"head -c 70000000 /dev/zero | gzip" longer_than_it_says \
		"{ release a b c && release a b c ; } | gzip" ":"
	do
		eval "$what" | base64 -w 0 | base64 -w 0 | holding Secret >odd.json &&
			save --stack helm odd.json && told &&
			! grep "^release" names && grep "^data.release" names &&
			git vault state restore --stack helm >out &&
			cmp odd.json out || return 1
	done
'

test_expect_success 'one object, and a list of none' '
	cat >config.json <<-\EOT &&
	{
	    "apiVersion": "v1",
	    "data": {
	        "a": "1"
	    },
	    "kind": "ConfigMap",
	    "metadata": {
	        "name": "c",
	        "namespace": "dev"
	    }
	}
	EOT
	git vault state save --new --env dev --stack one config.json &&
	git vault state show --env dev >out && test_grep "^dev/configmap/c " out &&
	git vault state restore --env dev >out && cmp config.json out &&
	echo "{\"apiVersion\":\"v1\",\"items\":[],\"kind\":\"List\"}" |
		git vault state save --new --env dev --stack none - &&
	git vault state list --stack none >out && test_grep kubernetes out
'

# yaml REPLICAS PASSWORD
yaml () {
	cat <<-EOT
	apiVersion: v1
	items:
	- apiVersion: apps/v1
	  kind: Deployment
	  metadata:
	    name: web
	    namespace: prod
	    resourceVersion: "900"
	  spec:
	    replicas: $1
	    template:
	      spec:
	        containers:
	        - image: registry.example.com/web:1.4
	          name: web
	- apiVersion: v1
	  data:
	    password: $2
	    tls.crt: |
	      a certificate
	  kind: Secret
	  metadata:
	    name: web
	    namespace: prod
	  type: Opaque
	kind: List
	metadata:
	  resourceVersion: ""
	EOT
}

test_expect_success 'a list in YAML' '
	yaml 2 $password >one.yaml && save --stack yaml one.yaml 2>err &&
	test_grep "saved prod/yaml: 2 " err && nowhere $password &&
	yaml 3 bmV3 >two.yaml && save --stack yaml two.yaml &&
	test_expect_code 1 git vault state diff --stack yaml >out &&
	cat >expect <<-\EOT &&
	~   prod/deployment.apps/web
	      ~ spec.replicas
	~   prod/secret/web
	      ~ data.password
	EOT
	test_cmp expect out && git vault state verify --stack yaml &&
	git vault state restore --stack yaml >out && cmp two.yaml out &&
	git vault state restore --stack yaml latest~1 >out && cmp one.yaml out &&
	each_mutant one.yaml
'

test_expect_success 'YAML that is none is kept, and said to be so' '
	{ cat one.yaml && echo "  - x: y" && echo " z: [" ; } >broken.yaml &&
	save --stack broken broken.yaml 2>err &&
	test_grep "not an intact state: damaged: line 2[0-9], column [0-9]*: " err &&
	test_expect_code 1 git vault state triage broken.yaml &&
	git vault state triage one.yaml && git vault state triage one.json &&
	git vault state list --stack broken >out && test_grep opaque out &&
	git vault state restore --stack broken >out && cmp broken.yaml out &&
	{ cat one.yaml && echo --- && cat two.yaml; } >both.yaml &&
	save --stack both both.yaml 2>err &&
	test_grep "a second document begins here" err &&
	git vault state restore --stack both >out && cmp both.yaml out
'

test_expect_success 'what is damaged is kept, and read as far as it goes' '
	each_mutant one.json && head -c 1500 one.json >cut &&
	save --stack cut cut 2>err && test_grep "it is not an intact state" err &&
	git vault state show --stack cut >out &&
	test_grep "^prod/deployment.apps/web " out &&
	git vault state restore --stack cut >out && cmp cut out
'

test_expect_success 'what is of others is none of it' '
	cat >kubeconfig <<-\EOT &&
	{"apiVersion":"v1","clusters":[],"contexts":[],"kind":"Config","users":[]}
	EOT
	cat >package <<-\EOT &&
	{"name":"web","version":"1.0.0","kind":"app","items":[{"name":"a"}]}
	EOT
	echo "{\"compilerOptions\":{\"target\":\"es2020\"},\"files\":[]}" >tsconfig &&
	of_others kubeconfig package tsconfig
'

test_done
