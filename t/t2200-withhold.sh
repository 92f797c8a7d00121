#!/bin/sh

test_description='a snapshot holds no secret in clear, and all of it sealed'
. "$(dirname "$0")/test-lib.sh"
. "$GIT_VAULT_SRC_DIR/t/lib-withhold.sh"

if ! have_age
then
	skip_all 'age is not installed'
fi

# secret N: a value that is random to look at
secret () {
	printf "%s" "$1" | sha256sum | cut -c1-18
}

test_expect_success 'a first snapshot, and nothing in any object' '
	mkdir -p live/prod live/dev && cat >.gitignore <<-\END &&
	.env
	*.tfvars
	END
	printf "DB_PASSWORD=%s\nLEVEL=info\n" $(secret env) >.env &&
	printf "region = \"eu-central-1\"\n" >live/prod/prod.tfvars &&
	printf "a: 1\npassword: %s\nb: 2\ntoken: %s\n" \
		$(secret a) $(secret b) >live/prod/app.yaml &&
	printf "password: %s\n" $(secret a) >live/dev/app.yaml &&
	echo nothing >plain.txt &&
	take && test "$(field created)" = true &&
	test "$(field secrets)" = 5 && test "$(field sealed)" = 5 &&
	! leaks .env && ! leaks live/prod/prod.tfvars &&
	hides $(secret a) && hides $(secret b)
'

test_expect_success 'placeholders stand there, and the list says where' '
	git cat-file blob $snap:tree/.env >$TMPDIR/actual &&
	test_grep "^GITVAULT\[file:[0-9a-f]\{40\}\]$" $TMPDIR/actual &&
	git cat-file blob $snap:tree/live/prod/app.yaml >$TMPDIR/actual &&
	test_grep "^password: GITVAULT\[generic-secret:[0-9a-f]\{40\}\]$" $TMPDIR/actual &&
	test_grep "^b: 2$" $TMPDIR/actual &&
	git cat-file blob $snap:meta/secrets >$TMPDIR/actual &&
	test_grep "^f 0 55 shared file .* .env$" $TMPDIR/actual &&
	test_grep "^s .* prod generic-secret .* live/prod/app.yaml$" $TMPDIR/actual &&
	test_grep "^s .* dev generic-secret .* live/dev/app.yaml$" $TMPDIR/actual &&
	git log -1 --format=%B $snap >$TMPDIR/actual &&
	test_grep "^Vault-Format: 4$" $TMPDIR/actual &&
	test_grep "^Vault-Secrets: 5$" $TMPDIR/actual &&
	test "$(git rev-parse $snap:tree/plain.txt)" = \
		"$(git hash-object plain.txt)"
'

test_expect_success 'git, age and gzip give the files back' '
	gives_back .env live/prod/prod.tfvars live/prod/app.yaml \
		live/dev/app.yaml plain.txt
'

test_expect_success 'nothing changed: none is taken, and nothing is sealed' '
	take && test "$(field created)" = false && test "$(field secrets)" = 5 &&
	take --force && test "$(field created)" = true &&
	test "$(field sealed)" = 0 && test "$(field secrets)" = 5 &&
	gives_back .env live/prod/app.yaml
'

test_expect_success 'what is as it was is taken over without a key' '
	mv "$identity" "$TMPDIR/away" && test_when_finished "mv \"$TMPDIR/away\" \"$identity\"" &&
	echo more >>plain.txt && rm -rf "$TMPDIR/kept" && take &&
	test "$(field created)" = true && test "$(field secrets)" = 5 &&
	git cat-file blob $snap:meta/secrets >$TMPDIR/actual && test_line_count = 6 $TMPDIR/actual
'

test_expect_success 'an edit: only what is new is sealed' '
	echo "password: $(secret c)" >>live/prod/app.yaml && take &&
	test "$(field sealed)" = 1 && test "$(field secrets)" = 6 &&
	gives_back .env live/prod/app.yaml live/dev/app.yaml && hides $(secret c)
