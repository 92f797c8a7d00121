#!/bin/sh
# shellcheck disable=SC2154 # lib-clones.sh sets them

test_description='a team: who opens what, before and after somebody comes, changes a key or goes

An owner (ann), an operator who comes later (bora), a reader of dev (cid) and a
write-only host (ci), with secrets, states and snapshots of prod and dev.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
# shellcheck disable=SC2154 # top is of lib-clones.sh

if ! command -v age >/dev/null || ! command -v python3 >/dev/null
then
	skip_all 'age or python3 is not installed'
fi

prod=Summer-2026-prod-x7 dev=Summer-2026-dev-k3

# state SERIAL VALUE
state () {
	printf '{"version":4,"terraform_version":"1.7.5","serial":%s,"lineage":"2b0c6f1e-7a54-4f0e-9a31-0f6a1c9d7e55","outputs":{},"resources":[{"mode":"managed","type":"aws_db_instance","name":"db","provider":"provider[\\"registry.terraform.io/hashicorp/aws\\"]","instances":[{"schema_version":1,"attributes":{"id":"db-1","password":"%s"}}]}],"check_results":null}\n' "$1" "$2"
}

# opens WHO ENV: whether somebody reads the newest state of an environment in their clone
opens () {
	as "$1" git vault state restore --env "$2" --stack net >"$top/out" 2>"$top/err" &&
		grep -q Summer-2026-"$2" "$top/out"
}

# table NAME: a line of who opens what by now
table () {
	for who in ann bora cid ci
	do
		test -d "$top/$who" || continue
		as "$who" git vault -q sync >/dev/null 2>&1
		for env in prod dev
		do
			cell=no && opens $who $env && cell=yes
			echo "$1 $who state $env $cell"
			cell=no
			rm -rf "$top/back" &&
				as "$who" git vault restore "$(cat "$top/old")" --to "$top/back" >/dev/null 2>&1
			grep -q Summer-2026-$env "$top/back/envs/$env/.env" && cell=yes
			echo "$1 $who old-snapshot $env $cell"
		done
	done >>"$top/table"
}

# said WHEN WHO WHAT ENV YES-OR-NO…
said () {
	grep -qx "$*" table || { echo "not so: $*" && grep "^$1 $2" table && false; }
}

# person WHO: a clone with a key of its own
person () {
	clone "$1" && as "$1" git config vault.auditName "$1" &&
	as "$1" git vault key generate >"$1.pub" 2>/dev/null
}

test_expect_success 'ann has secrets, states and a snapshot of prod and dev' '
	git init -q --bare remote && person ann &&
	as ann sh -c "printf \".env\n*.tfstate\n\" >.gitignore && mkdir -p envs/prod envs/dev &&
		echo x >envs/prod/main.tf && echo x >envs/dev/main.tf && git add . &&
		git commit -qm one && git push -q origin HEAD &&
		echo DB_PASSWORD=$prod >envs/prod/.env && echo DB_PASSWORD=$dev >envs/dev/.env" &&
	as ann git vault -q init && state 1 $prod >p1 && state 1 $dev >d1 &&
	as ann git vault state save --new --env prod --stack net "$top/p1" &&
	as ann git vault state save --new --env dev --stack net "$top/d1" &&
	as ann git vault snapshot >old && as ann git vault sync >/dev/null
'

test_expect_success 'a reader of dev and a write-only CI come' '
	person cid && person ci &&
	as ann git vault key add --name cid --scope dev "$(sed -n 1p cid.pub)" &&
	as ann git vault key add --name ci --role writer "$(sed -n 1p ci.pub)" &&
	as ann git vault sync >/dev/null && table with-cid-and-ci &&
	said with-cid-and-ci ann state prod yes && said with-cid-and-ci ann old-snapshot prod yes &&
	said with-cid-and-ci cid state dev yes && said with-cid-and-ci cid old-snapshot dev yes &&
	said with-cid-and-ci cid state prod no && said with-cid-and-ci cid old-snapshot prod no &&
	said with-cid-and-ci ci state prod no && said with-cid-and-ci ci state dev no &&
	said with-cid-and-ci ci old-snapshot prod no && said with-cid-and-ci ci old-snapshot dev no
'

