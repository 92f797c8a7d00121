# shellcheck shell=sh disable=SC2046,SC2094,SC2154
# Values that nobody may see, and whether somebody could. Source it after
# test-lib.sh.
#
#	v=$(plant NAME)		a value to put in a file; the same each time
#	theirs git add .	what the user does: its objects are his own
#	watched restore …	git vault, every call that writes or starts a
#				program watched; its status
#	look [DIR]		whether a value stands where it may not: in an
#				object of ours, in .git, in what was said,
#				written or called, in $TMPDIR or $HOME, in the
#				words or the environment of a process
#
# A value counts in clear, in base64, in hex, in UTF-16. What is under $canary
# is not looked at but for what was said, which is in $canary/seen afterwards.
#
#	canary_renew		$repo from $base, and the identities with it
#	canary_next		after a strike: what must hold of $repo
#	canary_settle		the identities of $base are those that are there

canary=$test_root_/canary
identity=$HOME/.config/git-vault/identity
mkdir -p "$canary/said" "$canary/seen" && : >"$canary/looked" &&
	: >"$canary/mine" && : >"$canary/values" && : >"$canary/values.known" &&
	: >"$canary/forms" && : >"$canary/blocks"

# plant NAME: a value that looks random; another one by GIT_VAULT_TEST_SEED
plant () {
	v_=$(printf "%s" "$test_name$GIT_VAULT_TEST_SEED $1" | sha256sum | cut -c1-24 |
		tr 0123456789abcdef kX7vRm2QpZ9sLd4T)
	printf "%s\n" "$v_" >>"$canary/values"
	printf "%s" "$v_"
}

# block FILE: no 12 bytes in a row of this file may stand in an object
block () {
	n_=$(wc -l <"$canary/blocks") && cat "$1" >"$canary/block.$n_" &&
		echo "$canary/block.$n_" >>"$canary/blocks"
}

objects_ () {
	git cat-file --batch-all-objects --batch-check="%(objectname)" | sort -u
}

# theirs COMMAND…: the objects that it makes are not ours
theirs () {
	objects_ >"$canary/before" && "$@" &&
		objects_ | comm -13 "$canary/before" - >>"$canary/mine" &&
		sort -u -o "$canary/mine" "$canary/mine"
}

# forms_ VALUE…: in what forms one may stand; of base64 the digits that hang on
# nothing that stands beside it
forms_ () {
	for v_
	do
		printf "%s\n" "$v_" &&
		printf "%s" "$v_" | od -An -v -tx1 | tr -d " \n" && echo &&
		for pad_ in "" x xx
		do
			printf "%s" "$pad_$v_" | base64 -w 0 | tr -d = |
				sed "s/^${pad_:+....}//; s/.$//" && echo ||
				return 1
		done || return 1
	done
}

# patterns_: what is sought now; the forms of a value are made once
patterns_ () {
	sort -u "$canary/values" >"$canary/values.now" &&
		comm -23 "$canary/values.now" "$canary/values.known" |
		while read -r v_
		do
			forms_ "$v_" || return 1
		done >>"$canary/forms" &&
		mv "$canary/values.now" "$canary/values.known" &&
		cp "$canary/forms" "$canary/patterns" || return 1
	for file_ in "$identity" "$identity".old-* $canary_keys
	do
		test ! -f "$file_" ||
			grep "^AGE-SECRET-KEY-1" "$file_" >>"$canary/patterns"
	done
	test -s "$canary/patterns"
}

# leaked_: in which of the files that stdin names a value stands. strace writes
# bytes that are no letters as \\0 or \\377.
leaked_ () {
	perl -e '
		open my $p, "<:raw", shift or die;
		chomp(my @values = <$p>);
		my $any = join "|", map quotemeta, @values;
		undef $/;
		for my $name (split /\n/, <STDIN>) {
			open my $f, "<:raw", $name or next;
			my $bytes = <$f> // "";
			$bytes =~ s/\\(?:0|377\\376)//g;
			$bytes =~ tr/\0//d;
			print "$1 in $name\n" while $bytes =~ /($any)/g;
		}' "$canary/patterns"
}

# blocks_: which of the blocks have 12 bytes in a row in the bytes of stdin
blocks_ () {
	perl -e '
		binmode STDIN; local $/; my ($o, %seen, %had) = (scalar <STDIN>);
		for my $name (@ARGV) {
			open my $f, "<:raw", $name or die;
			my $v = <$f>;
			for (my $i = 0; $i + 12 <= length $v; $i++) {
				$seen{substr $v, $i, 12} = "$name, byte $i";
			}
		}
		for (my $i = 0; $i + 12 <= length $o; $i++) {
			my $at = $seen{substr $o, $i, 12} or next;
			$had{$at}++ or print "$at, in an object\n";
		}' $(cat "$canary/blocks")
}

