#!/bin/sh
# shellcheck disable=SC2154

test_description='versions of states that are saved while the machine fails or others are at work

Killed, without room or with broken disks at any call: every version that was
acknowledged is there and is given back byte for byte, git finds nothing wrong,
and the next save works and leaves nothing behind. Of two that save at once one
is told; beside gc, fold and prune nothing is lost.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-race.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo
moments=12 large_max=3
test -z "$GIT_VAULT_TEST_LONG" || moments=100 large_max=40

# state SERIAL [N]: one of N resources, of which one says the serial, so that
# versions share parts
state () {
	awk -v serial="$1" -v n="${2:-120}" 'BEGIN {
		printf "{\n \"version\": 4,\n \"terraform_version\": \"1.9.5\",\n"
		printf " \"serial\": %d,\n \"lineage\": \"one\",\n", serial
		printf " \"outputs\": {},\n \"resources\": ["
		for (i = 0; i < n; i++) {
			printf "%s\n  {\"mode\": \"managed\", \"type\": \"t\", ", \
				i ? "," : ""
			printf "\"name\": \"n%d\", \"provider\": \"p\", ", i
			printf "\"instances\": [{\"attributes\": {\"id\": %d, ", i
			printf "\"text\": \"%0500d\", \"serial\": %d}}]}", \
				i * i, i == 60 ? serial : 0
		}
		printf "\n ],\n \"check_results\": null\n}\n"
	}'
}

# saved N [REPO]: the version of this serial is given back as it was
saved () {
	state $1 >expect && rm -f back &&
		git -C "${2:-$repo}" vault state restore --env prod \
			--to "$TRASH_DIRECTORY/back" serial:$1 &&
		cmp expect back
}

# The version before stands; what was acknowledged does too; the next one can be
# saved, and leaves nothing behind.
check () {
	case $fault_status in
	0) saved 3 ;;
	137) ;;
	128 | 3 | 4) test_grep "^git-vault: ..*[a-z]" err ;;
	*) cat err && false ;;
	esac && let_days_pass "$repo" && check_chain && next
}

check_chain () {
	git -C "$repo" fsck --full --strict --no-dangling --no-progress \
		>fsck 2>&1 && test_must_be_empty fsck &&
		saved 1 && saved 2 &&
		case $(git -C "$repo" vault state log --env prod |
			sed 1d | wc -l) in
		2) test "$fault_status" != 0 ;;
		3) saved 3 ;;
		*) false ;;
		esac
}

next () {
	state 4 >next.tfstate &&
		git -C "$repo" vault state save --new --env prod ../next.tfstate &&
		saved 4 && saved 2 &&
		find "$repo/.git" "(" -name "gv_tmp_*" -o -name "*.keep" \
			-o -name "*.lock" ")" >left && test_must_be_empty left
}

# What git leaves beside a ref it never removes.
check_git () {
	rm -f "$repo/.git/packed-refs.lock" "$repo/.git/packed-refs.new" &&
		check
}

copy () {
	rm -rf "$repo" && cp -a "$base" "$repo"
}

save () {
	$fault_before git-vault -C "$repo" state save --new --env prod \
		../three.tfstate >id 2>err
}

test_expect_success 'a state of two versions, of many parts' '
	git init -q "$base" && git -C "$base" commit -q --allow-empty -m one &&
	for n in 1 2 3
	do
		state $n >$n.tfstate || return 1
	done && mv 3.tfstate three.tfstate &&
	git -C "$base" vault state save --new --env prod ../1.tfstate &&
	git -C "$base" vault state save --new --env prod ../2.tfstate 2>err &&
	test_grep "2 of them newly encrypted" err &&
	git -C "$base" ls-tree -r refs/vault/state/prod/default:parts >parts &&
	test_line_count -gt 4 parts && copy && save && saved 3
'

for kind in kill full eio
do
	test_expect_success "save, the calls of git-vault: $kind" '
		for_each_fault $kind "copy && save" check
	'
done

