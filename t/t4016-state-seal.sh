#!/bin/sh
# shellcheck disable=SC2154

test_description='the policy says what of a version is sealed: all, what is sensitive, nothing

Values of all kinds stand in states of all tools. Where what is sensitive is
sealed none of them may be seen in what git has, in any form; what is left is in
clear, and git, age and the tools of the system put both together again.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-bind.sh"
. "$TEST_DIRECTORY/lib-canary.sh"

if ! command -v age >/dev/null
then
	skip_all 'age is not installed'
fi

KEY=$identity
page=$GIT_VAULT_SRC_DIR/man/git-vault-recovery.7
mkdir "$TRASH_DIRECTORY/made" && made=$TRASH_DIRECTORY/made

# policy SEAL [ENV SEAL]…: of all, and of some
policy () {
	printf "state:\n  seal: %s\n" "$1" >.gitvault.yaml && shift &&
		test $# = 0 || echo "environments:" >>.gitvault.yaml &&
		while test $# -gt 1
		do
			printf "  %s: {seal: %s}\n" "$1" "$2" >>.gitvault.yaml &&
				shift 2 || return 1
		done
}

# resource NAME ATTRIBUTES SENSITIVE [MORE]
resource () {
	cat <<-EOT
	    {
	      "mode": "managed",
	      "type": "aws_db_instance",
	      "name": "$1",
	      "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
	      "instances": [ { "schema_version": 1,
	          "attributes": { "id": "db-$1", $2 },
	          "sensitive_attributes": [ $3 ]$4 } ]
	    }
	EOT
}

# path NAME: that of an attribute
path () {
	printf '[ { "type": "get_attr", "value": "%s" } ]' "$1"
}

# terraform SERIAL RESOURCES [MORE]: a state of these, and what else it has
terraform () {
	cat <<-EOT
	{
	  "version": 4,
	  "terraform_version": "1.9.5",
	  "serial": $1,
	  "lineage": "3f1c2a58-0c3e-4a57-9b57-2f5f0d9a7c11",
	  $3"outputs": {
	    "url": { "value": "https://db.example.com", "type": "string" },
	    "token": { "value": "$(plant output)", "type": "string",
	      "sensitive": true }
	  },
	  "resources": [
	$2
	  ],
	  "check_results": null
	}
	EOT
}

all_of_terraform () {
	terraform "$1" "$(resource marked "\"password\": \"$(plant marked)\"" \
		"$(path password)"),
$(resource nested "\"login\": { \"user\": \"u\", \"pw\": \"$(plant nested)\" }" \
		"[ { \"type\": \"get_attr\", \"value\": \"login\" },
		{ \"type\": \"get_attr\", \"value\": \"pw\" } ]"),
$(resource private '"size": 20' "" ", \"private\": \"$(plant private |
		base64)\""),
$(resource flat '"size": 20' "" ", \"attributes_flat\": { \"pw\":
		\"$(plant flat)\" }"),
$(resource odd '"size": 20' "" ", \"later\": { \"name\": \"$(plant later)\" }"),
$(resource found "\"db_password\": \"$(plant found)\", \"env\":
		\"AWS_SECRET_ACCESS_KEY=$(plant inner)\"" ""),
$(resource plain '"size": 20' "")" \
		"\"backend\": { \"type\": \"s3\", \"config\": { \"secret_key\":
		\"$(plant backend)\" } },
	  "
}

pulumi () {
	cat <<-EOT
	{ "version": 3, "deployment": {
	  "manifest": { "time": "2024-05-01T10:00:00Z", "version": "v3.1.0" },
	  "secrets_providers": { "type": "passphrase", "state": {
	    "salt": "$(plant salt)" } },
	  "resources": [ { "urn": "urn:pulumi:dev::shop::a:b:C::one",
	    "custom": true, "id": "c-1", "type": "a:b:C",
	    "inputs": { "region": "eu", "pw": {
	      "4dabf18193072939515e22adb298388d":
	        "1b47061264138c4ac30d75fd1eb44270",
	      "plaintext": "\"$(plant plaintext)\"" } },
	    "outputs": { "cert": "$(plant extra)", "region": "eu" },
	    "additionalSecretOutputs": [ "cert" ] } ] } }
	EOT
}

