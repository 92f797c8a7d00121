#!/bin/sh

test_description='what versions of an application need of its configuration'
. "$(dirname "$0")/test-lib.sh"

test_expect_success 'set up: a set that says what versions need' '
	mkdir -p config services/api services/web tools && cat >.gitvault.yaml <<-\END &&
	config:
	  shop:
	    layers: [config/base.yaml, "config/{env}.yaml", "services/{service}.yaml"]
	    services: [api, web]
	    app:
	      versions:
	        ">=2.3": {requires: [cache.url, cache.ttl]}
	        ">=3": {forbids: [legacy], renamed: {db.pool: db.pool_size}}
	        ">=2 <4": {services: [api], requires: [token_ttl], message: "the API has to know how long a token is valid"}
	END
	printf "cache: {url: redis://c, ttl: 60}\nlegacy: {a: 1}\ndb:\n  pool: 5\n" >config/base.yaml &&
	echo "name: prod" >config/prod.yaml && echo "name: dev" >config/dev.yaml &&
	echo "token_ttl: 5" >services/api.yaml && echo "x: 1" >services/web.yaml &&
	git add . && test_tick && git commit -q -m one
'

validate () {
	code=$1 && shift && test_expect_code $code git vault config validate "$@" >actual 2>err
}

test_expect_success 'without a version a note says that nothing was checked' '
	validate 0 --env prod && test_grep "note: version: which keys the application needs was not checked; name its version with --app" actual
'

test_expect_success 'keys that a version needs, or does not take any more, are errors with their place' '
	validate 0 --env prod --app 2.3.1 && test_grep ! version: actual &&
	sed -i "s/, ttl: 60//" config/base.yaml && validate 1 --env prod --app v2.4 &&
	test_grep "^.gitvault.yaml:7: error: version: cache.ttl: version v2.4 needs this key (>=2.3), which has no value (shop: prod/api and 1 more)$" actual &&
	validate 0 --env prod --app 2.2.9 && git checkout -q config &&
	validate 1 --all --app 3.0.0-rc.1 &&
	test_grep "^config/base.yaml:2:9: error: version: legacy: version 3.0.0-rc.1 does not take this key (>=3) (shop: dev/api and 3 more)$" actual &&
	test_grep "^config/base.yaml:4:9: error: version: db.pool: version 3.0.0-rc.1 reads .db.pool_size. instead, which has no value (>=3)" actual &&
	test_line_count -eq 3 actual
'

test_expect_success 'a key that was renamed may have both names, so that old and new versions run side by side' '
	printf "cache: {url: redis://c, ttl: 60}\ndb: {pool: 5, pool_size: 5}\n" >config/base.yaml &&
	validate 0 --env prod --app 3 && test_grep "note: version: db.pool: version 3 reads .db.pool_size. instead (>=3)" actual &&
	validate 0 --env prod --app 2.9 && test_grep ! "version:" actual &&
	printf "cache: {url: redis://c, ttl: 60}\ndb: {pool_size: 5}\n" >config/base.yaml &&
	validate 0 --env prod --app 3.1 && test_grep ! "version:" actual && validate 1 --env prod --app 2.9 &&
	test_grep "base.yaml:2:17: error: version: db.pool_size: version 2.9 still reads .db.pool., which has no value (renamed in >=3)" actual &&
	git checkout -q config
'

test_expect_success 'a version is that of one service, and a rule may be for some of them' '
	echo "x: 1" >services/api.yaml && validate 1 --env prod --app 1 --app api=2.3 &&
	test_grep "^.gitvault.yaml:9: error: version: token_ttl: the API has to know how long a token is valid (shop: prod/api)$" actual &&
	test_line_count -eq 2 actual && validate 0 --env prod --app web=2.3 --app api=1 && git checkout -q services
'

test_expect_success 'what decides nothing, or is no version, is refused' '
	validate 129 --env prod --app latest && test_grep "not .latest." err &&
	validate 129 --env prod --app 3.1 --app 2.2 && test_grep "are of the same services" err &&
	validate 129 --env prod --app =1 && validate 129 --env prod --app wbe=2 &&
	test_grep "no set with app: versions has a service .wbe. that was checked" err &&
	validate 129 --env prod --service api --app web=2 && test_expect_code 129 git vault config list --app 2 &&
	sed "/app:/,\$d" .gitvault.yaml >p && cp .gitvault.yaml whole && mv p .gitvault.yaml &&
	validate 129 --env prod --app 2 && test_grep "no set that was checked has app: versions" err && mv whole .gitvault.yaml
'

