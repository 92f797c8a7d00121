#!/bin/sh

test_description='states that a snapshot finds become versions by themselves

Of each file that is the state of a tool and has changed, once the snapshot
stands, and of no other; what is in the way of a version is told and keeps no
snapshot from being taken.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-take.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

secret='canary-0c9e13b7af25d846'
T=$TMPDIR

# state SERIAL TEXT [LINEAGE]
state () {
	printf '{"version":4,"terraform_version":"1.9.5","serial":%d,' "$1"
	printf '"lineage":"%s","outputs":{"p":{"value":"%s-%s",' \
		"${3:-one}" $secret "$2"
	printf '"type":"string"}},"resources":[],"check_results":null}\n'
}

# versions: of all states, a line each: how many, and which state
versions () {
	git for-each-ref --format="%(refname)" refs/vault/state/ >"$T/states" &&
		while read -r ref
		do
			echo "$(git rev-list --first-parent "$ref" |
				git log --no-walk --stdin --format=%s |
				grep -c "^state ")" "${ref#refs/vault/state/}"
		done <"$T/states"
}

# versions_are LINE…
versions_are () {
	versions >"$T/actual" && test_write_lines "$@" >"$T/expect" &&
		test_cmp "$T/expect" "$T/actual"
}

# json_of STATE: what the last snapshot said of it, without its version
json_of () {
	sed 's/.*"states":\[//; s/\].*//; s/},{/\n/g' "$T/json" |
		sed -n "s|.*\"environment\":\"${1%%/*}\",\"stack\":\"${1#*/}\",\"version\":\"[0-9a-f]*\",\(.*[a-z]\).*|\1|p"
}

# gives_back STATE FILE
gives_back () {
	git vault state restore --env "${1%%/*}" --stack "${1#*/}" >"$T/out" &&
		cmp "$2" "$T/out"
}

test_expect_success 'a snapshot keeps a version of each state in it' '
	echo "*.tfstate*" >.gitignore && git add . && git commit -q -m one &&
	mkdir -p envs/dev envs/prod/net app/terraform.tfstate.d/blue &&
	state 1 a >envs/dev/terraform.tfstate &&
	state 5 b two >envs/prod/net/terraform.tfstate &&
	state 3 c three >app/terraform.tfstate.d/blue/terraform.tfstate &&
	take && versions_are "1 blue/app.-blue" "1 dev/envs.dev" \
		"1 prod/envs.prod.net" &&
	echo "\"serial\":5,\"created\":true,\"damage\":null" >$T/expect &&
	json_of prod/envs.prod.net >$T/actual && test_cmp $T/expect $T/actual &&
	gives_back dev/envs.dev envs/dev/terraform.tfstate &&
	gives_back prod/envs.prod.net envs/prod/net/terraform.tfstate &&
	gives_back blue/app.-blue app/terraform.tfstate.d/blue/terraform.tfstate
'

test_expect_success 'the version names the snapshot, and the commit its versions' '
	git log -1 --format=%B refs/vault/state/dev/envs.dev >$T/out &&
	test_grep "^Vault-Snapshot: $id$" $T/out &&
	test_grep "^Vault-Commit: $(git rev-parse HEAD)$" $T/out &&
	git vault state show --env dev >$T/out &&
	test_grep "^Snapshot    $id$" $T/out &&
	git vault state log --env dev --json >$T/out &&
	test_grep "\"snapshot\":\"$id\"" $T/out &&
	git notes --ref=vault show HEAD >$T/out && test_line_count = 3 $T/out &&
	test_grep "$(git rev-parse refs/vault/state/prod/envs.prod.net)" $T/out
'

test_expect_success 'nothing of a value is in clear' '
	git cat-file --batch-all-objects --batch --buffer >$T/all &&
	test_grep ! -a -F $secret $T/all && test_grep ! -r -a -F $secret .git
'

test_expect_success 'where nothing changed none is kept, and no snapshot' '
	git for-each-ref >$T/before && take && test "$(field created)" = false &&
	test_grep "\"states\":\[\]" $T/json && git for-each-ref >$T/after &&
	test_cmp $T/before $T/after
'