test_expect_success 'CI takes a snapshot and saves states, and readers take what it saved' '
	as ci sh -c "mkdir -p envs/prod envs/dev; echo DB_PASSWORD=$prod-ci >envs/prod/.env &&
		echo DB_PASSWORD=$dev-ci >envs/dev/.env; git vault snapshot" >by_ci &&
	state 2 $prod-ci >p2 && state 2 $dev-ci >d2 &&
	as ci git vault state save --env prod --stack net "$top/p2" &&
	as ci git vault state save --env dev --stack net "$top/d2" &&
	as ci git vault sync >/dev/null && table with-work-of-ci &&
	said with-work-of-ci ann state prod yes && said with-work-of-ci cid state dev yes &&
	said with-work-of-ci cid state prod no && said with-work-of-ci ci state dev no &&
	opens ann prod && cmp p2 out && opens cid dev && cmp d2 out &&
	as ann git vault restore "$(cat by_ci)" --to "$top/from_ci" && grep -q $prod-ci from_ci/envs/prod/.env
'

test_expect_success 'versions of ann and of CI are compared by whoever opens both' '
	test_expect_code 1 as ann git vault state diff --env prod --stack net >out 2>err &&
	test_grep "aws_db_instance.db" out && test_grep password out && test_grep ! "id" out &&
	test_expect_code 1 as ann git vault state diff -p --env prod --stack net >out &&
	test_grep ! "$prod" out && as ann git vault state blame --env prod --stack net \
		aws_db_instance.db --json >out && test_grep "\"name\":\"password\".*\"serial\":2" out &&
	test_grep "\"name\":\"id\".*\"serial\":1" out &&
	as ann git vault state save --env prod --stack net --force --reason same "$top/p2" &&
	as ann git vault state diff --env prod --stack net >out && test_must_be_empty out &&
	as ann git vault state diff --env prod --stack net --json >out && test_grep "same_bytes\":true" out &&
	test_expect_code 5 as ci git vault state diff --env prod --stack net 2>err &&
	test_grep "were saved under different id keys, so only a key that opens both" err
'

# tries WHO SCOPE GUESS...: every blob of every ref of their clone
tries () {
	who_=$1 && shift &&
	python3 "$TEST_DIRECTORY/helper/guess.py" "$top/$who_/clone" \
		"$top/$who_/.config/git-vault/identity" "$@" >tried && cat tried
}

test_expect_success 'these guesses can be tested: by ann, who reads all' '
	tries ann prod $prod "DB_PASSWORD=$prod" && test_grep "^opens: $prod" tried &&
	test_grep "^confirms: DB_PASSWORD=$prod" tried
'

test_expect_success 'no blob of any ref opens to CI or lets it test a guess, of what others saved' '
	tries ci prod $prod "DB_PASSWORD=$prod" Winter-2026 && test_grep "^opened [1-9]" tried &&
	test_grep ! "^opens" tried && test_grep ! "^confirms" tried &&
	tries ci dev $dev "DB_PASSWORD=$dev" && test_grep ! "^opens" tried && test_grep ! "^confirms" tried
'

test_expect_success 'nor to the reader of dev, of prod: also of what CI saved' '
	tries cid prod $prod "DB_PASSWORD=$prod" "DB_PASSWORD=$prod-ci" $prod-ci &&
	test_grep ! "^opens" tried && test_grep ! "^confirms" tried &&
	tries cid dev "DB_PASSWORD=$dev" && test_grep "^opens: DB_PASSWORD=$dev" tried &&
	test_grep "^confirms: DB_PASSWORD=$dev" tried
'

# exchanged WHO FILE: somebody gives them another key, which the pusher knows
exchanged () {
	rm -rf dot && person dot && cp "$1/.config/git-vault/identity" dot/.config/git-vault/identity &&
	as dot git fetch -q origin refs/vault/keyring:refs/vault/keyring &&
	{ printf "%064d" 7 && echo; } | age -r "$(sed -n 1p ci.pub)" -r "$(sed -n 1p cid.pub)" >forged &&
	as dot sh -c "git read-tree refs/vault/keyring &&
		git update-index --add --cacheinfo 100644,\$(git hash-object -w ../../forged),$2 &&
		git update-ref refs/vault/keyring \$(git commit-tree -p refs/vault/keyring^ -m x \$(git write-tree)) &&
		git read-tree HEAD && mkdir -p envs/dev && echo A=b-c-d-e-f-1 >envs/dev/.env" &&
	as dot test_must_fail git vault snapshot 2>err && test_grep "$3" err
}

