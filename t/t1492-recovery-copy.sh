#!/bin/sh
# shellcheck disable=SC2154,SC1090,SC1091,SC2034

test_description='a copy in a store comes back by curl, git and ssh-keygen alone, as
git-vault-recovery(7) has it'
. "$(dirname "$0")/test-lib.sh"

page=$GIT_VAULT_SRC_DIR/man/git-vault-recovery.7

# run NAME: carry the display of that name out in this shell
run () {
	awk -v want="$1" '
		$1 == ".\\\"" && $2 == "block" { found = $3 == want; next }
		found && /^\.Bd/ { inside = 1; next }
		inside && /^\.Ed/ { exit }
		inside { gsub(/\\e/, "\\"); print }
	' "$page" >"$TMPDIR/run" && test -s "$TMPDIR/run" && . "$TMPDIR/run"
}

refs () {
	git -C "$1" for-each-ref --format="%(objectname) %(refname)"
}

test_lazy_prereq CURL 'curl --version && command -v ssh-keygen'

test_expect_success 'a copy of several pushes, one of which deletes a branch' '
	mkdir store && git init -q one && (
		cd one && echo .env >.gitignore && echo one >file && git add . &&
		test_tick && git commit -q -m one && git branch gone &&
		echo "DB_PASSWORD=4g8Kq2vLw9sZx7Rt" >.env &&
		git vault -q snapshot >/dev/null &&
		git vault replicate add home "file://${PWD%/*}/store" &&
		git vault replicate push && git branch -D gone && git tag v1 &&
		echo two >file && git vault -q snapshot >/dev/null &&
		git vault replicate push && echo three >file &&
		git vault -q snapshot >/dev/null && git vault replicate push
	)
'

test_expect_success CURL 'all of it comes back by hand' '
	host=$(ls store/heads) && store=file://$PWD/store && export host store && (
		set -e && run replica >../said 2>&1
		test "$(git ls-files)" = "$(git -C ../one ls-files)"
	) && refs one >expect && refs infra >actual && test_cmp expect actual &&
	test "$(git -C infra symbolic-ref HEAD)" = \
		"$(git -C one symbolic-ref HEAD)" &&
	git -C infra fsck --strict
'

test_expect_success CURL 'a manifest that was changed is seen' '
	rm -rf infra && m=$(find store/manifests -name "*3") && chmod u+w "$m" &&
	sed "1s/\"seq\":3/\"seq\":4/" "$m" >changed && cat changed >"$m" &&
	{ (run replica >"$TMPDIR/said" 2>&1) || :; } &&
	test_grep "incorrect signature\|Could not verify" "$TMPDIR/said"
'

test_done
