#!/bin/sh
# shellcheck disable=SC2154 # lib-clones.sh sets $top

test_description='rules of access in set, in hooks of clones, and on a server'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-access.sh"

test_expect_success 'set up: a server with hooks, and rules on main' '
	team && rules "
	  - {paths: [config/prod.yaml], keys: [db.**], approvals: 1, by: [dba]}
	  - {env: prod, roles: [sre, dba]}" &&
	for who in bob carol dan
	do
		as $who sh -c "git pull -q && git remote set-head origin main" || return 1
	done &&
	git -C remote vault hooks install >/dev/null
'

# pushes WHO REFSPEC…: as the host knows who it is
pushes () {
	pushing_=$1 && shift &&
		GL_USER=$pushing_ as "$pushing_" git push -q origin "$@" 2>err
}

test_expect_success 'set refuses on the protected branch before it writes, and names the way' '
	test_must_fail as bob git vault config set --env prod db.host db9 2>err && cat err &&
	test_grep "1 more approval is needed (.gitvault.yaml:6); by carol" err &&
	test_grep "git switch -c change" err &&
	as bob git diff --exit-code && as bob git vault config set --env dev db.host db8 &&
	as bob git vault config set --env prod pool 9 && as bob git checkout -q . &&
	test_must_fail as dan git vault config set --env prod pool 9 2>err &&
	test_grep "dan does not have that role" err &&
	test_must_fail as dan git vault config unset --env prod pool 2>err &&
	as dan git diff --exit-code
'

test_expect_success '... and the audit of the clone has what was written, and what was not' '
	as bob git vault audit list --json --kind config-change >out && grep -o "\"target\":\"[^\"]*" out >targets && cat targets &&
	test_line_count = 2 targets && test_grep "config/dev.yaml (db.host [0-9a-f]\{16\}>[0-9a-f]\{16\})" targets &&
	test_grep "config/prod.yaml (pool [0-9a-f]\{16\}>[0-9a-f]\{16\})" targets && test_grep "written to the working tree" out &&
	test_grep ! "[^0-9a-f]db8[^0-9a-f]" out && as bob git vault audit list --json --kind config-refuse >out &&
	test_grep "\"target\":\"refs/heads/main: config/prod.yaml (db.host)\"" out && test_grep ! "[^0-9a-f]db9[^0-9a-f]" out &&
	as bob git vault audit list >out && test_grep "config-change .* config/prod.yaml  *-  *written to" out &&
	test_grep "config-refuse .* refs/heads/main: config/prod.yaml  *-  *not written" out &&
	as dan git vault audit list --json --kind config-refuse >out && grep -o "prod.yaml (pool)" out >targets &&
	test_line_count = 2 targets && git init -q plain && (cd plain && echo "a: 1" >values.yaml && git add . &&
	git commit -q -m one && git vault config set a 2 && git for-each-ref refs/vault >refs && test_must_be_empty refs)
'

test_expect_success '... and those who want to know are told once' '
	mkdir fake && printf "#!/bin/sh\ncat >>%s/mail\n" "$PWD" >fake/sendmail && chmod +x fake/sendmail && : >mail &&
	as bob git config --global vault.notify.ops.type mail && as bob git config --global vault.notify.ops.to ops@example.com &&
	as bob git config --global vault.notify.ops.event approval && old_path=$PATH && PATH=$PWD/fake:$PATH && as bob git vault -q schedule run &&
	test_grep "^Subject: .*: a change of the configuration was refused: refs/heads/main: config/prod.yaml (db.host)" mail &&
	show=$(sed -n "s/.*\(git vault audit show [0-9a-f]*\).*/\1/p" mail) && as bob sh -c "$show" >out && test_grep "config-refuse" out &&
	cp mail before && as bob git vault -q schedule run && test_cmp before mail && PATH=$old_path && as bob git config --global --remove-section vault.notify.ops
'

