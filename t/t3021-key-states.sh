#!/bin/sh

test_description='states follow the people: a key comes, goes and changes, and so does who opens which version'
. "$(dirname "$0")/test-lib.sh"

own=$HOME/.config/git-vault/identity

# state SERIAL [VALUE]: a state of Terraform with a value that is a secret
state () {
	printf '{"version":4,"terraform_version":"1.7.5","serial":%s,"lineage":"2b0c6f1e-7a54-4f0e-9a31-0f6a1c9d7e55","outputs":{},"resources":[{"mode":"managed","type":"aws_db_instance","name":"db","provider":"provider[\\"registry.terraform.io/hashicorp/aws\\"]","instances":[{"schema_version":1,"attributes":{"id":"db-1","password":"%s"}}]}],"check_results":null}\n' \
		"$1" "${2:-kX7wQm29vLpZr4ty-$1}"
}

# save ENV STACK SERIAL [VALUE]
save () {
	state "$3" "${4:-}" >in.$1.$2.$3 || return 1
	# a stack that does not exist yet may have to be asked for
	git vault state save --new --env "$1" --stack "$2" in.$1.$2.$3 >/dev/null 2>&1 ||
	git vault state save --new --env "$1" --stack "$2" in.$1.$2.$3 >/dev/null
}

# gives IDENTITY ENV STACK VERSION FILE: whether it restores the version
gives () {
	GIT_VAULT_IDENTITY=$1 git vault state restore --env "$2" --stack "$3" --to out "$4" &&
	test_cmp_bin "$5" out &&
	rm -f out
}

# shut IDENTITY ENV STACK VERSION: it has no key of it
shut () {
	GIT_VAULT_IDENTITY=$1 test_expect_code 5 \
		git vault state restore --env "$2" --stack "$3" --to out "$4" 2>err &&
	test_path_is_missing out
}

key () {
	git vault key generate -o "$1" >"$1.pub"
}

test_expect_success 'versions of two stacks in two environments' '
	test_commit one &&
	for n in 1 2 3; do save prod net $n || return 1; done &&
	save prod db 9 && save dev net 1 &&
	git rev-parse refs/vault/state/prod/net >tip &&
	key bora && key cid && key dan
'

test_expect_success 'who is added reads the newest version of every stack at once' '
	shut bora prod net latest &&
	git vault key add --name bora --role operator "$(head -n 1 bora.pub)" >said 2>&1 &&
	gives bora prod net latest in.prod.net.3 &&
	gives bora prod db latest in.prod.db.9 &&
	gives bora dev net latest in.dev.net.1
'

test_expect_success 'and is told of those before, with the command that does them' '
	test_grep "2 older versions of prod/net" said &&
	test_grep "git vault key reseal --all-versions" said &&
	shut bora prod net latest~1
'

test_expect_success 'no commit of a state was written for it' '
	git rev-parse refs/vault/state/prod/net >now &&
	test_cmp tip now
'

test_expect_success 'nor is one when who reads it now saves the same file' '
	git vault state save --env prod --stack net in.prod.net.3 >said 2>&1 &&
	GIT_VAULT_IDENTITY=bora git vault state save --env prod --stack net \
		in.prod.net.3 &&
	git rev-parse refs/vault/state/prod/net >now &&
	test_cmp tip now
'

test_expect_success 'doctor says what they cannot open, as an error' '
	test_expect_code 1 git vault doctor --json >found &&
	test_grep "\"state_unreadable\"" found &&
	test_grep "prod/net" found
'

test_expect_success 'all versions, when that is asked for, once' '
	git vault key reseal --all-versions >said 2>&1 &&
	gives bora prod net latest~1 in.prod.net.2 &&
	gives bora prod net latest~2 in.prod.net.1 &&
	test_grep ! "older version" said &&
	{ git vault doctor --json >found || :; } &&
	test_grep ! state_unreadable found &&
	git rev-parse refs/vault/secrets/prod >a &&
	git vault key reseal --all-versions &&
	git rev-parse refs/vault/secrets/prod >b &&
	test_cmp a b
'

test_expect_success 'a reader of one environment reads the states of that one' '
	git vault key add --name cid --scope dev "$(head -n 1 cid.pub)" &&
	gives cid dev net latest in.dev.net.1 &&
	shut cid prod net latest
'

test_expect_success 'who is removed opens nothing that is encrypted from then on' '
	git vault key remove cid >/dev/null &&
	save dev net 2 && shut cid dev net latest && gives bora dev net latest in.dev.net.2
'

