# shellcheck shell=sh disable=SC2034,SC2154
# Snapshots taken by git-vault itself, and what they hold. Source this after
# test-lib.sh; call take in the test's own shell, never in $(…).
#
#	take -m 'why' && git diff-tree -r "$snap:tree" HEAD
#	field created
#	line_of .env

# take [OPTION…]: sets $id, $snap (its commit's ref), and leaves the JSON in
# $TMPDIR/json; exit code as of the command.
take () {
	git vault --json snapshot "$@" >"$TMPDIR/json" 2>"$TMPDIR/err"
	take_status_=$?
	id=$(field id)
	snap=refs/vault/snapshots/$id
	test $take_status_ = 0 || cat "$TMPDIR/err" >&2
	return $take_status_
}

# field NAME: of the last snapshot's JSON, not of what is listed in it; a string
# without its quotes.
field () {
	sed -n 's/"states":\[[^]]*\]//; s/"left_out":\[[^]]*\]//
		s/"exposed":\[[^]]*\]//
		s/.*[{,]"'"$1"'":\("\([^"]*\)"\|[^,}]*\).*/\2\1/p' \
		"$TMPDIR/json" | sed 's/".*"//'
}

# note_of PATH: "kind: reason" of the last snapshot's note of a path.
note_of () {
	tr '{' '\n' <"$TMPDIR/json" |
		sed -n 's|"kind":"\([a-z]*\)","path":"'"$1"'","reason":"\([^"]*\)".*|\1: \2|p'
}

# manifest [SNAP]: the effective manifest, all fields written out.
manifest () {
	tree_=$(git rev-parse "${1:-$snap}:meta/manifest") &&
		test-tool manifest "$tree_"
}

# line_of PATH [SNAP]: its line of the effective manifest.
line_of () {
	manifest "$2" | awk -v path=" $1" '
		substr($0, length($0) - length(path) + 1) == path'
}

# tree_of_all [SNAP…]: what git itself makes of the files as they stand, with
# no conversion, ignored ones included if given as arguments.
tree_of_all () {
	rm -f "$TMPDIR/index" &&
	(
		GIT_INDEX_FILE=$TMPDIR/index
		export GIT_INDEX_FILE
		git -c core.attributesFile=/dev/null -c core.autocrlf=false \
			add -A . &&
		if test $# != 0
		then
			git add -f -- "$@"
		fi &&
		git write-tree
	)
}

# Take a fresh one beside the last and compare: the cache must change nothing.
take_is_as_fresh () {
	cache_=$(git rev-parse --git-path vault/index) &&
	as_is_=$snap && manifest "$as_is_" >"$TMPDIR/manifest.cached" &&
	mv "$cache_" "$TMPDIR/cache" && take --force &&
	mv "$TMPDIR/cache" "$cache_" &&
	manifest >"$TMPDIR/manifest.fresh" &&
	test_cmp "$TMPDIR/manifest.fresh" "$TMPDIR/manifest.cached" &&
	test_cmp_rev "$snap:tree" "$as_is_:tree" &&
	git update-ref -d "$snap" && snap=$as_is_ id=${as_is_##*/}
}

# What of the user's a snapshot must leave as it was.
state_of_all () {
	git for-each-ref --format='%(objectname) %(refname)' refs/heads \
		refs/tags refs/remotes refs/stash &&
	git ls-files -s -v && git status --porcelain --ignored &&
	git stash list && cksum <"$(git rev-parse --git-path index)" &&
	test_list_tree .
}