test_expect_success 'pre-commit advises, pre-push refuses, and can be passed over' '
	as dan git vault hooks install >/dev/null && as dan sh -c "
		sed -i s/5/6/ config/prod.yaml && git commit -q -a -m pool" 2>err && cat err &&
	test_grep "refs/heads/main is protected" err &&
	test_grep "dan does not have that role" err &&
	test_must_fail pushes dan main && test_grep "nothing is pushed: rules of access" err &&
	test_grep "no-verify" err
'

test_expect_success 'the server refuses, whatever the clone does, and tells the audit' '
	test_must_fail pushes dan --no-verify main && cat err &&
	test_grep "refs/heads/main: config/prod.yaml (pool): only sre or dba" err &&
	test_must_fail pushes dan --no-verify main:main &&
	pushes dan main:refs/heads/pool &&
	as bob git fetch -q && as bob sh -c "git merge -q --ff-only origin/pool" &&
	pushes bob main && cat err &&
	git -C remote vault audit list --json --kind config-refuse >out &&
	test_grep "by dan" out && test_grep "config/prod.yaml (pool)" out
'

test_expect_success '... and which keys came, by whom' '
	git -C remote vault audit list --json --kind config-change >out &&
	test_grep "by bob" out && test_grep "config/prod.yaml (pool [0-9a-f]\{16\}>[0-9a-f]\{16\})" out &&
	! grep "pool: 6" out && for value in 5 6
	do
		for sum in sha1sum sha256sum b2sum
		do
			! grep "$(printf %s $value | $sum | cut -c1-16)" out || return 1
		done
	done && test "$(stat -c %a remote/vault/idkey)" = 600
'

test_expect_success 'an approved change is let in, as it is, merged or squashed' '
	as bob sh -c "git switch -q -c host && git vault config set --env prod db.host db7 &&
		git commit -q -a -m seven && git push -q origin host" &&
	test_must_fail pushes bob host:main && test_grep "1 more approval" err && wanted=bob/clone/.git/vault/approvals-wanted && test_path_is_missing $wanted &&
	as bob git vault hooks install >/dev/null && as bob git config vault.hookSnapshot false && test_must_fail pushes bob host:main && test_grep "nothing is pushed" err &&
	test_grep "	prod	to push to refs/heads/main	git vault config approve $(git -C bob/clone rev-parse host | cut -c1-12)$" $wanted && later 60 && as carol git fetch -q && as carol git vault config approve origin/host 2>err &&
	share carol bob && as bob sh -c "git switch -q main && git merge -q --no-ff -m merge host" &&
	pushes bob main && cat err && test_must_be_empty $wanted && as bob git vault hooks uninstall >/dev/null &&
	git -C remote vault audit list --kind config-change >out &&
	test_grep "approved by carol" out
'

test_expect_success 'a merge tells the audit of the clone' '
	as carol git vault hooks install >/dev/null && as carol git config vault.hookSnapshot false &&
	as carol git pull -q && as carol git vault audit list --json --kind config-change >out &&
	test_grep "db.host [0-9a-f]\{16\}>[0-9a-f]\{16\}" out && test_grep "merged here" out
'

test_expect_success 'on a host without hooks approve --verify says so, by signatures' '
	as alice git fetch -q &&
	test_expect_code 1 as alice git vault config approve --verify origin/main~1..origin/main 2>err &&
	test_grep "is not allowed" err && test_grep "nobody knows who changes it" err &&
	as bob sh -c "ssh-keygen -q -t ed25519 -N \"\" -f ../sign" &&
	as alice git vault key remove bob >/dev/null 2>&1 &&
	as alice git vault key add --name bob --signer "$(cat bob/sign.pub)" "$top/bob.pub" >/dev/null &&
	share alice && as bob sh -c "git fetch -q && git switch -q -c signed origin/main &&
		git vault config set --env prod pool 11 && git -c gpg.format=ssh -c user.signingKey=../sign \
			commit -q -S -a -m signed && git push -q origin signed" &&
	as alice git fetch -q && as alice git vault config approve --verify origin/main..origin/signed 2>err &&
	test_grep "the rules of access hold for 1 step" err &&
	as alice git vault config approve --verify --json origin/signed >out && test_grep "\"person\":\"bob\"" out
'

test_done
