#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault alone: a repository in a dozen lines, and the next command'
. "$(dirname "$0")/test-lib.sh"

# field EXPRESSION: of the document in json
field () {
	python3 -c "
import json
d = json.load(open('../json'))
v = $1
print(' '.join(map(str, v)) if isinstance(v, list) else v)"
}

# overview: both forms of it
overview () {
	git vault >../out 2>../err && git vault --json >../json 2>../err &&
		test_must_be_empty ../err
}

# next_is COMMAND: it is the one to type
next_is () {
	overview && test "$(field "d['next']")" = "$1" &&
		if test "$1" = None
		then
			test_grep ! "^next" ../out
		else
			test_grep "^next *$1$" ../out
		fi
}

test_expect_success 'outside a repository it is the usage, and status 129' '
	(cd / && GIT_DIR=/nowhere test_expect_code 129 git vault) >out &&
	test_grep "^usage: git vault" out &&
	(cd / && GIT_DIR=/nowhere test_expect_code 128 git vault overview) 2>err &&
	test_grep ! usage err
'

test_expect_success 'without a snapshot it says so in three lines' '
	mkdir r && mv .git r && cd r && echo x >f && mkdir d && echo y >d/g &&
	git add f && test_tick && git commit -q -m one &&
	next_is "git vault snapshot" && test_line_count = 3 ../out &&
	test_grep "^snapshot *none yet.*(danger)$" ../out &&
	test "$(field "d[\"last\"]")" = None &&
	test "$(field "d[\"dangers\"]")" = no_snapshot
'

test_expect_success 'nothing is on another disk: that is the danger' '
	cd r && git vault -q snapshot -m "before the upgrade" >../id &&
	next_is "git remote add origin URL && git vault sync" &&
	test_grep "^snapshot .*: before the upgrade ($(sed "s/.*-//" ../id))$" ../out &&
	test_grep "^changes *none since$" ../out &&
	test_grep "^remotes *none: .*(danger)$" ../out &&
	git init -q --bare ../up.git && git remote add up ../up.git &&
	next_is "git vault sync up" && test_grep "^remotes *never synced" ../out
'

test_expect_success 'all is well: there is no next command' '
	cd r && git vault -q sync && next_is None && test "$(field "d[\"dangers\"]")" = "" &&
	test_grep "^remotes *up has every snapshot$" ../out &&
	test_grep ! "danger" ../out && test_grep ! "^findings" ../out
'

test_expect_success 'files that are gone, and nothing else, are restored next' '
	cd r && mv f ../f && next_is "git vault restore latest --in-place" && mv ../f f
'