test_expect_success 'of one that is edited there is one version more' '
	state 6 new two >envs/prod/net/terraform.tfstate && take &&
	versions_are "1 blue/app.-blue" "1 dev/envs.dev" "2 prod/envs.prod.net" &&
	json_of prod/envs.prod.net >$T/actual &&
	echo "\"serial\":6,\"created\":true,\"damage\":null" >$T/expect &&
	test_cmp $T/expect $T/actual && json_of dev/envs.dev >$T/actual &&
	test_must_be_empty $T/actual &&
	gives_back prod/envs.prod.net envs/prod/net/terraform.tfstate
'

test_lazy_prereq STRACE \
	'strace -f -e trace=openat2 -o x true && ! test_have_prereq SANITIZERS'

# traced_snapshot N: one that opens states so often
traced_snapshot () {
	strace -f -e trace=open,openat,openat2 -o "$T/trace" \
		git-vault -q snapshot >"$T/id" && test -s "$T/id" &&
		grep "tfstate\"" "$T/trace" >"$T/opened"
	test_line_count -eq "$1" "$T/opened"
}

# Older than the stat cache, so that it vouches for them.
# elsewhere a file is opened to learn its attributes
test_expect_success LINUX,STRACE 'a state that is as it was is not read for it' '
	cp -a . ../settled && (
		cd ../settled && find . -name "*.tfstate" -exec touch -d \
			"1 hour ago" {} + && git vault -q snapshot >../next &&
		while test "$(date +%s)" -le "$(stat -c %Z .git/vault/index)"
		do
			:
		done && git vault -q snapshot --force >$T/id &&
		echo more >file && traced_snapshot 0 &&
		state 7 x two >envs/prod/net/terraform.tfstate &&
		traced_snapshot 2 && versions_are "1 blue/app.-blue" \
			"1 dev/envs.dev" "3 prod/envs.prod.net"
	) && rm -rf ../settled
'

test_expect_success 'one with a lower serial is in the snapshot, and told' '
	state 2 older two >envs/prod/net/terraform.tfstate && take &&
	test "$(field created)" = true && json_of prod/envs.prod.net >$T/actual &&
	test_must_be_empty $T/actual &&
	test_grep "warning: the snapshot has envs/prod/net/terraform.tfstate, but no version of the state prod/envs.prod.net was saved: its serial is 2" $T/err &&
	git vault cat --secrets latest:envs/prod/net/terraform.tfstate >$T/out &&
	cmp envs/prod/net/terraform.tfstate $T/out
'

test_expect_success 'again with each snapshot, until it is mended' '
	echo else >file && take &&
	test_grep "no version of the state prod/envs.prod.net" $T/err &&
	state 1 a another >envs/prod/net/terraform.tfstate && take &&
	test_grep "its lineage is another" $T/err &&
	state 8 b two >envs/prod/net/terraform.tfstate && take &&
	test_grep ! warning $T/err && git vault state log --env prod >$T/out &&
	test_grep "^[0-9a-f]*  *8 " $T/out
'

test_expect_success 'what has a version already gets none' '
	state 9 c two >envs/prod/net/terraform.tfstate &&
	git vault -q state save --new --env prod --stack envs.prod.net \
		envs/prod/net/terraform.tfstate && versions >$T/before && take &&
	json_of prod/envs.prod.net >$T/actual &&
	echo "\"serial\":9,\"created\":false,\"damage\":null" >$T/expect &&
	test_cmp $T/expect $T/actual && versions >$T/after &&
	test_cmp $T/before $T/after
'

test_expect_success 'without the notes of what is kept, states are found to be' '
	rm .git/vault/states && versions >$T/before && echo more >>file && take &&
	json_of dev/envs.dev >$T/actual && echo "\"serial\":1,\"created\":false,\"damage\":null" \
		>$T/expect && test_cmp $T/expect $T/actual &&
	test_path_is_file .git/vault/states && echo junk >.git/vault/states &&
	echo more >>file && take && test_grep "git-vault states" .git/vault/states &&
	versions >$T/after && test_cmp $T/before $T/after
'

test_expect_success 'a state whose ref is gone is kept anew' '
	git update-ref -d refs/vault/state/dev/envs.dev && echo more >>file &&
	take && versions >$T/actual && test_grep "^1 dev/envs.dev$" $T/actual
'

