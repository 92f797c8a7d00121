#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault secret migrate: values go to where the policy keeps them

Every snapshot is restored from a fresh clone after each change, and gives the
bytes that it was taken of.'
. "$(dirname "$0")/test-lib.sh"
. "$GIT_VAULT_SRC_DIR/t/lib-take.sh"
. "$GIT_VAULT_SRC_DIR/t/lib-backend.sh"

backend_or_skip

value='canary-3c81f60b7d2e94a5'
down=http://127.0.0.1:1

# policy KEEP [VAULT]: of the scope prod, as the last commit has it
policy () {
	cat >.gitvault.yaml <<-EOF &&
	scopes:
	  prod: { keep: $1${2:+, vault: $2} }
	vaults:
	  team: { kind: $kind$region }
	  other: { kind: $kind$region, path: elsewhere }
	EOF
		cp .gitvault.yaml ../policy && git add .gitvault.yaml &&
		git commit -q --allow-empty -m "$1 $2" && accept_policy
}

# without COMMAND…: while the vault is down
without () {
	(
		VAULT_ADDR=$down AWS_ENDPOINT_URL=$down GIT_VAULT_TIMEOUT=2
		export GIT_VAULT_TIMEOUT
		"$@"
	)
}

# has N M: so many values of prod are sealed here, and of so many there is a
# reference
has () {
	git ls-tree -r --name-only refs/vault/secrets/prod >../names &&
		test "$(grep -c "age$" ../names)" = "$1" &&
		test "$(grep -c "ref$" ../names)" = "$2"
}

# kept: take a snapshot, and have its files beside it
kept () {
	take && mkdir -p ../kept/$id && cp -a envs ../kept/$id/
}

# all_back: each snapshot gives its files in a fresh clone
all_back () {
	rm -rf ../fresh ../back && git clone -q . ../fresh &&
		git -C ../fresh fetch -q origin "+refs/vault/*:refs/vault/*" &&
		for one in ../kept/*
		do
			git -C ../fresh vault restore "${one##*/}" \
				--to ../back &&
				diff -r "$one/envs" ../back/envs &&
				rm -rf ../back || return 1
		done
}

# there N [VAULT]: of the values of prod the vault gives so many
there () {
	n_=0
	for id_ in $(git ls-tree -r --name-only refs/vault/secrets/prod |
		sed -n "s|^../\(.*\)\..*|\1|p" | sort -u)
	do
		! backend-tool ../policy "${2:-team}" fetch prod "$id_" >../got \
			2>/dev/null || n_=$((n_ + 1))
	done
	test $n_ = "$1"
}

# begin FOLDER: a repository with two snapshots of four values that are sealed in
# git alone since the vault was down, though they are to be in both; the third
# try reads what was written while the second was taken, and no other does
begin () {
	rm -rf "$1" kept && git init -q "$1" && cd "$1" &&
		mkdir -p envs/prod && echo .env >.gitignore && git add . &&
		git commit -q -m first && policy both team &&
		echo "DB=$value" >envs/prod/.env &&
		echo "password: $value-yaml" >envs/prod/app.yaml &&
		without kept && test_grep "a value of prod: cannot reach" "$TMPDIR/err" &&
		echo "DB=$value two" >envs/prod/.env &&
		echo "password: $value-yaml-two" >envs/prod/app.yaml &&
		without kept && without git vault -q snapshot && has 4 0
}

backend_aws || exit 1
aws=$server_ aws_dir=$server_dir_
backend_vault || exit 1

