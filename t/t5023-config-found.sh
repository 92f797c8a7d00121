#!/bin/sh
# shellcheck disable=SC2154,SC2034

test_description='services that nobody declares: validate and new-env find them'
. "$(dirname "$0")/test-lib.sh"

repo () {
	rm -rf "$1" && git init -q "$1" && cd "$1" || return 1
}

save () {
	git add . && git commit -q -m files
}

test_expect_success 'a broken layer of a service is an error, with its line' '
	(repo broken && mkdir -p config/orders && echo "a: 1" >config/base.yaml &&
	echo "b: 1" >config/prod.yaml && printf "x: [\n" >config/orders/prod.yaml && save &&
	test_expect_code 1 git vault config validate --all >out && test_grep "^config/orders/prod.yaml:" out &&
	test_expect_code 1 git vault config validate --env prod >out && test_grep "^config/orders/prod.yaml:" out &&
	git vault config validate --env prod --service other >out 2>&1)
'

test_expect_success 'a configuration without a service is checked beside those of services' '
	(repo beside && mkdir -p config/orders && echo "a: 1" >config/base.yaml && echo "b: 1" >config/prod.yaml &&
	echo "b: 1" >config/dev.yaml && echo "c: 1" >config/orders/prod.yaml && echo "#!/bin/sh" >config/deploy.sh && save &&
	git vault config validate --all >out && test_grep "^valid: 4 configurations" out &&
	git vault config validate --env prod >out && test_grep "^valid: 2 configurations" out &&
	printf "x: [\n" >config/prod.yaml && test_expect_code 1 git vault config validate --all)
'

test_expect_success 'a folder for each service, and nothing at the top' '
	(repo folders && mkdir -p orders cart && echo "r: 1" >orders/values.yaml && echo "r: 4" >orders/values-prod.yaml &&
	echo "r: 1" >cart/values.yaml && echo "r: 2" >cart/values-qa.yaml && mkdir jobs && echo "r: 1" >jobs/values.yaml && save &&
	git vault config validate --all >out && test_grep "^valid: 3 configurations" out &&
	git vault config validate --env qa && test_expect_code 128 git vault config validate --env nope &&
	git vault config new-env --like prod eu >out 2>err && test -e orders/values-eu.yaml && test ! -e cart/values-eu.yaml &&
	printf "x: [\n" >jobs/values.yaml && test_expect_code 1 git vault config validate --all >out &&
	test_grep "^jobs/values.yaml:" out)
'

test_expect_success 'layouts that were not checked are named' '
	(repo several && mkdir config && echo "z: 1" >config/default.yaml && printf "a: [\n" >values.yaml &&
	echo "a: 2" >values-prod.yaml && save && git vault config validate --all >out &&
	test_grep "note: layer: files of the layout .values. were not checked; .* --all --layout values" out &&
	test_expect_code 1 git vault config validate --all --layout values >out && test_grep "^values.yaml:" out &&
	! grep "not checked" out)
'

test_expect_success 'new-env copies the layers of each service' '
	(repo copied && mkdir orders && echo "r: 1" >orders/values.yaml &&
	printf "r: 4\nkey: {password: Qx7-velvet9-tree}\n" >orders/values-prod.yaml &&
	echo "c: 1" >values.yaml && echo "c: 2" >values-prod.yaml && save &&
	git vault config new-env --like prod eu >out 2>err && echo "r: 4" >expect && test_cmp expect orders/values-eu.yaml &&
	test_cmp values-prod.yaml values-eu.yaml && test_grep "set --env eu --service orders --stdin key.password" err &&
	test_expect_code 128 git vault config new-env --like prdo us 2>err && test_grep "environments that are known: prod$" err)
'