'

test_expect_success 'a rename, a deletion, another mode' '
	mv live/dev/app.yaml live/dev/web.yaml && rm live/prod/prod.tfvars &&
	chmod 600 live/prod/app.yaml && take && test "$(field secrets)" = 5 &&
	test "$(field sealed)" = 0 && gives_back live/dev/web.yaml .env &&
	git cat-file blob $snap:meta/secrets >$TMPDIR/actual &&
	test_grep ! dev/app.yaml $TMPDIR/actual && test_grep ! tfvars $TMPDIR/actual
'

test_expect_success 'what git has, too, is withheld and told' '
	echo "password: $(secret h)" >committed.yaml && git add . &&
	git commit -q -m all && take && test "$(field created)" = true &&
	rm -f .git/vault/index .git/vault/facts && take --force &&
	git ls-tree -r $snap >$TMPDIR/tree && blob=$(git rev-parse HEAD:committed.yaml) &&
	test_grep ! $blob $TMPDIR/tree && test_grep "committed.yaml" $TMPDIR/json &&
	test_grep "\"exposed\":\[{\"path\":\"committed.yaml\",\"secrets\":1}" \
		$TMPDIR/json && gives_back committed.yaml live/prod/app.yaml &&
	git vault -q snapshot --force && git vault snapshot --force 2>$TMPDIR/err
'

test_expect_success 'a clean file that was searched is taken as git has it' '
	git init -q clean && (
		cd clean && mkdir d && echo x >d/x && echo y >d/y && git add . &&
		git commit -q -m x && take &&
		test $(git rev-parse $snap:tree) = $(git rev-parse HEAD^{tree}) &&
		take && test "$(field created)" = false
	) && rm -rf clean
'

test_expect_success 'what is staged is stored without it' '
	git init -q staged && (
		cd staged && echo "password: $(secret s1)" >a.yaml &&
		echo x >b && git add . && git commit -q -m x &&
		echo "password: $(secret s2)" >a.yaml && git add a.yaml &&
		echo "password: $(secret s3)" >a.yaml && take &&
		git ls-tree -r $snap >$TMPDIR/tree &&
		test_grep ! $(git rev-parse :a.yaml) $TMPDIR/tree &&
		test_grep ! $(git rev-parse HEAD:a.yaml) $TMPDIR/tree &&
		git cat-file blob $snap:index/a.yaml >$TMPDIR/redacted &&
		git cat-file blob $snap:meta/index-secrets >$TMPDIR/list &&
		give $TMPDIR/list a.yaml $TMPDIR/redacted >$TMPDIR/actual && git cat-file blob :a.yaml >$TMPDIR/expect &&
		test_cmp $TMPDIR/expect $TMPDIR/actual && gives_back a.yaml &&
		take &&
		test "$(field created)" = false
	) && rm -rf staged
'

test_expect_success 'what is not checked out is stored without it' '
	git init -q sparse && (
		cd sparse && mkdir in out && echo x >in/x &&
		echo "password: $(secret sp)" >out/a.yaml && git add . &&
		git commit -q -m x && git sparse-checkout set in &&
		test_path_is_missing out && take && git ls-tree -r $snap >$TMPDIR/tree &&
		test_grep ! $(git rev-parse HEAD:out/a.yaml) $TMPDIR/tree &&
		test_grep out/a.yaml $TMPDIR/tree &&
		git cat-file blob $snap:meta/secrets >$TMPDIR/list &&
		git cat-file blob $snap:tree/out/a.yaml >$TMPDIR/redacted &&
		give $TMPDIR/list out/a.yaml $TMPDIR/redacted >$TMPDIR/actual &&
		git cat-file blob HEAD:out/a.yaml >$TMPDIR/expect &&
		test_cmp $TMPDIR/expect $TMPDIR/actual && take &&
		test "$(field created)" = false && echo y >in/y && take &&
		git cat-file blob $snap:meta/secrets >$TMPDIR/again &&
		test_cmp $TMPDIR/list $TMPDIR/again
	) && rm -rf sparse
