#!/bin/sh
# shellcheck disable=SC2154,SC2034

test_description='git vault serve: sealed values for those who may see them'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-serve.sh"

serve_or_skip
serve_as='config serve'

# place PATH: the placeholder of the secret that a snapshot found there
place () {
	git vault secret list --json | tr "{" "\n" | grep -B 1 "\"path\":\"$1\"" | sed -n \
		"s/.*\"id\":\"\([0-9a-f]*\)\",\"scope\".*\"rule\":\"\([a-z-]*\)\".*/GITVAULT[\2:\1]/p" | head -n 1
}

test_expect_success 'set up: layers that have placeholders in place of secrets' '
	git vault init 2>err && mkdir config && echo "password: Qx7-velvet9-tree" >config/base.yaml &&
	echo "dbpass: Zq8-copper7-moon" >config/prod.yaml && git vault snapshot 2>err &&
	common=$(place config/base.yaml) prod=$(place config/prod.yaml) &&
	test_grep "^GITVAULT" - <<-END && test -n "$prod" &&
	$common
	END
	echo "password: \"$common\"" >config/base.yaml && echo "dbpass: \"$prod\"" >config/prod.yaml &&
	printf "stolen: \"%s\"\nodd: \"%s x\"\nnone: \"%s\"\n" "$prod" "$common" \
		"GITVAULT[x:0123456789012345678901234567890123456789]" >config/dev.yaml &&
	git add . && git commit -q -m placeholders && secret=0123456789abcdef0123456789abcdef &&
	sum=$(printf %s $secret | sha256sum | cut -c1-64) &&
	printf "* ops %s config,secrets\nprod web %s config\n" $sum $(printf %s web$secret | sha256sum |
		cut -c1-64) >../people && chmod 600 ../people && serve_start . --credentials ../people
'

test_expect_success 'they are opened for who may see secrets' '
	gives 200 /v1/config/prod/web -u ops:$secret &&
	echo "{\"password\":\"Qx7-velvet9-tree\",\"dbpass\":\"Zq8-copper7-moon\"}" >expect &&
	test_cmp expect got && gives 200 "/v1/config/prod/web/dbpass?raw=1" -u ops:$secret &&
	echo Zq8-copper7-moon >expect && test_cmp expect got && gives 200 /spring/web/prod -u ops:$secret &&
	test_grep copper7 got
'

test_expect_success 'and for nobody else' '
	gives 200 /v1/config/prod/web -u web:web$secret && test_grep ! "velvet\|copper" got &&
	test_grep "\"password\":\"<sealed>\",\"dbpass\":\"<sealed>\"" got &&
	gives 403 /v1/config/prod/web/dbpass -u web:web$secret && test_grep "is encrypted" got
'

test_expect_success 'a value of prod does not come out of a layer of dev' '
	gives 200 /v1/config/dev/web -u ops:$secret && test_grep ! copper got &&
	test_grep "\"stolen\":\"GITVAULT" got && test_grep "velvet" got && test_grep "\"odd\":\"GITVAULT" got &&
	serve_stop && test_grep ! "velvet\|copper" log
'

test_expect_success 'without a key they stay placeholders' '
	GIT_VAULT_IDENTITY=$PWD/nobody.key && export GIT_VAULT_IDENTITY &&
	git vault key generate -o nobody.key >pub && serve_start . --credentials ../people &&
	gives 200 /v1/config/prod/web -u ops:$secret && test_grep ! "velvet\|copper" got &&
	test_grep "GITVAULT" got && serve_stop
'

test_done
