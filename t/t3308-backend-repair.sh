#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault repair: values that a vault of others has lost'
. "$(dirname "$0")/test-lib.sh"
. "$GIT_VAULT_SRC_DIR/t/lib-take.sh"
. "$GIT_VAULT_SRC_DIR/t/lib-backend.sh"

backend_or_skip

value='canary-91e7b2f05c3da864'
down=http://127.0.0.1:1
T=$TRASH_DIRECTORY

# id_of SCOPE [SNAP]: of the value that a snapshot has
id_of () {
	git show "${2:-$snap}:meta/secrets" |
		sed -n "s/^f 0 [0-9]* $1 file \([0-9a-f]*\) .*/\1/p"
}

# there VERB SCOPE ID [VERSION]: what an admin of HashiCorp's does
there () {
	curl -fsS -H "X-Vault-Token: $VAULT_TOKEN" -H "X-Vault-Request: true" \
		-d "{\"versions\":[${4:-1}]}" \
		"$VAULT_ADDR/v1/secret/$1/$prefix/$2/$3"
}

# of_policy VERB SCOPE ID: what the vault does
of_policy () {
	backend-tool "$T/policy" team "$@"
}

# entry SCOPE ID SUFFIX: what the scope has
entry () {
	git rev-parse -q --verify \
		"refs/vault/secrets/$1:$(printf %.2s "$2")/$2.$3"
}

# refs: of all but the audit chain, which a restore adds to
refs () {
	git for-each-ref refs/vault | grep -v refs/vault/audit
}

# lost SCOPE ID: a restore does not give it
lost () {
	rm -rf "$T/back" && test_expect_code 3 git vault restore latest \
		--to "$T/back" >"$T/out" 2>"$T/err" &&
		test_grep "envs/$1/.env" "$T/err"
}

# whole: every snapshot gives its files
whole () {
	git vault verify --all --deep >"$T/out" 2>"$T/err" &&
		test_grep "verified, all intact" "$T/out" && git fsck --strict &&
		for one_ in "$T/kept$prefix"/*
		do
			rm -rf "$T/back" && git vault restore "${one_##*/}" \
				--to "$T/back" &&
				diff -r "$one_/envs" "$T/back/envs" || return 1
		done
}

# kept: take a snapshot, and have its files beside it
kept () {
	take && mkdir -p "$T/kept$prefix/$id" &&
		cp -a envs "$T/kept$prefix/$id/"
}

# begin NAME: a repository of that name with a snapshot of values of a scope in
# the vault and of one in both, which the vault has below a path of that name
begin () {
	cd "$T" && prefix=$1 && rm -rf "$1" "kept$1" && git init -q "$1" &&
		cd "$1" && mkdir -p envs/prod envs/dev &&
		echo .env >.gitignore && cat >.gitvault.yaml <<-EOF &&
	scopes:
	  prod: { keep: vault, vault: team }
	  dev: { keep: both, vault: team }
	vaults:
	  team: { kind: $kind$region, path: $prefix }
	EOF
		cp .gitvault.yaml "$T/policy" && git add . &&
		git commit -q -m first &&
		echo "DB=$value prod" >envs/prod/.env &&
		echo "DB=$value dev" >envs/dev/.env &&
		kept && prod=$(id_of prod) && dev=$(id_of dev)
}

backend_aws || exit 1
aws=$server_
backend_vault || exit 1
kind=hashicorp region=

# pin: accept the policy as it is, and move no ref for it; unpin
pin () {
	git config vault.policy "$(git hash-object -w .gitvault.yaml)"
}

unpin () {
	git config --unset vault.policy
}

test_expect_success 'where nothing is lost there is nothing to repair' '
	begin one && refs >"$T/expect" && backend_forget &&
	git vault repair >"$T/out" 2>"$T/err" &&
	test_grep "nothing to repair" "$T/out" && test_must_be_empty "$T/err" &&
	refs >"$T/actual" && test_cmp "$T/expect" "$T/actual" &&
	test "$(backend_asked "GET.*$prod")" = 1 &&
	test "$(backend_asked "GET.*$dev")" = 1 &&
	test "$(backend_asked POST)" = 0
'

