# shellcheck shell=sh disable=SC2034
# What must hold whatever happens to git-vault: the user's files, index, refs
# and stash are as they were, the repository is whole, what stands is complete,
# and the next command works. Source it after test-lib.sh.
#
#	busy_repository DIR		with work of every kind under way
#	remember DIR; …; check_untouched DIR && check_whole DIR
#	check_next DIR			the next snapshot is complete and tidies up

# A repository with a commit, a stash, staged, unstaged and untracked work, a
# precious ignored file, a branch that is not pushed, and one snapshot.
busy_repository () {
	test_create_repo "$1" && (
		cd "$1" &&
		mkdir -p env/prod env/dev modules/net &&
		test_seq 1 400 | sed "s/^/prod /" >env/prod/main.tf &&
		test_seq 1 400 | sed "s/^/dev /" >env/dev/main.tf &&
		echo "a = 1" >modules/net/vars.tf &&
		printf "#!/bin/sh\necho run\n" >run.sh && chmod +x run.sh &&
		ln -s env/prod/main.tf link &&
		printf "%s\n" ".env" "*.tfstate" "*.log" >.gitignore &&
		git add . && test_tick && git commit -q -m first &&
		git branch side &&
		echo stashed >>modules/net/vars.tf && git stash -q &&
		echo "SECRET=1" >.env && echo "{}" >env/prod/terraform.tfstate &&
		git vault -q snapshot >/dev/null &&
		echo staged >>env/dev/main.tf && git add env/dev/main.tf &&
		echo unstaged >>env/dev/main.tf &&
		echo untracked >notes.txt && echo noise >debug.log &&
		chmod 600 .env && mkdir empty
	)
}

# All that is the user's: bytes, kinds, modes and times of the working tree,
# and the files of .git that are not git-vault's.
user_state_ () {
	(
		cd "$1" &&
			test_list_tree . &&
			find . -name .git -prune -o -type f -exec sha1sum {} + |
			sort -k2 &&
			git for-each-ref --format="%(objectname) %(refname)" |
			grep -v " refs/vault/\| refs/vault-trash/\| refs/notes/vault$" &&
			git rev-parse HEAD &&
			git stash list &&
			sha1sum .git/index .git/HEAD .git/config &&
			find .git -maxdepth 1 ! -name vault | sort
	)
}

remember () {
	user_state_ "$1" >"$1.user" && vault_refs_ "$1" >"$1.vault"
}

check_untouched () {
	user_state_ "$1" >"$1.now" && test_cmp "$1.user" "$1.now"
}

vault_refs_ () {
	git -C "$1" for-each-ref --format="%(objectname) %(refname)" \
		refs/vault/ | sort
}

# goes_on DIR OLD REF: a chain that was remembered is still in that ref.
goes_on_ () {
	case $3 in
	refs/vault/snapshots/*) false ;;
	*) git -C "$1" merge-base --is-ancestor "$2" "$3" 2>/dev/null ;;
	esac || {
		echo "$3 went from $1, or is not what it was"
		return 1
	}
}

# Git finds nothing wrong, all snapshots that were remembered are there, and the
# chains were only added to.
check_whole () {
	git -C "$1" fsck --full --strict --no-dangling >"$1.fsck" 2>&1 || {
		echo "git fsck says of $1:"
		cat "$1.fsck"
		return 1
	}
	test_must_be_empty "$1.fsck" && vault_refs_ "$1" >"$1.now" || return 1
	comm -23 "$1.vault" "$1.now" | while read -r old_ ref_
	do
		goes_on_ "$1" "$old_" "$ref_" || return 1
	done
}

# What was said on failure is a sentence of ours, not a crash.
check_sentence () {
	test_grep "^git-vault: ..*[a-z]" "$1" && test_grep ! "Sanitizer" "$1"
}

# The snapshot whose id is in DIR.id holds just what stands in DIR, and what is
# withheld in it opens.
check_complete () {
	rm -rf "$1.out" &&
		git -C "$1" vault -q restore "$(cat "$1.id")" --to "$1.out" &&
		diff -r --no-dereference -x .git -x "*.log" -x empty \
			"$1" "$1.out"
}

# No trace of a snapshot that did not come to its end.
check_tidy () {
	find "$1/.git" "(" -name "gv_tmp_*" \
		-o -name "*.keep" -o -name "*.lock" \
		-o -path "*/vault/*.*" ! -path "*/refs/vault/state/*" \
		! -path "*/vault/search/*.seg" \
		")" >"$1.left" && test_must_be_empty "$1.left"
}

# The next snapshot succeeds without help, and leaves nothing behind.
check_next () {
	git -C "$1" vault -q snapshot >"$1.id" &&
		check_complete "$1" && check_tidy "$1" &&
		check_untouched "$1" && check_whole "$1"
}

# A copy of BASE, which was remembered, to be broken.
copy_repository () {
	rm -rf "$2" && cp -a "$1" "$2" && cp "$1.user" "$2.user" &&
		cp "$1.vault" "$2.vault"
}

# Kinds, modes, times, links and bytes; of a directory no time, since it
# changes with what is made in it.
list_all () {
	test_list_tree "$1" | sed "s/^\(d [0-7]* \)[0-9.]* /\1/" && (
		cd "$1" && find . -name .git -prune -o -type f \
			-exec sha1sum {} + | sort -k2
	)
}

git_state () {
	(
		cd "$1" && sha1sum .git/index .git/HEAD .git/config &&
			git for-each-ref \
				--format="%(objectname) %(refname)" |
			grep -v " refs/vault/\| refs/vault-trash/\| refs/notes/vault$" &&
			git stash list
	)
}

# A busy repository that stands as the files before and git.before in the
# current directory say, after a snapshot, $wanted, of what "after" lists.
two_states () {
	busy_repository "$1" && rm -f "$1/debug.log" && test_tick &&
		mkdir -p "$1/old/deep" && echo deep >"$1/old/deep/file" &&
		ln "$1/notes.txt" "$1/twin" &&
		dd if=/dev/urandom of="$1/large" bs=65536 count=20 2>dd.err &&
		wanted=$(git -C "$1" vault -q snapshot) &&
		list_all "$1" >after &&
		(
			cd "$1" && echo changed >>env/prod/main.tf &&
			chmod 755 notes.txt && rm -r old &&
			echo "a file now" >old && rm run.sh && mkdir run.sh &&
			echo "a directory now" >run.sh/x &&
			ln -sf elsewhere link && echo more >>large &&
			mkdir -p fresh/deep && echo new >fresh/deep/file &&
			rm .env && echo touched >touched
		) && test_tick &&
		git -C "$1" vault -q snapshot &&
		list_all "$1" >before && git_state "$1" >git.before
}