for kind in hashicorp aws
do
	region=
	test $kind = hashicorp || region=', region: eu-central-1'

	test_expect_success "$kind: what it missed, later snapshots do not give it" '
		begin $kind &&
		test_grep "git vault secret migrate. copies it to the vault" "$TMPDIR/err" &&
		git vault snapshot && git vault snapshot --force &&
		has 4 0 && there 0 && all_back
	'

	test_expect_success "$kind: a dry run says so, and does nothing" '
		cd $kind && git for-each-ref refs/vault >../expect &&
		without git vault secret migrate -n >../out &&
		echo "prod: 4 values would be given to the vault team" >../want &&
		test_cmp ../want ../out && there 0 &&
		git for-each-ref refs/vault >../actual &&
		test_cmp ../expect ../actual
	'

	test_expect_success "$kind: while it is down nothing is changed" '
		cd $kind && git rev-parse refs/vault/secrets/prod >../expect &&
		test_expect_code 128 without git vault secret migrate 2>../err &&
		test_grep "a value of prod: cannot reach" ../err &&
		git rev-parse refs/vault/secrets/prod >../actual &&
		test_cmp ../expect ../actual
	'

	test_expect_success "$kind: from git to both" '
		cd $kind && git vault secret migrate >../out &&
		echo "prod: 4 values given to the vault team" >../want &&
		test_cmp ../want ../out && has 4 4 && there 4 && all_back &&
		without all_back && git fsck --strict
	'

	test_expect_success "$kind: then there is nothing to do, for nobody" '
		cd $kind && git for-each-ref refs/vault >../expect &&
		without git vault secret migrate >../out &&
		test_grep "all values are where the policy keeps them" ../out &&
		git for-each-ref refs/vault >../actual &&
		test_cmp ../expect ../actual
	'

	test_expect_success "$kind: from both to the vault alone" '
		cd $kind && policy vault team && git vault secret migrate >../out &&
		echo "prod: 4 values left to the vault team alone" >../want &&
		test_cmp ../want ../out && has 0 4 && there 4 && all_back &&
		test_must_fail without all_back
	'

	test_expect_success "$kind: from the vault to git" '
		cd $kind && policy git && git vault secret migrate >../out 2>../err &&
		test_grep "prod: 4 values encrypted here, from the vault team" ../out &&
		test_grep "the vault team still has 4 values of prod" ../err &&
		has 4 0 && there 4 && without all_back
	'

	test_expect_success "$kind: from git to the vault alone" '
		cd $kind && policy vault team && git vault secret migrate &&
		has 0 4 && there 4 && all_back
	'

	test_expect_success "$kind: from the vault to both, and to git" '
		cd $kind && policy both team && git vault secret migrate >../out &&
		test_grep "prod: 4 values encrypted here, from the vault team" ../out &&
		has 4 4 && without all_back && policy git &&
		git vault secret migrate && has 4 0 && without all_back
	'

	test_expect_success "$kind: from one vault to another" '
		cd $kind && policy vault team && git vault secret migrate &&
		policy vault other && there 0 other &&
		git vault secret migrate >../out 2>../err &&
		test_grep "prod: 4 values given to the vault other" ../out &&
		test_grep "the vault team still has 4 values of prod" ../err &&
		has 0 4 && there 4 other && all_back &&
		git vault verify --all --deep && git fsck --strict
	'

	test_expect_success "$kind: nothing leans on what was sealed before" '
		cd $kind && commit=$(git commit-tree -m anew \
			"refs/vault/secrets/prod^{tree}") &&
		git update-ref refs/vault/secrets/prod $commit &&
		git gc -q --prune=now && git fsck --strict &&
		git vault verify --all --deep && all_back
	'

	test_expect_success "$kind: a snapshot finds all of them where they are" '
		cd $kind && git rev-parse refs/vault/secrets/prod >../expect &&
		rm .git/vault/index .git/vault/facts && kept --force &&
		git rev-parse refs/vault/secrets/prod >../actual &&
		test_cmp ../expect ../actual
	'
done

kind=hashicorp region=

test_expect_success 'who has no key is told so, and nothing changes' '
	begin four && policy vault team &&
	git rev-parse refs/vault/secrets/prod >../expect &&
	age-keygen -o ../nobody.key 2>/dev/null &&
	test_expect_code 5 git vault secret migrate \
		--identity ../nobody.key 2>../err &&
	test_expect_code 5 test_env XDG_CONFIG_HOME=$PWD/../none \
		git vault secret migrate 2>../err.none &&
	test_grep "no identity" ../err.none &&
	test_grep "no identity here decrypts the id key," ../err &&
	git rev-parse refs/vault/secrets/prod >../actual &&
	test_cmp ../expect ../actual && there 0
'

test_expect_success 'who reads another scope only moves that' '
	cd four && age-keygen -o ../bob.key 2>/dev/null &&
	git vault key add --name bob --new-scope --scope dev \
		"$(age-keygen -y ../bob.key)" && mkdir envs/dev &&
	echo "DB=$value dev" >envs/dev/.env && take && cat >.gitvault.yaml <<-\EOF &&
	scopes:
	  prod: { keep: vault, vault: team }
	  dev: { keep: both, vault: team }
	vaults:
	  team: { kind: hashicorp }
	EOF
	accept_policy &&
	test_expect_code 5 git vault secret migrate --identity ../bob.key \
		>../out 2>../err &&
	echo "dev: 1 value given to the vault team" >../want &&
	test_cmp ../want ../out && has 4 0 &&
	test_grep "4 of the secrets cannot be decrypted here" ../err