test_expect_success 'a version that is destroyed: the file has the value, a dry run says so' '
	cd one && there destroy prod $prod && lost prod &&
	test_expect_code 1 git vault verify --deep &&
	git vault repair -n >"$T/out" 2>"$T/err" &&
	test_grep "found blob .*: stored again from the working tree, envs/prod/.env" \
		"$T/out" &&
	test_grep "1 object found, no objects lost" "$T/out" &&
	refs >"$T/actual" && test_cmp "$T/expect" "$T/actual" &&
	test "$(backend_asked POST.*data)" = 0
'

test_expect_success 'it is stored anew as a new version' '
	cd one && git vault repair >"$T/out" 2>"$T/err" &&
	test_grep "repaired blob .*: stored again from the working tree, envs/prod/.env" \
		"$T/out" &&
	test_must_be_empty "$T/err" && test_grep ! -F "$value" "$T/out" &&
	git cat-file blob $(entry prod $prod ref) >"$T/ref" &&
	test_grep "^version 2$" "$T/ref" && test_must_fail entry prod $prod age &&
	of_policy fetch prod $prod >"$T/got" && cmp envs/prod/.env "$T/got" &&
	whole
'

test_expect_success 'then there is nothing to repair, and to store' '
	cd one && refs >"$T/expect" && git vault repair >"$T/out" &&
	test_grep "nothing to repair" "$T/out" && git vault snapshot --force &&
	git for-each-ref refs/vault/secrets >"$T/actual" &&
	grep secrets "$T/expect" >"$T/want" && test_cmp "$T/want" "$T/actual"
'

test_expect_success 'one that is deleted, of several snapshots, some of them without it' '
	begin several && echo x >x && kept && echo "DB=$value prod two" >envs/prod/.env &&
	kept && there delete prod $prod && two=$(id_of prod) &&
	there destroy prod $two &&
	test_expect_code 1 git vault repair >"$T/out" 2>"$T/err" &&
	test_grep "repaired blob .*stored again .*envs/prod/.env" "$T/out" &&
	test "$(grep -c "^lost .*:tree/envs/prod/.env: one of its secrets is missing: .*deleted.*undelete" "$T/out")" = 2 &&
	git cat-file blob $(entry prod $prod ref) >"$T/ref" &&
	test_grep "^version 1$" "$T/ref" &&
	there undelete prod $prod && git vault repair && whole
'

test_expect_success 'one that is nowhere is told of, and its reference stays' '
	begin nowhere && there delete prod $prod && rm envs/prod/.env &&
	refs >"$T/expect" &&
	test_expect_code 1 git vault repair >"$T/out" 2>"$T/err" &&
	test_grep "lost $id:tree/envs/prod/.env: one of its secrets is missing: version 1 of nowhere/prod/$prod is deleted.*undelete" \
		"$T/out" &&
	test_grep "damaged $id: part of it is missing" "$T/out" &&
	refs >"$T/actual" && test_cmp "$T/expect" "$T/actual" &&
	test_expect_code 1 git vault --json repair >"$T/json" &&
	test_grep "\"reason\": *\"one of its secrets is missing" "$T/json" &&
	there undelete prod $prod && git vault repair >"$T/out" &&
	test_grep "nothing to repair" "$T/out" && whole
'

test_expect_success 'the next snapshot that has it does not store it, a repair does' '
	cd nowhere && there destroy prod $prod &&
	test_expect_code 1 git vault repair >"$T/out" && mkdir -p envs/prod &&
	cp "$T/kept$prefix/$id/envs/prod/.env" envs/prod/.env &&
	git vault snapshot --force && lost prod && git vault repair && whole
'

test_expect_success 'a file that has changed around it has it for the next snapshot' '
	begin around && mkdir envs/prod/c &&
	printf "a: 1\npassword: %s-yaml\nb: 2\n" $value >envs/prod/c/app.yaml &&
	kept && git ls-tree -r --name-only refs/vault/secrets/prod >"$T/names" &&
	yaml=$(sed -n "/$prod/d; s|^../\(.*\)\.ref|\1|p" "$T/names") &&
	there destroy prod $yaml &&
	printf "a: 2\npassword: %s-yaml\nb: 2\n" $value >envs/prod/c/app.yaml &&
	test_expect_code 1 git vault repair >"$T/out" &&
	test_grep "tree/envs/prod/c/app.yaml: one of its secrets is missing" "$T/out" &&
	(
		# of one second it may be the file of either that is looked into
		GIT_VAULT_TEST_TIME=$(($(date +%s) + 2)) &&
		export GIT_VAULT_TEST_TIME && kept
	) && git vault repair >"$T/out" &&
	test_grep "stored again .*envs/prod/c/app.yaml" "$T/out" && whole
