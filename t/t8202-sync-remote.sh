#!/bin/sh
# shellcheck disable=SC2154

test_description='sync: remotes that refuse, that know no atomic pushes, that move meanwhile'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

# hook NAME <script: of the remote
hook () {
	cat >"$top/remote/hooks/$1" && chmod +x "$top/remote/hooks/$1"
}

unhook () {
	rm -f "$top"/remote/hooks/*
}

test_expect_success 'two clones' '
	start_team && unhook && join bob && is_same alice bob
'

test_expect_success 'a remote that refuses all says why, and nothing is lost' '
	hook pre-receive <<-\EOF &&
	#!/bin/sh
	echo "no records on Sundays" >&2
	exit 1
	EOF
	test_tick && take alice one >one && records alice/clone >before &&
	test_expect_code 3 sync alice &&
	test_grep "^refused  snapshots/$(cat one): .*hook declined.*no records on Sundays" \
		alice/sync.out &&
	records alice/clone >after && test_cmp before after &&
	unhook && sync alice && sync bob && is_same alice bob
'

test_expect_success 'a remote that refuses one kind takes the others' '
	hook update <<-\EOF &&
	#!/bin/sh
	case $1 in
	refs/vault/state/*) echo "no states here" >&2 && exit 1 ;;
	esac
	EOF
	test_tick && take alice two >two && save_state alice net 1 &&
	test_expect_code 3 sync alice &&
	test_grep "^refused  state/prod/net: .*no states here" alice/sync.out &&
	test_grep "^pushed   snapshots/$(cat two)" alice/sync.out &&
	git -C remote rev-parse "refs/vault/snapshots/$(cat two)" &&
	test_must_fail git -C remote rev-parse -q --verify refs/vault/state/prod/net &&
	unhook && sync alice && sync bob && is_same alice bob
'

# That a push has nothing that matches, as far as a hook can refuse.
none_of () {
	hook pre-receive <<-EOF
	#!/bin/sh
	refs=\$(grep "$1") || exit 0
	echo "policy: this push is refused:" >&2
	echo "policy:   \$(echo "\$refs" | head -n 1 | cut -d" " -f3), no such here" >&2
	exit 1
	EOF
}

test_expect_success 'one that refuses whole pushes takes what it would not refuse' '
	none_of "refs/vault/state/\|$(cat two)" &&
	for serial in $(test_seq 5)
	do
		test_tick && take alice s$serial >>more && git -C alice/clone vault pin "$(tail -n 1 more)" ||
			return 1
	done && save_state alice db 1 && save_state alice web 1 &&
	test_expect_code 3 sync alice && grep "^refused" alice/sync.out >refused &&
	test_line_count = 2 refused &&
	test_grep "^refused  state/prod/db: .*hook declined): policy: this push is refused: refs/vault/state/prod/db, no such here$" \
		refused &&
	test_grep "^refused  state/prod/web: .* refs/vault/state/prod/web, no such here$" refused &&
	for id in $(cat more)
	do
		git -C remote rev-parse -q --verify "refs/vault/snapshots/$id" || return 1
	done && git -C remote fsck --strict --no-dangling && unhook && sync alice && sync bob && is_same alice bob
'

test_expect_success 'what is deleted goes from there all the same' '
	none_of refs/vault/state/ && save_state alice db 2 &&
	git -C alice/clone vault unpin "$(tail -n 1 more)" &&
	git -C alice/clone vault delete "$(tail -n 1 more)" &&
	test_expect_code 3 sync alice && grep "^refused" alice/sync.out >refused &&
	test_line_count = 1 refused && test_grep "^pushed   deleted" alice/sync.out &&
	test_grep "^deleted  snapshots/$(tail -n 1 more) on " alice/sync.out &&
	test_must_fail git -C remote rev-parse -q --verify "refs/vault/snapshots/$(tail -n 1 more)" &&
	unhook && sync alice && sync bob && is_same alice bob
'

test_expect_success 'but not where the marks are refused' '
	none_of "refs/vault/state/\|refs/vault/marks" && save_state alice db 3 &&
	sed -n 4p more >id && git -C alice/clone vault unpin "$(cat id)" &&
	git -C alice/clone vault delete "$(cat id)" &&
	test_expect_code 3 sync alice && grep "^refused" alice/sync.out >refused &&
	test_line_count = 2 refused && test_grep "^refused  marks" refused &&
	test_grep ! "^deleted .* on " alice/sync.out &&
	git -C remote rev-parse -q --verify "refs/vault/snapshots/$(cat id)" &&
	unhook && sed -n 3p more >id && git -C alice/clone vault unpin "$(cat id)" &&
	git -C alice/clone vault delete "$(cat id)" && sync alice &&
	test "$(grep -c "^deleted .* on " alice/sync.out)" = 2 && sync bob && is_same alice bob
'

test_expect_success 'nor where the tombstones are' '
	none_of "refs/vault/state/\|refs/vault/deleted" && save_state alice db 4 &&
	sed -n 2p more >id && git -C alice/clone vault unpin "$(cat id)" &&
	git -C alice/clone vault delete "$(cat id)" &&
	test_expect_code 3 sync alice && grep "^refused" alice/sync.out >refused &&
	test_line_count = 2 refused && test_grep "^refused  deleted" refused &&
	test_grep ! "^deleted .* on " alice/sync.out &&
	git -C remote rev-parse -q --verify "refs/vault/snapshots/$(cat id)" &&
	unhook && sync alice && test_grep "^deleted  snapshots/$(cat id) on " alice/sync.out &&
	sync bob && is_same alice bob
'

test_expect_success 'one that refuses all is not asked for each' '
	hook pre-receive <<-EOF &&
	#!/bin/sh
	echo >>"$PWD/asked"
	echo "not \$(cut -d" " -f3 | paste -sd" ")" >&2
	exit 1
	EOF
	: >asked && for serial in $(test_seq 40)
	do
		test_tick && take alice t$serial >one || return 1
	done && test_expect_code 3 sync alice && grep -c "^refused" alice/sync.out >n &&
	test "$(cat n)" -ge 40 && test "$(wc -l <asked)" -le 14 &&
	grep "hook declined" alice/sync.out >told && test "$(wc -l <told)" -ge 6 &&
	test_grep ! -v "^refused  \(.*\): .*hook declined): not refs/vault/\1$" told &&
	grep -c "not pushed separately, since the remote has" alice/sync.out >others &&
	test $(($(cat others) + $(wc -l <told))) = "$(cat n)" &&
	unhook && sync alice && sync bob && is_same alice bob
'

test_expect_success 'what it will never take keeps nothing newer back' '
	: >bad && : >good && for serial in $(test_seq 20)
	do
		test_tick && take alice u$serial >>bad || return 1
	done && none_of "$(paste -sd"|" bad | sed "s/|/\\\\|/g")" &&
	for serial in $(test_seq 3)
	do
		test_tick && take alice v$serial >>good || return 1
	done && test_expect_code 3 sync alice &&
	grep -c "^refused" alice/sync.out >n && test "$(cat n)" = 20 &&
	for id in $(cat good)
	do
		git -C remote rev-parse -q --verify "refs/vault/snapshots/$id" || return 1
	done && unhook && sync alice && sync bob && is_same alice bob
'

# ours: a clone with five snapshots that a remote has not, of which the second
# has $o alone
ours () {
	rm -rf theirs.git ours ids && git init -q --bare theirs.git &&
		git init -q ours && cd ours && git remote add origin ../theirs.git &&
		test_commit one && for i in $(test_seq 5)
		do
			echo "$i" >a && git vault -q snapshot >>../ids || return 1
		done && o=$(git rev-parse "refs/vault/snapshots/$(sed -n 2p ../ids):tree/a")
}

# damaged_stands_alone WORDS: and the rest goes
damaged_stands_alone () {
	bad=$(sed -n 2p ../ids) &&
		test_expect_code 3 git vault sync >out && grep "^refused" out >refused &&
		test_line_count -eq 1 refused &&
		test_grep "^refused  snapshots/$bad: it is damaged here: .*$1.*vault verify --all" refused &&
		for id in $(sed 2d ../ids)
		do
			git -C ../theirs.git rev-parse -q --verify "refs/vault/snapshots/$id" ||
				return 1
		done
}

test_expect_success 'what is lost here keeps nothing back, and the remote is not blamed' '
	(
		ours && mkdir ../packs && mv .git/objects/pack/* ../packs &&
		for pack in ../packs/*.pack
		do
			git unpack-objects -q <$pack || exit 1
		done && rm -f .git/objects/$(echo $o | sed "s,^..,&/,") &&
		damaged_stands_alone "fatal: unable to read $o"
	)
'

test_expect_success 'nor does what goes as it is, and nobody can unpack' '
	(
		ours && for idx in .git/objects/pack/*.idx
		do
			at=$(git show-index <$idx | sed -n "s/^\([0-9]*\) $o.*/\1/p") &&
			pack=${idx%.idx}.pack && chmod u+w $pack || exit 1
			test -z "$at" || printf "\377\377" |
				dd of=$pack bs=1 seek=$((at + 5)) conv=notrunc 2>/dev/null ||
				exit 1
		done && damaged_stands_alone inflate
	)