test_expect_success 'new-env needs no values of names, and copies an entry in braces' '
	(repo named && mkdir -p config/orders && echo "url: \"https://\${service.name}\"" >config/base.yaml &&
	echo "r: 1" >config/prod.yaml && echo "service: {name: orders}" >config/orders/prod.yaml && cat >.gitvault.yaml <<-\END &&
	environments: {prod: {tier: prod}, dev: {}}
	config:
	  s:
	    layers: [config/base.yaml, "config/{env}.yaml", "config/{service}/{env}.yaml"]
	    template: true
	    services: [orders]
	END
	save && git vault config new-env --like prod qa && test_cmp config/prod.yaml config/qa.yaml &&
	test_grep "^environments: {prod: {tier: prod}, qa: {tier: prod}, dev: {}}$" .gitvault.yaml &&
	test_expect_code 128 git vault config list --env prod 2>err && test_grep "a service may give it, such as --service orders$" err)
'

test_expect_success 'hosts and names of other environments are to be looked at' '
	(repo hosts && mkdir config && echo "a: 1" >config/base.yaml && echo "x: 1" >config/prod.yaml && cat >config/staging.yaml <<-\END &&
	host: db.live.example.org
	short: db.internal:5432
	other: copy-of-prod
	version: 1.2.3
	file: app.yaml
	class: org.postgresql.Driver
	time: 12:30
	END
	save && git vault config new-env --like staging qa >out &&
	sed -n "s/^look at  config.staging.yaml:[0-9]*  //p" out >got && printf "%s\n" host short other >expect &&
	test_cmp expect got)
'

test_expect_success 'environments of a hierarchy of Hiera are known by its paths' '
	(repo hiera && mkdir -p data/nodes && cat >hiera.yaml <<-\END &&
	version: 5
	defaults: {datadir: data, data_hash: yaml_data}
	hierarchy:
	- {name: role, path: "nodes/%{role}.yaml"}
	- {name: env, path: "%{env}.yaml"}
	- {name: all, path: common.yaml}
	END
	echo "a: 1" >data/common.yaml && echo "a: 2" >data/prod.yaml && printf "a: [\n" >data/nodes/web.yaml && save &&
	test_expect_code 1 git vault config validate --all >out && test_grep "^data/nodes/web.yaml:" out && test_grep "2 configurations" out)
'

test_expect_success 'names without end are refused' '
	(repo many && mkdir config && echo "a: 1" >config/base.yaml && mkdir config/s && echo "a: 1" >config/prod.yaml &&
	for i in $(test_seq 1 1001); do mkdir config/s$i && echo "a: 1" >config/s$i/prod.yaml || return 1; done && save &&
	test_expect_code 128 git vault config validate --all 2>err && test_grep "more than 1000 names" err)
'

test_expect_success 'schemas that others refer to are found whatever else is in the repository' '
	(repo schemas && mkdir -p config .gitvault/schemas && : >.dockerignore && : >.gitattributes && : >.gitignore &&
	echo "max: 10" >config/base.yaml && cat >.gitvault.yaml <<-\END &&
	config:
	  app: {layers: [config/base.yaml], schema: .gitvault/schemas/all.json}
	END
	echo "{\"properties\": {\"max\": {\"\$ref\": \"max.json\"}}}" >.gitvault/schemas/all.json &&
	echo "{\"type\": \"integer\"}" >.gitvault/schemas/max.json && save && git vault config validate --all)
'

test_expect_success 'the content of a schema is accepted with the policy: emptied, it still counts' '
	(cd schemas && git vault init -q && git vault snapshot -q && git vault policy accept -q &&
	echo "max: x" >config/base.yaml && test_expect_code 1 git vault config validate --all &&
	echo "{}" >.gitvault/schemas/max.json && git commit -qam pulled &&
	test_expect_code 1 git vault config validate --all >out &&
	test_grep "max.json:1, as it was accepted" out && test_expect_code 1 git vault config validate --all --at HEAD &&
	test_expect_code 1 git vault policy diff >out && test_grep "^config.schema .*does not count until it is accepted" out &&
	test_grep "^  + .* .gitvault/schemas/max.json" out && git rm -q .gitvault/schemas/all.json &&
	test_expect_code 1 git vault config validate --all >out && test_grep "max: must be integer" out &&
	git reset -q --hard && git vault policy accept -q && git vault config validate --all)