'

test_expect_success 'or another file has it as it was' '
	begin another && mkdir envs/prod/c envs/prod/d &&
	printf "a: 1\npassword: %s-yaml\nb: 2\n" $value >envs/prod/c/app.yaml &&
	cp envs/prod/c/app.yaml envs/prod/d/app.yaml && kept &&
	git ls-tree -r --name-only refs/vault/secrets/prod >"$T/names" &&
	yaml=$(sed -n "/$prod/d; s|^../\(.*\)\.ref|\1|p" "$T/names") &&
	there destroy prod $yaml && echo changed >envs/prod/c/app.yaml &&
	git vault repair >"$T/out" &&
	test_grep "stored again .*envs/prod/d/app.yaml" "$T/out" && whole
'

test_expect_success 'of one that is sealed here too the reference goes' '
	begin both && there destroy dev $dev && age=$(entry dev $dev age) &&
	before=$(git rev-parse refs/vault/secrets/dev) &&
	test_expect_code 1 git vault verify --deep &&
	git vault repair -n >"$T/out" && entry dev $dev ref &&
	git vault repair >"$T/out" && test_grep "it is encrypted here" "$T/out" &&
	test_must_fail entry dev $dev ref && test $(entry dev $dev age) = $age &&
	test "$(git rev-parse refs/vault/secrets/dev^)" = $before && whole &&
	git vault secret migrate >"$T/out" &&
	test_grep "dev: 1 value given to the vault team" "$T/out" &&
	entry dev $dev ref && whole
'

