#!/bin/sh
# shellcheck disable=SC2154

test_description='the keys that a rollback changes in files of settings

The plan names them below their file, and which of them are sealed; of no value,
and of no name that is one, a byte is told.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-rollback.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

token=sk_live_$(printf %s 4eC39HqLyjWDarjtT1zdp7dc)
other=sk_live_$(printf %s 9Xw2KqPzVbNm47TrYuLsDfGh)

# plan [OPTION…]: what it would do, without metadata
plan () {
	git vault rollback -n "$@" prod >.git/out 2>.git/err &&
		sed "/^m /d" .git/out
}

# tells_no_value: not where it was printed, nor in what it left
tells_no_value () {
	for value in Correct-Horse Battery-Staple "$token" "$other" value-
	do
		test_grep ! -e "$value" .git/out &&
			test_grep ! -e "$value" .git/err || return 1
	done
}

# keys_of PATH: of the document, a line each
keys_of () {
	python3 - .git/out "$1" <<-\END
	import json, sys
	d = json.load(open(sys.argv[1]))
	c, = [c for c in d["changes"] if c["path"] == sys.argv[2]]
	if "keys" not in c:
	    print("none")
	for k in c.get("keys", []):
	    assert list(k) == ["key", "change", "sealed"], k
	    print(k["key"], k["change"], k["sealed"])
	END
}

test_expect_success 'a release that was good, and settings that came since' '
	printf ".env\n*.tfvars\n" >.gitignore &&
	cat >.gitvault.yaml <<-\END &&
	secrets:
	  paths:
	  - path: "*.tfvars"
	    keep: values
	END
	cat >.env <<-\END &&
	DB_PASSWORD=Correct-Horse-41
	SAME=value-0
	OLD_FLAG=value-1
	END
	cat >values.yaml <<-END &&
	replicas: 3
	image: {tag: "value-1", pull: Always}
	env:
	- name: A
	  value: value-2
	stripe:
	  key: $token
	END
	cat >prod.tfvars <<-\END &&
	size = "value-3"
	db_password = "Correct-Horse-42"
	tags = {
	  a = "value-4"
	}
	END
	printf "{\"a\":{\"b\":[1,\"value-5\"]},\"gone\":true}\n" >app.json &&
	printf "[db]\nhost = value-6\nport = 1\n" >app.ini &&
	echo "a: 1" >same.yaml && echo "int a = 1;" >app.c &&
	echo "hooks: {$token: {on: 1}, b: 1}" >map.yaml &&
	git add . && git commit -q -m one && git vault -q snapshot &&
	git vault -q good mark prod && standing >.git/good &&
	cat >.env <<-\END &&
	DB_PASSWORD=Battery-Staple-77
	SAME=value-0
	NEW_FLAG=value-8
	END
	cat >values.yaml <<-END &&
	# more of it
	replicas: 5
	image: {tag: "value-1", pull: Never}
	env:
	- name: A
	  value: value-9
	- name: B
	stripe:
	  key: $other
	END
	cat >prod.tfvars <<-\END &&
	size = "value-3"
	db_password = "Battery-Staple-78"
	tags = {
	  a = "value-7"
	}
	END
	printf "{\"a\":{\"b\":[1,\"value-8\",3]},\"new\":{}}\n" >app.json &&
	printf "[db]\nhost = value-7\nport = 1\n[web]\nport = 2\n" >app.ini &&
	printf "# remark\na: 1\n" >same.yaml && echo "int a = 2;" >app.c &&
	echo "hooks: {}" >map.yaml &&
	echo "a: 2" >added.yaml && standing >.git/bad
'

test_expect_success 'the plan names the keys below each file' '
	plan >.git/actual && cat >.git/expect <<-\END &&
	M .env
	  change DB_PASSWORD (sealed)
	  remove NEW_FLAG (sealed)
	  add OLD_FLAG (sealed)
	D added.yaml
	M app.c
	M app.ini
	  change db.host
	  remove web.port
	M app.json
	  change a.b.1
	  remove a.b.2
	  add gone
	  remove new
	M map.yaml
	  remove hooks
	  add hooks.b
	  add (a name that looks like a secret)
	M prod.tfvars
	  change db_password (sealed)
	  change tags
	M same.yaml
	M values.yaml
	  change env.0.value
	  remove env.1.name
	  change image.pull
	  change replicas
	  change stripe.key (sealed)
	END
	test_cmp .git/expect .git/actual && tells_no_value &&
	standing >.git/actual && test_cmp .git/bad .git/actual
'

test_expect_success 'as JSON they are of the file, and not there where nothing is known' '
	plan --json >/dev/null && tells_no_value &&
	keys_of .env >.git/actual && cat >.git/expect <<-\END &&
	DB_PASSWORD changed True
	NEW_FLAG removed True
	OLD_FLAG added True
	END
	test_cmp .git/expect .git/actual &&
	keys_of prod.tfvars >.git/actual && cat >.git/expect <<-\END &&
	db_password changed True
	tags changed False
	END
	test_cmp .git/expect .git/actual &&
	keys_of same.yaml >.git/actual && test_must_be_empty .git/actual &&
	for path in app.c added.yaml
	do
		keys_of $path >.git/actual && echo none >.git/expect &&
			test_cmp .git/expect .git/actual || return 1
	done
'

test_expect_success 'they are of the scope, as the plan is' '
	plan --scope config >.git/actual &&
	sed "/^D /d" .git/actual >.git/rest && test_must_be_empty .git/rest &&
	plan --scope code >.git/actual &&
	test_grep "^  change db.host$" .git/actual &&
	test_grep ! DB_PASSWORD .git/actual
'