'

test_expect_success 'unmerged stages and own hooks hold none' '
	git init -q unmerged && (
		cd unmerged && echo 0 >a.yaml && git add . && git commit -q -m x &&
		git checkout -q -b other && echo "password: $(secret u1)" >a.yaml &&
		git commit -qam o && git checkout -q - &&
		echo "password: $(secret u2)" >a.yaml && git commit -qam m &&
		test_must_fail git merge -q other && mkdir -p .git/hooks &&
		echo "TOKEN=ghp_$(secret u3)$(secret u4)" >.git/hooks/pre-push && take &&
		git ls-tree -r $snap >$TMPDIR/tree &&
		test_grep ! $(git rev-parse :2:a.yaml) $TMPDIR/tree &&
		test_grep ! $(git rev-parse :3:a.yaml) $TMPDIR/tree &&
		hides $(secret u3) && git cat-file blob $snap:meta/meta-secrets >$TMPDIR/list &&
		test_grep " stages/2/a.yaml$" $TMPDIR/list &&
		test_grep " stages/3/a.yaml$" $TMPDIR/list &&
		test_grep " origin/hooks/pre-push$" $TMPDIR/list
	) && rm -rf unmerged
'

test_expect_success 'rules that change have files read again' '
	echo "password: $(secret r)" >rule.yaml && take && n=$(field secrets) &&
	cat >.gitvault.yaml <<-\END &&
	scan:
	  allow:
	  - {path: rule.yaml, reason: known}
	END
	accept_policy && take &&
	test "$(field secrets)" = $((n - 1)) &&
	test "$(git rev-parse $snap:tree/rule.yaml)" = \
		"$(git hash-object rule.yaml)" &&
	echo "  - {path: x, reason: y, expires: 2999-01-01}" >>.gitvault.yaml &&
	rm .gitvault.yaml && take && test "$(field secrets)" = $n &&
	test "$(field sealed)" = 0
'

test_expect_success 'an allowance that ends does not count' '
	cat >.gitvault.yaml <<-\END && n=$(field secrets) &&
	scan:
	  allow:
	  - {path: rule.yaml, reason: known, expires: 2999-01-01}
	END
	accept_policy && take && test "$(field secrets)" = $n && rm .gitvault.yaml && take
'

test_expect_success 'policy: scopes, grades, and how files are kept' '
	cat >.gitvault.yaml <<-\END && echo "CLEAR=$(secret cl)" >.env.example &&
	secrets:
	  withhold: verified
	  scopes:
	  - {path: "live/prod/**", scope: production}
	  paths:
	  - {path: .env, keep: values}
	  - {path: "*.txt", keep: sealed}
	  - {path: live/dev/web.yaml, keep: clear}
	END
	accept_policy && take && git cat-file blob $snap:meta/secrets >$TMPDIR/actual &&
	test_grep "^f .* shared file .* plain.txt$" $TMPDIR/actual &&
	test_grep ! " .env$" $TMPDIR/actual && test_grep ! web.yaml $TMPDIR/actual &&
	sed -i s/verified/likely/ .gitvault.yaml && accept_policy && take &&
	git cat-file blob $snap:meta/secrets >$TMPDIR/actual &&
	test_grep "^s .* production .* live/prod/app.yaml$" $TMPDIR/actual &&
	test_grep "^s .* .env$" $TMPDIR/actual && test_grep ! web.yaml $TMPDIR/actual &&
	gives_back plain.txt .env live/prod/app.yaml live/dev/web.yaml &&
	rm .gitvault.yaml .env.example && accept_policy && take && gives_back .env
'