test_expect_success 'a key that is rotated leaves nothing behind' '
	git vault key rotate >said 2>&1 &&
	old=$(echo "$own".old-*) && mv "$old" kept &&
	gives "$own" prod net latest in.prod.net.3 &&
	gives "$own" prod db latest in.prod.db.9
'

test_expect_success 'what the new key cannot open is named, and a colleague does it' '
	cp kept "$own.old-1" && git vault key reseal --all-versions && rm "$own.old-1" &&
	gives "$own" prod net latest~2 in.prod.net.1
'

test_expect_success 'what was known good and what snapshots hold is done without being asked' '
	mkdir -p live/prod && state 11 >live/prod/terraform.tfstate &&
	git vault snapshot -m first --only live >/dev/null &&
	git vault good mark prod >/dev/null &&
	cp live/prod/terraform.tfstate held &&
	save prod live.prod 12 && save prod live.prod 13 &&
	state 14 >live/prod/terraform.tfstate && git vault snapshot -m second --only live >/dev/null &&
	git vault key add --name dan --role operator "$(head -n 1 dan.pub)" >said 2>&1 &&
	test_grep "2 older versions of prod/live.prod" said &&
	GIT_VAULT_IDENTITY=dan git vault restore good:prod --to "$TMPDIR/there" &&
	test_cmp_bin held "$TMPDIR/there/live/prod/terraform.tfstate"
'

# by_hand IDENTITY ENV STACK: what the lines of git-vault-recovery(7) give back, with git, age and gzip
by_hand () {
	awk '
		$1 == ".\\\"" && $2 == "block" { found = $3 == "state"; next }
		found && /^\.Bd/ { inside = 1; next }
		inside && /^\.Ed/ { exit }
		inside { gsub(/\\e/, "\\"); print }
	' "$GIT_VAULT_SRC_DIR/man/git-vault-recovery.7" |
	sed "s|state/prod/default|state/$2/$3|; s|secrets/prod|secrets/$2|" >"$TMPDIR/run" &&
	KEY=$PWD/$1 &&
	mkdir hand && (cd hand && . "$TMPDIR/run" >said) &&
	cp hand/terraform.tfstate by_hand &&
	sed "s/ .*//" hand/said | sort -u >sums && rm -r hand && test_line_count -eq 1 sums
}

test_lazy_prereq AGE 'command -v age'

test_expect_success AGE 'git, age and gzip give dan what was saved before he came' '
	by_hand dan prod net && test_cmp_bin in.prod.net.3 by_hand &&
	by_hand dan prod live.prod && test_cmp_bin live/prod/terraform.tfstate by_hand
'

# big SERIAL: with a resource that is larger than what is kept in one piece
big () {
	state "$1" "$(head -c 300000 /dev/zero | tr "\0" "$2")"
}

test_expect_success 'states of which only some is encrypted, of other kinds, and large ones' '
	echo "state: {seal: sensitive}" >.gitvault.yaml && accept_policy &&
	cat >in.split <<-\EOF &&
	{ "version": 4, "serial": 1, "lineage": "l", "outputs": {
	    "a": { "value": "split-secret-7", "type": "string", "sensitive": true },
	    "b": { "value": "to be seen", "type": "string" } },
	  "resources": [] }
	EOF
	{ git vault state save --new --env qa --stack split in.split ||
		git vault state save --new --env qa --stack split in.split; } &&
	git ls-tree -r refs/vault/state/qa/split:parts >parts && test_grep "\.split/spans" parts &&
	rm .gitvault.yaml && accept_policy &&
	big 1 a >in.large && big 2 b >in.larger &&
	{ git vault state save --new --env qa --stack large in.large ||
		git vault state save --new --env qa --stack large in.large; } &&
	git vault state save --new --env qa --stack large in.larger &&
	head -c 700000 /dev/urandom >in.opaque &&
	{ git vault state save --new --env qa --stack opaque in.opaque ||
		git vault state save --new --env qa --stack opaque in.opaque; }
'

test_expect_success 'all of them are read by who comes later' '
	key eve && git vault key add --name eve --scope qa "$(head -n 1 eve.pub)" &&
	gives eve qa split latest in.split &&
	gives eve qa large latest in.larger &&
	gives eve qa opaque latest in.opaque &&
	shut eve qa large latest~1 &&
	git vault verify --deep
'

test_expect_success AGE 'and by hand' '
	by_hand eve qa split && test_cmp_bin in.split by_hand &&
	by_hand eve qa large && test_cmp_bin in.larger by_hand &&
	by_hand eve qa opaque && test_cmp_bin in.opaque by_hand
'