cloudformation () {
	cat <<-EOT
	{ "AWSTemplateFormatVersion": "2010-09-09",
	  "Parameters": { "DbPassword": { "Type": "String", "NoEcho": true,
	    "Default": "$(plant default)" } },
	  "Resources": { "Db": { "Type": "AWS::RDS::DBInstance",
	    "Properties": { "MasterUserPassword": "$(plant master)",
	      "AllocatedStorage": 20 } } } }
	EOT
}

kubernetes () {
	cat <<-EOT
	{ "apiVersion": "v1", "kind": "List", "items": [
	  { "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "s",
	      "namespace": "d", "annotations": { "last": "$(plant note)" } },
	    "data": { "key": "$(plant data | base64 -w 0)" },
	    "stringData": { "text": "$(plant text)" }, "type": "Opaque" },
	  { "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "c",
	      "namespace": "d" }, "data": { "colour": "blue",
	      "API_TOKEN": "$(plant api)" } } ] }
	EOT
}

ansible () {
	cat <<-EOT
	{ "_meta": { "hostvars": { "db1": { "ansible_host": "10.0.0.20",
	    "ansible_become_pass": "$(plant become)" } } },
	  "all": { "children": [ "database" ], "vars": {
	    "api_secret": "$(plant vars)" } },
	  "database": { "hosts": [ "db1" ] } }
	EOT
}

docker () {
	cat <<-EOT
	[ { "ID": "x1", "Version": { "Index": 3 }, "Spec": { "Name": "web",
	    "TaskTemplate": { "ContainerSpec": { "Image": "web:1",
	      "Env": [ "PLAIN=$(plant env)" ] } } }, "Endpoint": {} },
	  { "ID": "x2", "Version": { "Index": 4 }, "Spec": { "Name": "tls",
	    "Data": "$(plant blob | base64 -w 0)" } } ]
	EOT
}

compose () {
	cat <<-EOT
	{ "name": "shop", "services": { "web": { "image": "web:1",
	    "environment": { "A": "$(plant compose)" } } },
	  "networks": { "default": { "name": "shop_default" } } }
	EOT
}

# What terraform show -json prints: values stand in it several times over.
plan () {
	cat <<-EOT
	{ "format_version": "1.2", "terraform_version": "1.9.5",
	  "variables": { "password": { "value": "$(plant variable)" } },
	  "planned_values": { "root_module": { "resources": [ { "address":
	    "aws_db_instance.main", "values": { "pw": "$(plant planned)" },
	    "sensitive_values": { "pw": true } } ] } },
	  "resource_changes": [ { "address": "aws_db_instance.main",
	    "mode": "managed", "type": "aws_db_instance", "name": "main",
	    "change": { "actions": [ "update" ],
	      "before": { "size": 20, "pw": "$(plant before)" },
	      "after": { "size": 40, "pw": "$(plant after)",
	        "login": { "user": "u", "pw": "$(plant login)" } },
	      "before_sensitive": { "pw": true },
	      "after_sensitive": { "pw": true, "login": { "pw": true } } } } ],
	  "output_changes": { "token": { "actions": [ "create" ],
	    "before": null, "after": "$(plant change)",
	    "before_sensitive": true, "after_sensitive": true } },
	  "prior_state": { "values": { "outputs": { "token": {
	    "sensitive": true, "value": "$(plant prior)" } } } },
	  "configuration": { "provider_config": { "aws": { "expressions": {
	    "secret_key": { "constant_value": "$(plant constant)" } } } } } }
	EOT
}

