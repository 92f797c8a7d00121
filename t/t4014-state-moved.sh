#!/bin/sh

test_description='what was moved between two versions of a state, and values that changed, but for sensitive ones'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-state.sh"

# resource TYPE NAME ID ATTRIBUTES [SENSITIVE [MODULE [KEY]]]
resource () {
	printf '%s    {\n' "$comma" && comma=',
'
	test -z "$6" || printf '      "module": "%s",\n' "$6"
	printf '      "mode": "managed",\n      "type": "%s",\n' "$1"
	printf '      "name": "%s",\n      "provider": "%s",\n' "$2" \
		'provider[\"registry.terraform.io/hashicorp/aws\"]'
	printf '      "instances": [\n        {\n'
	test -z "$7" || printf '          "index_key": %s,\n' "$7"
	printf '          "attributes": { "id": "%s"%s },\n' "$3" "$4"
	printf '          "sensitive_attributes": [%s],\n' "$5"
	printf '          "private": "bm90aGluZy10by1zZWU="\n        }\n'
	printf '      ]\n    }'
}

# state SERIAL [OUTPUTS] <<commands that call resource
state () {
	printf '{\n  "version": 4,\n  "terraform_version": "1.9.5",\n'
	printf '  "serial": %d,\n  "lineage": "l-1",\n' "$1"
	printf '  "outputs": {%s},\n  "resources": [\n' "$2"
	comma= && eval "$(cat)"
	printf '\n  ],\n  "check_results": null\n}\n'
}

# save [OPTIONS] FILE
save () {
	git vault -q state save --new --env prod "$@" >id
}

# differs [OPTIONS]: to `out`
differs () {
	test_expect_code 1 git vault state diff --env prod "$@" >out 2>err &&
		test_must_be_empty err
}

# without_key COMMAND…
without_key () {
	(HOME=$TRASH_DIRECTORY/nobody XDG_CONFIG_HOME=$TRASH_DIRECTORY/nobody &&
		export HOME XDG_CONFIG_HOME && "$@")
}

test_expect_success 'a resource under another name, module or key was moved' '
	mkdir nobody && echo "*.tfstate" >.gitignore &&
	git add .gitignore && git commit -q -m first &&
	state 1 >a.tfstate <<-\EOT &&
	resource aws_vpc main vpc-0a1 ", \"cidr\": \"10.0.0.0/16\""
	resource aws_subnet one subnet-0b2 ", \"zone\": \"a\""
	resource aws_eip many eip-0c3 "" "" "" 0
	resource aws_eip some eip-0c4 "" "" "" 1
	resource aws_instance web i-0d5 ", \"type\": \"t3.small\""
	EOT
	state 2 >b.tfstate <<-\EOT &&
	resource aws_vpc net vpc-0a1 ", \"cidr\": \"10.0.0.0/16\""
	resource aws_subnet one subnet-0b2 ", \"zone\": \"a\"" "" module.eu[0]
	resource aws_eip many eip-0c3 "" "" "" "\"x\""
	resource aws_eip some eip-0c4 "" "" "" "\"y\""
	resource aws_instance web i-0d5 ", \"type\": \"t3.large\""
	EOT
	save a.tfstate && save b.tfstate && differs &&
	cat >expect <<-\EOT &&
	moved aws_eip.many[0] -> aws_eip.many["x"]
	moved aws_eip.some[1] -> aws_eip.some["y"]
	~   aws_instance.web
	      ~ type
	moved aws_vpc.main -> aws_vpc.net
	moved aws_subnet.one -> module.eu[0].aws_subnet.one
	EOT
	test_cmp expect out && differs --stat &&
	echo "0 added, 0 removed, 1 changed, 0 replaced, 4 moved" >expect &&
	test_cmp expect out && differs --json &&
	test_grep "\"address\":\"aws_vpc.net\",\"deposed\":null,\"change\":\"moved\",\"from\":\"aws_vpc.main\"" out &&
	differs latest latest~1 && test_grep "^moved aws_vpc.net -> aws_vpc.main" out
'

test_expect_success 'who has no key sees that one went and one came' '
	cat >expect <<-\EOT &&
	-   aws_eip.many[0]
	+   aws_eip.many["x"]
	-   aws_eip.some[1]
	+   aws_eip.some["y"]
	~   aws_instance.web
	      ~ type
	-   aws_vpc.main
	+   aws_vpc.net
	-   aws_subnet.one
	+   module.eu[0].aws_subnet.one
	EOT
	test_expect_code 1 without_key git vault state diff >out 2>err &&
	test_must_be_empty err && sort expect >sorted && sort out >actual &&
	test_cmp sorted actual &&
	test_expect_code 1 without_key git vault state diff --stat >out &&
	echo "4 added, 4 removed, 1 changed, 0 replaced" >expect &&
	test_cmp expect out
