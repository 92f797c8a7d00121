#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault restore --in-place: what differs alone is looked at

A dry run looks at every file. So what it says is what a restore must do that
only compares two snapshots, and after that nothing may be left to do.'
. "$(dirname "$0")/test-lib.sh"


# Restore as a dry run foretells, by the two snapshots alone, and leave nothing
# to do. In a folder that no snapshot sees.
restore_foretold () {
	out=$TRASH_DIRECTORY/out && rm -rf "$out" && mkdir "$out" &&
		sleep 0.1 &&
		git vault --json restore "$1" --in-place --delete -n \
			>"$out/foretold" &&
		GIT_TRACE="$out/trace" git vault --json restore "$1" \
			--in-place --delete >"$out/made" &&
		git vault --json restore "$1" --in-place --delete -n \
			>"$out/after" &&
		for i in foretold made
		do
			sed 's/"safety":.*"dry_run":[a-z]*,//' "$out/$i" \
				>"$out/$i.cut" || return 1
		done &&
		test_cmp "$out/foretold.cut" "$out/made.cut" &&
		test_grep '"changes":\[\]' "$out/after"
}

# Git lists the working tree where each file is looked at.
looked_at_all () {
	grep ls-files "$TRASH_DIRECTORY/out/trace"
}

# edits SEED N: N random changes of the tree here, as lines of shell.
edits () {
	awk -v seed="$1" -v n="$2" '
	function dir() { return "r/d" int(rand() * 4) "/e" int(rand() * 3) }
	function file() { return dir() "/f" int(rand() * 5) }
	BEGIN {
		srand(seed)
		for (i = 0; i < n; i++) {
			p = file(); d = p; sub("/[^/]*$", "", d); q = file()
			k = int(rand() * 16)
			if (k < 4)
				print "mkdir -p " d " && echo " seed i " >" p
			else if (k == 4)
				print "rm -rf " p
			else if (k == 5)
				print "chmod " (rand() < .5 ? 755 : 600) " " p
			else if (k == 6)
				print "touch -d @" 1000000 + int(rand() * 9) " " p
			else if (k == 7)
				print "ln -f " p " " q
			else if (k == 8)
				print "ln -sfn target" i " " p
			else if (k == 9)
				print "rm -f " p "; mkdir -p " p " && echo in >" p "/in"
			else if (k == 10)
				print "rm -rf " d "; mkdir -p r/d; echo dir >" d
			else if (k == 11)
				print "mkdir -p " d "/empty" int(rand() * 3) "/deep"
			else if (k == 12)
				print "mkdir -p " d " && echo ignored >" p ".log"
			else if (k == 13)
				print "git add -A " (rand() < .5 ? d : p)
			else if (k == 14)
				print "git rm -q --cached " p
			else
				print "echo password = \"Kx" seed "vTq9" i "zLw7\" >>" p
		}
	}' >"$TRASH_DIRECTORY/edits"
	sh "$TRASH_DIRECTORY/edits" 2>/dev/null
	return 0
}

test_expect_success 'a snapshot of some files, and one of few changes' '
	test_create_repo some && cd some &&
	mkdir a b && echo 1 >a/f && echo 1 >b/f && echo "*.log" >.gitignore &&
	git add . && git commit -q -m 1 && sleep 0.1 && id=$(git vault snapshot) &&
	echo 2 >a/f && echo new >a/new && mkdir b/c && echo new >b/c/new &&
	echo kept >b/x.log && rm b/f && mkdir none &&
	restore_foretold $id && ! looked_at_all &&
	git status --porcelain >../actual && test_must_be_empty ../actual &&
	test_path_is_missing b/c && test_path_is_missing none &&
	test_path_is_file b/x.log
'

test_expect_success 'what it replaces can be had back' '
	cd some && safety=$(sed "s/.*\"safety\":\"\([^\"]*\).*/\1/" ../out/made) &&
	sleep 0.1 && git vault restore $safety --in-place --delete &&
	echo 2 >../expect && test_cmp ../expect a/f && test_path_is_file b/c/new &&
	test_path_is_missing b/f && test_path_is_dir none
'

test_expect_success 'no snapshot is taken where the files are the same' '
	cd some && rm b/x.log && git vault restore $id --in-place --delete &&
	sleep 0.1 && git vault list | wc -l >../before &&
	git vault restore $id --in-place --delete 2>../err &&
	git vault list | wc -l >../after && test_cmp ../before ../after &&
	! grep "^safety" ../err