test_expect_success 'nobody can exchange a key of the keyring, or the list of them' '
	exchanged ci idkey-ci.age "somebody has exchanged it" &&
	exchanged cid scope-dev.age "somebody has exchanged it" &&
	exchanged cid idkeys "id keys" &&
	exchanged cid idkeys.sig "id keys"
'

test_expect_success 'an operator comes later, and reads states and old snapshots' '
	person bora && as ann git vault key add --name bora --role operator "$(sed -n 1p bora.pub)" &&
	as ann git vault sync >/dev/null && table with-bora &&
	for env in prod dev
	do
		said with-bora bora state $env yes && said with-bora bora old-snapshot $env yes || return 1
	done &&
	said with-bora cid state prod no && said with-bora ci state prod no
'

test_expect_success 'ann changes her key, and goes on with the new one alone' '
	cp ann/.config/git-vault/identity ann.old &&
	as ann git vault key rotate --all-versions && rm "$top"/ann/.config/git-vault/identity.old-* &&
	as ann git vault sync >/dev/null && table rotated &&
	for who in ann bora
	do
		said rotated $who state prod yes && said rotated $who old-snapshot prod yes || return 1
	done && said rotated cid state dev yes && said rotated cid state prod no
'

test_expect_success 'her old key tests no guess of what is saved after the change' '
	cp ann.old stolen && state 3 $prod-late >p3 &&
	as ann sh -c "echo DB_PASSWORD=$prod-late >envs/prod/.env" &&
	as ann git vault state save --env prod --stack net "$top/p3" &&
	as ann git vault snapshot >late && as ann git vault sync >/dev/null &&
	as bora git vault sync >/dev/null &&
	opens ann prod && cmp p3 out && opens bora prod && cmp p3 out &&
	python3 "$TEST_DIRECTORY/helper/guess.py" "$top/ann/clone" "$top/stolen" prod \
		"DB_PASSWORD=$prod-late" $prod-late "DB_PASSWORD=$prod" >tried && cat tried &&
	test_grep "^confirms: DB_PASSWORD=$prod$" tried && test_grep ! "late" tried &&
	tries ann prod "DB_PASSWORD=$prod-late" && test_grep "^opens" tried &&
	test_grep "^confirms" tried
'

test_expect_success 'cid goes: what is saved from then on is closed, also to guesses' '
	as ann git vault key remove cid && state 3 $dev-new >d3 &&
	as ann sh -c "echo DB_PASSWORD=$dev-new >envs/dev/.env" &&
	as ann git vault state save --env dev --stack net "$top/d3" &&
	as ann git vault snapshot >new && as ann git vault sync >/dev/null && table removed &&
	as cid git fetch -q origin "+refs/vault/*:refs/vault/*" &&
	tries cid dev "DB_PASSWORD=$dev-new" $dev-new && test_grep ! "^opens" tried &&
	test_grep ! "^confirms" tried &&
	opens bora dev && cmp d3 out && said removed bora state dev yes &&
	as ann git vault verify --deep && as bora git vault verify --deep
'

test_expect_success 'git, age and gzip give bora the newest and the old, with no git-vault' '
	as bora sh -c "git cat-file blob refs/vault/keyring:keyring" | grep -q "^recipient bora" &&
	awk "
		\$1 == \".\\\\\\\"\" && \$2 == \"block\" { found = \$3 == \"state\"; next }
		found && /^\\.Bd/ { inside = 1; next }
		inside && /^\\.Ed/ { exit }
		inside { gsub(/\\\\e/, \"\\\\\\\\\"); print }
	" "$GIT_VAULT_SRC_DIR/man/git-vault-recovery.7" |
		sed "s|state/prod/default|state/prod/net|" >run && test_file_not_empty run &&
	mkdir hand && (cd bora/clone && KEY=$top/bora/.config/git-vault/identity && export KEY &&
		mkdir hand && cd hand && . "$top/run" >said && cp terraform.tfstate "$top/hand") &&
	cmp p3 hand/terraform.tfstate
'

test_done