'

test_expect_success 'and values of nothing' '
	test_expect_code 5 without_key git vault state diff -p >out 2>err &&
	test_must_be_empty out && test_grep "no identity" err &&
	test_expect_code 5 without_key git vault state diff -p --json >out &&
	test_grep ! t3 out
'

test_expect_success 'what was moved can have changed, too' '
	state 3 >c.tfstate <<-\EOT &&
	resource aws_vpc net vpc-0a1 ", \"cidr\": \"10.0.0.0/16\""
	resource aws_subnet two subnet-0b2 ", \"zone\": \"b\", \"new\": 1"
	resource aws_eip many eip-0c3 "" "" "" "\"x\""
	resource aws_eip some eip-0c4 "" "" "" "\"y\""
	resource aws_instance web i-0d5 ", \"type\": \"t3.large\""
	EOT
	save c.tfstate && differs -p &&
	cat >expect <<-\EOT &&
	moved module.eu[0].aws_subnet.one -> aws_subnet.two
	      - zone = "a"
	      + zone = "b"
	      + new = 1
	EOT
	test_cmp expect out && differs --json &&
	test_grep "\"name\":\"zone\",\"change\":\"changed\"" out
'

test_expect_success 'what is not clear is no move: twins, other types, ids that say nothing' '
	state 1 >a.tfstate <<-\EOT &&
	resource aws_lb a lb-111 ", \"n\": 1"
	resource aws_lb b lb-111 ", \"n\": 2"
	resource aws_vpc a same-1234 ""
	resource random_password a none ", \"length\": 20"
	resource random_pet a none ", \"length\": 2"
	resource aws_key a key-0001 ""
	EOT
	state 2 >b.tfstate <<-\EOT &&
	resource aws_lb c lb-111 ", \"n\": 1"
	resource aws_subnet a same-1234 ""
	resource random_password b none ", \"length\": 21"
	resource random_pet b none ", \"length\": 2"
	resource aws_key b key-0002 ""
	EOT
	save --stack odd a.tfstate && save --stack odd b.tfstate &&
	differs --stack odd && grep moved out >moved &&
	echo "moved random_pet.a -> random_pet.b" >expect &&
	test_cmp expect moved &&
	differs --stack odd --stat &&
	echo "4 added, 5 removed, 0 changed, 0 replaced, 1 moved" >expect &&
	test_cmp expect out
'

# ---- values ----

token=$(printf AKIA%s Z7QX2M5VTB4NRKWD)
canary='canary-7d20e4b1c93f'

test_expect_success 'values are told as far in as they differ' '
	state 1 >a.tfstate <<-\EOT &&
	resource aws_a a a-0001 ", \"tags\": {\"Name\": \"x\", \"a b\": [1, {\"c\": null}]}, \"gone\": {}, \"n\": 1.50"
	EOT
	state 2 >b.tfstate <<-\EOT &&
	resource aws_a a a-0001 ", \"tags\": {\"Name\": \"y\\u00e9\\n\", \"a b\": [1, {\"c\": false}, []]}, \"new\": {\"k\": \"v\"}, \"n\":  1.50"
	EOT
	save --stack deep a.tfstate && save --stack deep b.tfstate &&
	differs --stack deep -p &&
	cat >expect <<-\EOT &&
	~   aws_a.a
	      - tags.Name = "x"
	      + tags.Name = "y\u00e9\n"
	      - tags["a b"][1].c = null
	      + tags["a b"][1].c = false
	      + tags["a b"][2] = []
	      - gone = {}
	      + new.k = "v"
	EOT
	test_cmp expect out && differs --stack deep -p --json &&
	test_grep "\"path\":\"tags.Name\",\"change\":\"changed\",\"sensitive\":false,\"before\":\"\\\\\"x\\\\\"\"" out
'

