#!/bin/sh

test_description='what config writes is read by all programs alike, and what it says is enough'
. "$(dirname "$0")/test-lib.sh"

repo () {
	rm -rf "$1" && git init -q "$1" && cd "$1" || return 1
}

save () {
	git add . && git commit -q -m files
}

test_expect_success 'values in a .env file are the same for a shell' '
	(repo shell && echo "A=1" >.env && save &&
	for value in "a b" "it'\''s" "a\"b" "\`echo RUN\`" "a\\b" "\$HOME" "a#b" plain "say \"it'\''s\"" ""
	do
		git checkout -q . && git vault config set A "$value" 2>err && printf %s "$value" >../expect &&
		sh -c ". ./.env; printf %s \"\$A\"" >../got && test_cmp ../expect ../got || return 1
	done && git vault config set B "x y" 2>err && test_grep "^B=.x y.$" .env)
'

test_expect_success 'texts of YAML that some readers take for numbers or dates are quoted' '
	(repo quoted && echo "n: 1" >values.yaml && echo "a: 1" >values-prod.yaml && save &&
	for value in 12:30 1_000 2001-01-01 y N -1:30 ""
	do
		git checkout -q . && git vault config set n -- "$value" 2>err && echo "n: \"$value\"" >../expect &&
		test_cmp ../expect values.yaml || return 1
	done &&
	for value in yes off 0o17 1.2.3 10.0.0.1 a:b 5 -5
	do
		git checkout -q . && git vault config set n -- "$value" 2>err && echo "n: $value" >../expect &&
		test_cmp ../expect values.yaml || return 1
	done)
'

test_expect_success 'keys in quotes are added, in a file with its own ends of lines' '
	(repo added && git config core.autocrlf false && printf "labels:\r\n  x: 1\r\n" >values.yaml && echo "a: 1" >values-prod.yaml && save &&
	git vault config set "labels[\"app.kubernetes.io/name\"]" shop 2>err && git vault config set b.c 2 2>err &&
	printf "labels:\r\n  x: 1\r\n  app.kubernetes.io/name: shop\r\nb:\r\n  c: 2\r\n" >../expect && test_cmp ../expect values.yaml)
'

test_expect_success 'a layer that was named is made' '
	(repo made && echo "a: 1" >values.yaml && echo "a: 2" >values-prod.yaml && echo "p: 1" >values-aws.yaml && save &&
	git vault config set --env prod --provider aws --layer values-prod-aws.yaml a 3 && echo "a: 3" >../expect &&
	test_cmp ../expect values-prod-aws.yaml && test_expect_code 128 git vault config set --env prod --layer nope.yaml a 2 2>err &&
	test_grep "git vault config explain --env prod a$" err &&
	test_expect_code 128 git vault config set --env prod --provider gcp --layer values-prod-gcp.yaml token Qx7-velvet9-tree 2>err &&
	test_path_is_missing values-prod-gcp.yaml)
'

test_expect_success 'a dotted key is a path where Spring reads the files' '
	(repo spring && printf "server:\n  port: 8080\n  host: h\n" >application.yml && echo "server.port=9090" >application-prod.properties && save &&
	echo 9090 >../expect && git vault config get --env prod server.port >../got && test_cmp ../expect ../got &&
	git vault config render --env prod >../got && printf "server:\n  port: \"9090\"\n  host: h\n" >../expect && test_cmp ../expect ../got &&
	git vault config set --env prod server.port 7070 2>err && echo "server.port=7070" >../expect &&
	test_cmp ../expect application-prod.properties && git vault config explain --env prod server.port >../got &&
	test_grep "^. application-prod.properties:1  found: 7070" ../got)
'

test_expect_success 'an element of a merged list is that of its layer' '
	(repo merged && mkdir config && cat >.gitvault.yaml <<-\END &&
	config:
	  s:
	    layers: [config/base.yaml, "config/{env}.yaml"]
	    merge: {app: append, env: {by: name}}
	END
	printf "app: [1]\nenv: [{name: a, v: 1, w: 1}, {name: b, v: 2}]\n" >config/base.yaml &&
	printf "app: [2, 3]\nenv: [{name: b, v: 7}, {name: c, v: 9}]\n" >config/prod.yaml && save &&
	git vault config explain --env prod "app[1]" >../got && test_grep "^merged: append (set by .gitvault.yaml:4)" ../got &&
	test_grep "^. config/prod.yaml:1  found: 2$" ../got && test_grep "^  config/base.yaml  not there$" ../got &&
	git vault config explain --env prod "env[1].v" >../got && test_grep "^  config/base.yaml:2  found: 2$" ../got &&
	test_grep "^. config/prod.yaml:2  found: 7$" ../got && git vault config explain --env prod "env[0].w" >../got &&
	test_grep "^. config/base.yaml:2  found: 1$" ../got && test_grep "^  config/prod.yaml  not there$" ../got)
'

test_expect_success 'what is mistyped is said, with what was meant' '
	(repo typed && mkdir -p config/orders && echo "r: 1" >config/base.yaml && echo "x: 1" >config/prod.yaml &&
	echo "r: 9" >config/orders/prod.yaml && save && git vault config get --env prod --service odrers r 2>err &&
	test_grep "no layer is of the service .odrers.; did you mean .orders" err &&
	git vault config get --env prod --service orders r 2>err && test_must_be_empty err &&
	git vault config get --env prod --provider asw r 2>err && test_grep "no layer is of the provider .asw" err &&
	test_expect_code 129 git vault config set r -5 2>err && test_grep "goes behind -- : -- -5" err &&
	printf "config:\n  s:\n    layers: [config/base.yaml, config/{env}.yaml]\n" >.gitvault.yaml &&
	test_expect_code 128 git vault config list 2>err && test_grep "gitvault.yaml:3: .* a text with { in it needs quotes" err)
'

test_expect_success 'a report of before does not stay where nothing could be checked' '
	(repo reports && mkdir config && echo "a: 1" >config/base.yaml && echo "a: 2" >config/prod.yaml && save &&
	git vault config validate --all --format html -o ../report.html && test_path_is_file ../report.html &&
	echo "x: {" >.gitvault.yaml && test_expect_code 128 git vault config validate --all --format html -o ../report.html 2>err &&
	test_path_is_missing ../report.html)
'

test_expect_success 'of one environment at two times each difference is drift' '
	(repo twice && mkdir config && echo "a: 1" >config/base.yaml && printf "database: {password: Qx7-velvet9-tree}\n" >config/prod.yaml &&
	save && printf "database: {password: Qx7-velvet9-root}\n" >config/prod.yaml &&
	test_expect_code 1 git vault config diff prod@HEAD prod >out && test_grep "drift" out && ! grep intended out)
'

test_done