test_expect_success 'what is no state of a tool has no versions' '
	git init -q names && (
		cd names && mkdir -p .terraform a/.terraform .pulumi/stacks/web x/y &&
		for f in .terraform/terraform.tfstate a/.terraform/terraform.tfstate \
			terraform.tfstate.backup a/terraform.tfstate.1.backup \
			state.json x/stacks.json .pulumi/stacks/web/dev.json.bak \
			.pulumi/meta.json .pulumi/stacks/a.txt
		do
			state 1 $f >$f || return 1
		done && ln -s ../state.json x/terraform.tfstate && take &&
		test_grep "\"states\":\[\]" $T/json && versions_are >$T/out 2>&1
		versions >$T/actual && test_must_be_empty $T/actual &&
		test_path_is_missing .git/vault/states
	)
'

test_expect_success 'each has a name of its own, whatever its path' '
	git init -q paths && (
		cd paths && while read -r path name
		do
			mkdir -p "$(dirname "$path")" &&
			state 1 x "$path" >"$path" &&
			echo "1 $name" || return 1
		done >$T/names <<-\END &&
		terraform.tfstate shared/default
		other.tfstate shared/other_2etfstate
		a/terraform.tfstate shared/a
		a/b/terraform.tfstate shared/a.b
		a.b/terraform.tfstate shared/a_2eb
		a_2eb/terraform.tfstate shared/a_5f2eb
		a_b/terraform.tfstate shared/a_b
		my_stack/terraform.tfstate shared/my_stack
		a/b.tfstate shared/a.b_2etfstate
		terraform.tfstate.d/blue/terraform.tfstate blue/default.-blue
		terraform.tfstate.d/prod/terraform.tfstate prod/default.-prod
		a/terraform.tfstate.d/blue/terraform.tfstate blue/a.-blue
		a/-blue/terraform.tfstate shared/a._2dblue
		.pulumi/stacks/dev.json dev/default.-pulumi.dev
		a/.pulumi/stacks/web/dev.json dev/a.-pulumi.web.dev
		END
		mkdir -p default a/lock .x x/$(printf "%090d" 1) &&
		for path in default a/lock .x x/0*
		do
			state 1 x $path >$path/terraform.tfstate || return 1
		done && git config core.excludesFile nothing && take &&
		test_grep ! warning $T/err && versions >$T/all &&
		sort $T/names >$T/expect && sort $T/all >$T/actual &&
		comm -23 $T/expect $T/actual >$T/missing &&
		test_must_be_empty $T/missing &&
		comm -13 $T/expect $T/actual >$T/cut && test_line_count = 4 $T/cut &&
		sed "s/_00[0-9a-f]\{16\}$/_00/" $T/cut | sort >$T/actual &&
		test_write_lines "1 shared/2ex_00" "1 shared/a.lock_00" \
			"1 shared/default_00" \
			"1 shared/x.00000000000000000000000000000000000000_00" |
			sort >$T/expect && test_cmp $T/expect $T/actual
	)
'

