#!/bin/sh

test_description='sets of layers that the policy declares'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR

test_expect_success 'set up: a set with services, providers, merging and names' '
	mkdir -p config services/web && cat >.gitvault.yaml <<-\END &&
	environments:
	  prod: {tier: prod, region: eu}
	config:
	  app:
	    layers:
	    - config/base.{ext}
	    - config/tier-{tier}.yaml
	    - "config/{region}.yaml"
	    - config/{provider}.yaml
	    - config/{env}.yaml
	    - services/{service}/base.yaml
	    - services/{service}/{env}.yaml
	    - hosts/{host}.yaml
	    template: true
	    merge:
	      ports: append
	      "**.containers": {by: name}
	      tags: unique
	  other:
	    layers: [other.json]
	    template: true
	    delimiters: ["<<", ">>"]
	    "null": delete
	END
	cat >config/base.yaml <<-\END &&
	size: small
	ports: [80]
	tags: [a, b]
	db:
	  password: Qx7-velvet9-tree
	  url: "postgres://u:${db.password}@h/${size}"
	  copy: ${db.password}
	  most: ${pool.max}
	  shell: $${HOME}
	pool: {max: 5}
	sizes: {small: {aws: t3.small, gcp: e2-small}}
	spec: {containers: [{name: web, port: 80}, {name: db, port: 1}]}
	providers:
	  aws: {class: "${map:sizes.small}"}
	END
	echo "tags: [b, c]" >config/tier-prod.yaml && echo "region: eu-1" >config/eu.yaml &&
	printf "ports: [443]\nspec: {containers: [{name: web, port: 8080}]}\n" >config/prod.yaml &&
	echo "size: large" >services/web/prod.yaml && mkdir hosts && echo "size: huge" >hosts/a1.yaml &&
	echo "{\"a\": \"<<b>>\", \"b\": 1, \"c\": \"\${b}\"}" >other.json &&
	git add . && test_tick && git commit -q -m sets
'

test_expect_success 'layers, ways to merge and names are as the set says' '
	test_write_lines small "[80,443]" "[\"a\",\"b\",\"c\"]" eu-1 5 "\${HOME}" 8080 1 >expect &&
	git vault config get --env prod size ports tags region db.most db.shell \
		"spec.containers[0].port" "spec.containers[1].port" >actual && test_cmp expect actual &&
	test_write_lines t3.small large >expect &&
	git vault config get --env prod --provider aws --service web class size >actual && test_cmp expect actual &&
	echo huge >expect && git vault config get --env prod --host a1 size >actual && test_cmp expect actual &&
	git vault config explain --env prod ports >actual &&
	test_grep "merged: append (set by .gitvault.yaml:16)" actual &&
	test_grep "^[*] config/base.yaml:2" actual && test_grep "^[*] config/prod.yaml:1" actual &&
	printf "1\n\${b}\n" >expect && git vault config get --layout other a c >actual && test_cmp expect actual &&
	test_expect_code 128 git vault config get --env prod --service wbe size 2>err &&
	test_grep "the set .app. has no file of the service .wbe." err &&
	test_expect_code 128 git vault config get --layout values size 2>err &&
	test_grep "no files of the layout .values." err
'

test_expect_success 'what a secret is put into is not printed either' '
	for way in "list --origin" "render --format json" "explain db.copy" "explain db.url" "diff prod prod@HEAD"
	do
		git vault config $way --env prod >actual && git vault --json config $way --env prod >>actual &&
		! grep velvet actual || return 1
	done &&
	test_expect_code 128 git vault config get --env prod db.url >actual 2>err && ! grep velvet actual err &&
	git vault config get --secrets --env prod db.url >actual && test_grep velvet actual
'

test_expect_success 'a name that is unknown or in a circle is an error with its place' '
	printf "a: \${b}\nb: \${a}\n" >config/prod.yaml &&
	test_expect_code 128 git vault config get --env prod size >actual 2>err && test_must_be_empty actual &&
	test_grep "config/prod.yaml: .*(line 1, column 4): names go in a circle" err &&
	echo "a: \${nowhere}" >config/prod.yaml && test_expect_code 128 git vault config list --env prod 2>err &&
	test_grep "there is no value for the name .nowhere." err && git checkout -q config/prod.yaml
'

