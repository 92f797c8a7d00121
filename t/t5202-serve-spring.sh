#!/bin/sh
# shellcheck disable=SC2154,SC2034

test_description='git vault serve: what clients of Spring Cloud Config ask for

curl sends what such a client sends: its path, and its header Accept.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-serve.sh"

serve_or_skip
serve_as='config serve'
V2=application/vnd.spring-cloud.config-server.v2+json
test_lazy_prereq PYTHON 'command -v python3'

test_expect_success 'set up: application.yml and its profiles' '
	cat >application.yml <<-\END &&
	server: {port: 8080, names: [a, b]}
	none: ~
	empty: []
	gone: {}
	codes: {200: ok}
	"my.dotted": x
	list:
	- {k: 1}
	password: Qx7-velvet9-tree
	END
	printf "server: {port: 9090}\n" >application-prod.yml &&
	printf "server: {names: [c]}\n" >application-eu.yml && git add . && git commit -q -m spring &&
	serve_start .
'

test_expect_success 'sources of a profile, the highest first, with the names of Spring' '
	cat >expect <<-END &&
	{"name":"shop","profiles":["prod"],"label":null,"version":"$(git rev-parse HEAD)","state":null,
	"propertySources":[{"name":"application-prod.yml","source":{"server.port":9090}},
	{"name":"application.yml","source":{"server.port":8080,"server.names[0]":"a",
	"server.names[1]":"b","none":"","empty":"","codes[200]":"ok","my.dotted":"x","list[0].k":1,
	"invalid.password":"<n/a>"}}]}
	END
	tr -d "\n" <expect >want && gives 200 /spring/shop/prod && tr -d "\n" <got >actual &&
	test_cmp want actual && test "$(header Content-Type)" = application/json &&
	test "$(header X-Vault-Hidden)" = 1
'

test_expect_success 'a withheld value lets no lower one through, whatever it is called there' '
	printf "pass_word: Zt8-silver4-leaf\nserver: {port: 9090}\n" >application-prod.yml && cp application.yml kept &&
	sed "s/^password: .*/password: changeme/" kept >application.yml && git commit -q -a -m lower && serve_stop && serve_start . &&
	gives 200 /spring/shop/prod && test_grep "\"invalid.pass_word\":\"<n/a>\"" got && test_grep ! "changeme" got &&
	test_grep ! "silver" got && gives 200 /spring/shop/default && test_grep changeme got &&
	mv kept application.yml && printf "server: {port: 9090}\n" >application-prod.yml && git commit -q -a -m back && serve_stop && serve_start .
'

test_expect_success 'the default profile is the common file, and unknown ones are passed over' '
	gives 200 /spring/shop/default && test_grep ! "9090" got && test_grep "8080" got &&
	gives 200 /spring/shop/metrics && test_grep "\"profiles\":\[\"metrics\"\]" got &&
	test_grep ! 9090 got && gives 200 /spring/shop/metrics,prod && test_grep 9090 got
'

test_expect_success 'of several profiles the last wins, and what they share comes last' '
	gives 200 /spring/shop/prod,eu && grep -o "\"name\":\"application[^,]*" got >names &&
	printf "\"name\":\"%s\"\n" application-eu.yml application-prod.yml application.yml >expect &&
	test_cmp expect names && gives 200 /spring/shop/eu,prod &&
	grep -o "\"name\":\"application[^,]*" got | head -n 1 >names &&
	echo "\"name\":\"application-prod.yml\"" >expect && test_cmp expect names
'

test_expect_success 'a label is the branch or the commit that is served, and nothing else' '
	branch=$(git symbolic-ref --short HEAD) && commit=$(git rev-parse HEAD) &&
	for label in $branch $commit $(git rev-parse --short=8 HEAD)
	do
		gives 200 /spring/shop/prod/$label && test_grep "\"label\":\"$label\"" got || return 1
	done && gives 404 /spring/shop/prod/other && test_grep "label .other. is not served" got &&
	gives 404 /spring/shop/prod/${branch}x && gives 404 /spring/shop && gives 404 /spring/ &&
	gives 404 "/spring/shop/$(test_seq -s , 20)" && gives 404 /spring/shop/prod/../..
'

test_expect_success 'a client of version 2 gets where each value comes from' '
	gives 200 /spring/shop/prod -H "Accept: $V2" && test "$(header Content-Type)" = "$V2" &&
	test_grep "\"server.port\":{\"value\":9090,\"origin\":\"application-prod.yml:1:16\"}" got
'