'

test_expect_success 'a scope can be named, and must be there' '
	cd four && sed "s/both/vault/" .gitvault.yaml >../changed &&
	cp ../changed .gitvault.yaml && accept_policy &&
	test_must_fail git vault secret migrate --scope prd 2>../err &&
	test_grep "no value is of the scope prd" ../err &&
	git vault secret migrate --scope dev >../out && has 4 0 &&
	echo "dev: 1 value left to the vault team alone" >../want &&
	test_cmp ../want ../out
'

test_expect_success 'a token that is expired is told, and nothing changes' '
	cd four && backend_on expired &&
	git rev-parse refs/vault/secrets/prod >../expect &&
	test_expect_code 5 git vault secret migrate 2>../err &&
	test_grep "a value of prod: .*expired or not known" ../err &&
	git rev-parse refs/vault/secrets/prod >../actual &&
	test_cmp ../expect ../actual
'

test_expect_success 'what is given back must be what was given' '
	cd four && backend_on other &&
	test_expect_code 3 git vault secret migrate >../out 2>../err &&
	test_grep "4 values .*stay where they are: value .*returned another version" \
		../err &&
	has 4 0
'

test_expect_success 'it is told to the audit chain, but for a dry run' '
	cd four && git for-each-ref refs/vault/audit >../expect &&
	git vault secret migrate -n && git for-each-ref refs/vault/audit >../actual &&
	test_cmp ../expect ../actual && git vault --json secret migrate --reason "as agreed" >../json &&
	git for-each-ref --format="%(contents)" refs/vault/audit >../event &&
	test_grep "^Vault-Event: migrate" ../event &&
	test_grep "^Vault-Reason: as agreed" ../event &&
	test_grep "^Vault-Scopes: prod" ../event &&
	test_grep "^Vault-Signature: " ../event && has 0 4 &&
	sed -n "s|^../\(.*\)\.ref|\1|p" ../names >../ids && while read -r id
	do
		test_grep "^Vault-Ids: .*$id" ../event || return 1
	done <../ids &&
	test_grep "\"scope\": *\"prod\", *\"vault\": *\"team\", *\"given\": *4" \
		../json &&
	test_grep "\"unsealed\": *4" ../json && test_grep "\"secrets\": *4" ../json
'

test_expect_success 'no value is said, and none is in the repository in clear' '
	cd four && git cat-file --batch-all-objects --batch --buffer >../all &&
	cat ../out ../err ../json ../event >>../all &&
	test_grep ! -a -F "$value" ../all
'

test_expect_success 'what a vault has lost is named, and the rest is moved' '
	cd four && policy git && id=$(sed -n 1p ../ids) &&
	curl -fsS -H "X-Vault-Token: $VAULT_TOKEN" -H "X-Vault-Request: true" \
		-d "{\"versions\":[1]}" \
		"$VAULT_ADDR/v1/secret/destroy/git-vault/prod/$id" &&
	test_expect_code 3 git vault secret migrate --scope prod \
		>../out 2>../err &&
	test_grep "1 value missing.*: value $(printf %.12s $id): .*destroyed" \
		../err &&
	echo "prod: 3 values encrypted here, from the vault team" >../want &&
	sed -n 1p ../out >../first && test_cmp ../want ../first && has 3 1
'

test_expect_success 'of a vault that the policy has no more nothing is fetched' '
	cd four && printf "scopes:\n  prod: { keep: git }\n" >.gitvault.yaml &&
	accept_policy &&
	test_expect_code 3 git vault secret migrate 2>../err &&
	test_grep "stored in the vault team, which the policy does not name" \
		../err && has 3 1
'

test_expect_success 'what is in chunks stays in git, and is where it is to be' '
	begin four && policy both team && head -c 300000 /dev/urandom >envs/prod/.env && take &&
	test "$(git cat-file -t "$(git ls-tree -r -t refs/vault/secrets/prod |
		sed -n "s/.* tree \([0-9a-f]*\).*age$/\1/p")")" = tree &&
	git vault secret migrate >../out &&
	echo "prod: 4 values given to the vault team" >../want &&
	test_cmp ../want ../out && git vault secret migrate >../out &&
	test_grep "all values are where the policy keeps them" ../out &&
	git vault restore latest --to ../back && test_when_finished "rm -rf back" &&
	cmp envs/prod/.env ../back/envs/prod/.env