# A template that is a text in the answer, as one in YAML is.
answer () {
	printf '{ "TemplateBody": "%s%s%s%s",\n"StagesAvailable": ["Original"] }\n' \
		'Parameters:\n  Pw:\n    Type: String\n    NoEcho: true\n' \
		"    Default: \\\"$(plant echo)\\\"\\nResources:\\n  Db:\\n" \
		'    Type: AWS::RDS::DBInstance\n    Properties:\n' \
		"      MasterUserPassword: $(plant escaped)\\n"
}

tools='all_of_terraform pulumi cloudformation kubernetes ansible docker compose
	plan answer'

# sealed_as STACK WORD: so the newest version of it in prod says
sealed_as () {
	git vault state show --env prod --stack "$1" --json >shown &&
		test_grep "\"seal\": *\"$2\"" shown && rm shown &&
		git cat-file commit "refs/vault/state/prod/$1" >commit &&
		test_grep "^Vault-Format: 3$" commit && rm commit
}

# in_clear STACK: what everybody sees of its newest version
in_clear () {
	git ls-tree -r "refs/vault/state/prod/$1:parts" |
		sed -n "s/^[^ ]* blob \([^	]*\)	.*clear.*/\1/p" >ids &&
		while read -r id
		do
			git cat-file blob "$id" || return 1
		done <ids && rm ids
}

# by_hand STACK: what the manual page's lines of shell give back
by_hand () {
	awk -v want=state '
		$1 == ".\\\"" && $2 == "block" { found = $3 == want; next }
		found && /^\.Bd/ { inside = 1; next }
		inside && /^\.Ed/ { exit }
		inside { gsub(/\\e/, "\\"); print }
	' "$page" | sed "s|state/prod/default|state/prod/$1|" >"$TMPDIR/run" &&
		test -s "$TMPDIR/run" &&
		mkdir hand && (cd hand && . "$TMPDIR/run" >said) &&
		cp hand/terraform.tfstate by_hand &&
		test "$(sed -n "s/ .*//p" hand/said | sort -u | wc -l)" = 1 &&
		test "$(wc -l <hand/said)" = 2 &&
		test "$(ls hand | tr "\n" " ")" = "said terraform.tfstate " &&
		rm -r hand "$TMPDIR/run"
}

save () {
	stack_=$1 && shift &&
		watched state save --new --env prod --stack "$stack_" "$@"
}

back () {
	giving state restore --env prod --stack "$1" "${2:-latest}" &&
		mv "$canary/stdout" given
}

test_expect_success 'under sensitive, no tool has a value of its in clear' '
	policy sensitive && theirs git add . && theirs git commit -q -m first &&
	for tool in $tools
	do
		$tool 1 >"$made/$tool" && save $tool "$made/$tool" &&
		look && sealed_as $tool sensitive &&
		back $tool && cmp "$made/$tool" given &&
		git vault state verify --env prod --stack $tool || return 1
	done && look && git fsck --strict --no-progress
'

test_expect_success 'and what is not sensitive is there to be read' '
	in_clear all_of_terraform >out &&
	test_grep "\"name\": \"marked\"" out &&
	test_grep "\"id\": \"db-nested\"" out &&
	test_grep "\"value\": \"https://db.example.com\"" out &&
	test_grep "\"size\": 20" out &&
	in_clear pulumi >out && test_grep "\"region\": \"eu\"" out &&
	in_clear cloudformation >out && test_grep "\"AllocatedStorage\": 20" out &&
	in_clear kubernetes >out && test_grep "\"colour\": \"blue\"" out &&
	in_clear ansible >out && test_grep "10.0.0.20" out &&
	in_clear docker >out && test_grep "web:1" out &&
	in_clear compose >out && test_grep "\"image\": \"web:1\"" out &&
	in_clear plan >out && test_grep "\"size\": 40" out &&
	test_grep "\"actions\"" out &&
	in_clear answer >out && test_grep "StagesAvailable" out
'