test_expect_success 'a sensitive one is not, wherever it stands' '
	path="[{\"type\": \"get_attr\", \"value\": \"password\"}]" &&
	both="\"value\": \"$canary-out\", \"type\": \"string\", \"sensitive\": true" &&
	state 1 "\"o\": {$both}, \"p\": {\"value\": 1, \"type\": \"number\"}" \
		>a.tfstate <<-EOT &&
	resource aws_db a db-0001 ", \"password\": \"$canary-1\", \"url\": \"pg://u:$canary-1@db\", \"doc\": {\"a\": 1}, \"size\": 1" "\$path"
	resource aws_db gone db-0002 ", \"password\": {\"a\": [\"$canary-2\"]}" "\$path"
	EOT
	state 2 "\"o\": {$(echo "$both" | sed s/-out/-other/)}, \"p\": {\"value\": 2, \"type\": \"number\"}" \
		>b.tfstate <<-EOT &&
	resource aws_db a db-0001 ", \"password\": \"$canary-3\", \"url\": \"pg://u:$canary-3@db\", \"doc\": {\"$canary-3\": \"$(printf %s "$canary-3" | base64)\"}, \"size\": 2" "\$path"
	resource aws_db come db-0003 ", \"password\": \"$canary-4\"" "\$path"
	EOT
	save --stack shut a.tfstate && save --stack shut b.tfstate &&
	differs --stack shut -p &&
	cat >expect <<-\EOT &&
	~   aws_db.a
	      ~ password = (sensitive, changed)
	      ~ url = (sensitive, changed)
	      ~ doc = (sensitive, changed)
	      - size = 1
	      + size = 2
	+   aws_db.come
	      + id = "db-0003"
	      + password = (sensitive)
	      + private = (sensitive)
	-   aws_db.gone
	      - id = "db-0002"
	      - password = (sensitive)
	      - private = (sensitive)
	~   output.o
	      ~ value = (sensitive, changed)
	~   output.p
	      - value = 1
	      + value = 2
	EOT
	test_cmp expect out && differs --stack shut -p --json &&
	test_grep ! "${canary%-*}" out && test_grep "\"sensitive\":true" out
'

test_expect_success 'nor one that is sensitive on one side only' '
	path="[{\"type\": \"get_attr\", \"value\": \"note\"}]" &&
	state 1 >a.tfstate <<-EOT &&
	resource aws_a a a-0001 ", \"note\": \"$canary\""
	resource aws_a b a-0002 ", \"note\": \"$canary-b\"" "\$path"
	EOT
	state 2 >b.tfstate <<-EOT &&
	resource aws_a a a-0001 ", \"note\": \"$canary-a\"" "\$path"
	resource aws_a b a-0002 ", \"note\": \"$canary-c\""
	EOT
	save --stack half a.tfstate && save --stack half b.tfstate &&
	differs --stack half -p && test_grep ! "${canary%-*}" out &&
	test $(grep -c "note = (sensitive, changed)" out) = 2
'

test_expect_success 'nor what the scanner would find' '
	state 1 >a.tfstate <<-EOT &&
	resource aws_a a a-0001 ", \"user_data\": \"#!/bin/sh\", \"env\": {}, \"plain\": \"a\""
	EOT
	state 2 >b.tfstate <<-EOT &&
	resource aws_a a a-0001 ", \"user_data\": \"export X=$token\", \"env\": {\"db_password\": \"q7Vw2ZrT9xKpL4mB\", \"zone\": \"a\"}, \"plain\": \"b\""
	EOT
	save --stack scan a.tfstate && save --stack scan b.tfstate &&
	differs --stack scan -p &&
	cat >expect <<-\EOT &&
	~   aws_a.a
	      ~ user_data = (sensitive, changed)
	      - env = {}
	      + env.db_password = (sensitive)
	      + env.zone = "a"
	      - plain = "a"
	      + plain = "b"
	EOT
	test_cmp expect out
'

test_expect_success 'that values were shown is in the audit chain' '
	git cat-file commit refs/vault/audit/$(hostname) >event &&
	test_grep "^Vault-Event: state-diff$" event &&
	test_grep "^Vault-Scopes: prod$" event &&
	git rev-parse refs/vault/audit/$(hostname) >before &&
	differs --stack scan && git rev-parse refs/vault/audit/$(hostname) >after &&
	test_cmp before after
'

test_expect_success 'a state that does not differ has no values, and no move' '
	git vault state diff -p --env prod --stack scan latest latest >out &&
	test_must_be_empty out &&
	test_expect_code 129 git vault state diff -p --stat 2>err &&
	test_grep "give one" err
'

# ---- other tools ----