test_expect_success 'save, git killed too' '
	GV_FAULT_PROGRAMS="git-vault git" &&
	export GV_FAULT_PROGRAMS &&
	test_when_finished "unset GV_FAULT_PROGRAMS" &&
	for_each_fault kill "copy && save" check_git
'

say_ "# seed $fault_seed (GIT_VAULT_TEST_SEED)"

test_expect_success "save, killed at $moments moments" '
	killed_at_moments $moments copy save check_git
'

# restored KIND: no file is there that is not whole
check_restored () {
	case $fault_status in
	0) cmp 2.tfstate to ;;
	137 | 128 | 3 | 4) test_path_is_missing to || cmp 2.tfstate to ;;
	*) false ;;
	esac
}

for kind in kill full eio
do
	test_expect_success "restore, the calls of git-vault: $kind" '
		for_each_fault $kind "
			copy && rm -f to &&
			git -C \"$repo\" vault state restore --env prod \
				--to ../to >out 2>err" check_restored
	'
done

# ---- one that is sealed in several batches, and opened in as many ------------

# Killed while some of its parts are sealed and others read.
large () {
	rm -rf "$repo" && cp -a "$large" "$repo"
}

save_large () {
	$fault_before git-vault -C "$repo" state save --new --env prod --stack large \
		../large.tfstate >id 2>err
}

check_large () {
	case $fault_status in
	0) ;;
	137) ;;
	128 | 3 | 4) test_grep "^git-vault: ..*[a-z]" err ;;
	*) cat err && false ;;
	esac && let_days_pass "$repo" &&
		git -C "$repo" vault -q state save --new --env prod --stack large ../large.tfstate \
			>id && rm -f back &&
		git -C "$repo" vault state restore --env prod --stack large --to \
			"$TRASH_DIRECTORY/back" && cmp large.tfstate back &&
		git -C "$repo" fsck --full --strict --no-dangling --no-progress &&
		git -C "$repo" vault state verify --env prod --stack large
}

test_expect_success 'a state of many megabytes' '
	state 1 18000 >large.tfstate &&
	test $(wc -c <large.tfstate) -gt 10000000 && large=$TRASH_DIRECTORY/of-one &&
	git init -q "$large" && git -C "$large" commit -q --allow-empty -m one &&
	state 1 >1.tfstate &&
	git -C "$large" vault state save --new --env prod --stack other ../1.tfstate
'

for kind in kill full eio
do
	test_expect_success "save of many megabytes: $kind" '
		fault_max=$large_max &&
		for_each_fault $kind "large && save_large" check_large
	'
done

test_expect_success 'save of many megabytes, killed at moments' '
	killed_at_moments $large_max large save_large check_large
'

