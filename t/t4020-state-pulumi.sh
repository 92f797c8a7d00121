#!/bin/sh

test_description='versions of states of Pulumi: what is told of them, and what is not'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-state.sh"

secret='canary-0c44d1a7be93f250'
urn=urn:pulumi:dev::shop
type_of_db=aws:rds/instance:Instance
provider=$urn::pulumi:providers:aws::default_6_0_0
pulumi_stack=$urn::pulumi:pulumi:Stack::shop-dev
network=$urn::shop:net:Network::main
subnet="$urn::shop:net:Network\$aws:ec2/subnet:Subnet::a[0]"
db=$urn::$type_of_db::db

# secret_of TEXT: as `pulumi stack export` has one, encrypted
secret_of () {
	cat <<-EOF
	{
	  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
	  "ciphertext": "v1:q3cR1m5oV0Y=:$(printf %s "$1" | base64 -w0)"
	}
	EOF
}

# resources SIZE TEXT: a stack, its provider and what it has made; the database
# has that size and password
resources () {
	cat <<-EOF
	{
	  "urn": "$pulumi_stack",
	  "custom": false,
	  "type": "pulumi:pulumi:Stack",
	  "outputs": { "url": "https://db.example.com" },
	  "created": "2024-05-01T10:00:00Z",
	  "modified": "2024-05-01T10:00:00Z"
	},
	{
	  "urn": "$provider",
	  "custom": true,
	  "id": "2ee0b1bc-7d7b-4b45-a7ba-b28a2b7d3c55",
	  "type": "pulumi:providers:aws",
	  "inputs": { "region": "eu-west-1", "version": "6.0.0" },
	  "outputs": { "region": "eu-west-1", "version": "6.0.0" }
	},
	{
	  "urn": "$network",
	  "custom": false,
	  "type": "shop:net:Network",
	  "parent": "$pulumi_stack"
	},
	{
	  "urn": "$subnet",
	  "custom": true,
	  "id": "subnet-1",
	  "type": "aws:ec2/subnet:Subnet",
	  "inputs": { "cidrBlock": "10.0.0.0/24" },
	  "outputs": { "cidrBlock": "10.0.0.0/24", "id": "subnet-1" },
	  "parent": "$network",
	  "provider": "$provider::2ee0b1bc-7d7b-4b45-a7ba-b28a2b7d3c55"
	},
	{
	  "urn": "$db",
	  "custom": true,
	  "id": "${3:-db-1}",
	  "type": "$type_of_db",
	  "inputs": {
	    "allocatedStorage": $1,
	    "password": $(secret_of "$2")
	  },
	  "outputs": {
	    "allocatedStorage": $1,
	    "endpoint": "$2",
	    "password": $(secret_of "$2")
	  },
	  "parent": "$pulumi_stack",
	  "dependencies": [ "$subnet" ],
	  "provider": "$provider::2ee0b1bc-7d7b-4b45-a7ba-b28a2b7d3c55",
	  "propertyDependencies": {
	    "allocatedStorage": null,
	    "password": [ "$subnet" ]
	  },
	  "additionalSecretOutputs": [ "endpoint" ]
	}
	EOF
}

# body RESOURCES [MORE]: of a deployment
body () {
	cat <<-EOF
	{
	  "manifest": {
	    "time": "2024-05-01T10:00:00Z",
	    "magic": "1f1b0a11",
	    "version": "v3.115.0"
	  },
	  "secrets_providers": {
	    "type": "passphrase",
	    "state": { "salt": "v1:bG9uZw==:v1:c2hvcnQ=:eA==" }
	  },
	  "resources": [
	  $1
	  ]${2:+,
	  $2}
	}
	EOF
}

# export_of BODY: what the command prints
export_of () {
	printf '{\n"version": 3,\n"deployment": %s\n}\n' "$1"
}

# state SIZE TEXT [ID]: a whole one
state () {
	export_of "$(body "$(resources "$@")")"
}

save () {
	git vault state save --new --env prod "$@"
}

verify () {
	git vault state verify --env prod "$@" >out
}

test_expect_success 'an export is saved, and given back byte for byte' '
	git commit -q --allow-empty -m first &&
	state 20 $secret >stack.json && one=$(save stack.json 2>err) &&
	test_grep "saved prod/default: 5 resources in" err &&
	test_grep ! "warning" err &&
	git cat-file commit $one >commit &&
	test_grep "^Vault-Tool: pulumi$" commit &&
	test_grep "^Vault-Tool-Format: 3$" commit &&
	test_grep "^Vault-Tool-Version: v3.115.0$" commit &&
	test_grep "^Vault-Lineage: shop/dev$" commit &&
	test_grep ! "^Vault-Serial" commit &&
	git vault state restore >out && cmp stack.json out &&
	nowhere "$secret" && nowhere "$(printf %s $secret | base64 -w0)" &&
	nowhere 2ee0b1bc-7d7b-4b45
'