test_expect_success 'the policy refuses what is no range, and keys that it does not know' '
	cp .gitvault.yaml whole && sed "s/>=2.3/=>2.3/" whole >.gitvault.yaml && validate 128 --env prod &&
	test_grep "gitvault.yaml:7: .=>2.3. is no range of versions" err &&
	sed "s/forbids/forbid/" whole >.gitvault.yaml && validate 128 --env prod && test_grep "forbid" err &&
	sed "s/{requires: \[cache.url, cache.ttl\]}/{}/" whole >.gitvault.yaml && validate 128 --env prod &&
	test_grep "requires, forbids or renamed" err && mv whole .gitvault.yaml
'

test_expect_success 'the version can be a value of the configuration, and then set checks it as well' '
	sed -i "s/      versions:/      version: image.tag\n      versions:/" .gitvault.yaml &&
	printf "image: {tag: 2.10}\n" >>config/base.yaml && validate 0 --env prod && test_grep ! version: actual &&
	test_must_fail git vault config set --env prod image.tag 3.0 >out 2>err && test_grep "does not take this key" out err &&
	test_grep "tag: 2.10" config/base.yaml && test_grep ! tag config/prod.yaml &&
	validate 1 --env prod --app 3 && echo "image: {tag: newest}" >config/prod.yaml && validate 3 --env prod &&
	test_grep "prod.yaml:1:14: unknown: version: image.tag: it should be the version of the application" actual &&
	echo "image: {tag: ~}" >config/prod.yaml && validate 3 --env prod && git checkout -q config .gitvault.yaml
'

test_expect_success 'every format of the report has it' '
	for f in json sarif junit html
	do
		validate 1 --env prod --app 3 --format $f && test_grep "does not take this key" actual || return 1
	done &&
	validate 1 --env prod --app 3 --format sarif && test_grep "\"id\":\"version\"" actual &&
	validate 1 --env prod --app 3 --format json && test_grep "\"check\":\"version\",\"key\":\"legacy\",\"file\":\"config/base.yaml\"" actual
'

commands () {
	cat >>.gitvault.yaml <<-\END
	      checks:
	        flags: sh tools/flags.sh
	END
	cat >tools/flags.sh <<-\END
	test -f "$GIT_VAULT_CONFIG" || { echo "no configuration"; exit 9; }
	test -e /etc/shadow && cat /etc/shadow 2>/dev/null && exit 8
	test -z "$SECRET_OF_HOST" || { echo "the environment came in"; exit 7; }
	test ! -e untracked || { echo "an untracked file came in"; exit 6; }
	grep -q hunter22 "$GIT_VAULT_CONFIG" && { echo "a secret came in"; exit 5; }
	echo written >tools/mark || exit 4
	case $GIT_VAULT_SERVICE-$GIT_VAULT_APP_VERSION in
	web-3*) echo "error: web $GIT_VAULT_APP_VERSION has no flag \"dark\" in $GIT_VAULT_ENVIRONMENT" >&2 && exit 1 ;;
	esac
	END
	echo "password: hunter22xyzzy" >>config/base.yaml && echo hello >untracked
}

test_expect_success 'commands of the team do not run before they are accepted' '
	commands && git add .gitvault.yaml tools config && test_tick && git commit -q -m checks && validate 3 --env prod --app 2.3 &&
	test_grep "^.gitvault.yaml:11: unknown: command: flags: it is not accepted here, so it does not run; .*git vault policy accept (shop)" actual
'

test_lazy_prereq SPACES 'test_have_prereq LINUX && unshare -Urmpf --mount-proc true'
test_expect_success SPACES 'accepted ones run in a sandbox for each configuration, and see no secret' '
	git vault policy accept >out 2>&1 && SECRET_OF_HOST=1 && export SECRET_OF_HOST &&
	validate 0 --env prod --app 2.3 && test_grep ! command: actual &&
	validate 1 --all --app 3.2 && test_grep "^.gitvault.yaml:11: error: command: flags: .*web 3.2 has no flag .dark. in dev (shop: dev/web)$" actual &&
	test_grep "in prod (shop: prod/web)$" actual && test_grep ! "prod/api.*flag" actual &&
	test_path_is_missing tools/mark && test -z "$(ls .git/vault | grep drill-)" &&
	validate 1 --env prod --app 3.2 --at HEAD && test_grep "command: flags" actual
'

test_expect_success SPACES 'another command from a branch does not run, and the accepted one still does' '
	sed -i "s/flags: sh .*/flags: sh tools\/other.sh/" .gitvault.yaml && echo "touch /tmp/ran; exit 0" >tools/other.sh &&
	git add .gitvault.yaml tools && test_tick && git commit -q -m other && validate 1 --env prod --app 3.2 &&
	test_grep "unknown: command: flags: it is not accepted" actual && test_grep "error: command: flags: .*no flag" actual
'

test_expect_success SPACES 'a command that cannot run is no verdict' '
	sed -i "s/flags: sh .*/flags: no-such-program/" .gitvault.yaml && git commit -q -a -m none &&
	git vault policy accept >out 2>&1 && validate 3 --env prod --app 2.3 &&
	test_grep "unknown: command: flags:" actual
'

test_done