'

test_expect_success 'line ends that Git writes make no other schema of it' '
	(cd schemas && echo "max: 1" >config/base.yaml && echo "{\"type\": \"integer\"}" >.gitvault/schemas/max.json &&
	git commit -qam again && git config core.autocrlf true && rm -r .gitvault && git checkout -q .gitvault &&
	grep -q "$(printf "\r")" .gitvault/schemas/max.json && git vault policy accept -q &&
	git config --unset core.autocrlf && rm -r .gitvault && git checkout -q .gitvault && git vault policy diff &&
	echo "{}" >.gitvault/schemas/max.json && echo "max: x" >config/base.yaml &&
	test_expect_code 1 git vault config validate --all >out && test_grep "max.json:1, as it was accepted" out)
'

test_expect_success 'a file that is encrypted as a whole gives no values, and is named' '
	(repo closed && mkdir -p group_vars inventories/prod/group_vars/all && echo "x: 1" >group_vars/all.yml &&
	vault=inventories/prod/group_vars/all/vault.yml && echo "x: 2" >inventories/prod/group_vars/all/main.yml &&
	printf "\$ANSIBLE_VAULT;1.1;AES256\n36333062\n" >$vault && save &&
	echo 2 >expect && git vault config get --env prod x >actual 2>err && test_cmp expect actual &&
	test_grep "$vault is encrypted as a whole" err &&
	test_expect_code 3 git vault config validate --env prod >out && test_grep "^$vault:1:1: unknown: layer" out &&
	test_expect_code 128 git vault config set --env prod --layer $vault y 3 2>err && test_grep "ansible-vault edit $vault" err &&
	git vault config new-env --like prod blue >out && test_grep "^missing  $vault" out &&
	test_path_is_file inventories/blue/group_vars/all/main.yml &&
	test_path_is_missing inventories/blue/group_vars/all/vault.yml)
'

test_expect_success 'new-env copies no secret in a comment, and takes no name of a common layer' '
	(repo comments && mkdir config && echo "host: h" >config/base.yaml &&
	printf "b: 1 # token=Gh7KlPq29ZxVbN4m\n# old password: \"kT7vQ2pX9rLm\"\nc: 2\n" >config/prod.yaml && save &&
	git vault config new-env --like prod blue >out && test_grep -c "in a comment" out >n && echo 2 >expect && test_cmp expect n &&
	printf "b: 1 # token=<secret>\n# old password: \"<secret>\"\nc: 2\n" >expect && test_cmp expect config/blue.yaml &&
	for name in local default
	do
		test_expect_code 128 git vault config new-env --like prod $name 2>err &&
		test_grep "is a layer of all environments" err || return 1
	done && test_path_is_missing config/local.yaml &&
	printf "config:\n  app:\n    layers: [config/base.yaml, \"config/{tier}.yaml\", \"config/{env}.yaml\"]\n" >.gitvault.yaml &&
	git add . && git commit -qm tiers && git vault config new-env --like prod green && test_path_is_file config/green.yaml)
'

test_expect_success 'new-env leaves out the secrets that dotted keys of Spring spell' '
	(repo spring && printf "a: 1\n" >application.yml && cat >application-prod.yml <<-\END &&
	db.key: ENC[AES256_GCM,data:Zq8v,iv:aa,tag:bb,type:str]
	db.password: hunter2Zq8vLmW2
	spring:
	  datasource.password: vault:secret/data/prod/db#password
	  datasource.pool: 3
	END
	printf "a: 2\n" >application-dev.yml && save && git vault config new-env --like prod qa >out &&
	test_grep "^secret   application-prod.yml:1  db.key" out && test_grep "  db.password" out &&
	test_grep "  spring.datasource.password" out && test_grep ! "in a comment" out &&
	printf "spring:\n  datasource.pool: 3\n" >expect && test_cmp expect application-qa.yml)
'

test_done
