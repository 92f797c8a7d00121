#!/bin/sh
# shellcheck disable=SC2154

test_description='classes of files: how soon watch saves them, and for how long saves stay'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-watch.sh"

# v DIR WORD...
v () {
	dir=$1 && shift && git -C "$dir" vault "$@"
}

# save DIR SECONDS: as if it were so much later than the first
save () {
	GIT_VAULT_TEST_TIME=$((1700000000 + $2)) git -C "$1" vault -q snapshot --auto
}

# policy DIR <TEXT
policy () {
	cat >"$1/.gitvault.yaml"
}

test_expect_success 'status --explain says the class, by what, how soon, and for how long' '
	git init -q p && mkdir p/docs && echo one >p/main.tf && echo doc >p/docs/a.md && echo x >p/a.go &&
	git -C p add . && test_tick && git -C p commit -q -m one &&
	v p status --explain main.tf >out && test_grep "class critical (code and configuration)" out &&
	test_grep "one a week for 26 weeks" out && test_grep "20 seconds after the last change" out &&
	policy p <<-\END &&
	snapshots:
	  classes:
	    critical: { paths: [docs/], every: 1M }
	    low: { languages: [Go], every: 2h, retention: { keep-within: 1h } }
	END
	v p status --explain docs/a.md >out && tr "\n" " " <out >flat &&
	test_grep "class critical (snapshots.classes.critical.paths has .docs/.)" flat &&
	test_grep "within 1 minute" flat &&
	v p status --explain a.go >out && tr "\n" " " <out >flat &&
	test_grep "class low (snapshots.classes.low.languages has Go)" flat &&
	test_grep "or 2 hours after a change; its saves stay: all for 1 hour" flat &&
	v p status --explain a.go --json >json && test_grep "\"class\":\"low\"" json
'

test_expect_success 'what came by a pull and saves less counts only after policy accept' '
	git -C p add .gitvault.yaml && test_tick && git -C p commit -q -m policy && git clone -q p q 2>err &&
	v q status --explain a.go >out 2>err && test_grep "class critical" out &&
	v q status --explain docs/a.md >out 2>err && test_grep "class critical" out && tr "\n" " " <out >flat &&
	test_grep "within 1 minute" flat && test_expect_code 1 git -C q vault policy diff >out 2>err &&
	test_grep "snapshots.classes" out && test_grep "how soon watch saves a file" out &&
	v q policy accept --yes >out 2>err && v q status --explain a.go >out && test_grep "class low" out
'

test_expect_success 'a wrong word is named with its line, and the nearest one' '
	policy p <<-\END &&
	snapshots:
	  classes:
	    low: { languages: [Terrafrom] }
	END
	test_must_fail git -C p vault policy show 2>err && test_grep "gitvault.yaml:3: .*nearest is .Terraform" err
'

test_expect_success 'saves in which only files of a low class changed go earlier' '
	git init -q t && echo 0 >t/main.tf && echo 0 >t/out.json && policy t <<-\END &&
	snapshots:
	  classes:
	    low: { paths: [out.json], retention: { keep-within: 1h } }
	END
	i=0 && while test $i -lt 12
	do
		echo $i >t/out.json && { test $((i % 4)) != 0 || echo $i >t/main.tf; } &&
			save t $((i * 3600)) >out && i=$((i + 1)) || return 1
	done &&
	test "$(saves t)" = 12 && v t fold --auto >out 2>err && v t list --auto --json >json &&
	python3 - <<-\END >actual &&
	import json
	for s in reversed(json.load(open("json"))["saves"]):
	    print(s["time"])
	END
	test_line_count = 5 actual && v t restore auto:now --to ../back && test_cmp t/out.json back/out.json &&
	echo 8 >expect && test_cmp expect back/main.tf
'

test_expect_success LINUX 'watch saves each class as often as the policy says' '
	git init -q w && echo 0 >w/main.tf && echo 0 >w/later.tf && policy w <<-\END &&
	snapshots:
	  classes:
	    low: { paths: [later.tf], every: 6h }
	END
	git -C w add . && test_tick && git -C w commit -q -m one && git vault project add w &&
	test_when_finished "git vault watch stop" && GIT_VAULT_TEST_HASTE=100 git vault watch start 2>err &&
	wait_for has_saves w 1 && sleep 2 && n=$(saves w) && test_grep "path low later.tf" w/.git/vault/classes &&
	echo 1 >w/later.tf && sleep 3 && test "$(saves w)" = "$n" &&
	echo 1 >w/main.tf && wait_for has_saves w $((n + 1)) &&
	v w cat auto:now:later.tf >out && echo 1 >expect && test_cmp expect out
'

test_done