test_expect_success 'a commit and a snapshot have the sets of their own policy' '
	git vault -q snapshot && sed -i "s/ports: append/ports: prepend/" .gitvault.yaml &&
	echo "[443,80]" >expect && git vault config get --env prod ports >actual && test_cmp expect actual &&
	echo "[80,443]" >expect && git vault config get --env prod --at HEAD ports >actual && test_cmp expect actual &&
	git vault config get --env prod --at latest ports >actual && test_cmp expect actual &&
	test_expect_code 1 git vault config diff prod@HEAD prod >actual && test_grep "^ports\[0\]  *80  *443" actual &&
	sed -i "s/{env}/{envv}/" .gitvault.yaml && test_expect_code 128 git vault config list --env prod 2>err &&
	test_grep ".gitvault.yaml:10: .config/{envv}.yaml. has an unknown word" err
'

test_expect_success 'what a template refuses is named, and nothing of the file behind it' '
	git init -q refused && cd refused && mkdir c && echo "a: 1" >c/prod.yaml &&
	printf "m: {a: 1}\nx: \"pre \${m} post\"\nnote: private\n" >c/base.yaml && cat >.gitvault.yaml <<-\END &&
	config: {s: {layers: [c/base.yaml, "c/{env}.yaml"], template: true}}
	END
	git add . && test_expect_code 128 git vault config list --env prod 2>err && ! grep private err &&
	test_grep "c/base.yaml: x (line 2, column 4): a list or map cannot be put into the text: .m.$" err
'

test_expect_success 'a layer that is a link is refused, in files and in commits' '
	git init -q link && cd link && mkdir config other && echo "a: 1" >config/base.yaml && echo "p: 1" >config/prod.yaml &&
	echo "cloud: x" >other/aws.yaml && ln -s ../other/aws.yaml config/aws.yaml && git add . && git commit -q -m link &&
	git vault config list --env prod && for at in "" "--at HEAD"
	do
		test_expect_code 128 git vault config list --env prod --provider aws $at 2>err &&
			test_grep "config/aws.yaml: it is a symbolic link, which is not followed" err || return 1
	done
'

test_expect_success 'services that are named are no environments' '
	git init -q names && cd names && mkdir -p config/api config/cart && cat >.gitvault.yaml <<-\END &&
	environments: {dev: {}, prod: {after: dev}}
	config:
	  shop:
	    layers: [config/base.yaml, "config/{env}.yaml", "config/{service}.yaml", "config/{service}/{env}.yaml"]
	    services: [api, cart]
	END
	for f in base dev prod api cart api/dev api/prod cart/dev cart/prod
	do
		echo "a: 1" >config/$f.yaml || return 1
	done && git add . && git vault config validate --all >out && test_grep "valid: 4 configurations" out
'

test_expect_success 'what clouds differ in hinders no change of what they share' '
	git init -q ../cloud && cd ../cloud && mkdir config && cat >.gitvault.yaml <<-\END &&
	config:
	  app:
	    layers: [config/base.yaml, "config/{provider}.yaml", "config/{env}.yaml"]
	    providers: [aws, gcp]
	    template: true
	END
	printf "%s\n" "size: \${map:sizes}" "label: of-\${map:sizes}" "sizes: {aws: a1, gcp: g1}" "pool: 5" >config/base.yaml &&
	echo "region: here" >config/aws.yaml && echo "region: there" >config/gcp.yaml &&
	echo "pool: 10" >config/prod.yaml && git add . && git commit -q -m clouds &&
	git vault config set --env prod pool 12 2>err && echo "pool: 12" >expect && test_cmp expect config/prod.yaml &&
	git vault config set --env prod --provider gcp region far 2>err && test_grep far config/gcp.yaml &&
	test_expect_code 128 git vault config set --env prod pool "\${map:none}" 2>err && test_grep "there is no map .none." err &&
	test_cmp expect config/prod.yaml && test_expect_code 128 git vault config get --env prod pool 2>err &&
	test_grep "no provider was named for the map .sizes.; a provider may give it, such as --provider aws$" err &&
	printf "a1\nof-a1\n12\n" >expect && git vault config get --env prod --provider aws size label pool >actual && test_cmp expect actual
'

test_expect_success 'the region can be said by a word' '
	git init -q ../regions && cd ../regions && mkdir config && echo "size: 1" >config/base.yaml && echo "size: 2" >config/eu.yaml &&
	cat >.gitvault.yaml <<-\END &&
	environments: {prod: {paths: ["config/prod.yaml"]}}
	config:
	  app: {layers: ["config/base.yaml", "config/{region}.yaml"]}
	END
	git add . && git commit -q -m regions && git vault config get --env prod --region eu size >actual && echo 2 >expect && test_cmp expect actual
'

test_done
