#!/bin/sh
# shellcheck disable=SC2154

test_description='the clock is set forward or back, by years and by an hour

What was there before is moved instead, files, commits and snapshots, which is
the same to whoever looks at it now. No rule of prune drops the newest snapshot
or a pinned one, no lock is taken for one that was left, what was left is not
taken for one that is held, and nothing is captured wrongly.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"
. "$TEST_DIRECTORY/lib-scene.sh"

repo=$TRASH_DIRECTORY/repo
hour=3600 year=31557600

vault () {
	git -C "$repo" vault "$@"
}

# All that is below PATH becomes so many seconds older, younger if negative.
make_older () {
	find "$1" -printf "%T@ %p\n" >stamps &&
		while read -r time path
		do
			touch -h -d "@$((${time%.*} - $2)).${time#*.}" \
				"$path" || return 1
		done <stamps
}

# clock_was SECONDS COMMAND…: it runs at a time so many seconds before now.
clock_was () {
	ago_=$(($(date +%s) - $1))
	shift
	test_env test_tick=$((ago_ - 60)) GIT_VAULT_TEST_TIME=$ago_ GIT_COMMITTER_DATE="$ago_ +0000" \
		GIT_AUTHOR_DATE="$ago_ +0000" "$@"
}

# A repository with three snapshots, the first pinned, from when the clock was
# that many seconds behind.
before () {
	test_tally 1 "repositories from another time" &&
		rm -rf "$repo" && clock_was $(($1 + 60)) busy_repository "$repo" &&
		pinned=$(vault list --json | sed "s/.*\"id\":\"//; s/\".*//") &&
		clock_was $(($1 + 50)) vault -q pin $pinned &&
		for i in 40 30
		do
			echo $i >>"$repo/notes.txt" &&
			clock_was $(($1 + i)) vault -q snapshot >last || return 1
		done && make_older "$repo" $1 && {
			git -C "$repo" update-index -q --refresh ||
				test $? = 1
		} && remember "$repo"
}

ids () {
	vault list --json | tr "{" "\n" | sed -n "s/^\"id\":\"\([^\"]*\).*/\1/p"
}

# What is taken now holds what stands here now.
take () {
	vault -q snapshot >"$repo.id" && check_complete "$repo" &&
		vault -q verify --deep
}

# What claims to be from the future is younger than what is newest now.
is_kept () {
	test $shift -gt 0 || test_grep "^\(keep *\)*$(cat last)" left
}

for shift in $hour -$hour $((10 * year)) -$((10 * year))
do
	test_expect_success "by $shift seconds: a snapshot holds what there is" '
		before $shift && take && check_untouched "$repo" &&
		touch -r "$repo/notes.txt" stamp &&
		tr a-z b-za <"$repo/notes.txt" >other &&
		cp other "$repo/notes.txt" && touch -r stamp "$repo/notes.txt" &&
		take && echo "more" >>"$repo/notes.txt" && take &&
		ids >listed && test_line_count -eq 6 listed &&
		test "$(vault show latest --json | tr , "\n" |
			sed -n "s/^{*\"id\":\"\([^\"]*\).*/\1/p" | head -n 1)" = \
			"$(cat "$repo.id")"
	'

	test_expect_success "by $shift seconds: no rule drops newest or pinned" '
		before $shift && take && now=$(cat "$repo.id") &&
		for rule in "--keep-last 1" "--keep-hourly 1" "--keep-daily 1" \
			"--keep-weekly 1" "--keep-monthly 1" "--keep-yearly 1" \
			"--keep-within 1h" "--keep-tag none --keep-last 1"
		do
			for group in "" host branch,host
			do
				vault prune -n $rule -g "$group" >left &&
				test_grep "^keep *$pinned" left &&
				test_grep "^keep *$now" left && is_kept || {
					echo "$rule -g $group"
					return 1
				}
			done || return 1
		done && vault -q prune --keep-last 1 && ids >left &&
		test_grep $pinned left && test_grep $now left && is_kept
	'

	test_expect_success "by $shift seconds: nor does it by itself" '
		before $shift && now=$(date +%s) &&
		printf "%s\n" "retention:" "  keep-last: 1" "  auto: true" \
			>"$repo/.gitvault.yaml" &&
		accept_policy "$repo" && take && ids >left && test_grep $pinned left &&
		test_grep "$(cat "$repo.id")" left && is_kept &&
		test_path_is_file "$repo/.git/vault/pruned"
	'

	test_expect_success "by $shift seconds: the space of what is needed stays" '
		before $shift && take && vault -q fold --reclaim && check_sound &&
		vault -q delete "$(cat last)" && vault -q fold --reclaim &&
		check_sound && vault -q verify --deep &&
		vault -q fold --reclaim --expire now && check_sound &&
		vault -q verify --deep
	'

	test_expect_success "by $shift seconds: what was verified is so again" '
		before 60 && vault verify --all --json >expect &&
		clock_was $((-shift)) vault verify --max-time 1h --json \
			>actual &&
		test_grep "\"snapshots\":3" actual && test_cmp expect actual
	'