test_expect_success 'without an identity what is open is told, and nothing else' '
	mkdir .git/home &&
	test_expect_code 5 env HOME="$PWD/.git/home" \
		XDG_CONFIG_HOME="$PWD/.git/home" \
		git vault rollback -n prod >.git/out 2>.git/err &&
	tells_no_value && test_grep ! DB_PASSWORD .git/out &&
	test_grep ! GITVAULT .git/out && test_grep "cannot be decrypted" .git/err &&
	test_grep "^  change db.host$" .git/out &&
	test_expect_code 0 env HOME="$PWD/.git/home" \
		XDG_CONFIG_HOME="$PWD/.git/home" \
		git vault rollback -n --scope code,config prod >.git/out \
		2>.git/err && test_grep "^  change db.host$" .git/out
'

test_expect_success 'restore prints files only' '
	git vault restore latest --in-place -n >.git/out 2>.git/err &&
	test_grep "^M .env$" .git/out && test_grep ! "^  " .git/out &&
	tells_no_value
'

test_expect_success 'a name that is a secret is not printed' '
	cp values.yaml .git/values && cp app.ini .git/ini &&
	printf "tokens:\n  %s: 1\n  a: {%s.x: 1}\nstripe:\n  key: %s\n%s: 1\n" \
		"$other" "$token" "$token" "a$token" >values.yaml &&
	printf "[%s]\nhost = 1\n" "$other" >app.ini &&
	plan >.git/actual && tells_no_value &&
	test_grep "^  remove (a name that looks like a secret)$" .git/actual &&
	sed -n "/^M app.ini/,/^M app.json/p" .git/actual >.git/part &&
	cat >.git/expect <<-\END &&
	M app.ini
	  add db.host
	  add db.port
	  remove (a name that looks like a secret)
	M app.json
	END
	test_cmp .git/expect .git/part &&
	plan --json >/dev/null && tells_no_value &&
	keys_of app.ini >.git/actual && cat >.git/expect <<-\END &&
	db.host added False
	db.port added False
	None removed False
	END
	test_cmp .git/expect .git/actual &&
	cp .git/values values.yaml && cp .git/ini app.ini
'

test_expect_success 'names are printed as paths are' '
	printf "\"q\\\\u001b[1m k\": 1\n\"a b\": 1\n\xc3\xa4: 1\n" >same.yaml &&
	printf "{\"\\\\u001b[1m\":1}" >app.json && plan >.git/actual &&
	test_grep "^  remove \"\\\\033\[1m\"$" .git/actual &&
	test_grep "^  remove a b$" .git/actual &&
	! grep -q "$(printf "\033")" .git/actual
'

test_expect_success 'of a file that is damaged, too large or no file nothing is told' '
	printf "a: [\n" >same.yaml &&
	{
		cat .git/values &&
			awk "BEGIN { for (i = 0; i < 160000; i++) print \"# 45678901234\" }"
	} >values.yaml && test $(wc -c <values.yaml) -gt 2097152 &&
	rm app.json && ln -s app.c app.json &&
	printf "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nAb3d==\n" >app.ini &&
	echo "hooks: [" >map.yaml && plan >.git/actual && tells_no_value &&
	for path in app.ini app.json map.yaml same.yaml values.yaml
	do
		test_grep "^M $path" .git/actual || return 1
	done &&
	sed -n "/^M app/,\$p" .git/actual | sed "/^M /d" >.git/rest &&
	printf "  change %s\n" "db_password (sealed)" tags >.git/expect &&
	test_cmp .git/expect .git/rest &&
	plan --json >/dev/null && keys_of values.yaml >.git/actual &&
	echo none >.git/expect && test_cmp .git/expect .git/actual
'

test_expect_success 'no more than twenty of a file are printed, and all are in JSON' '
	cp .git/ini app.ini && cp .git/values values.yaml &&
	rm app.json && echo "{}" >app.json && {
		echo "a: 1" && for i in 10 11 12 13 14 15 16 17 18 19 20 21 \
			22 23 24 25 26 27 28 29
		do
			echo "k$i: 1"
		done
	} >same.yaml && plan >.git/actual &&
	sed -n "/^M same.yaml/,/^M values/p" .git/actual >.git/part &&
	test_line_count = 22 .git/part && test_grep ! more .git/part &&
	echo "k30: 1" >>same.yaml && plan >.git/actual &&
	test_grep "^  and 1 more key$" .git/actual &&
	echo "k31: 1" >>same.yaml && plan >.git/actual &&
	test_grep "^  and 2 more keys$" .git/actual &&
	test_grep ! k30 .git/actual &&
	plan --json >/dev/null && keys_of same.yaml >.git/actual &&
	test_line_count = 22 .git/actual
'

test_expect_success 'the rollback prints the same plan, and its undo what comes again' '
	plan >.git/expect && git vault rollback prod >.git/out 2>.git/err &&
	tells_no_value &&
	sed -n "/^[MDA ]/p" .git/out >.git/actual &&
	test_cmp .git/expect .git/actual && standing >.git/actual &&
	test_cmp .git/good .git/actual && id=$(undo_id) &&
	git vault rollback -n --undo $id >.git/out 2>.git/err &&
	tells_no_value && test_grep "^  change DB_PASSWORD (sealed)$" .git/out &&
	test_grep "^  add NEW_FLAG (sealed)$" .git/out &&
	test_grep "^  change replicas$" .git/out
'

test_expect_success 'the audit chain and the notes have no value' '
	git vault audit list --json >.git/out 2>.git/err && tells_no_value &&
	! grep -r -q -e Correct-Horse -e Battery-Staple -e "$other" .git/vault
'

test_done
