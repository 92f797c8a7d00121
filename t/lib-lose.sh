# shellcheck shell=sh disable=SC2154
# Objects that are lost one by one. For scripts that set $base, a repository to
# begin with, and $repo, what each test has of it.

# loose ID: the file of an object that is in no pack
loose () {
	echo ".git/objects/$(echo "$1" | sed 's,^..,&/,')"
}

# unpack: all objects loose
unpack () {
	mv .git/objects/pack ../packs && mkdir .git/objects/pack &&
	for p_ in ../packs/*.pack
	do
		git unpack-objects -q <"$p_" || return 1
	done && rm -rf ../packs
}

# fresh: begin anew, there
fresh () {
	cd "$TRASH_DIRECTORY" && rm -rf "$repo" && cp -a "$base" "$repo" &&
		cd "$repo" || return
}

# lose NAME…: objects, each by what git calls it
lose () {
	git rev-parse "$@" >../lost && while read -r o_
	do
		rm -f "$(loose "$o_")" || return 1
	done <../lost
}
