# shellcheck shell=sh
# Snapshots made with plain git, without git-vault: they show that the format
# is plain, and commands that read snapshots are tested on them. Source this
# after test-lib.sh.
#
#	snapshot_take -m 'before the upgrade' -t prod && first=$snapshot
#
# makes one of all files of the working tree, a minute after the last one, and
# sets $snapshot to its id. Call it in the test's own shell, never in $(…).
#
# Not for odd path names (tab, newline, quote): those are git-vault's to test.

# what the caller may set, and what the functions keep
snapshot_list= snapshot_lines= snapshot_count=0 snapshot= snapshot_previous=

# The manifest of the working tree, one layer. $snapshot_lines is added.
snapshot_manifest () {
	printf 'git-vault manifest 1\nowner %s %s\n' "$(id -un)" "$(id -gn)" &&
	find . -path ./.git -prune -o -printf '%y\t%T@\t%m\t%u\t%g\t%P\n' |
		awk -F '\t' -v user="$(id -un)" -v group="$(id -gn)" '
		{
			usual = $1 == "d" ? "755" : $1 == "l" ? "777" : "644"
			line = $1 " " substr($2, 1, index($2, ".") + 9)
			line = line ($3 == usual ? "" : " m=" $3)
			line = line ($4 == user ? "" : " u=" $4)
			line = line ($5 == group ? "" : " g=" $5)
			if ($1 == "p" || $1 == "s") {
				sub("^.", "x", line)
				line = line " r=" ($1 == "p" ? "fifo" : "socket")
			}
			print line " " ($6 == "" ? "." : $6)
		}' &&
	printf '%s' "$snapshot_lines"
}

# The tree of all files, ignored ones too, through an index of its own.
snapshot_tree () {
	rm -f .git/snapshot-index &&
		GIT_INDEX_FILE=.git/snapshot-index git add -A -f . &&
		GIT_INDEX_FILE=.git/snapshot-index git write-tree
}

# The tree meta/: the manifest, and where the snapshot comes from.
snapshot_meta () {
	manifest_=$(snapshot_manifest | git hash-object -w --stdin) &&
	layers_=$(printf '100644 blob %s\t0000\n' "$manifest_" | git mktree) &&
	repository_=$(printf 'branch refs/heads/%s\ngit %s\n' "$branch_" \
		"$(git version)" | git hash-object -w --stdin) &&
	refs_=$(git for-each-ref --format='%(objectname) %(refname)' |
		git hash-object -w --stdin) &&
	origin_=$(printf '100644 blob %s\trefs\n100644 blob %s\trepository\n' \
		"$refs_" "$repository_" | git mktree) &&
	{
		printf '040000 tree %s\tmanifest\n040000 tree %s\torigin\n' \
			"$layers_" "$origin_" &&
		if test -n "$snapshot_list"
		then
			printf '100644 blob %s\tsecrets\n' \
				"$(git hash-object -w "$snapshot_list")"
		fi
	} | git mktree
}

# snapshot_commit ROOT-TREE: the commit and the ref, from the variables that
# snapshot_take sets.
snapshot_commit () {
	base_=$(git rev-parse -q --verify HEAD^0 || :)
	trailers_="Vault-Format: 1
Vault-Id: $snapshot
Vault-Host: $host_
Vault-Trigger: manual
Vault-Branch: $branch_
${snapshot_previous:+Vault-Previous: $snapshot_previous
}$tags_$envs_$more_"
	commit_=$(printf '%s\n\n%s' "$message_" "$trailers_" |
		git commit-tree ${base_:+-p "$base_"} "$1") &&
	git update-ref "refs/vault/snapshots/$snapshot" "$commit_" "" &&
	snapshot_previous=$snapshot
}

# snapshot_take [-m MESSAGE] [-t TAG]… [-e ENVIRONMENT]… [-b BRANCH]
#	[-H HOST] [-x TRAILER-LINE]… [-s (in the same second as the last)]
snapshot_take () {
	message_='a snapshot' host_=fixture tags_= envs_= more_= same_=
	branch_=$(git symbolic-ref -q --short HEAD) || branch_=detached
	while test $# -gt 0
	do
		case $1 in
		-s)
			same_=t
			shift
			continue
			;;
		-m) message_=$2 ;;
		-t) tags_="${tags_}Vault-Tag: $2
" ;;
		-e) envs_="${envs_}Vault-Env: $2
" ;;
		-b) branch_=$2 ;;
		-H) host_=$2 ;;
		-x) more_="$more_$2
" ;;
		*) return 1 ;;
		esac
		shift 2
	done
	test -n "$same_" || test_tick
	snapshot_count=$((snapshot_count + 1))
	# shellcheck disable=SC2154 # test_tick is the harness's
	snapshot=$(date -u -d "@$test_tick" +%Y%m%dT%H%M%SZ)-$(printf %08x \
		"$snapshot_count")
	more_="Vault-Files: $(find . -path ./.git -prune -o \
		'(' -type f -o -type l ')' -print | wc -l)
Vault-Bytes: $(find . -path ./.git -prune -o \
		'(' -type f -o -type l ')' -printf '%s\n' |
		awk '{ n += $1 } END { print n + 0 }')
$more_"
	tree_=$(snapshot_tree) && meta_=$(snapshot_meta) &&
	root_=$(printf '040000 tree %s\tmeta\n040000 tree %s\ttree\n' \
		"$meta_" "$tree_" | git mktree) &&
	snapshot_commit "$root_"
}

# snapshot_many N: so many more at once, a second apart from 2026 on, all with
# the tree of the last one that snapshot_take made.
snapshot_many () {
	awk -v n="$1" -v tree="$(git rev-parse \
		"refs/vault/snapshots/$snapshot^{tree}")" '
	BEGIN {
		for (i = 0; i < n; i++) {
			id = sprintf("202601%02dT%02d%02d%02dZ-%08x",
				i / 86400 + 1, i / 3600 % 24, i / 60 % 60,
				i % 60, i * 2654435761 % 4294967296)
			text = sprintf("number %d\n\nVault-Format: 1\n" \
				"Vault-Id: %s\nVault-Files: %d\n", i, id, i)
			print "commit refs/vault/snapshots/" id
			print "committer a <b> " 1767225600 + i " +0000"
			print "data " length(text)
			print text "M 040000 " tree " \"\"\n"
		}
	}' | git fast-import --quiet --force
}