test_expect_success PYTHON 'what the client makes of it is the effective configuration' '
	cat >client.py <<-\END &&
	import json, sys
	answer = json.load(open(sys.argv[1]))
	found = {}
	for source in reversed(answer["propertySources"]):
	    lists = {k.split("[")[0] for k in source["source"] if "[" in k}
	    for k in [k for k in found if k.split("[")[0] in lists and "[" in k]:
	        del found[k]
	    found.update(source["source"])
	want = json.load(open(sys.argv[2]))
	def flat(v, name, out):
	    if isinstance(v, dict):
	        for k in v:
	            key = "[%s]" % k if k.isdigit() else k
	            flat(v[k], name + ("." if name and key == k else "") + key, out)
	    elif isinstance(v, list) and v:
	        for i, x in enumerate(v):
	            flat(x, "%s[%d]" % (name, i), out)
	    else:
	        hidden = v == "<secret>"
	        out["invalid." + name if hidden else name] = "<n/a>" if hidden else "" if v is None or v == [] else v
	    return out
	sys.exit(found != flat(want, "", {}))
	END
	for env in prod eu
	do
		gives 200 /spring/shop/$env && cp got answer.json && gives 200 /v1/config/$env/shop &&
		python3 client.py answer.json got || return 1
	done
'

test_expect_success 'layers that merge in another way are one source' '
	serve_stop && cat >.gitvault.yaml <<-\END &&
	config:
	  app:
	    layers: [application.yml, "application-{env}.yml"]
	    merge: {server.names: append}
	END
	git add . && git commit -q -m set && serve_start . && gives 200 /spring/shop/eu &&
	test_grep "\"name\":\"git-vault:eu/-\"" got &&
	test_grep "\"server.names\[0\]\":\"a\",\"server.names\[1\]\":\"b\",\"server.names\[2\]\":\"c\"" got &&
	gives 200 /spring/shop/eu,cloud && gives 400 /spring/shop/prod,eu &&
	test_grep "ask for one of them" got && serve_stop
'

test_expect_success 'a set reads the files of each application in the order of Spring' '
	git rm -q .gitvault.yaml && printf "title: Shop\nserver: {port: 7000}\n" >shop.yml &&
	printf "title: Shop of prod\n" >shop-prod.yml && cat >.gitvault.yaml <<-\END &&
	config:
	  spring:
	    layers: [application.yml, "{service}.yml", "application-{env}.yml", "{service}-{env}.yml"]
	    services: [shop]
	END
	git add . && git commit -q -m applications && git checkout -q -b feature/x && serve_start . &&
	gives 200 /spring/shop/prod && grep -o "\"name\":\"[a-z]*[-.][^,]*" got >names &&
	printf "\"name\":\"%s\"\n" shop-prod.yml application-prod.yml shop.yml application.yml >expect &&
	test_cmp expect names && test_grep "\"title\":\"Shop of prod\"" got && gives 200 /spring/shop/eu &&
	test_grep ! "of prod" got && gives 200 /spring/other/prod && test_grep ! title got
'

test_expect_success 'clients may write a comma and the slash of a label as escapes' '
	gives 200 /spring/shop/prod%2Ceu && test_grep "\"profiles\":\[\"prod\",\"eu\"\]" got &&
	gives 200 /spring/shop/prod/feature%2Fx && gives 200 "/spring/shop/prod/feature(_)x" &&
	gives 200 "/spring/shop/prod/feature%28_%29x" && gives 404 /spring/shop/prod/feature%2Fy && serve_stop
'

test_expect_success 'each profile that is an environment needs its right' '
	git rm -q .gitvault.yaml shop.yml shop-prod.yml && git commit -q -m "no set" && secret=0123456789abcdef0123456789abcdef &&
	printf "prod web %s config,secrets\neu web %s config\n" \
		"$(printf %s $secret | sha256sum | cut -c1-64)" \
		"$(printf %s $secret | sha256sum | cut -c1-64)" >../people && chmod 600 ../people &&
	serve_start . --credentials ../people && gives 401 /spring/shop/prod &&
	gives 200 /spring/shop/prod -u web:$secret && test_grep velvet got &&
	gives 200 /spring/shop/prod,eu -u web:$secret && test_grep ! velvet got &&
	gives 200 /spring/shop/default -u web:$secret && test_grep ! velvet got &&
	echo "a: 1" >application-dev.yml && git add . && git commit -q -m dev &&
	sleep 2 && gives 403 /spring/shop/prod,dev -u web:$secret &&
	gives 403 /spring/shop/dev -u web:$secret && serve_stop
'

test_done