# our_objects_: the bytes of all that the user did not make himself, and that
# were not looked at before: what is planted later is in none of those
our_objects_ () {
	objects_ | comm -23 - "$canary/mine" | comm -23 - "$canary/looked" \
		>"$canary/new" &&
		git cat-file --batch --buffer <"$canary/new" 2>/dev/null
}

# Files of .git but for objects, which are compressed, and the user's hooks;
# $TMPDIR, $HOME less identities, of which a rotation that is struck leaves two
# under other names; what was said.
files_ () {
	find .git -type f ! -path ".git/objects/*" ! -path ".git/hooks/*" &&
		find "$TMPDIR" "$HOME" -type f ! -path "$identity" \
			! -path "$identity.new" ! -path "$identity.old-*" \
			! -name "*.key" &&
		find "$canary/said" -type f
}

# processes_: the words and the environment of those that are below us
processes_ () {
	grep -l -a -F "HOME=$HOME" /proc/[0-9]*/environ 2>/dev/null |
		while read -r file_
		do
			cat "${file_%environ}cmdline" "$file_" 2>/dev/null || :
		done
}

# names_: of files and refs
names_ () {
	find .git "$TMPDIR" "$HOME" && git for-each-ref && git reflog --all
}

look () {
	(
		cd "${1:-.}" && patterns_ && our_objects_ >"$canary/objects" &&
			names_ >"$canary/names" &&
			processes_ >"$canary/processes" &&
			files_ >"$canary/files" && {
			printf "$canary/%s\n" objects names processes &&
				cat "$canary/files"
		} | leaked_ >"$canary/found" &&
			blocks_ <"$canary/objects" >>"$canary/found" &&
			if test -s "$canary/found"
			then
				echo "leaked:" && sort -u "$canary/found" | head -n 20
				exit 1
			fi &&
			sort -u -o "$canary/looked" "$canary/looked" \
				"$canary/new" &&
			find "$canary/said" -type f -exec mv -t "$canary/seen" {} +
	)
}

# ---- what is struck, again and again ----

# canary_renew: the repository $repo and the identities as $base has them
canary_renew () {
	rm -rf "$repo" "$XDG_CONFIG_HOME/git-vault" &&
		cp -a "$base" "$repo" && {
		test ! -d "$base.config" ||
			cp -a "$base.config" "$XDG_CONFIG_HOME/git-vault"
	}
}

# canary_settle: so are the identities from now on
canary_settle () {
	rm -rf "$base.config" && {
		test ! -d "$XDG_CONFIG_HOME/git-vault" ||
			cp -a "$XDG_CONFIG_HOME/git-vault" "$base.config"
	}
}

# canary_next: nothing is left in clear, there is no keyring that no identity
# opens, git finds nothing wrong, and the next commands do their work.
canary_next () {
	look "$repo" && let_days_pass "$repo" &&
		git -C "$repo" fsck --full --no-dangling &&
		if git -C "$repo" rev-parse -q --verify refs/vault/keyring
		then
			test -s "$identity" && git -C "$repo" vault key list
		fi && git -C "$repo" vault -q snapshot --force &&
		look "$repo" && rm -rf "$canary/to" &&
		git -C "$repo" vault -q restore latest --to "$canary/to" &&
		diff -r -x .git -x .git-vault-patch.tmp "$repo" "$canary/to"
}

# ---- what is watched ----

test_lazy_prereq STRACE '
	strace -f --seccomp-bpf -o x -e trace=write git-vault version >y &&
	grep "write(.*\"git-vault" x && ! test_have_prereq SANITIZERS'

said_=0 canary_out=$canary/stdout

# run_watched_ CALLS COMMAND…
run_watched_ () {
	test_tick && calls_=$1 && shift && said_=$((said_ + 1)) &&
		name_of_=$canary/said/$said_.$(basename "$1") || return
	echo "$*" >"$name_of_.command"
	if test_have_prereq STRACE
	then
		strace -f --seccomp-bpf -v -y -s 1048576 -o "$name_of_.calls" -e trace="$calls_" \
			"$@" >"$canary_out" 2>"$name_of_.err"
	else
		"$@" >"$canary_out" 2>"$name_of_.err"
	fi
}

# watched ARGUMENT…: git vault, of which every word is looked at
watched () {
	run_watched_ execve,write,pwrite64,writev,pwritev,sendto,sendmsg \
		git-vault "$@"
	status_=$?
	# an identity itself goes to its file
	test ! -f "$name_of_.calls" || sed -i -E \
		"/^[0-9]* *write\([0-9]*<[^>]*\/(git-vault\/.?identity|[^\/>]*\.key)[^\/>]*>/d" \
		"$name_of_.calls"
	cp "$canary/stdout" "$name_of_.out"
	return $status_
}

# giving ARGUMENT…: git vault, which is asked for values on stdout or in files
giving () {
	run_watched_ execve git-vault "$@"
}