test_expect_success 'its resources are shown by their URNs, and no value' '
	git vault state list >out && test_grep "^prod *default *pulumi " out &&
	git vault state show >out &&
	test_grep -F "$subnet " out && test_grep "$db *6 *sensitive" out &&
	test_grep "^Lineage *shop/dev" out && test_grep "^Serial *-$" out &&
	git vault state show --json >json && for text in $secret db-1 subnet-1 \
		10.0.0.0 https: 2ee0b1bc "$(printf %s $secret | base64 -w0)"
	do
		test_grep ! -F "$text" out && test_grep ! -F "$text" json ||
			return 1
	done &&
	test_grep "\"provider\": *\"$provider\"" json &&
	test_grep -F "\"inputs.password\"" json
'

test_expect_success JQ 'what each needs is there once' '
	jq -r ".resources[] | select(.address == \"$db\") | .dependencies[]" \
		json >out &&
	test_write_lines "$provider" "$pulumi_stack" "$subnet" >needs &&
	sort needs >expect && test_cmp expect out
'

test_expect_success 'what is as it was makes no version' '
	save stack.json >id 2>err && test "$(cat id)" = $one &&
	test_grep "is as the last version has it" err
'

test_expect_success 'an edit is told by its names' '
	state 40 $secret-two >stack.json && two=$(save stack.json) &&
	test_expect_code 1 git vault state diff >out && cat >expect <<-EOF &&
	~   $db
	      ~ inputs.allocatedStorage
	      ~ inputs.password
	      ~ outputs.allocatedStorage
	      ~ outputs.endpoint
	      ~ outputs.password
	EOF
	test_cmp expect out && git vault state restore >out &&
	cmp stack.json out && git vault state restore latest~1 >out &&
	state 20 $secret >was && cmp was out && nowhere "$secret"
'

test_expect_success 'another id is another thing' '
	state 40 $secret-two db-2 >stack.json && three=$(save stack.json) &&
	test_expect_code 1 git vault state diff >out &&
	test_write_lines "-/+ $db" "      ~ id" >expect && test_cmp expect out
'

test_expect_success 'versions of a resource, and of its properties' '
	git vault state for-resource "$db" >out && test_line_count -eq 4 out &&
	git vault state for-resource "$subnet" >out &&
	test_line_count -eq 2 out && test_grep "$(echo $one | cut -c1-12)" out &&
	git vault state blame "$db" >out &&
	test_grep "inputs.allocatedStorage.*$(echo $two | cut -c1-12)\|$(echo \
		$two | cut -c1-12).*inputs.allocatedStorage" out &&
	test_grep "$(echo $three | cut -c1-12)" out
'

test_expect_success 'the state of another stack is refused' '
	sed "s/urn:pulumi:dev::/urn:pulumi:live::/" stack.json >live.json &&
	test_expect_code 128 save live.json 2>err &&
	test_grep "its lineage is shop/live, and that of the last version is shop/dev" \
		err &&
	save --stack live live.json &&
	save --force --reason renamed live.json && save --force \
		--reason back stack.json
'

test_expect_success 'one without resources is of any stack' '
	export_of "$(body "")" >empty.json && save --stack gone empty.json &&
	git vault state restore --env prod --stack gone >out &&
	cmp empty.json out && verify --stack gone &&
	save --stack gone live.json && save --stack gone empty.json
'

test_expect_success 'there is no serial that could be raised' '
	test_expect_code 128 git vault state restore --env prod \
		--stack default --push-ready --to none 2>err &&
	test_grep "has no serial to exceed; restore without" err && test_path_is_missing none
'

test_expect_success JQ 'a file of a backend of files, and sorted keys' '
	jq "{version: 4, features: [\"taint\"], checkpoint: {stack:
		\"organization/shop/dev\", config: {\"aws:region\": \"eu\"},
		latest: .deployment}}" stack.json >checkpoint.json &&
	save checkpoint.json &&
	git cat-file commit refs/vault/state/prod/default >commit &&
	test_grep "^Vault-Tool-Format: 4$" commit &&
	git vault state restore --env prod --stack default >out &&
	cmp checkpoint.json out &&
	jq -S . stack.json >sorted.json && save sorted.json &&
	git vault state restore --env prod --stack default >out &&
	cmp sorted.json out && verify --stack default &&
	git vault state show --env prod --stack default --json >sorted &&
	jq -S .resources json >expect && jq -S .resources sorted >actual &&
	jq "map(.attributes |= sort)" expect >expect.sorted &&
	jq "map(.attributes |= sort)" actual >actual.sorted &&
	test_cmp expect.sorted actual.sorted
'

test_expect_success 'secrets that are in clear are warned of, and sealed' '
	state 20 $secret | sed "s/\"passphrase\"/\"b64\"/" >b64.json &&
	save --stack b64 b64.json 2>err &&
	test_grep "warning: its secrets are in clear: .*b64" err &&
	state 20 $secret | sed "s/\"ciphertext\": .*/\"plaintext\": \"$secret\"/" \
		>clear.json && save --stack clear --json clear.json >out &&
	test_grep "\"warning\": *\"its secrets are in clear, as pulumi" out &&
	test_grep "\"damage\": *null" out &&
	git vault state restore --env prod --stack clear >out &&
	cmp clear.json out && nowhere $secret &&
	nowhere "$(printf %s $secret | base64 -w0)" &&
	git vault state show --env prod --stack clear >out &&
	test_grep ! "$secret" out