test_expect_success 'git, age and the tools of the system put it together' '
	for tool in $tools
	do
		by_hand $tool && cmp "$made/$tool" by_hand || return 1
	done
'

test_expect_success 'who has no key reads no version, but what differs' '
	all_of_terraform 2 | sed "s/\"size\": 20/\"size\": 40/" >"$made/two" &&
	save all_of_terraform "$made/two" &&
	mv "$identity" kept.key && test_when_finished "mv kept.key $identity" &&
	test_expect_code 5 git vault state restore --env prod \
		--stack all_of_terraform >out && test_must_be_empty out &&
	test_expect_code 1 git vault state diff --env prod \
		--stack all_of_terraform >out &&
	test_grep "~ size" out
'

test_expect_success 'verify takes them for what they are' '
	git vault verify --all >out 2>&1 && git vault verify --all --deep
'

test_expect_success 'versions share what did not change' '
	look && n=0 list= &&
	while test $n -lt 400
	do
		n=$((n + 1)) && list="$list${list:+,
}$(resource r$n "\"text\": \"$(printf %0400d $n)\"" "" \
			", \"private\": \"$(printf %032d $n | base64 -w 0)\"")" ||
			return 1
	done &&
	terraform 1 "$list" >"$made/many" && save many "$made/many" &&
	git ls-tree -r refs/vault/state/prod/many:parts |
		grep -c "split/spans" >n && test "$(cat n)" -gt 10 &&
	sed "s/\"serial\": 1/\"serial\": 2/; s/\"text\": \"0*7\"/\"text\": \"x\"/" \
		"$made/many" >"$made/many.2" && objects_ >before &&
	save many "$made/many.2" && objects_ >after &&
	test_grep "in .* parts, 2 of them new" "$name_of_.err" &&
	comm -13 before after >new && test "$(wc -l <new)" -lt 30 &&
	back many && cmp "$made/many.2" given &&
	back many latest~1 && cmp "$made/many" given &&
	by_hand many && cmp "$made/many.2" by_hand && look &&
	git vault state verify --env prod --stack many
'

test_expect_success 'a release of Helm goes as a whole, what is beside it stays' '
	packed=$(printf "{\"name\":\"web\",\"version\":7,\"info\":{\"status\":
		\"deployed\"},\"config\":{\"pw\":\"%s\"}}" "$(plant helm)" |
		gzip -n | base64 -w 0 | base64 -w 0) &&
	cat >"$made/helm" <<-EOT &&
	{ "apiVersion": "v1", "kind": "List", "items": [
	  { "apiVersion": "v1", "kind": "Secret", "metadata": { "name":
	      "sh.helm.release.v1.web.v7", "namespace": "d" },
	    "data": { "release": "$packed" }, "type": "helm.sh/release.v1" },
	  { "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "c",
	      "namespace": "d" }, "data": { "colour": "green" } } ] }
	EOT
	save helm "$made/helm" && sealed_as helm sensitive && back helm &&
	cmp "$made/helm" given && in_clear helm >out &&
	test_grep "\"colour\": \"green\"" out &&
	test_grep ! "$(printf %.24s "$packed")" out && look
'

test_expect_success 'a pipe is as good as a file' '
	all_of_terraform 1 | git vault state save --new --env prod --stack piped - &&
	sealed_as piped sensitive && back piped &&
	cmp "$made/all_of_terraform" given && look
'

test_expect_success 'what is large is kept, and sealed as a whole if need be' '
	long=$(head -c 300000 /dev/zero | tr "\0" x) &&
	terraform 1 "$(resource a "\"text\": \"$long\"" "")" >"$made/large" &&
	terraform 1 "$(resource a "\"text\": \"$long\", \"pw\": \"$(plant big)\"" \
		"$(path pw)")" >"$made/larger" &&
	for name in large larger
	do
		save $name "$made/$name" && back $name &&
		cmp "$made/$name" given && by_hand $name &&
		cmp "$made/$name" by_hand &&
		git vault state verify --env prod --stack $name || return 1
	done &&
	git ls-tree -r refs/vault/state/prod/large:parts >out &&
	test_grep "\.clear/" out &&
	in_clear large >out && test_grep xxxxxxxx out &&
	in_clear larger >out && test_grep ! xxxxxxxx out && look