done

# ---- what is held, and what was left ------------------------------------------

for shift in $((10 * year)) -$((10 * year))
do
	test_expect_success "by $shift seconds: what a fold is at is not taken away" '
		before 60 && mkdir -p bin && cat >bin/git <<-END &&
		#!/bin/sh
		PATH=$PATH
		git "\$@" || exit
		case " \$* " in
		*" pack-objects "*)
			find "$repo/.git" -name "gv_tmp_*" \
				-exec touch -d "$((-shift)) seconds" {} + &&
			env -u GIT_OBJECT_DIRECTORY -u GIT_QUARANTINE_PATH \\
				-u GIT_ALTERNATE_OBJECT_DIRECTORIES \\
				git -C "$repo" vault -q snapshot --force >&2 &&
			echo "\$*" >>"$TRASH_DIRECTORY/meanwhile"
		esac
		END
		chmod +x bin/git && rm -f meanwhile &&
		(PATH=$PWD/bin:$PATH git-vault -C "$repo" fold) &&
		test_line_count -eq 1 meanwhile && check_sound && check_tidy "$repo"
	'

	test_expect_success "by $shift seconds: a .keep that is held stays" '
		before 60 && keep=$repo/.git/objects/pack/pack-$(printf %040d 1).keep &&
		echo "git-vault $$ $(uname -n)" >"$keep" &&
		touch -d "$((-shift)) seconds" "$keep" &&
		flock "$keep" git-vault -C "$repo" -q snapshot --force &&
		test_path_is_file "$keep" && vault -q snapshot --force &&
		test_path_is_missing "$keep"
	'

	test_expect_success "by $shift seconds: what a killed process left goes" '
		before 60 && tmp=$repo/.git/objects/pack/gv_tmp_1_abcdef &&
		: >"$tmp" && touch -d "$((-shift)) seconds" "$tmp" &&
		vault -q snapshot --force && test_path_is_missing "$tmp"
	'

	test_expect_success "by $shift seconds: the lock of a killed git goes" '
		before 60 && lock=$repo/.git/refs/vault/deleted.lock &&
		: >"$lock" && touch -d "$((-shift)) seconds" "$lock" &&
		{ vault doctor >said || test $? = 1; } &&
		test_grep "refs/vault/deleted.lock \(has blocked\|blocks\) git" said &&
		vault -q prune --keep-last 1 && test_path_is_missing "$lock" &&
		ids >left && test_line_count -eq 2 left
	'

	test_expect_success "by $shift seconds: nobody waits for the gc of another host" '
		before 60 && echo "1 elsewhere" >"$repo/.git/gc.pid" &&
		test_expect_code 4 git-vault -C "$repo" fold &&
		touch -d "$((-shift)) seconds" "$repo/.git/gc.pid" &&
		vault -q fold
	'
done

# ---- beyond what a commit can be of --------------------------------------------

refs () {
	git -C "$repo" for-each-ref >"$1" && find "$repo/.git/objects" \
		"$repo/.git/vault" -type f ! -name "*.lock" | sort >>"$1"
}

# refuses TIME COMMAND…
refuses () {
	GIT_VAULT_TEST_TIME=$1 && export GIT_VAULT_TEST_TIME && shift &&
		test_expect_code 128 git-vault -C "$repo" "$@" 2>said &&
		test_grep "the clock says $says, and nothing can be recorded" said &&
		refs actual && test_cmp expect actual
}

for at in -43200:1969-12-31T12:00:00Z 253402300800:10000-01-01T00:00:00Z
do
	says=${at#*:} at=${at%%:*}

	test_expect_success "at $says: nothing is recorded, and the clock is named" '
		before 60 && echo more >>"$repo/notes.txt" && id=$(cat last) &&
		refs expect && (refuses $at snapshot) &&
		(refuses $at snapshot --force -m "words") &&
		(refuses $at pin $id) &&
		(refuses $at tag $id some) && (refuses $at delete $id) &&
		(refuses $at good mark prod) && vault -q snapshot
	'

	test_expect_success "at $says: what is there can be read and restored" '
		before 60 && rm -rf out && (
			GIT_VAULT_TEST_TIME=$at && export GIT_VAULT_TEST_TIME &&
			vault list >listed && test_line_count -eq 4 listed &&
			vault verify && vault diff latest >/dev/null &&
			vault restore latest --to "$PWD/out" 2>said
		) && test_grep "note elsewhere what was done" said &&
		test_cmp "$repo/notes.txt" out/notes.txt
	'
done

# what is built with sanitizers does not start beside a preloaded library
test_lazy_prereq FAKETIME '
	faketime "1969-12-31 12:00" git-vault version
'

test_expect_success FAKETIME "a true clock before 1970 is refused, too" '
	before 60 && refs expect &&
	test_expect_code 128 env -u GIT_VAULT_TEST_TIME TZ=UTC faketime \
		"1969-12-31 12:00" git-vault -C "$repo" snapshot 2>said &&
	test_grep "the clock says 1969-12-31T12:00:" said &&
	refs actual && test_cmp expect actual
'

test_done