'

test_expect_success 'what is whole is said to be' '
	verify --stack live && test_grep "^prod/live is intact: .* 5 resources" out
'

# entry NAME [MEMBERS]: a small resource
entry () {
	echo "{ \"urn\": \"$urn::t::$1\", \"custom\": true, \"type\": \"t\"${2:+, $2} }"
}

# keep ENTRY…: as the stack "odd"
keep () {
	list_=
	for entry_
	do
		list_="$list_${list_:+,
}$entry_"
	done
	export_of "$(body "$list_" "${more:-}")" >odd.json &&
		save --stack odd odd.json
}

found () {
	test_expect_code 1 git vault state verify --env prod --stack odd >out &&
		sed "s/$urn::t:://g" out >actual && cat >expect &&
		test_cmp expect actual
}

test_expect_success 'what is needed must be there, and before who needs it' '
	keep "$(entry a "\"parent\": \"$urn::t::none\"")" \
		"$(entry b "\"dependencies\": [\"$urn::t::c\"]")" \
		"$(entry c "\"provider\": \"$urn::t::p::id\"")" "$(entry p)" &&
	found <<-\EOF
	order: b needs c, which comes after it
	order: c needs p, which comes after it
	dependency: a needs none, which is not in it
	EOF
'

test_expect_success 'two under one URN, and who needs himself in the end' '
	keep "$(entry a)" "$(entry a)" "$(entry "b[0]")" \
		"$(entry "b[1]" "\"dependencies\": [\"$urn::t::b[0]\"]")" \
		"$(entry c "\"dependencies\": [\"$urn::t::d\"]")" \
		"$(entry d "\"propertyDependencies\": {\"x\": [\"$urn::t::c\"]}")" &&
	found <<-\EOF
	duplicate: a is in it twice
	order: c needs d, which comes after it
	circular: c needs d, which needs c
	EOF
'

test_expect_success 'what is yet to be replaced, deleted or done' '
	more="\"pending_operations\": [ { \"type\": \"creating\",
		\"resource\": $(entry new) } ]" &&
	keep "$(entry a "\"taint\": true")" \
		"$(entry b "\"delete\": true")" "$(entry b "\"delete\": true")" \
		"$(entry b "\"external\": true")" \
		"$(entry c "\"pendingReplacement\": true")" &&
	more= && found <<-\EOF
	unfinished: a is tainted: it will be replaced
	unfinished: b is deposed: an older one that is yet to be destroyed
	unfinished: b is deposed: an older one that is yet to be destroyed
	unfinished: c is pending: an operation on it did not end
	unfinished: pending.creating.new is pending: an operation on it did not end
	EOF
'

# many EDIT TIME: a state of 2000 resources, one edited
many () {
	list_=$(awk -v urn="$urn" -v edit="$1" 'BEGIN {
		for (i = 0; i < 2000; i++) {
			printf "%s{ \"urn\": \"%s::t::r%d\", \"type\": \"t\",\n", \
			    i ? ",\n" : "", urn, i
			printf "  \"inputs\": { \"n\": %d", i * 7919
			for (k = 0; k < i % 9; k++)
				printf ",\n    \"p%d\": \"%032d\"", k, i * 31
			printf ",\n    \"note\": \"%s\" } }", \
			    i == edit ? "edited" : "as it was"
		}
	}') && export_of "$(body "$list_")" | sed "s/2024-05-01/$2/"
}

test_expect_success 'an edit of a large one costs a part or two' '
	many -1 2024-06-01 >many.json && save --stack many many.json 2>err &&
	parts=$(sed -n "s/.*2000 resources in \([0-9]*\) parts.*/\1/p" err) &&
	test "$parts" -gt 20 &&
	many 1234 2024-06-02 >many.json &&
	save --stack many --json many.json >out &&
	test_grep "\"new_parts\": *[12]," out &&
	test_expect_code 1 git vault state diff --env prod --stack many >out &&
	test_write_lines "~   $urn::t::r1234" "      ~ inputs.note" >expect &&
	test_cmp expect out &&
	git vault state restore --env prod --stack many >out &&
	cmp many.json out
'

test_expect_success 'what was cut off when it was saved' '
	state 20 $secret | head -c 1500 >cut.json &&
	save --stack cut cut.json 2>err && test_grep "it is not an intact state" err &&
	git vault state restore --env prod --stack cut >out && cmp cut.json out &&
	test_expect_code 1 git vault state verify --env prod --stack cut >out &&
	test_grep "^damaged: line " out && nowhere "$secret"
'

test_expect_success 'whatever is spoilt in it is kept as it is' '
	n=0 && while test $n -lt 100
	do
		n=$((n + 1)) && spoil stack.json $n >spoilt.json &&
		save --stack spoilt --force --reason spoilt spoilt.json \
			2>err || return 1
		test $((n % 20)) != 0 || {
			git vault state restore --env prod --stack spoilt >out &&
				cmp spoilt.json out
		} || return 1
	done && nowhere "$secret-two"
'

test_done