'

test_expect_success 'what nobody knows is sealed in full, and told' '
	head -c 400 "$made/all_of_terraform" >"$made/cut" &&
	echo "{\"pass\": \"$(plant opaque)\", \"n\": 1}" >"$made/text" &&
	printf "{\"serial\": 1, \"lineage\": \"l\", \"meta\": {\"k\": \"%s\"}, %s}" \
		"$(plant meta)" "\"encrypted_data\": \"$(plant cipher)\",
		\"encryption_version\": \"v0\"" >"$made/tofu" &&
	printf "kind: Secret\napiVersion: v1\nmetadata: {name: s}\n%s: %s\n" \
		stringData "{k: $(plant yaml)}" >"$made/yaml" &&
	save cut "$made/cut" && sealed_as cut full &&
	test_grep "fully encrypted, since .* not an intact state" "$name_of_.err" &&
	save text "$made/text" && sealed_as text full &&
	test_grep "fully encrypted, since .*no tool" "$name_of_.err" &&
	save tofu "$made/tofu" && sealed_as tofu full &&
	test_grep "fully encrypted, since .*encrypted" "$name_of_.err" &&
	save yaml "$made/yaml" && sealed_as yaml sensitive &&
	for name in cut text tofu yaml
	do
		in_clear $name >out && test_must_be_empty out &&
		back $name && cmp "$made/$name" given &&
		by_hand $name && cmp "$made/$name" by_hand || return 1
	done && look
'

test_expect_success 'what was allowed or withheld elsewhere changes nothing here' '
	printf "secrets: {withhold: verified}\n" >>.gitvault.yaml &&
	save strict "$made/all_of_terraform" && look &&
	back strict && cmp "$made/all_of_terraform" given && policy sensitive
'

test_expect_success 'a policy that cannot be read seals in full' '
	echo "state: {seal: som}" >.gitvault.yaml &&
	save unread "$made/all_of_terraform" && sealed_as unread full &&
	test_grep "the policy cannot be read: .gitvault.yaml:1: seal must be full" \
		"$name_of_.err" && look && policy sensitive
'

# forge STACK COMMAND…: that of all_of_terraform, whose files the command has
# changed in an index
forge () {
	stack_=$1 from_=refs/vault/state/prod/all_of_terraform
	shift
	GIT_INDEX_FILE=$PWD/.git/forged && export GIT_INDEX_FILE &&
		git read-tree "$from_^{tree}" && "$@" &&
		tree_=$(git write-tree) && unset GIT_INDEX_FILE &&
		git cat-file commit $from_ |
		sed "s/^tree .*/tree $tree_/; s/^Vault-Stack: .*/Vault-Stack: $stack_/
			s/^Vault-Seal: .*/Vault-Seal: ${as:-sensitive}/
			s/^Vault-Format: .*/Vault-Format: ${format:-3}/" |
			bound | git hash-object -t commit -w --stdin >forged &&
		git update-ref "refs/vault/state/prod/$stack_" "$(cat forged)" &&
		rm -f forged .git/forged
}

# put PATH BLOB: it stands there
put () {
	git update-index --add --cacheinfo "100644,$2,$1"
}

# refused STACK WORDS
refused () {
	test_expect_code 128 git vault state restore --env prod --stack "$1" \
		--to none 2>err && test_grep "$2" err && test_path_is_missing none
}