test_expect_success 'Pulumi: a URN is another one, the id the same' '
	for n in 1 2
	do
		name=old && secret=$canary-1 && test $n = 1 ||
			{ name=new && secret=$canary-2; }
		cat >p$n.json <<-EOT || return 1
		{"version": 3, "deployment": {"manifest": {"time": "2026-01-0${n}T00:00:00Z",
		"magic": "m", "version": "v3.1"},
		"resources": [
		{"urn": "urn:pulumi:dev::web::pulumi:pulumi:Stack::web-dev",
		"custom": false, "type": "pulumi:pulumi:Stack"},
		{"urn": "urn:pulumi:dev::web::aws:s3/bucket:Bucket::$name",
		"custom": true, "id": "bucket-4711", "type": "aws:s3/bucket:Bucket",
		"inputs": {"acl": "private", "n": $n, "key": {
		"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
		"plaintext": "\\"$secret\\""}},
		"outputs": {"acl": "private"}}]}}
		EOT
	done &&
	save --stack pulumi p1.json 2>err && save --stack pulumi p2.json 2>err &&
	differs --stack pulumi -p &&
	cat >expect <<-\EOT &&
	moved urn:pulumi:dev::web::aws:s3/bucket:Bucket::old -> urn:pulumi:dev::web::aws:s3/bucket:Bucket::new
	      - inputs.n = 1
	      + inputs.n = 2
	      ~ inputs.key = (sensitive, changed)
	EOT
	grep -A 3 "^moved" out >actual && test_cmp expect actual &&
	test_grep ! "${canary%-*}" out
'

# objects N PASSWORD: of a cluster; the password stands elsewhere, in clear
objects () {
	cat <<-EOT
	apiVersion: v1
	kind: List
	items:
	- apiVersion: apps/v1
	  kind: Deployment
	  metadata:
	    name: web
	    namespace: prod
	    uid: 6a1c0ab0-0001
	  spec:
	    replicas: $1
	    template:
	      args: ["--key", "$2"]
	- apiVersion: v1
	  kind: Secret
	  metadata:
	    name: s
	    namespace: prod
	    uid: 6a1c0ab0-0002
	  data:
	    key: $(printf %s "$2" | base64)
	EOT
}

test_expect_success 'Kubernetes, in YAML: a Secret stays one' '
	objects 1 "$canary-1" >k1.yaml && objects 2 "$canary-2" >k2.yaml &&
	save --stack k8s k1.yaml && save --stack k8s k2.yaml &&
	differs --stack k8s -p &&
	cat >expect <<-\EOT &&
	~   prod/deployment.apps/web
	      - spec.replicas = "1"
	      + spec.replicas = "2"
	      ~ spec.template.args[1] = (sensitive, changed)
	~   prod/secret/s
	      ~ data.key = (sensitive, changed)
	EOT
	test_cmp expect out
'

# ---- large ones ----

# large SERIAL FROM TO: outputs and resources that take many parts, of which one
# has another value and one is another one
large () {
	awk -v serial="$1" -v value="$2" -v name="$3" '
	BEGIN {
		printf "{\n  \"version\": 4,\n  \"serial\": %d,\n", serial
		printf "  \"lineage\": \"l-1\",\n  \"outputs\": {"
		for (i = 0; i < 1500; i++)
			printf "%s\n    \"o%d\": {\n      \"value\": \"%s\",\n" \
				"      \"type\": \"string\"\n    }", i ? "," : "", i,
				i == 1400 ? value : "v" i
		printf "\n  },\n  \"resources\": ["
		for (i = 0; i < 3000; i++)
			printf "%s\n    {\n      \"mode\": \"managed\",\n" \
				"      \"type\": \"aws_a\",\n      \"name\": \"%s\",\n" \
				"      \"provider\": \"p\",\n      \"instances\": [\n" \
				"        {\n          \"attributes\": {\n" \
				"            \"id\": \"a-%05d\",\n" \
				"            \"size\": %d,\n            \"text\": \"%s\"\n" \
				"          }\n        }\n      ]\n    }", i ? "," : "",
				i == 1000 ? name : "n" i, i, i,
				i == 2500 ? value : "t" i
		printf "\n  ]\n}\n"
	}'
}

# opens_few STACK: -p of its two versions to `actual`, sorted; of its many parts
# less than half are opened
opens_few () {
	test_expect_code 1 git vault -v state diff --env prod --stack "$1" -p \
		>out 2>err && sort out >actual &&
		opened_=$(sed -n "s/.*opened \([0-9]*\) of .* parts$/\1/p" err) &&
		all_=$(sed -n "s/.*opened .* of \([0-9]*\) parts$/\1/p" err) &&
		test "$all_" -gt 50 && test $((opened_ * 2)) -lt "$all_"
}

