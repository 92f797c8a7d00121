#!/bin/sh

test_description='placeholders and references to vaults in values of the configuration'
. "$(dirname "$0")/test-lib.sh"

test_expect_success 'set up: a snapshot whose layers have placeholders' '
	git vault init 2>err && mkdir config && printf "password: Qx7-velvet9-tree\nname: base\n" >config/base.yaml &&
	printf "db:\n  url: postgres://shop:Zq8copper7moon@db.prod/shop\n  pass: Wk5-saddle3-fern\n" >config/prod.yaml &&
	echo "name: dev" >config/dev.yaml && git add config/dev.yaml && git commit -q -m one && git vault snapshot 2>err &&
	git vault config get --at latest --env prod --secrets db.pass >out 2>err
'

test_expect_success 'get opens them with a key, whole and in a text, in each form' '
	echo Wk5-saddle3-fern >expect && test_cmp expect out && test_must_be_empty err &&
	git vault config get --at latest --env prod --secrets db.url password db >out && cat >expect <<-\END &&
	postgres://shop:Zq8copper7moon@db.prod/shop
	Qx7-velvet9-tree
	{"url":"postgres://shop:Zq8copper7moon@db.prod/shop","pass":"Wk5-saddle3-fern"}
	END
	test_cmp expect out && git vault config get --at latest --env prod --secrets --json db.pass >out &&
	test_grep "\"value\":\"Wk5-saddle3-fern\",\"hidden\":null" out &&
	git vault config get --at latest --env prod --secrets --format env db.pass >out && test_grep "fern" out
'

test_expect_success 'render and list do, too, and without --secrets nothing does' '
	for verb in render "render --format env" "render --format tfvars" "render --json" list "list --json"
	do
		git vault config $verb --at latest --env prod --secrets >out 2>err && test_grep velvet9 out && test_grep copper7 out &&
		test_grep ! GITVAULT out && test_must_be_empty err &&
		git vault config $verb --at latest --env prod >out 2>err && test_grep ! "velvet9\|copper7\|fern" out || return 1
	done &&
	test_expect_code 128 git vault config get --at latest --env prod db.pass 2>err && test_grep "is encrypted" err
'

test_expect_success 'what was shown is in the audit, and its values are not' '
	git vault audit --kind reveal >log && test_line_count -ge 9 log && test_grep ! "velvet9\|copper7" log &&
	git vault config list --at latest --env prod >/dev/null && git vault audit --kind reveal >log2 && test_cmp log log2
'

test_expect_success 'without a key they stay, which is said' '
	(GIT_VAULT_IDENTITY=$PWD/nobody.key && export GIT_VAULT_IDENTITY && git vault key generate -o nobody.key >pub &&
	git vault config render --at latest --env prod --secrets >out 2>err && test_grep ! "velvet9\|copper7" out &&
	test_grep "pass: .*GITVAULT" out && test_grep "3 secrets stay encrypted: " err) &&
	key=$HOME/.config/git-vault/identity && test_path_is_file "$key" &&
	git vault config get --at latest --env prod --secrets --identity "$key" db.pass >out && test_grep fern out
'

# place PATH: the placeholder of the first secret that a snapshot found there
place () {
	git vault secret list --json | tr "{" "\n" | grep -B 1 "\"path\":\"$1\"" | sed -n \
		"s/.*\"id\":\"\([0-9a-f]*\)\",\"scope\".*\"rule\":\"\([a-z-]*\)\".*/GITVAULT[\2:\1]/p" | head -n 1
}

test_expect_success 'a secret of prod does not come out of a layer of dev' '
	git add config && git commit -q -m two && git vault snapshot 2>err && prod=$(place config/prod.yaml) && test -n "$prod" &&
	git vault secret list --json >list && printf "stolen: \"%s\"\nodd: \"x%s\"\n" "$prod" "$prod" >config/dev.yaml &&
	printf "mine: \"%s\"\n" "$prod" >>config/prod.yaml && git add . && git commit -q -m placeholders &&
	git vault config list --at HEAD --env dev --secrets >out 2>err && test_grep ! "copper7\|fern" out &&
	git vault config get --at HEAD --env prod --secrets mine >out && test_grep "copper7\|fern" out
'

validate () {
	code=$1 && shift && test_expect_code "$code" git vault config validate "$@" >actual 2>err
}

test_expect_success 'validate of a commit or snapshot says which placeholders cannot be opened here' '
	validate 0 --env prod --at latest && test_grep ! " secret: " actual &&
	validate 1 --env dev --at HEAD && test_grep "^config/dev.yaml:1:9: error: secret: stolen: the vault here does not have the secret" actual &&
	test_grep "^config/dev.yaml:2:.*: error: secret: odd: .*git vault sync (dev)$" actual &&
	(GIT_VAULT_IDENTITY=$PWD/nobody.key && export GIT_VAULT_IDENTITY && validate 3 --env prod --at latest &&
	test_grep "unknown: secret: db.pass: no key here opens the secret of this placeholder" actual) &&
	git vault audit --kind reveal >log && validate 0 --env prod --at latest && git vault audit --kind reveal >log2 && test_cmp log log2
'

test_expect_success 'references to vaults of others are named as not checked, and wrong ones are errors' '
	mkdir sops && echo "a: 1" >sops/prod.yaml && git add sops && cat >config/prod.yaml <<-\END &&
	a: vault:secret/data/db#password
	b: op://prod/db/password
	c: ref+awssecrets://db#/p
	d: ref+sops://sops/prod.yaml#/a
	image: "vault:1.15.2"
	END
	validate 0 --env prod && cat >expect <<-\END &&
	config/prod.yaml:1:4: note: reference: a: not checked here: reference to HashiCorp Vault (prod)
	config/prod.yaml:2:4: note: reference: b: not checked here: reference to 1Password (prod)
	config/prod.yaml:3:4: note: reference: c: not checked here: reference to AWS Secrets Manager (prod)
	config/prod.yaml:4:4: note: reference: d: not checked here: reference to SOPS (prod)
	END
	grep reference: actual >notes && test_cmp expect notes && test_grep "^valid: .*, 4 references not checked$" actual &&
	validate 0 --env prod --format json && test_grep "\"references\":4," actual &&
	printf "a: op://prod/db\nb: ref+sops://sops/none.yaml#/a\nc: vault:secret/db\n" >config/prod.yaml && validate 1 --env prod &&
	test_grep "prod.yaml:1:4: error: reference: a: a reference to 1Password names" actual &&
	test_grep "prod.yaml:2:4: error: reference: b: it refers to the file .sops/none.yaml., which is missing" actual &&
	test_grep "prod.yaml:3:4: error: reference: c: a reference to HashiCorp Vault names" actual
'

test_done
