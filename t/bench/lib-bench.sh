# shellcheck shell=sh disable=SC2034,SC2154
# What a bench is made of: file-system images, runs that are measured, and the
# table. Source it after setting $bench_dir (a scratch directory), $build and
# $tools (where floor and meter are), $generator (of trees), $only (a row, or
# nothing), $by (wall or cpu), $verbose.
# Names that end in _ are private to this file.

die () {
	echo >&2 "bench: $*"
	exit 1
}

say () {
	printf '%s\n' "$*" >&2
}

# ---- images -----------------------------------------------------------------

images_= over_=0
servers= # processes to end with the bench
at_end=: # what else is to be called then

unmount_ () {
	# a program that was just killed may hold it for a moment
	umount "$1" 2>/dev/null || {
		sync
		umount -l "$1"
	}
}

bench_end_ () {
	code_=$?
	trap - EXIT INT TERM
	$at_end
	# shellcheck disable=SC2086 # a list
	test -z "$servers" || kill $servers 2>/dev/null
	for image_ in $images_
	do
		unmount_ "$image_"
	done
	rm -rf "$bench_dir"
	exit $code_
}

# What is needed is there, or there is no bench; what runs from here on sees
# nothing of the user's own configuration.
bench_begin () {
	for program in "$build/git-vault/git-vault" "$tools/floor" "$tools/meter"
	do
		test -x "$program" || die "no $program: run \`make bench-tools\` first"
	done
	if { test -n "$generator" && ! test -f "$generator"; } || ! has python3
	then
		say "bench: skipped, for want of the generator of trees, $generator," \
			"or of python3"
		exit 0
	fi
	mkdir -p "$bench_dir/results" "$bench_dir/home" ||
		die "cannot make $bench_dir"
	trap bench_end_ EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	PATH=$build/git-vault:$PATH
	HOME=$bench_dir/home
	XDG_CONFIG_HOME=$HOME/.config
	RESTIC_PASSWORD=bench
	BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes
	LC_ALL=C
	export PATH HOME XDG_CONFIG_HOME RESTIC_PASSWORD LC_ALL
	export BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK
	unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_CONFIG_GLOBAL
	git config --global user.name Bench
	git config --global user.email bench@example.com
	git config --global init.defaultBranch main
	git config --global gc.auto 0
	git config --global vault.autoFold false
}

# A fresh file system at $bench_dir/NAME, since ext4 creates files ten times
# slower for minutes after many were removed. Nothing is removed from it while
# something is measured; it goes as a whole.
image () {
	mount_=$bench_dir/$1
	mkdir -p "$mount_"
	if test "$(id -u)" != 0
	then
		say "bench: not root, so $1 is a plain directory: files may be" \
			"slow to create"
		return
	fi
	if truncate -s "$2" "$mount_.img" && mkfs.ext4 -q "$mount_.img" &&
		mount -o loop "$mount_.img" "$mount_" 2>/dev/null
	then
		images_="$mount_ $images_"
	else
		say "bench: cannot mount an image, so $1 is a plain directory:" \
			"files may be slow to create"
	fi
}

drop_image () {
	mount_=$bench_dir/$1
	case " $images_" in
	*" $mount_ "*)
		unmount_ "$mount_"
		images_=$(printf %s "$images_" | sed "s|$mount_ ||")
		;;
	esac
	rm -rf "$mount_" "$mount_.img"
}

# ---- trees ------------------------------------------------------------------

generate () {
	python3 "$generator" gen --out "$1" --files "$2" >/dev/null ||
		die "cannot make a tree of $2 files"
}

# edit TREE ROUND: about 500 changed files, some of them new or gone. What it
# dirtied is written out, so that nobody who is measured pays for it.
edit () {
	python3 "$generator" edit --out "$1" --count 500 --round "$2" \
		>/dev/null || die "cannot edit $1"
	sync -f "$1"
}

vault () {
	git -C "$1" vault -q "$2" >/dev/null || die "git vault $2 failed in $1"
}

objects_of () {
	bytes_of "$1/.git/objects"
}

# ---- measuring --------------------------------------------------------------

has () {
	command -v "$1" >/dev/null
}

# Is this row, or one of these, to be printed?
wants () {
	test -z "$only" && return 0
	for row_
	do
		# shellcheck disable=SC2254 # it may be a pattern
		case $row_ in $only) return 0 ;; esac
	done
	return 1
}

# measure NAME COMMAND…: one run, added to the results of NAME.
measure () {
	to_=$bench_dir/results/$1
	shift
	"$tools/meter" "$to_" "$@" 2>"$bench_dir/errors" || {
		cat "$bench_dir/errors" >&2
		die "this failed: $*"
	}
}

# The least and the median of column COLUMN of NAME; nothing where there is no
# such result. Columns: 1 wall, 2 cpu (microseconds), 3 rss (KiB).
least () {
	test -s "$bench_dir/results/$1" &&
		sort -n -k"$2,$2" "$bench_dir/results/$1" |
		awk -v c="$2" 'NR == 1 { print $c }'
}

median () {
	test -s "$bench_dir/results/$1" &&
		sort -n -k"$2,$2" "$bench_dir/results/$1" |
		awk -v c="$2" '{ v[NR] = $c }
			END { print v[int((NR + 1) / 2)] }'
}

# ---- the table --------------------------------------------------------------