'

test_expect_success 'hidden refs are refused, and told' '
	git -C remote config transfer.hideRefs refs/vault/state &&
	save_state alice net 2 && test_expect_code 3 sync alice &&
	test_grep "^refused  state/prod/net: .*hidden" alice/sync.out &&
	git -C remote config --unset transfer.hideRefs && sync alice && sync bob &&
	is_same alice bob
'

# beside REF: the remote has one of others there
beside () {
	git -C remote update-ref "$1" "$(git -C alice/clone rev-parse HEAD)" &&
	test_tick && take alice "beside $1" >id && sync alice && sync bob &&
	known bob origin >bob/known && test_grep refs/notes/vault bob/known &&
	test_grep ! "$1" bob/known &&
	git -C alice/clone push -q origin ":$1" && is_same alice bob
}

test_expect_success 'what stands where notes are fetched to is none of ours, and in no way' '
	git -C alice/clone push -q origin HEAD:refs/heads/all &&
	test_tick && take alice noted >noted && sync alice &&
	git -C remote rev-parse -q --verify refs/notes/vault &&
	beside refs/vault/notes && beside refs/vault/notes/vault &&
	beside refs/vault/notes/vault/x
'

test_expect_success 'where deletions are refused the tombstone goes all the same' '
	hook update <<-\EOF &&
	#!/bin/sh
	case $1,$3 in
	refs/vault/*,0000000*) echo "nothing goes here" >&2 && exit 1 ;;
	esac
	EOF
	on alice git vault -q delete "$(cat one)" >out && sync alice &&
	test_grep "^pushed   deleted" alice/sync.out &&
	test_grep ! "^deleted .* on " alice/sync.out &&
	sync bob && test_grep "^deleted  snapshots/$(cat one)" bob/sync.out &&
	as bob git vault list >list && test_grep ! "$(cat one)" list &&
	unhook
'

test_expect_success 'its ref goes with the next deletion' '
	on bob git vault -q delete "$(cat two)" >out && sync bob &&
	test_grep "^deleted  snapshots/$(cat one) on " bob/sync.out &&
	sync alice && is_same alice bob
'

test_expect_success 'without atomic pushes each ref goes by itself, and it is said' '
	git -C remote config receive.advertiseAtomic false &&
	test_tick && take alice three >three && save_state alice net 3 &&
	sync alice && test_grep "does not support atomic pushes: each ref" alice/sync.err &&
	sync bob && is_same alice bob &&
	on bob git vault -q delete "$(cat three)" >out && sync bob && sync alice &&
	as alice git vault list >list && test_grep ! "$(cat three)" list &&
	git -C remote rev-parse "refs/vault/snapshots/$(cat three)" &&
	git -C remote config --unset receive.advertiseAtomic
'

test_expect_success 'what stayed there goes once it takes them again' '
	test_tick && take alice short >id && sync alice &&
	on alice git vault -q delete "$(cat id)" >out && sync alice && sync bob &&
	test_grep "^deleted  snapshots/$(cat three) on " alice/sync.out &&
	is_same alice bob
'

# rival N COMMAND: what bob does, N times, while alice is about to push: by her own
# git, that is called in place of the true one.
rival () {
	printf "n=\$1\n%s\n" "$2" >"$top/rival.sh"
	mkdir -p "$top/alice/bin" && cat >"$top/alice/bin/git" <<-EOF &&
	#!/bin/sh
	PATH=\${PATH#*:}
	case " \$* " in
	*" push "*)
		if n=\$(cat "$top/rival.left" 2>/dev/null) && test "\$n" -gt 0
		then
			echo \$((n - 1)) >"$top/rival.left"
			HOME=$top/bob XDG_CONFIG_HOME=$top/bob/.config \\
				unshare -u sh -c "hostname bob && cd '$top/bob/clone' &&
				sh '$top/rival.sh' \$n && git vault sync" \\
				>>"$top/rival.out" 2>&1
		fi ;;
	esac
	exec git "\$@"
	EOF
	chmod +x "$top/alice/bin/git" && echo "$1" >"$top/rival.left"
}

test_expect_success HOSTS 'when the remote moves meanwhile both are merged again' '
	test_tick && take alice four >four && sync alice && sync bob &&
	on alice git vault -q tag "$(cat four)" of-alice >out &&
	rival 3 "git vault -q tag $(cat four) t\$n" &&
	on alice env PATH="$top/alice/bin:$PATH" git-vault sync --json >out &&
	test_grep "\"attempts\":4" out && test "$(cat rival.left)" = 0 &&
	sync bob && sync alice && is_same alice bob &&
	as alice git cat-file -p "refs/vault/marks:tags/$(cat four)" >actual &&
	test_write_lines of-alice t1 t2 t3 >expect && test_cmp expect actual
'

test_expect_success HOSTS 'it is given up after some times, with nothing lost' '
	on alice git vault -q tag "$(cat four)" again >out &&
	rival 99 "git vault -q tag $(cat four) t\$n" &&
	test_expect_code 4 on alice env PATH="$top/alice/bin:$PATH" \
		git-vault sync >out 2>err &&
	test_grep "given up after 8 times.*has moved meanwhile" err &&
	sync alice && sync bob && is_same alice bob &&
	as bob git cat-file -p "refs/vault/marks:tags/$(cat four)" >actual &&
	test_grep "^again" actual && test_grep "^t92" actual
'

test_expect_success HOSTS 'one that is pinned while its ref is about to go there stays' '
	test_tick && take alice pinned >id && sync alice && sync bob &&
	on alice git vault -q delete "$(cat id)" >out &&
	rival 1 "git vault -q pin $(cat id)" &&
	on alice env PATH="$top/alice/bin:$PATH" git-vault sync >out 2>err &&
	git -C remote rev-parse "refs/vault/snapshots/$(cat id)" &&
	test_grep ! "^deleted .* on " out && as alice git vault list >list &&
	test_grep "$(cat id)" list && sync bob && is_same alice bob
'

test_expect_success 'with --push-only the remote that has moved is not asked again' '
	test_tick && take alice five >five && test_tick && take bob six >six &&
	on bob git vault -q pin "$(cat six)" && on alice git vault -q pin "$(cat five)" &&
	sync bob && test_expect_code 128 sync alice --push-only &&
	test_grep "has refs that were not fetched yet;" \
		alice/sync.err &&
	sync alice && sync bob && is_same alice bob
'

test_expect_success 'with --push-only a remote that was made anew gets all again' '
	sync alice --push-only && test_grep ! ^pushed alice/sync.out &&
	git -C "$top/remote" for-each-ref refs/vault refs/notes >before &&
	mv "$top/remote" "$top/lost" && git init -q --bare "$top/remote" &&
	sync alice --push-only && test_grep ^pushed alice/sync.out &&
	git -C "$top/remote" for-each-ref refs/vault refs/notes >after &&
	test_cmp before after && sync alice && test_grep ! ^pushed alice/sync.out &&
	sync bob && is_same alice bob &&
	rm -rf "$top/remote" && mv "$top/lost" "$top/remote"
'

test_expect_success 'a remote that is not there is told in the words of git' '
	as alice git remote add away "$top/nowhere" &&
	test_expect_code 128 sync alice away &&
	test_grep "cannot ask the remote .away.: .*nowhere" alice/sync.err
'

test_expect_success 'where something is damaged there what is whole comes by what it says' '
	git init -q --bare hurt && as alice git remote add hurt "$top/hurt" &&
	id=$(take alice whole) && as alice sh -c "echo lost >lost" &&
	bad=$(take alice torn) && as alice rm lost && sync alice hurt &&
	clone fay && as fay git remote add hurt "$top/hurt" &&
	lost=$(git -C hurt rev-parse "refs/vault/snapshots/$bad:tree/lost") &&
	git -C hurt rev-list --objects --all >all && cut -c 1-40 all >names &&
	grep -v $lost names >left && mkdir pack &&
	git -C hurt pack-objects -q "$top/pack/pack" <left >out &&
	rm -r hurt/objects/* && mv pack hurt/objects &&
	test_expect_code 128 sync fay hurt &&
	test_grep "damaged or missing: .*git vault sync --refs snapshots/ID hurt" \
		fay/sync.err &&
	sync fay --refs "snapshots/$id" hurt &&
	test_grep "^fetched  snapshots/$id" fay/sync.out &&
	test_expect_code 128 sync fay --refs "snapshots/$bad" hurt &&
	as alice git remote remove hurt
'

test_expect_success 'a plain fetch and push carry on beside it' '
	as alice git commit -q --allow-empty -m plain &&
	as alice git push -q origin HEAD && as bob git pull -q --prune &&
	sync alice && sync bob && is_same alice bob &&
	test "$(git -C alice/clone rev-parse HEAD)" = \
		"$(git -C bob/clone rev-parse HEAD)"
'

test_expect_success 'what was pushed is known at once, whatever the remote is called' '
	for name in a.b a=b origin.url=x =
	do
		git init -q --bare "r-$name" &&
		as alice git config "remote.$name.url" "$top/r-$name" &&
		sync alice "$name" && test_grep "^pushed   keyring" alice/sync.out &&
		known alice "$name" >actual &&
		git -C "r-$name" for-each-ref --format="%(objectname) %(refname)" \
			refs/vault refs/notes | LC_ALL=C sort >expect &&
		test_cmp expect actual && sync alice "$name" &&
		test_must_be_empty alice/sync.out || return 1
	done
'

test_expect_success 'a lock that a killed git left is no obstacle a minute later' '
	test_tick && take alice seven >seven && sync alice &&
	mkdir -p bob/clone/.git/refs/vault-remote/origin/snapshots &&
	touch -d "2 minutes ago" \
		"bob/clone/.git/refs/vault-remote/origin/snapshots/$(cat seven).lock" &&
	sync bob && is_same alice bob
'

# packs WHO: how many
packs () {
	as "$1" git count-objects -v | sed -n "s/^packs: //p"
}

# As git itself has it behind a fetch; not where nothing came.
test_expect_success 'who only ever syncs has not a pack more each time' '
	as bob git config fetch.unpackLimit 1 && as bob git config gc.auto 6700 &&
	as bob git config gc.autoDetach false && as bob git gc -q &&
	as bob git config gc.autoPackLimit 4 &&
	as bob git config maintenance.auto false && for n in 1 2 3 4 5 6 7
	do
		test_tick && take alice "pack $n" >id && sync alice && sync bob ||
			return 1
	done && packs bob >n && test "$(cat n)" -gt 5 &&
	as bob git config --unset maintenance.auto &&
	test_tick && take alice "pack 8" >id && sync alice && sync bob &&
	packs bob >n && test "$(cat n)" -le 5 && is_same alice bob && as bob git config gc.autoPackLimit 1 &&
	take bob here >id && packs bob >before && sync bob && packs bob >after &&
	test_cmp before after && sync alice && as bob git config gc.autoPackLimit 50
'

test_expect_success '1,200 snapshots go in one sync' '
	tip=$(git -C alice/clone rev-parse "refs/vault/snapshots/$(cat seven)") &&
	for i in $(seq 1200)
	do
		printf "create refs/vault/snapshots/20200101T000000Z-%08x %s\n" $i $tip
	done >many && as alice git update-ref --stdin <many &&
	sync alice && sync bob && is_same alice bob &&
	grep -c "^fetched  snapshots" bob/sync.out >n && test "$(cat n)" = 1200 &&
	test_tally 1200 "snapshots sent"
'

test_done