test_expect_success 'the policy says for whom' '
	cat >.gitvault.yaml <<-\END &&
	secrets:
	  scopes:
	  - path: envs/dev/**
	    scope: dba
	END
	accept_policy && state 2 d >envs/dev/terraform.tfstate && take && versions >$T/actual &&
	test_grep "^1 dba/envs.dev$" $T/actual && rm .gitvault.yaml
'

test_expect_success 'and that there are none' '
	versions >$T/before && printf "state:\n  auto: false\n" >.gitvault.yaml &&
	accept_policy &&
	state 10 d two >envs/prod/net/terraform.tfstate && take &&
	test_grep "\"states\":\[\]" $T/json && versions >$T/after &&
	test_cmp $T/before $T/after &&
	printf "state: { auto: true }\n" >.gitvault.yaml && take &&
	json_of prod/envs.prod.net >$T/actual &&
	test_grep "\"serial\":10,\"created\":true" $T/actual &&
	printf "state: { automatic: true }\n" >.gitvault.yaml &&
	test_expect_code 128 git vault snapshot 2>$T/err &&
	test_grep "gitvault.yaml:1: there is no key .automatic.; the nearest is .auto." $T/err &&
	printf "state: { auto: maybe }\n" >.gitvault.yaml &&
	test_expect_code 128 git vault snapshot 2>$T/err &&
	test_grep "auto must be true or false" $T/err && rm .gitvault.yaml
'

test_expect_success 'a dry run keeps none, and --only those that match' '
	state 11 e two >envs/prod/net/terraform.tfstate &&
	state 3 e >envs/dev/terraform.tfstate && versions >$T/before &&
	git vault snapshot -n --json >$T/json && versions >$T/after &&
	test_cmp $T/before $T/after && test_grep "\"states\":\[\]" $T/json &&
	take --only envs/dev && json_of prod/envs.prod.net >$T/actual &&
	test_must_be_empty $T/actual && json_of dev/envs.dev >$T/actual &&
	test_grep "\"serial\":3,\"created\":true" $T/actual && take &&
	json_of prod/envs.prod.net >$T/actual &&
	test_grep "\"serial\":11,\"created\":true" $T/actual
'

# He has the key of ids and no other: what he writes only others read.
test_expect_success 'who only writes keeps versions, too' '
	git init -q team && (
		cd team && test_commit one && mkdir -p envs/prod &&
		state 1 a >envs/prod/terraform.tfstate && take &&
		versions_are "1 prod/envs.prod" &&
		git vault key add --name ci --role writer \
			"$(git vault key generate -o "$T/ci" | head -n 1)" &&
		state 2 b >envs/prod/terraform.tfstate &&
		GIT_VAULT_IDENTITY=$T/ci take && test_grep ! warning $T/err &&
		versions_are "2 prod/envs.prod" &&
		GIT_VAULT_IDENTITY=$T/ci test_expect_code 5 git vault state \
			restore --env prod &&
		gives_back prod/envs.prod envs/prod/terraform.tfstate
	)
'

# stranger FILE: that state, saved by a host without the vault's id key
stranger () {
	HOME=$T/elsewhere XDG_CONFIG_HOME=$T/elsewhere \
		git vault state save --env prod --stack envs.prod "$1" 2>"$T/err" &&
		test_grep "others refuse this version" "$T/err"
}

# saved_again N: the next snapshot saves the file once more, and the one behind
# it nothing
saved_again () {
	echo more >>file && take && versions_are "$1 prod/envs.prod" &&
		gives_back prod/envs.prod envs/prod/terraform.tfstate &&
		echo more >>file && take && versions_are "$1 prod/envs.prod"
}

test_expect_success 'what nobody uses, being of a host without the id key, is saved again' '
	git init -q team2 && mkdir $T/elsewhere && (
		cd team2 && test_commit one && mkdir -p envs/prod &&
		state=envs/prod/terraform.tfstate && chain=refs/vault/state/prod/envs.prod &&
		state 1 a >$state && take && state 2 b >$T/b && state 3 c >$T/c &&
		stranger $T/b && saved_again 3 &&
		stranger $state && saved_again 5 &&
		git cat-file commit $chain | sed "/^Vault-Binding/d" |
			git hash-object -t commit -w --stdin >$T/forged &&
		git update-ref $chain "$(cat $T/forged)" && saved_again 6 &&
		rm .git/vault/states && stranger $T/b && saved_again 8 &&
		git update-ref -d $chain && saved_again 1
	)
'

test_expect_success 'what another member saved since is not' '
	(
		cd team2 && git vault state save --env prod --stack envs.prod $T/c 2>$T/err &&
		versions_are "2 prod/envs.prod" && echo more >>file && take &&
		versions_are "2 prod/envs.prod" && gives_back prod/envs.prod $T/c
	)
'

test_expect_success 'without a commit there is no note' '
	git init -q unborn && (
		cd unborn && state 1 a >terraform.tfstate && take &&
		test_grep ! warning $T/err &&
		test_grep "\"stack\":\"default\"" $T/json &&
		test_must_fail git rev-parse -q --verify refs/notes/vault
	)
'

test_expect_success 'notes that are in the way are told' '
	: >.git/refs/notes/vault.lock && state 12 f two >envs/prod/net/terraform.tfstate &&
	take && test_grep "a version of the state prod/envs.prod.net is saved, but the note of its commit does not name it: .*vault.lock" $T/err &&
	rm .git/refs/notes/vault.lock && echo more >>file && take &&
	test_grep ! warning $T/err && git notes --ref=vault show HEAD >$T/out &&
	test_grep "$(git rev-parse refs/vault/state/prod/envs.prod.net)" $T/out
'

test_expect_success 'a file that is saved by hand goes on where snapshots save it' '
	git init -q named && (
		cd named && mkdir -p envs/prod &&
		state 1 a >envs/prod/terraform.tfstate &&
		git vault state save envs/prod/terraform.tfstate &&
		git vault -q snapshot && state 2 b >envs/prod/terraform.tfstate &&
		(cd envs && git vault state save prod/terraform.tfstate 2>../err) &&
		test_grep ! warning err && git vault state list >out &&
		test_line_count = 2 out && test_grep "^prod  *envs.prod  *" out &&
		state 3 c >envs/prod/terraform.tfstate &&
		git vault state save --new --env dev envs/prod/terraform.tfstate 2>err &&
		test_grep "save this file as prod/envs.prod; .*--stack envs.prod" err &&
		git vault state save --env prod - <envs/prod/terraform.tfstate &&
		git vault state log --env prod --stack envs.prod >out &&
		test_line_count = 4 out
	)
'

# ---- kill -9 -----------------------------------------------------------------

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo

copy () {
	rm -rf "$repo" && cp -a "$base" "$repo" &&
		cp new.tfstate "$repo/envs/prod/terraform.tfstate"
}

snap () {
	git-vault -C "$repo" -q snapshot >id 2>err
}

# Whatever stood stands; the next snapshot keeps what is missing.
check () {
	rm -f "$repo/.git/packed-refs.lock" "$repo/.git/packed-refs.new" &&
	let_days_pass "$repo" && (
		cd "$repo" &&
		git fsck --full --strict --no-dangling --no-progress >../fsck 2>&1 &&
		test_must_be_empty ../fsck && gives_back dev/envs.dev \
			envs/dev/terraform.tfstate &&
		echo more >extra && git vault -q snapshot >../next &&
		gives_back prod/envs.prod envs/prod/terraform.tfstate &&
		git notes --ref=vault show HEAD >../note &&
		test_grep "$(git rev-parse refs/vault/state/prod/envs.prod)" \
			../note && versions >../actual &&
		test_write_lines "1 dev/envs.dev" "2 prod/envs.prod" >../expect &&
		test_cmp ../expect ../actual &&
		find .git "(" -name "gv_tmp_*" -o -name "*.keep" \
			-o -name "*.lock" -o -name "*.tmp" ")" >../left
	) && test_must_be_empty left
}

test_expect_success 'a repository with two states' '
	git init -q "$base" && (
		cd "$base" && test_commit one && mkdir -p envs/dev envs/prod &&
		state 1 a >envs/dev/terraform.tfstate &&
		state 1 a two >envs/prod/terraform.tfstate && git vault -q snapshot
	) && state 2 b two >new.tfstate
'

test_expect_success 'a state that was cut off is saved, and that is said' '
	test_create_repo cut && (
		cd cut && echo "*.tfstate" >.gitignore && git add . && git commit -q -m one &&
		mkdir a b c && state 1 a | cut -c 1-80 >a/terraform.tfstate && echo odd >b/terraform.tfstate &&
		: >c/terraform.tfstate && git vault snapshot --json >$T/json 2>$T/err &&
		test_grep "warning: a/terraform.tfstate is damaged: .*; to see what is missing: git vault state triage --env shared --stack a latest" $T/err &&
		test_grep "warning: b/terraform.tfstate is damaged: " $T/err && test_grep "warning: c/terraform.tfstate is damaged: " $T/err &&
		json_of shared/a >$T/actual && test_grep "\"damage\":\"line 1, column" $T/actual &&
		test_expect_code 1 git vault state triage --env shared --stack a latest
	)
'

for kind in kill eio full
do
	test_expect_success "a snapshot with a state that has changed: $kind" '
		GV_FAULT_PROGRAMS="git-vault git" &&
		export GV_FAULT_PROGRAMS &&
		test_when_finished "unset GV_FAULT_PROGRAMS" &&
		for_each_fault '$kind' "copy && snap" check
	'
done

test_done