test_expect_success 'an unknown key, or a wrong value, is told with its line' '
	printf "secrets:\n  withold: likely\n" >.gitvault.yaml &&
	test_expect_code 128 git vault snapshot 2>$TMPDIR/err &&
	test_grep "gitvault.yaml:2: there is no key .withold.; the nearest is .withhold." $TMPDIR/err &&
	printf "secrets:\n  withhold: some\n" >.gitvault.yaml &&
	test_expect_code 128 git vault snapshot 2>$TMPDIR/err &&
	test_grep "must be possible, likely or verified" $TMPDIR/err &&
	printf "secrets:\n  paths:\n  - {path: x, keep: it}\n" >.gitvault.yaml &&
	test_expect_code 128 git vault snapshot 2>$TMPDIR/err &&
	test_grep "must be clear, values or sealed" $TMPDIR/err &&
	test_grep "no-scan" $TMPDIR/err && rm .gitvault.yaml
'

test_expect_success '--no-scan seals what is ignored all the same' '
	echo "password: $(secret n)" >noscan.yaml && echo "K=$(secret n2)" >>.env &&
	take --no-scan && hides $(secret n2) &&
	test "$(git rev-parse $snap:tree/noscan.yaml)" = \
		"$(git hash-object noscan.yaml)" && gives_back .env &&
	take && test "$(git rev-parse $snap:tree/noscan.yaml)" != \
		"$(git hash-object noscan.yaml)" && gives_back .env noscan.yaml
'

test_expect_success 'a file that comes to be ignored, or is no more' '
	echo "name: $(secret ig)" >ig.txt && take && echo ig.env >>.gitignore &&
	mv ig.txt ig.env && take && git add -f ig.env && take &&
	git rm -q --cached ig.env && take &&
	git cat-file blob $snap:tree/ig.env >$TMPDIR/actual &&
	test_grep "^GITVAULT.file:" $TMPDIR/actual && gives_back ig.env
'

test_expect_success 'states are sealed as a whole, tracked or not' '
	echo "{\"version\": 4, \"x\": \"$(secret st)\"}" >t.tfstate && git add -f t.tfstate &&
	git commit -q -m state && take && git cat-file blob $snap:tree/t.tfstate >$TMPDIR/actual &&
	test_grep "^GITVAULT.file:" $TMPDIR/actual && gives_back t.tfstate &&
	take && test "$(field created)" = false
'

test_expect_success 'Secrets of Kubernetes, UTF-16, archives' '
	cat >k8s.yaml <<-\END && printf "password: %s\n" $(secret utf) |
	apiVersion: v1
	kind: Secret
	metadata:
	  name: a
	stringData:
	  user: admin
	  mode: simple
	END
		iconv -t UTF-16 >utf16.yaml && mkdir z &&
	echo "password: $(secret zip)" >z/a.yaml && tar cf a.tar -C z a.yaml &&
	rm -r z && take && git cat-file blob $snap:meta/secrets >$TMPDIR/actual &&
	test_grep "kubernetes-secret .* k8s.yaml$" $TMPDIR/actual &&
	test_grep " utf16.yaml$" $TMPDIR/actual && test_grep "^s 0 .* a.tar$" $TMPDIR/actual &&
	printf %s $(secret utf) | iconv -t UTF-16LE >$TMPDIR/value &&
	! leaks $TMPDIR/value && gives_back k8s.yaml utf16.yaml a.tar
'