test_expect_success 'halves that do not belong together are told' '
	git ls-tree -r --name-only refs/vault/state/prod/all_of_terraform >names &&
	spans=$(grep "spans$" names | tail -n 1) &&
	clear=$(grep "split/clear$" names | tail -n 1) &&
	other=$(git rev-parse refs/vault/state/prod/kubernetes:parts) &&
	other=$(git ls-tree -r $other | sed -n "s/.*blob \([^	]*\).*spans/\1/p" |
		head -n 1) && blob=$(echo "{}" | git hash-object -w --stdin) &&
	forge foreign put "$spans" $other &&
	refused foreign "part . of .*: it is \(split\|not the saved content\)" &&
	forge emptied put "$clear" $blob &&
	refused emptied "halves do not fit each other" &&
	forge half git rm -q --cached "$spans" &&
	refused half "it is split, and not all of it is there" &&
	forge unsealed put "$spans" $blob &&
	refused unsealed "part . of" &&
	forge named put "${clear%/clear}.x" $blob &&
	refused named "has an invalid name" &&
	as=full forge claimed true && as= &&
	refused claimed "is plaintext, although the version claims to" &&
	as=half forge unknown true && as= &&
	refused unknown "its Vault-Seal cannot be read" &&
	format=4 forge newer true && format= &&
	refused newer "it is of format 4, and this git vault knows 3; use a newer"
'

test_expect_success 'a guess of what is sealed finds no sum to compare with' '
	git ls-tree --name-only refs/vault/state/prod/all_of_terraform >out &&
	test_write_lines index parts sum sum.id >expect && test_cmp expect out &&
	git cat-file blob refs/vault/state/prod/all_of_terraform:sum >sum &&
	test_grep "^age-encryption.org" sum
'

test_expect_success 'the policy may change, to and fro, and old versions stay' '
	one=$made/all_of_terraform && save change "$one" &&
	policy full && save change "$one" && sealed_as change full &&
	in_clear change >out && test_must_be_empty out && look &&
	policy sensitive && save change "$one" && sealed_as change sensitive &&
	save change "$one" && test_grep "as the last version has it" \
		"$name_of_.err" &&
	git vault state log --env prod --stack change --json >out &&
	grep -o "\"seal\": *\"[a-z]*\"" out | sed "s/.*: *//" >actual &&
	test_write_lines "\"sensitive\"" "\"full\"" "\"sensitive\"" >expect &&
	test_cmp expect actual &&
	for v in latest latest~1 latest~2
	do
		back change $v && cmp "$one" given || return 1
	done && look
'

test_expect_success 'one environment may be as the others are not' '
	policy none prod sensitive && save here "$made/all_of_terraform" &&
	sealed_as here sensitive && look &&
	git vault state show --env prod --stack here >out &&
	test_grep "^Sealed *sensitive" out
'

test_expect_success 'so may another one: none needs no key to be read' '
	git init -q ../bare && cd ../bare && policy sensitive dev none &&
	git add . && git commit -q -m first &&
	for tool in $tools
	do
		git vault state save --new --env dev --stack $tool "$made/$tool" 2>err &&
		git vault state verify --env dev --stack $tool || return 1
	done && test_grep "of them new" err &&
	mv "$identity" kept.key &&
	for tool in $tools
	do
		git vault state restore --env dev --stack $tool >out &&
		cmp "$made/$tool" out || return 1
	done && mv kept.key "$identity" &&
	git ls-tree -r refs/vault/state/dev/docker >out &&
	test_grep "sum.clear$" out && test_grep ! "split" out &&
	for id in $(git ls-tree -r refs/vault/state/dev/docker:parts |
		cut -c 13-52)
	do
		git cat-file blob $id || return 1
	done >out && cmp "$made/docker" out &&
	git vault state save --new --env dev --stack text "$made/text" 2>err &&
	test_grep "it is fully encrypted, since nothing marks" err &&
	git vault state show --env dev --stack text --json >out &&
	test_grep "\"seal\": *\"full\"" out &&
	git vault verify --all && git vault verify --all --deep &&
	git fsck --strict --no-progress
'

test_expect_success 'and there the canaries are found, as they are looked for' '
	! look ../bare >out && test_grep "^leaked" out
'

test_done