# A ratio with two digits, or - where one is missing.
ratio () {
	awk -v a="${1:-0}" -v b="${2:-0}" \
		'BEGIN { if (a == 0 || b == 0) print "-"
			else printf "%.2f\n", a / b }'
}

verdict_ () {
	awk -v x="$1" -v bar="$2" 'BEGIN {
		if (x == "-" || bar == "-") print "-"
		else print (x + 0 <= bar + 0 ? "ok" : "OVER") }'
}

head_line () {
	printf '%-15s %17s %17s %6s %6s %6s %-4s %s\n' \
		row ours peer ratio cpu bar '' 'what against what'
}

# print_ NAME OURS PEER RATIO CPU BAR JUDGED WHAT
print_ () {
	verdict_=$(verdict_ "$7" "$6")
	test "$verdict_" != OVER || over_=$((over_ + 1))
	printf '%-15s %17s %17s %6s %6s %6s %-4s %s\n' \
		"$1" "$2" "$3" "$4" "$5" "$6" "$verdict_" "$8"
}

ms_ () {
	test -n "$1" || {
		echo -
		return
	}
	awk -v w="$1" -v c="$2" '
		function f(x) {
			return sprintf(x < 100000 ? "%.1f" : "%.0f", x / 1000)
		}
		BEGIN { print f(w) "/" f(c) "ms" }'
}

# row NAME OURS PEER BAR WHAT [wall|cpu]: the times of two results, wall and
# cpu, by their minima; judged by what is said last, else by --by.
row () {
	wants "$1" || return 0
	aw_=$(least "$2" 1) ac_=$(least "$2" 2)
	bw_=$(least "$3" 1) bc_=$(least "$3" 2)
	wall_=$(ratio "$aw_" "$bw_") cpu_=$(ratio "$ac_" "$bc_")
	judged_=$wall_
	test "${6:-$by}" = wall || judged_=$cpu_
	print_ "$1" "$(ms_ "$aw_" "$ac_")" "$(ms_ "$bw_" "$bc_")" \
		"$wall_" "$cpu_" "$4" "$judged_" "$5${6:+ ($6)}"
	test -n "$verbose" || return 0
	aw_=$(median "$2" 1) ac_=$(median "$2" 2)
	bw_=$(median "$3" 1) bc_=$(median "$3" 2)
	printf '%-15s %17s %17s %6s %6s\n' '  medians' \
		"$(ms_ "$aw_" "$ac_")" "$(ms_ "$bw_" "$bc_")" \
		"$(ratio "$aw_" "$bw_")" "$(ratio "$ac_" "$bc_")"
}

# row_limit NAME RESULT MILLISECONDS WHAT: a time against a fixed bar, wall.
row_limit () {
	wants "$1" || return 0
	w_=$(least "$2" 1) c_=$(least "$2" 2)
	limit_=$(awk -v w="$w_" 'BEGIN { printf "%.1f", w / 1000 }')
	bar_=$3
	test "$3" = - || bar_=$3ms
	print_ "$1" "$(ms_ "$w_" "$c_")" - - - "$bar_" "$limit_" "$4"
	test -z "$verbose" || printf '%-15s %17s\n' '  medians' \
		"$(ms_ "$(median "$2" 1)" "$(median "$2" 2)")"
}

# row_count NAME OURS PEER BAR WHAT [UNIT]: two numbers and their ratio; where
# there is no peer (-) the number itself is judged.
row_count () {
	wants "$1" || return 0
	if test "$3" = -
	then
		print_ "$1" "$2${6:-}" - - - "$4${6:-}" "$2" "$5"
		return
	fi
	both_=$(ratio "$2" "$3")
	peer_=-
	test -z "$3" || peer_=$3${6:-}
	print_ "$1" "$2${6:-}" "$peer_" "$both_" - "$4" "$both_" "$5"
}

# row_rate NAME OURS PEER BAR WHAT: two numbers of MB in a second, of which ours
# has to be as many as the bar, or more; PEER may be nothing.
row_rate () {
	wants "$1" || return 0
	peer_=-
	test -z "$3" || peer_=$3MB/s
	# what is judged has to stay below the bar: as far as ours is above
	print_ "$1" "$2MB/s" "$peer_" "$(ratio "$2" "$3")" - "$4MB/s" \
		"$(awk -v x="$2" -v bar="$4" \
			'BEGIN { print (x > 0 ? bar * bar / x : bar + 1) }')" "$5"
}

# The number of rows over their bar.
rows_over () {
	echo "$over_"
}

# ---- sizes ------------------------------------------------------------------

# Bytes of all files below the given directories.
bytes_of () {
	find "$@" -type f -printf '%s\n' 2>/dev/null |
		awk '{ n += $1 } END { printf "%d\n", n }'
}

kib () {
	echo $((${1:-0} / 1024))
}

version_of () {
	has "$1" || {
		echo "$1 -"
		return
	}
	case $1 in
	bup) echo "bup $(bup --version)" ;;
	tar | zstd | cp)
		echo "$1 $("$1" --version | sed 's/.*[^0-9.]\([0-9][0-9.]*[0-9]\).*/\1/;q')"
		;;
	*) "$1" --version 2>/dev/null || "$1" version ;;
	esac | sed -n 's/ compiled with.*//;s/ version / /;1p'
}