test_expect_success 'what changed is counted by kind, and what no commit has is restored first' '
	cd r && echo more >>f && echo new >new && next_is "git vault snapshot" && rm d/g &&
	next_is "git vault restore latest --in-place --overwrite never" &&
	test_grep "^changes *1 new, 1 changed, 1 gone" ../out &&
	test "$(field "[d[\"changes\"][k] for k in (\"added\", \"changed\", \"removed\")]")" = \
		"1 1 1" && touch -d "2 days ago" f
'

test_expect_success 'what is sent or not is said of each remote' '
	cd r && git vault -q snapshot >../id && next_is "git vault sync up" &&
	test_grep "^remotes *up lacks 1 of 2 snapshots$" ../out &&
	test "$(field "[r[\"lacks\"] for r in d[\"remotes\"]]")" = 1 &&
	git vault -q sync && next_is None
'

test_expect_success 'one key is a danger, and an escrow ends it' '
	cd r && echo .env >.gitignore && echo "PASSWORD=hunter2secret9" >.env &&
	git vault -q snapshot >../id && git vault -q sync &&
	next_is "git vault key escrow" && test "$(field "d[\"dangers\"]")" = one_key &&
	test_grep "^secrets *1; only .* can decrypt them (danger)$" ../out &&
	git vault -q key escrow --shares 2/3 -o ../escrow && git vault -q sync &&
	next_is None && test_grep "^secrets *1; escrow, .* can decrypt them$" ../out
'

test_expect_success 'what is left out is counted' '
	cd r && mkdir node_modules && echo x >node_modules/x && echo node_modules >>.gitignore &&
	echo "{}" >package.json && overview && test_grep "^left out *1 build product" ../out &&
	git vault -q snapshot >../id && git vault -q sync
'

test_expect_success 'states and locks, with who has them' '
	cd r && echo "{\"version\":4,\"serial\":1,\"lineage\":\"a\",\"outputs\":{},\"resources\":[]}" |
		git vault -q state save --new --env prod --stack net - >../id &&
	overview && test_grep "^states *1$" ../out &&
	git vault -q state lock --env prod --stack net --operation apply >../lock &&
	overview && test_grep "^states *1; prod/net is locked by .* for apply, " ../out &&
	test "$(field "[l[\"state\"] for l in d[\"locks\"]]")" = prod/net &&
	git update-ref refs/vault/locks/prod/net "$(echo odd | git hash-object -w --stdin)" &&
	overview && test_grep "^states *1; prod/net is locked$" ../out &&
	git update-ref -d refs/vault/locks/prod/net
'

# The remote gets a version of its own: a clone that has the one that it began with
# saves another.
test_expect_success 'a state in conflict is named, with the command that shows both sides' '
	state () {
		echo "{\"version\":4,\"serial\":$1,\"lineage\":\"a\",\"outputs\":{},\"resources\":[]}"
	} &&
	cd r && git vault -q sync && rm -rf ../other && cp -a ../r ../other && state 2 |
		git vault -q state save --env prod --stack net - >../id && git vault -q sync &&
	overview && test "$(field "d[\"conflicts\"]")" = "" && (
		cd ../other && state 3 | git vault -q state save --env prod --stack net - >../id &&
		overview && test "$(field "d[\"conflicts\"]")" = "" &&
		test_must_fail git vault sync 2>../sync && overview &&
		test_grep "^states *1; prod/net is in conflict with up (danger)$" ../out &&
		test "$(field "[c[\"state\"] + c[\"remote\"] for c in d[\"conflicts\"]]")" = prod/netup &&
		next_is "git vault sync up" && test_expect_code 1 git vault doctor --brief >../brief &&
		test_grep "^error: the state prod/net is in conflict" ../brief &&
		test_grep "git vault sync --remote up --resolve ours prod/net (or" ../brief &&
		test_must_fail git vault sync >../sync && test_grep "sync --resolve ours prod/net" ../sync &&
		git vault -q sync --remote up --resolve ours prod/net && overview &&
		test "$(field "d[\"conflicts\"]")" = "" && test_grep "^states *1$" ../out
	) && git vault -q sync
'

test_expect_success 'the only key is gone: it says so, and how it comes back' '
	git init -q keyless && cd keyless && echo .env >.gitignore && git add . && git commit -q -m x &&
	echo "PASSWORD=hunter2secret8" >.env && git vault -q snapshot >../id &&
	overview && test_grep "^secrets *1; only .* can decrypt them (danger)$" ../out && key=$HOME/.config/git-vault/identity &&
	mv "$key" ../key && test_when_finished "mv \"$TRASH_DIRECTORY/key\" \"$key\"" &&
	next_is "git vault key recover" && test "$(field "d[\"dangers\"][0]")" = no_key &&
	test_grep "^secrets *1; your key is not on this machine (danger)$" ../out &&
	test_expect_code 1 git vault doctor --brief >../brief &&
	test_grep "^error: your key, which alone opens this vault, is not on this machine" ../brief &&
	test_grep "^    git vault key recover$" ../brief && test_grep ! "git vault key escrow" ../brief &&
	git vault status >../out && test_grep "not on this machine; to recover it: git vault key recover" ../out &&
	echo "PASSWORD=hunter2secret7" >.env && git vault snapshot >../id 2>../err &&
	test_grep "^git-vault: warning: your key, which alone opens this vault, is not on this machine" ../err &&
	test_path_is_missing "$key"
'

test_expect_success 'known-good records and the last verification' '

	cd r && git vault -q good mark --without-snapshot prod &&
	git vault -q good mark --without-snapshot dev --status candidate &&
	git vault -q verify --all && overview &&
	test_grep "^known-good *dev cannot be rolled back; prod " ../out &&
	test_grep "^verified *[0-9]* seconds* ago$" ../out &&
	test "$(field "[e[\"name\"] for e in d[\"environments\"]]")" = "dev prod" &&
	test_grep "^findings *1; .*git vault doctor --brief$" ../out
'

test_expect_success 'a mistake in the policy is named, and comes first' '
	cd r && printf "retension:\n  keep-daily: 7\n" >.gitvault.yaml && overview &&
	test_grep "^policy .*gitvault.yaml:1: .*(danger)$" ../out &&
	test "$(field "d[\"dangers\"][0]")" = policy_bad &&
	test "$(field "d[\"changes\"]")" = None &&
	test_grep "^next *.*GIT_EDITOR.*gitvault.yaml" ../out && rm .gitvault.yaml
'

test_expect_success 'it changes nothing, asks nothing, and has no colour in a pipe' '
	cd r && git for-each-ref >../before && find .git -type f | sort >../files &&
	overview && git for-each-ref >../after && test_cmp ../before ../after &&
	find .git -type f | sort >../now && test_cmp ../files ../now &&
	test_grep ! "$(printf "\033")" ../out && test_line_count -le 12 ../out &&
	git vault --color=always >../out && test_grep "$(printf "\033")" ../out &&
	git vault overview >../out2 && git vault >../out && test_cmp ../out ../out2
'

test_expect_success 'in a bare repository there are no files to compare' '
	cd r && git clone -q --mirror . ../bare.git && cd ../bare.git &&
	git vault >../out && test_grep "^snapshot " ../out &&
	test_grep ! "^changes" ../out
'

test_expect_success 'names of others never reach the terminal as they are' '
	cd r && git vault -q snapshot --force -m "$(printf "a\033[31mb")" >../id && overview &&
	test_grep ! "$(printf "\033")" ../out && test_grep "^snapshot .*a.033" ../out
'

test_done
