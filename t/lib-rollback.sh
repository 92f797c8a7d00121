# shellcheck shell=sh
# What goes back, and what says so. Source this after test-lib.sh.
#
#	released shop && git vault rollback prod >.git/out && undo=$(undo_id)

# standing [REPO]: all files but those of git, by content
standing () {
	(
		cd "${1:-.}" &&
			find . -path ./.git -prune -o -type f -print | sort |
			xargs -d "\n" sha256sum
	)
}

# undo_id [FILE]: what a rollback printed
undo_id () {
	sed -n "s/^undo //p" "${1:-.git/out}"
}

# released NAME: a repository beside this one with a release that was good, and a bad one on top
released () {
	test_create_repo "../$1" && cd "../$1" &&
		mkdir -p a/b && echo one >app && echo one >a/b/old &&
		echo "*.crlf text eol=crlf" >.gitattributes &&
		printf "one\\n" >t.crlf && echo one >shape && ln -s app link &&
		git add . && git commit -q -m one && git vault -q snapshot &&
		git vault -q good mark prod && git branch deployed &&
		echo two >app && git rm -q -r a shape && mkdir shape n &&
		printf "*.crlf text eol=lf\\n" >.gitattributes &&
		printf "two\\n" >t.crlf && echo two >shape/in && echo two >n/new &&
		rm link && ln -s n link && git add . && git commit -q -m two &&
		git branch bad
}

# says N RECORD: what a record says of a rollback
says () {
	git vault good show prod "$1" --json >.git/record && python3 - .git/record \
		"$2" <<-\END
	import json, sys
	d = json.load(open(sys.argv[1]))
	d = d if "evidence" in d else d["record"]
	uris = [e["url"] for e in d["evidence"]]
	assert d["status"] == "candidate" and d["evidence"], d
	assert uris == ["git-vault://rollback/" + sys.argv[2]], uris
	END
}