test_expect_success 'what one clone encrypts again another one has by a sync, and nothing takes it back' '
	git init -q --bare "$TMPDIR/o.git" && git remote add origin "$TMPDIR/o.git" &&
	git push -q origin HEAD && git vault sync && git clone -q "$TMPDIR/o.git" "$TMPDIR/c" &&
	(cd "$TMPDIR/c" && git config vault.auditName eve &&
		GIT_VAULT_IDENTITY=$TRASH_DIRECTORY/eve git vault sync &&
		GIT_VAULT_IDENTITY=$TRASH_DIRECTORY/eve git vault state restore --env qa --stack split --to got &&
		test_cmp_bin "$TRASH_DIRECTORY/in.split" got &&
		echo "TOKEN=ghp_$(head -c 27 /dev/zero | tr "\0" a)B1c2D3e4F" >.env && echo .env >.gitignore &&
		GIT_VAULT_IDENTITY=$TRASH_DIRECTORY/eve git vault snapshot && GIT_VAULT_IDENTITY=$TRASH_DIRECTORY/eve git vault sync) &&
	git vault sync && gives eve qa split latest in.split && git vault prune --yes >/dev/null &&
	gives eve qa split latest in.split
'

# parts: how many the scope has
parts () {
	git ls-tree -r --name-only refs/vault/secrets/qa | grep -c "\.part"
}

test_expect_success 'killed at any time it goes on, and nothing is lost' '
	for n in 3 4 5 6 7 8 9; do
		head -c 200000 /dev/urandom >in.opaque.$n &&
		git vault state save --new --env qa --stack opaque in.opaque.$n >/dev/null || return 1
	done &&
	key fay && git vault key add --name fay --scope qa "$(head -n 1 fay.pub)" &&
	before=$(parts) &&
	for t in 0.01 0.02 0.03 0.05 0.08 0.13; do
		{ timeout --foreground -s KILL $t git-vault key reseal --all-versions || :; } &&
		gives fay qa opaque latest in.opaque.9 || return 1
	done &&
	git vault key reseal --all-versions && test "$(parts)" -gt "$before" &&
	gives fay qa opaque latest~3 in.opaque.6 && gives fay qa large latest~1 in.large &&
	git fsck --no-dangling && git vault verify
'

test_expect_success 'verify --deep counts what nobody here may read, and fails for what they may' '
	key gil && GIT_VAULT_IDENTITY=gil git vault verify --deep >out 2>err && rm -f out &&
	test_grep "state versions were not opened" err &&
	GIT_VAULT_IDENTITY=fay git vault verify --deep >found 2>err &&
	test_grep "state versions were not opened" err &&
	git update-ref refs/vault/secrets/qa "$(git rev-list --max-parents=0 refs/vault/secrets/qa)" &&
	GIT_VAULT_IDENTITY=fay test_expect_code 5 git vault verify --deep >found 2>err &&
	test_grep "access to .*versions of states" err &&
	test_grep "git vault key reseal --all-versions" err &&
	test_expect_code 1 git vault doctor >found 2>&1 &&
	git vault key reseal --all-versions &&
	GIT_VAULT_IDENTITY=fay git vault verify --deep
'

# refused PATTERN ARG...: such a key is not added, and nothing is changed
refused () {
	pattern=$1 && shift &&
	git rev-parse refs/vault/keyring >before &&
	test_expect_code 129 git vault key add "$@" "$(head -n 1 gil.pub)" 2>err &&
	test_grep "$pattern" err &&
	git rev-parse refs/vault/keyring >after && test_cmp before after
}

test_expect_success 'an unknown scope or role is refused with the nearest one' '
	refused "unknown scope .prdo.; did you mean .prod." --name gil --scope prdo &&
	refused "unknown scope .Prod.; did you mean .prod." --name gil --scope Prod &&
	refused "unknown scope .prod2.; did you mean .prod." --name gil --scope dev --scope prod2 &&
	refused "unknown scope .share.; did you mean .shared." --name gil --scope share &&
	refused "unknown scope .qaa.; did you mean .qa." --name gil --scope qaa &&
	refused "unknown scope .frankfurt.: nothing is encrypted for it" --name gil --scope frankfurt &&
	refused "did you mean .operator." --name gil --role oprator &&
	refused "did you mean .writer." --name gil --role writter
'

test_expect_success 'and made where that is asked for; then it is known' '
	git vault key add --name gil --scope frankfurt --new-scope "$(head -n 1 gil.pub)" &&
	git vault key remove gil && git vault key add --name gil --scope frankfurt "$(head -n 1 gil.pub)" &&
	git vault key remove gil &&
	echo "secrets: {scopes: [{path: \"lab/**\", scope: lab}]}" >.gitvault.yaml && accept_policy &&
	git vault key add --name gil --scope lab "$(head -n 1 gil.pub)"
'

test_done
