#!/bin/sh
# shellcheck disable=SC2154

test_description='hooks are put in and taken out when calls that change files fail

At every one of them (a sample; all with GIT_VAULT_TEST_LONG=1) the hook that was there before runs in any case, ours is
there or not, what is said is a sentence, and the same works afterwards.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"

fault_at_most 6

repo=$TRASH_DIRECTORY/repo
OUT=$TMPDIR/got
export OUT

# with the hooks of a user, and a picture of them
make_repository () {
	rm -rf "$repo" && git init -q "$repo" && mkdir -p "$repo/.git/hooks" &&
	printf '#!/bin/sh\necho theirs >"$OUT"\n' \
		>"$repo/.git/hooks/pre-commit" &&
	chmod 750 "$repo/.git/hooks/pre-commit" &&
	cp -p "$repo/.git/hooks/pre-commit" "$repo/.git/hooks/of-all" &&
	ln -s of-all "$repo/.git/hooks/post-merge" && picture >"$repo.before"
}

picture () {
	(
		cd "$repo/.git/hooks" && find . ! -name . ! -name "*.sample" \
			-printf "%P %y %m %T@ %l\n" | sort &&
		find . -type f ! -name "*.sample" | sort | xargs cat
	)
}

install () {
	make_repository && git -C "$repo" vault hooks install \
		>"$repo.said" 2>"$repo.err"
}

uninstall () {
	make_repository && unstruck git -C "$repo" vault hooks install \
		>"$repo.said" && git -C "$repo" vault hooks uninstall \
		>"$repo.said" 2>"$repo.err"
}

unstruck () {
	env -u LD_PRELOAD "$@"
}

# theirs runs; nothing is left under a name of ours that git would run; and both
# commands do what they are to.
check () {
	case $fault_status in
	0) ;;
	128) check_sentence "$repo.err" || return 1 ;;
	137) ;;
	*) return 1 ;;
	esac
	rm -f "$OUT" && git -C "$repo" commit -q --allow-empty -m x &&
	test_path_exists "$OUT" && git -C "$repo" vault hooks install \
		>"$repo.said" && test_grep ! refused "$repo.said" &&
	rm -f "$OUT" && git -C "$repo" commit -q --allow-empty -m y &&
	test_path_exists "$OUT" && git -C "$repo" vault hooks status \
		>"$repo.said" && test_grep "chained *pre-commit" "$repo.said" &&
	test_grep "chained *post-merge" "$repo.said" &&
	test_grep "installed pre-push" "$repo.said" &&
	git -C "$repo" vault hooks uninstall >"$repo.said" &&
	picture >"$repo.after" &&
	test_cmp "$repo.before" "$repo.after"
}

for kind in enospc eio kill
do
	test_expect_success "install, $kind" '
		for_each_fault $kind install check
	'

	test_expect_success "uninstall, $kind" '
		for_each_fault $kind uninstall check
	'
done

test_done
