# shellcheck shell=sh disable=SC2034,SC2154
# A bare repository with hooks, and pushes to it. Source this after test-lib.sh.
#
#	push_server srv.git		a bare repository, with our hooks
#	push_clone "$url" clone		of it, with one commit on main
#	refused git push …		it is, and the server is as before
#	taken git push …
# What is printed goes to $T/out and $T/err, outside of all working trees.

T=$TMPDIR

# Nothing in a test is to look like a secret, so values are put together.
token=ghp_$(printf x | sha256sum | cut -c1-36)
other=ghp_$(printf y | sha256sum | cut -c1-36)

# push_server DIR [OPTION…]: of install
push_server () {
	server=$TRASH_DIRECTORY/$1
	shift
	git init -q --bare "$server" &&
	git -C "$server" vault hooks install "$@" >"$T/out"
}

push_clone () {
	git clone -q "$1" "$2" 2>/dev/null &&
	(
		cd "$2" && echo one >a && git add a && git commit -q -m one &&
		git push -q origin main
	)
}

# Every file of the server with its time, and every ref; git itself stamps anew
# what is pushed once more.
listing_ () {
	(cd "$server" && find . -type f ! -name "discovery-*" -printf "%p %s %i %T@\n" |
		sed "s,^\(./objects/.*\) .*,\1," | sort) &&
	git -C "$server" for-each-ref
}

# refused COMMAND…: it fails by the hook, nothing on the server is another than
# before, and no value is told
refused () {
	listing_ >"$T/before" &&
	test_must_fail "$@" >"$T/out" 2>"$T/err" &&
	test_grep "hook declined" "$T/err" &&
	listing_ >"$T/after" && test_cmp "$T/before" "$T/after" &&
	test_grep ! "$token" "$T/err" && test_grep ! "$other" "$T/err"
}

# … and a copy of the whole repository can be made as before.
copies () {
	rm -rf "$T/mirror" && git clone -q --mirror "$server" "$T/mirror" &&
	git -C "$server" fsck --full >"$T/fsck" 2>&1 &&
	test_grep ! "missing\|invalid\|broken" "$T/fsck"
}

taken () {
	"$@" >"$T/out" 2>"$T/err" || {
		cat "$T/err"
		return 1
	}
}

# commit_as FILE TEXT…: a commit of that file with these lines
commit_as () {
	file_=$1
	shift
	mkdir -p "$(dirname "$file_")" && printf "%s\n" "$@" >"$file_" &&
	git add "$file_" && git commit -q -m "$file_"
}