'

test_expect_success 'what a vault does not take is counted, and named once' '
	cd four && policy git && head -c 70000 /dev/urandom >envs/prod/.env &&
	take && kind=aws region=", region: eu-central-1" && policy both team &&
	kind=hashicorp region= &&
	test_expect_code 3 git vault secret migrate 2>../err &&
	test_line_count = 1 ../err &&
	test_grep "1 value not moved, since .*: a secret of 70000 bytes cannot be stored in .* 1 to 65536" \
		../err
'

test_expect_success 'many go by some at a time' '
	cd four && safe-tool many many 300 >../out && cat >.gitvault.yaml <<-\EOF &&
	scopes:
	  many: { keep: vault, vault: team }
	vaults:
	  team: { kind: hashicorp }
	EOF
	accept_policy && git vault secret migrate --scope many >../out &&
	echo "many: 300 values given to the vault team" >../want &&
	echo "many: 300 values left to the vault team alone" >>../want &&
	test_cmp ../want ../out &&
	git log --format=%s refs/vault/secrets/many >../log &&
	test "$(grep -c "^move " ../log)" = 3 &&
	git ls-tree -r --name-only refs/vault/secrets/many >../names &&
	test "$(grep -c "ref$" ../names)" = 300 && test_grep ! "age$" ../names &&
	safe-tool all many >../out && test_grep "opened.*300" ../out &&
	git fsck --strict
'

test_expect_success 'what was moved before the vault lets nobody in stays moved' '
	cd four && safe-tool many some 100 >../out && cat >.gitvault.yaml <<-\EOF &&
	scopes:
	  some: { keep: vault, vault: team }
	vaults:
	  team: { kind: hashicorp }
	EOF
	accept_policy && backend_on forbidden secret/data/git-vault/some/8 &&
	test_expect_code 5 git vault secret migrate --scope some \
		>../out 2>../err &&
	test_grep "a value of some: .*has no right to" ../err &&
	git ls-tree -r --name-only refs/vault/secrets/some >../names &&
	n=$(grep -c "ref$" ../names) && test $n -gt 0 && test $n -lt 100 &&
	test_grep "some: $n value.* given to the vault team" ../out &&
	test "$(grep -c "age$" ../names)" = $((100 - n)) &&
	backend_off forbidden && git vault secret migrate --scope some >../out &&
	test_grep "some: $((100 - n)) value.* given to the vault team" ../out &&
	safe-tool all some >../out && test_grep "opened.*100" ../out
'

# of NAME: what the clone of that name has is merged into this one
of () {
	git fetch -q ../$1 "+refs/vault/*:refs/vault-remote/$1/*" &&
		git vault key list >../out
}

test_expect_success 'what another clone has moved is merged, and the rest moves here' '
	begin one && git clone -q . ../two && policy vault team &&
	print=$(git vault key list --json |
		grep -o "SHA256:[A-Za-z0-9+/]*" | head -n 1) && cd ../two &&
	git config vault.keyring "$print" &&
	git config vault.policy "$(git rev-parse HEAD:.gitvault.yaml)" &&
	git remote add one ../one && of one && mkdir -p envs/prod &&
	echo "DB=$value of two" >envs/prod/.env && without take && has 5 0 &&
	cd ../one && git remote add two ../two && git vault secret migrate &&
	has 0 4 && cd ../two && of one && has 5 4 &&
	git pull -q one HEAD &&
	git config vault.policy "$(git rev-parse HEAD:.gitvault.yaml)" &&
	git vault secret migrate >../out &&
	echo "prod: 5 values left to the vault team alone" >../want &&
	tail -n 1 ../out >../last && test_cmp ../want ../last && has 0 5 &&
	cd ../one && of two && has 0 5 && all_back && git fsck --strict &&
	git vault secret migrate >../out &&
	test_grep "all values are where the policy keeps them" ../out
'

test_expect_success 'doctor names what lies elsewhere, and asks nobody for it' '
	begin doctor && policy both team &&
	test_might_fail git vault doctor >../out &&
	test_grep "stored elsewhere than the policy says, such as of prod" ../out &&
	test_grep "git vault secret migrate" ../out &&
	policy vault team && git vault secret migrate &&
	test_might_fail git vault doctor >../out &&
	test_grep ! "elsewhere than the policy" ../out
'

backend_stop
kill "$aws"
test_done
