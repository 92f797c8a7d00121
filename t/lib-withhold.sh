# What a snapshot withholds: whether it stands anywhere in clear, and whether
# the snapshot gives it back by git, age and gzip alone.

identity=$HOME/.config/git-vault/identity

# have_age: whether this script can run
have_age () {
	command -v age >/dev/null
}

# take [OPTION…]: a snapshot; its JSON in $TMPDIR/json, its commit in $snap
take () {
	git vault snapshot --json "$@" >"$TMPDIR/json" 2>"$TMPDIR/err" || return
	snap=$(sed -n 's/.*"commit":"\([0-9a-f]*\)".*/\1/p' "$TMPDIR/json")
}

# field NAME: of the JSON
field () {
	sed -n "s/\"exposed\":\[[^]]*\]//; s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p" "$TMPDIR/json"
}

# all_objects [DIR]: the bytes of every object of a repository, those too that
# nothing reaches
all_objects () {
	git -C "${1:-.}" cat-file --batch --batch-all-objects --unordered
}

# leaks FILE: whether any 12 bytes in a row of a file stand in an object of the
# repository
leaks () {
	all_objects >"$TMPDIR/objects" &&
	perl -e '
		local $/; open my $f, "<", $ARGV[0] or die; my $o = <$f>;
		open my $g, "<", $ARGV[1] or die; my $v = <$g>;
		my %seen;
		for (my $i = 0; $i + 12 <= length $v; $i++) {
			$seen{substr $v, $i, 12} = 1;
		}
		for (my $i = 0; $i + 12 <= length $o; $i++) {
			exit 0 if $seen{substr $o, $i, 12};
		}
		exit 1' "$TMPDIR/objects" "$1"
}

# hides VALUE: whether no object has it, in clear
hides () {
	all_objects >"$TMPDIR/objects" && test_grep ! -a -F -e "$1" "$TMPDIR/objects"
}

# give_value OBJECT: the loop of git-vault-format(5)
give_value () {
	object=$1
	eval "$(sed -n '/^if test .*cat-file/,/^done$/{
		s/-i key/-i "$identity"/
		p
	    }' "$GIT_VAULT_SRC_DIR/man/git-vault-format.5")"
}

# give LIST PATH FILE: the bytes of a redacted file with its values, by a list
give () {
	at=0
	while read -r kind offset length scope rule id object path
	do
		test "$path" = "$2" || continue
		tail -c +$((at + 1)) "$3" | head -c $((offset - at)) &&
			give_value "$object" </dev/null || return 1
		at=$((offset + length))
	done <"$1"
	tail -c +$((at + 1)) "$3"
}

# gives_back PATH…: whether the snapshot holds just what stands in these files
gives_back () {
	git cat-file blob "$snap:meta/secrets" >"$TMPDIR/secrets" || return
	for path_ in "$@"
	do
		git cat-file blob "$snap:tree/$path_" >"$TMPDIR/redacted" &&
			give "$TMPDIR/secrets" "$path_" "$TMPDIR/redacted" \
				>"$TMPDIR/given" &&
			test_cmp_bin "$path_" "$TMPDIR/given" || return 1
	done
}