'

test_expect_success 'what changed a moment ago is looked at' '
	cd some && git vault snapshot && echo 3 >a/f &&
	git vault restore $id --in-place --delete &&
	echo 1 >../expect && test_cmp ../expect a/f
'

test_expect_success 'what came since the safety snapshot stays, and is named' '
	cd some && echo 4 >a/f && echo 4 >a/g && sleep 0.1 && mkdir ../bin &&
	echo "#!/bin/sh" >.git/hooks/reference-transaction &&
	chmod +x .git/hooks/reference-transaction &&
	cat >../bin/git <<-\EOF && chmod +x ../bin/git &&
	#!/bin/sh
	"$REAL_GIT" "$@"
	status=$?
	case "$*" in
	*update-ref*)
		test -e a/once || { echo mine >a/f; : >a/once; } ;;
	esac
	exit $status
	EOF
	REAL_GIT=$(command -v git) && export REAL_GIT &&
	test_expect_code 3 env PATH="$TRASH_DIRECTORY/bin:$PATH" \
		git-vault restore $id --in-place --delete 2>../err &&
	echo mine >../expect && test_cmp ../expect a/f &&
	test_grep "a/f" ../err && test_path_is_missing a/g &&
	rm -r a/once ../bin .git/hooks/reference-transaction
'

test_expect_success 'rules that were there keep what they ignore' '
	cd some && git checkout -q -f && git clean -q -fd && git vault snapshot &&
	id=$(git vault snapshot --force) && echo kept >keep.log &&
	rm .gitignore && sleep 0.1 &&
	git vault restore $id --in-place --delete &&
	test_path_is_file keep.log && test_path_is_file .gitignore
'

test_expect_success 'a repository inside stays' '
	cd some && git init -q inner && echo 1 >inner/f && id=$(git vault snapshot) &&
	echo 5 >a/f && echo 5 >inner/f && restore_foretold $id &&
	echo 5 >../expect && test_cmp ../expect inner/f
'

# The status by the cache of the safety snapshot, and without one.
status_is_whole () {
	out=$TRASH_DIRECTORY/out && sleep 0.1 &&
		git vault --json status >"$out/narrow" &&
		mv .git/vault/index "$out/cache" &&
		git vault --json status >"$out/whole" &&
		mv "$out/cache" .git/vault/index &&
		test_cmp "$out/whole" "$out/narrow"
}

test_expect_success 'random changes are undone as a dry run foretells' '
	test_create_repo random && cd random && echo "*.log" >.gitignore &&
	git add . && git commit -q -m 1 && edits 1 120 && mkdir many &&
	(cd many && seq 300 | xargs touch) && git add -A r many &&
	git commit -q -m 2 && : >../ids && n=0 &&
	for i in 2 3 4 5 6 7 8 9 10 11 12 13
	do
		sleep 0.1 && id=$(git vault snapshot --force 2>/dev/null) &&
		echo $id >>../ids && edits $i $((i * 3)) &&
		to=$(sed -n "$((i % 3 + 1))p" ../ids) && to=${to:-$id} &&
		if ! restore_foretold $to
		then
			echo "seed $i, snapshot $to" && return 1
		fi &&
		{ looked_at_all >/dev/null || n=$((n + 1)); } || return 1
	done && echo "$n of 12 by what differs" && test $n -ge 6
'

# The status of single paths, with which nothing else is looked at, beside that
# of all.
paths_are_as_in_whole () {
	find r -type f | sed -n '1~7p' >"$out/paths" &&
		git vault status --porcelain >"$out/all" && sleep 0.1 &&
		while read -r path
		do
			grep " $path\$" "$out/all" >"$out/expect" || :
			git vault status --porcelain "$path" </dev/null |
				sed "/^=/d" >"$out/one" && test_cmp "$out/expect" "$out/one" ||
				return 1
		done <"$out/paths"
}

test_expect_success 'and a status after one is told as by looking at all' '
	cd random && n=0 &&
	for i in 21 22 23 24 25 26 27 28 29 30
	do
		id=$(sed -n "$((i - 20))p" ../ids) &&
		git vault restore $id --in-place --delete 2>/dev/null &&
		status_is_whole && paths_are_as_in_whole && edits $i $((i % 5 * 4)) || return 1
		if ! status_is_whole
		then
			echo "seed $i, snapshot $id" && return 1
		fi
		test $((i % 4)) != 0 || git vault snapshot || return 1
	done
'

test_done