test_expect_success 'what is only possible, or in an example' '
	mkdir -p docs/runbooks docs/examples test/fixtures samples &&
	key=$(printf "wJalrXUtnFEMIK7MDENGbPxRfiCY%s" "$(secret place-place-k | cut -c1-12)") &&
	printf "Then run:\n\n    AWS_SECRET_ACCESS_KEY=%s terraform plan\n" "$key" >docs/runbooks/x.md &&
	printf "AWS_SECRET_ACCESS_KEY=%s\n" "$key" >samples/.env.example &&
	printf "The password: %s\n" $(secret place-p) >notes.txt &&
	printf "db:\n  password: winter-is-coming\n" >app.yaml &&
	printf "# old: db_password = %s\nx = 1\n" $(secret place-q) >conf.ini &&
	printf "password = \"%s\"\n" $(secret place-r) >test/fixtures/login.py &&
	printf "Login with token: %s\n====\n" $(secret place-s)Zq >docs/examples/x.rst &&
	printf "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\npassword: changeme\ntoken: <your-token>\nAKIAIOSFODNN7EXAMPLE\n" >docs/examples/own.md &&
	git vault scan test docs/examples && test_expect_code 1 git vault scan samples &&
	take && hides "$key" && hides $(secret place-p) && hides winter-is-coming &&
	hides $(secret place-q) && hides $(secret place-r) && hides $(secret place-s)Zq &&
	git cat-file blob $snap:tree/docs/examples/own.md >$TMPDIR/actual &&
	test_cmp docs/examples/own.md $TMPDIR/actual &&
	for f in docs/runbooks/x.md samples/.env.example notes.txt app.yaml conf.ini \
		test/fixtures/login.py docs/examples/x.rst
	do
		git cat-file blob $snap:tree/$f >$TMPDIR/actual &&
		test_grep "GITVAULT" $TMPDIR/actual && gives_back $f || return 1
	done
'

test_expect_success 'what has the form of a token, though among examples' '
	mkdir -p docs/examples && token=glpat-$(secret d)Qz &&
	printf "use %s, or glpat-xxxxxxxxxxxxxxxxxxxx\npassword: %s\n" \
		"$token" $(secret e) >docs/examples/run.md &&
	git vault scan docs/examples/run.md && take && hides "$token" &&
	git cat-file blob $snap:tree/docs/examples/run.md >$TMPDIR/actual &&
	test_grep "^use GITVAULT.gitlab-pat:.*, or glpat-xxxxx" $TMPDIR/actual &&
	test_grep "^password: GITVAULT" $TMPDIR/actual &&
	gives_back docs/examples/run.md
'

test_expect_success 'large files: in a stream, and in chunks' '
	{ seq 1 900000 && echo "password: $(secret l1)" && seq 1 900000 &&
	  echo "password: $(secret l2)"; } >large.yaml &&
	head -c 9000000 /dev/urandom >big.env && echo big.env >>.gitignore &&
	take && hides $(secret l1) && hides $(secret l2) && gives_back large.yaml &&
	git cat-file blob $snap:tree/big.env >$TMPDIR/actual &&
	test_grep "^GITVAULT.file:" $TMPDIR/actual && test_config vault.chunkThreshold 1m &&
	{ seq 1 500000 && echo "password: $(secret l3)" && seq 1 500000; } >chunked.yaml &&
	take && hides $(secret l3) && git cat-file blob $snap:meta/secrets >$TMPDIR/actual &&
	test_grep " chunked.yaml$" $TMPDIR/actual && take &&
	test "$(field created)" = false && rm large.yaml chunked.yaml big.env
'

test_expect_success 'in a linked working tree, and with --only' '
	git worktree add -q ../linked && (
		cd ../linked && echo "W=$(secret w)" >.env && take &&
		hides $(secret w) && gives_back .env
	) && git worktree remove --force ../linked && take --only .env &&
	git cat-file blob $snap:meta/secrets >$TMPDIR/actual && test_line_count = 2 $TMPDIR/actual &&
	gives_back .env && take
'

test_expect_success 'a branch that is switched to' '
	git add . && git commit -q -m now && git checkout -q -b side &&
	echo "password: $(secret side)" >side.yaml && git add side.yaml &&
	git commit -q -m side && take && git checkout -q - && take &&
	git checkout -q side && take && test "$(field sealed)" = 0 &&
	gives_back side.yaml .env && git ls-tree -r $snap >$TMPDIR/tree &&
	test_grep ! $(git rev-parse HEAD:side.yaml) $TMPDIR/tree
'

test_done