test_expect_success 'of a large state only what changed is opened' '
	large 1 first old >a.tfstate && large 2 second new >b.tfstate &&
	save --stack large a.tfstate && save --stack large b.tfstate &&
	sort >expect <<-\EOT &&
	~   aws_a.n2500
	      - text = "first"
	      + text = "second"
	moved aws_a.old -> aws_a.new
	~   output.o1400
	      - value = "first"
	      + value = "second"
	EOT
	opens_few large && test_cmp expect actual
'

test_expect_success 'also where the policy has some of it in clear' '
	test_when_finished "rm .gitvault.yaml" &&
	for seal in sensitive none
	do
		printf "state: {seal: %s}\n" $seal >.gitvault.yaml &&
		save --stack $seal a.tfstate && save --stack $seal b.tfstate &&
		opens_few $seal && test_cmp expect actual || return 1
	done
'

# maps VALUE: of a cluster, a list of many
maps () {
	awk -v value="$1" 'BEGIN {
		printf "{\"apiVersion\": \"v1\", \"items\": ["
		for (i = 0; i < 4000; i++)
			printf "%s\n{\"apiVersion\": \"v1\", \"data\": {\"text\": " \
				"\"%s\", \"n\": \"%d\"}, \"kind\": \"ConfigMap\", " \
				"\"metadata\": {\"name\": \"m%d\", \"namespace\": " \
				"\"prod\", \"uid\": \"6a1c0ab0-%04d\"}}", i ? "," : "",
				i == 3000 ? value : "t", i, i, i
		printf "], \"kind\": \"List\"}\n"
	}'
}

# hosts VALUE: of an inventory
hosts () {
	awk -v value="$1" 'BEGIN {
		printf "{\"_meta\": {\"hostvars\": {"
		for (i = 0; i < 6000; i++)
			printf "%s\n\"h%04d\": {\"ansible_host\": \"10.0.0.%d\", " \
				"\"rack\": \"%s\", \"db_password\": \"%s\"}",
				i ? "," : "", i, i % 250,
				i == 4444 ? value : "r", i == 4444 ? "s3cr-" value : "x"
		printf "}},\n\"all\": {\"children\": [\"web\"]},\n\"web\": {\"hosts\": ["
		for (i = 0; i < 6000; i++)
			printf "%s\"h%04d\"", i ? ", " : "", i
		printf "], \"vars\": {\"tier\": \"%s\"}}}\n", value
	}'
}

test_expect_success 'whatever tool it is of' '
	maps one >a.json && maps two >b.json &&
	save --stack maps a.json && save --stack maps b.json &&
	sort >expect <<-\EOT &&
	~   prod/configmap/m3000
	      - data.text = "one"
	      + data.text = "two"
	EOT
	opens_few maps && test_cmp expect actual &&
	hosts one >a.json && hosts two >b.json &&
	save --stack hosts a.json && save --stack hosts b.json &&
	sort >expect <<-\EOT &&
	~   @web
	      - vars.tier = "one"
	      + vars.tier = "two"
	~   h4444
	      - rack = "one"
	      + rack = "two"
	      ~ db_password = (sensitive, changed)
	EOT
	opens_few hosts && test_cmp expect actual
'

test_expect_success 'a part that is missing is told, and no move is made up' '
	v=$(git rev-parse refs/vault/state/prod/large) &&
	git ls-tree -r --format="%(objectname) %(path)" $v:parts >new &&
	git ls-tree -r --format="%(objectname) %(path)" $v~1:parts >old &&
	GIT_INDEX_FILE=$PWD/forge && export GIT_INDEX_FILE &&
	git read-tree $v && first=$(sed -n "1s/ .*//p" new) &&
	diff old new | sed -n "s/^> [0-9a-f]* //p" | while read -r path
	do
		git update-index --cacheinfo "100644,$first,parts/$path" ||
			return 1
	done &&
	tree=$(git write-tree) && unset GIT_INDEX_FILE &&
	git cat-file commit $v | sed "s/^tree .*/tree $tree/" |
		git hash-object -t commit -w --stdin >forged &&
	git update-ref refs/vault/state/prod/large $(cat forged) &&
	test_expect_code 1 git vault state diff --env prod --stack large \
		>out 2>err &&
	test_grep ! moved out && test_grep "^+   aws_a.new" out &&
	test_grep "whether something was moved was not looked at: version" err &&
	test_expect_code 128 git vault state diff -p --env prod --stack large \
		>out 2>err &&
	test_must_be_empty out && test_grep "version .* of prod/large" err
'

test_done