# lose OBJECT: it is in no pack, and in no file of its own
lose () {
	mkdir "$T/packs" && mv .git/objects/pack/* "$T/packs" &&
		for p_ in "$T"/packs/*.pack
		do
			git unpack-objects -q <"$p_" || return 1
		done && rm -rf "$T/packs" &&
		rm -f ".git/objects/$(printf %.2s "$1")/${1#??}"
}

test_expect_success 'what is sealed is lost, and a vault has it' '
	begin sealed && echo "DB=another" >envs/dev/.env &&
	lose $(entry dev $dev age) && git vault repair >"$T/out" &&
	test_grep "a vault of others has it" "$T/out" &&
	test_must_fail entry dev $dev age && entry dev $dev ref && whole
'

test_expect_success 'both are lost, and the file has it' '
	begin neither && lose $(entry dev $dev age) && there destroy dev $dev &&
	git vault repair >"$T/out" && test_grep "stored again" "$T/out" &&
	entry dev $dev age && entry dev $dev ref && whole
'

test_expect_success 'the reference itself is lost, or none any more' '
	begin text && lose $(entry prod $prod ref) && git vault repair >"$T/out" &&
	test_grep "stored again" "$T/out" && entry prod $prod ref && whole &&
	blob=$(echo none | git hash-object -w --stdin) &&
	git ls-tree -r refs/vault/secrets/prod |
		sed "s/[0-9a-f]*\(	.*ref\)/$blob\1/" >"$T/tree" &&
	GIT_INDEX_FILE=$T/index git update-index --index-info <"$T/tree" &&
	git update-ref refs/vault/secrets/prod $(git commit-tree -m x \
		$(GIT_INDEX_FILE=$T/index git write-tree)) &&
	git vault repair >"$T/out" && whole
'

test_expect_success 'a vault that is down, or lets us not in, is told of and nothing changes' '
	begin down && refs >"$T/expect" && there destroy prod $prod &&
	(
		VAULT_ADDR=$down GIT_VAULT_TIMEOUT=2 && export GIT_VAULT_TIMEOUT &&
		git vault repair >"$T/out" 2>"$T/err"
	) &&
	test_grep "nothing to repair" "$T/out" &&
	test_grep "warning: 2 values of the vault team not checked: cannot reach" \
		"$T/err" &&
	backend_on expired && git vault repair >"$T/out" 2>"$T/err" &&
	test_grep "2 values of the vault team not checked: .*expired or not known" \
		"$T/err" &&
	backend_off expired && refs >"$T/actual" &&
	test_cmp "$T/expect" "$T/actual" && mv .gitvault.yaml "$T/aside" &&
	: >.gitvault.yaml && pin &&
	git vault repair >"$T/out" 2>"$T/err" &&
	mv "$T/aside" .gitvault.yaml && unpin &&
	test_grep "2 values of the vault team not checked: the policy does not have it" \
		"$T/err" &&
	refs >"$T/actual" && test_cmp "$T/expect" "$T/actual"
'

test_expect_success 'while it is down a value that is lost here is told of as before' '
	cp -a down down.sealed && cd down.sealed &&
	echo DB=another >envs/dev/.env && lose $(entry dev $dev age) &&
	(
		VAULT_ADDR=$down GIT_VAULT_TIMEOUT=2 && export GIT_VAULT_TIMEOUT &&
		test_expect_code 1 git vault repair >"$T/out" 2>"$T/err"
	) &&
	test_grep "tree/envs/dev/.env: .*one of its encrypted secrets is missing" "$T/out" &&
	test_grep "not checked" "$T/err" && entry dev $dev ref &&
	git vault repair && git vault restore latest --to "$T/back.dev" envs/dev &&
	cmp "$T/kept$prefix/$id/envs/dev/.env" "$T/back.dev/envs/dev/.env"
'

test_expect_success 'a vault that takes nothing: the reference stays, with the reason' '
	cd "$T/down" && echo "DB=$value prod two" >envs/prod/.env &&
	mkdir envs/prod/b && echo "DB=$value b" >envs/prod/b/.env && kept &&
	git ls-tree -r --name-only refs/vault/secrets/prod |
		sed -n "/$prod/d; s|^../\(.*\)\.ref|\1|p" >"$T/ids" &&
	while read -r one
	do
		there destroy prod $one || return 1
	done <"$T/ids" && refs >"$T/expect" && n=$(sed -n 2p "$T/ids") &&
	backend_on readonly secret/data/down/prod/$n &&
	test_expect_code 1 git vault repair >"$T/out" 2>"$T/err" &&
	test_grep "prod/$n is destroyed.*; envs/prod/.*env still has it, but it was not stored again: .*no right" \
		"$T/out" &&
	test "$(grep -c "stored again from the working tree" "$T/out")" = 1 &&
	refs >"$T/actual" && ! cmp "$T/expect" "$T/actual" &&
	git cat-file blob $(entry prod $n ref) >"$T/ref" &&
	test_grep "^version 1$" "$T/ref" && backend_off readonly &&
	test_expect_code 1 git vault repair >"$T/out" &&
	test_grep "stored again" "$T/out" && test_grep ! "prod/$n" "$T/out"
'

test_expect_success 'who has no identity is told that it is lost, and nothing changes' '
	begin nobody && there destroy prod $prod && refs >"$T/expect" &&
	test_expect_code 1 test_env XDG_CONFIG_HOME="$T/none" \
		git vault repair >"$T/out" 2>"$T/err" &&
	test_grep "tree/envs/prod/.env: one of its secrets is missing: .*destroyed" \
		"$T/out" &&
	refs >"$T/actual" && test_cmp "$T/expect" "$T/actual" &&
	git vault repair && whole
'

test_expect_success 'the policy keeps them in git now: it is sealed here' '
	begin moved && there destroy prod $prod &&
	sed "s/keep: vault, vault: team/keep: git/" .gitvault.yaml >"$T/new" &&
	cp "$T/new" .gitvault.yaml && pin && git vault repair >"$T/out" &&
	entry prod $prod age && test_must_fail entry prod $prod ref && whole
'

test_expect_success 'one that was given to the vault later, and lost there' '
	begin later &&
	sed "s/keep: vault, vault: team/keep: git/" .gitvault.yaml >"$T/new" &&
	cp "$T/new" .gitvault.yaml && pin && git vault secret migrate &&
	echo "DB=$value prod two" >envs/prod/.env && kept &&
	two=$(id_of prod) && cp "$T/policy" .gitvault.yaml && pin &&
	git vault secret migrate && there destroy prod $two &&
	git vault repair >"$T/out" &&
	test_grep "another copy of the value" "$T/out" &&
	entry prod $two age && test_must_fail entry prod $two ref && whole &&
	git vault secret migrate && test_must_fail entry prod $two age && whole
'

test_expect_success 'one that no snapshot has is named by its scope' '
	begin alone && echo "SIX=six-is-imported-by-hand" >"$T/six" &&
	git vault secret import --scope prod "$T/six" &&
	id=$(git ls-tree -r --name-only refs/vault/secrets/prod |
		sed -n "s|^../\(.*\)\.name|\1|p") && there destroy prod $id &&
	test_expect_code 1 git vault repair >"$T/out" &&
	test_grep "lost refs/vault/secrets/prod:../$id.ref: version 1 of .* is destroyed" \
		"$T/out" && entry prod $id ref
'

test_expect_success 'another clone takes what was mended' '
	begin ours && git clone -q . "$T/theirs" &&
	git -C "$T/theirs" fetch -q origin "+refs/vault/*:refs/vault/*" &&
	there destroy prod $prod && there destroy dev $dev &&
	git vault repair && ours=$PWD && cd "$T/theirs" &&
	git fetch -q "$ours" "+refs/vault/*:refs/vault-remote/ours/*" &&
	git remote add ours "$ours" && git vault key list &&
	git vault repair >"$T/out" &&
	test_grep "nothing to repair" "$T/out" && test_must_fail entry dev $dev ref &&
	whole
'

test_expect_success 'one that has sealed others meanwhile takes the new reference' '
	begin mine && git clone -q . "$T/yours" && mine=$PWD &&
	git -C "$T/yours" fetch -q origin "+refs/vault/*:refs/vault/*" &&
	there destroy prod $prod && there destroy dev $dev &&
	git vault repair && cd "$T/yours" && mkdir -p envs/prod/b envs/dev/b &&
	echo "DB=$value prod of yours" >envs/prod/b/.env &&
	echo "DB=$value dev of yours" >envs/dev/b/.env && git vault snapshot &&
	git fetch -q "$mine" "+refs/vault/*:refs/vault-remote/mine/*" &&
	git remote add mine "$mine" && git vault key list &&
	git cat-file blob $(entry prod $prod ref) >"$T/ref" &&
	test_grep "^version 2$" "$T/ref" && cd "$mine" &&
	git fetch -q "$T/yours" "+refs/vault/*:refs/vault-remote/yours/*" &&
	git remote add yours "$T/yours" && git vault key list &&
	git ls-tree -r --name-only refs/vault/secrets/prod >"$T/names" &&
	test "$(grep -c "ref$" "$T/names")" = 2 &&
	git cat-file blob $(entry prod $prod ref) >"$T/ref" &&
	test_grep "^version 2$" "$T/ref" && git vault repair >"$T/out" &&
	test_grep ! "stored again" "$T/out" && whole &&
	test_must_fail entry dev $dev ref && cd "$T/yours" &&
	git vault repair >"$T/out" && test_grep ! "stored again" "$T/out" &&
	test_must_fail entry dev $dev ref
'

test_expect_success 'a repository without references asks nobody' '
	cd "$T" && git init -q plain && cd plain && echo .env >.gitignore &&
	git add . && git commit -q -m first && echo "DB=$value" >.env &&
	git vault -q snapshot && echo "no: [policy" >.gitvault.yaml &&
	backend_forget && git vault repair >"$T/out" 2>"$T/err" &&
	test_grep "nothing to repair" "$T/out" && test_must_be_empty "$T/err" &&
	test "$(backend_asked .)" = 0
'

kind=aws region=', region: eu-central-1'

test_expect_success 'deleted at Amazon: stored anew' '
	begin amazon && of_policy delete prod $prod && lost prod &&
	git vault repair >"$T/out" 2>"$T/err" &&
	test_grep "stored again from the working tree, envs/prod/.env" "$T/out" &&
	of_policy fetch prod $prod >"$T/got" && cmp envs/prod/.env "$T/got" &&
	whole
'

test_expect_success 'deleted at Amazon, and nowhere: told, until it is restored' '
	cd amazon && of_policy delete prod $prod && rm envs/prod/.env && refs >"$T/expect" &&
	test_expect_code 1 git vault repair >"$T/out" 2>"$T/err" &&
	test_grep "tree/envs/prod/.env: one of its secrets is missing: .*restore-secret" \
		"$T/out" &&
	refs >"$T/actual" && test_cmp "$T/expect" "$T/actual" &&
	of_policy store prod $prod <"$T/kept$prefix/$id/envs/prod/.env" &&
	git vault repair && whole
'

test_expect_success 'deleted at Amazon, and sealed here as well' '
	cd amazon && of_policy delete dev $dev && git vault repair >"$T/out" &&
	test_must_fail entry dev $dev ref && whole &&
	git vault secret migrate && entry dev $dev ref && whole
'

backend_stop
kill "$aws"
test_done