test_expect_success 'one of many parts is lost in the midst' '
	large && cd "$repo" &&
	git vault -q state save --new --env prod --stack large ../large.tfstate &&
	git ls-tree -r refs/vault/state/prod/large:parts >parts &&
	n=$(wc -l <parts) && test "$n" -gt 300 &&
	mkdir ../packs && mv .git/objects/pack/* ../packs &&
	for pack in ../packs/*.pack
	do
		git unpack-objects -q <"$pack" || return 1
	done && cd .. &&
	for at in 3 70 $((n / 2)) $n
	do
		lost=$(sed -n "${at}p" "$repo/parts" | cut -d" " -f3 | cut -c1-40) &&
		file=$repo/.git/objects/$(echo $lost | sed "s,..,&/,") &&
		mv "$file" lost && rm -f back &&
		test_must_fail git -C "$repo" vault state restore --env prod --stack large \
			--to "$TRASH_DIRECTORY/back" 2>err &&
		test_path_is_missing back &&
		test_grep "part $at of $n" err && mv lost "$file" || return 1
	done
'

# ---- others at work ---------------------------------------------------------

# of_two: what a saver was told, whose id and status are in files of his name
told () {
	case $(cat $1.status) in
	0) test -s $1.id ;;
	4) test_grep "was saved meanwhile" $1.err ;;
	# it saw the new one
	128) test_grep "serial is\|serial [0-9]* is already used" $1.err ;;
	*) cat $1.err && false ;;
	esac
}

# both SERIAL: two savers of it at once, each with content of his own
both () {
	for who in a b
	do
		state $1 "$(test $who = a && echo 120 || echo 121)" >$who.tfstate
		{
			git -C "$repo" vault state save --new --env prod \
				../$who.tfstate >$who.id 2>$who.err
			echo $? >$who.status
		} &
	done
	wait
}

test_expect_success 'of two that save at once one wins, and the other is told' '
	copy && begin_race && serial=10 locked=0 &&
	while is_round_left
	do
		serial=$((serial + 1)) n=$((n + 1)) && both $serial &&
			told a && told b &&
			test "$(sort -n a.status b.status | head -n 1)" = 0 &&
			test "$(cat a.status b.status | grep -c "^0")" = 1 &&
			git -C "$repo" vault state restore --env prod >out &&
			{
				test "$(cat a.status)" = 0 && cmp a.tfstate out ||
					cmp b.tfstate out
			} || return 1
		! grep -q "^4" a.status b.status || locked=$((locked + 1))
	done && test_tally $n "pairs of savers at once" &&
	test_tally $locked "of them met" &&
	git -C "$repo" fsck --full --strict --no-dangling --no-progress
'

test_expect_success 'two that are the first make one chain' '
	begin_race &&
	while is_round_left
	do
		n=$((n + 1)) && rm -rf "$repo" && git init -q "$repo" &&
			both 1 && told a && told b &&
			test "$(cat a.status b.status | grep -c "^0")" = 1 &&
			git -C "$repo" vault state restore --env prod >out ||
			return 1
	done && test_tally $n "pairs of first savers at once"
'

save_next () {
	n=$((n + 1)) && state $((100 + n)) >next.tfstate &&
		git -C "$repo" vault -q state save --new --env prod ../next.tfstate \
			>id
}

all_there () {
	for i in $(test_seq $((100 + n)))
	do
		case $i in
		1 | 2) saved $i || return 1 ;;
		???) test $i = 100 || saved $i || return 1 ;;
		esac
	done && git -C "$repo" fsck --full --no-dangling --no-progress
}

beside () {
	test_expect_success "beside $1 no part is lost" '
		copy && begin_race && meanwhile_may="'"$2"'" &&
		meanwhile '"$3"' &&
		while is_round_left
		do
			save_next || {
				stop_beside
				return 1
			}
		done && stop_beside && test_tally $n "saves not alone" &&
		all_there
	'
}

gc_all () {
	git -C "$repo" -c gc.pruneExpire=now gc -q --prune=now
}

fold_and_gc () {
	git -C "$repo" vault -q fold && gc_all
}

beside 'git gc' '' gc_all
beside 'fold, and git gc' '4' fold_and_gc
beside 'prune' '4' 'git -C "$repo" vault -q prune --keep-last 1 -g "" --reclaim'

# More than a pipe holds is read only once the last version is known. What the
# saver relies on goes while it waits for the rest of the state.
save_slowly () {
	git -C "$repo" vault state save --new --env prod - <pipe >id 2>err
	echo $? >status
}

move_back () {
	git -C "$repo" update-ref refs/vault/state/prod/default \
		"$(git -C "$repo" rev-parse refs/vault/state/prod/default^)" &&
		git -C "$repo" reflog expire --expire=now --all && gc_all
}

test_expect_success 'a ref that is moved back meanwhile, and what it had swept' '
	copy && mkfifo pipe && { save_slowly & } && saver=$! &&
	exec 8>pipe && head -c 76000 three.tfstate >&8 && move_back &&
	tail -c +76001 three.tfstate >&8 && exec 8>&- && wait $saver &&
	test "$(cat status)" = 4 && test_grep "was saved meanwhile" err &&
	saved 1 &&
	git -C "$repo" fsck --full --strict --no-dangling --no-progress &&
	git -C "$repo" vault state save --new --env prod ../three.tfstate && saved 3
'

test_done
