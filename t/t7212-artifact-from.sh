#!/bin/sh

test_description='artifacts by what files say of them

git vault artifact record --from: images of manifests, bills of materials and lock
files, found again by each digest as any tool writes it, by name, NAME@VERSION and
address of a package; all of a file or nothing.'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

# digest WORD, sri WORD, h1 WORD: a digest of it, as tools write them
digest () {
	printf %s "$1" | sha256sum | cut -c1-64
}

sri () {
	printf %s "$1" | sha512sum | cut -c1-128 | xxd -r -p | base64 -w0
}

h1 () {
	digest "$1" | xxd -r -p | base64 -w0
}

test_lazy_prereq XXD '
	test "$(printf ab | xxd -p)" = 6162 && test "$(echo 6162 | xxd -r -p)" = ab
'

# found TEXT FIELD…: those of what is found, a line each, sorted
found () {
	text=$1 && shift && fields=$(printf ", .%s" "$@") &&
		git vault artifact find --json "$text" >.git/found &&
		jq -r ".artifacts[] | [${fields#, }] | join(\" \")" .git/found |
		sort >.git/actual
}

test_expect_success XXD 'images that manifests name' '
	mkdir deploy && cat >deploy/shop.yaml <<-END &&
	apiVersion: v1
	kind: Service
	metadata: {name: shop}
	---
	apiVersion: apps/v1
	kind: Deployment
	metadata:
	  name: shop
	spec:
	  template:
	    spec:
	      initContainers:
	      - name: wait
	        image: busybox:1.36
	      containers:
	      - name: shop
	        image: registry.example.com:5000/acme/shop:1.4.2@sha256:$(digest shop)
	      - name: proxy
	        image: "envoyproxy/envoy@sha256:$(digest envoy)"
	END
	cat >compose.yml <<-END &&
	services:
	  web:
	    image: nginx:1.27@sha256:$(digest nginx)
	END
	cat >values.yaml <<-END &&
	image:
	  repository: quay.io/acme/api
	  tag: v3
	  digest: sha256:$(digest api)
	END
	git add . && git commit -q -m one && git vault -q snapshot >.git/id &&
	git vault artifact record --env prod --from deploy/shop.yaml \
		--from compose.yml --from values.yaml 2>.git/err &&
	test_grep "4 artifacts recorded" .git/err &&
	found $(digest shop) name version from environment commit &&
	echo "registry.example.com:5000/acme/shop 1.4.2 deploy/shop.yaml prod $(git rev-parse HEAD)" >.git/expect &&
	test_cmp .git/expect .git/actual &&
	found nginx@1.27 digest snapshot && echo "sha256:$(digest nginx) $(cat .git/id)" >.git/expect &&
	test_cmp .git/expect .git/actual &&
	found quay.io/acme/api version && echo v3 >.git/expect && test_cmp .git/expect .git/actual &&
	git vault artifact find envoyproxy/envoy >.git/out &&
	test_grep "^envoyproxy/envoy *$(digest envoy | cut -c1-12) " .git/out
'

test_expect_success XXD 'from another folder, and of what is not below the top' '
	mkdir -p sub/er && cp compose.yml sub/er/c.yml && cp compose.yml ../outside.yml &&
	(cd sub && git vault -q artifact record --from er/c.yml --from ./er/../er/c.yml \
		--from ../../outside.yml) &&
	rm ../outside.yml && found nginx from &&
	printf "%s\n" c.yml compose.yml outside.yml sub/er/c.yml >.git/expect &&
	test_cmp .git/expect .git/actual && rm -r sub
'

test_expect_success XXD 'bills of materials' '
	cat >bom.json <<-END &&
	{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
	 "metadata": {"component": {"type": "container", "name": "shop",
	  "purl": "pkg:oci/shop@sha256%3A$(digest shop)?arch=amd64"}},
	 "components": [
	  {"type": "library", "name": "openssl", "version": "3.0.15",
	   "purl": "pkg:deb/debian/openssl@3.0.15",
	   "hashes": [{"alg": "MD5", "content": "d41d8cd98f00b204e9800998ecf8427e"},
	              {"alg": "SHA-256", "content": "$(digest openssl)"}]},
	  {"type": "library", "name": "zlib", "version": "1.3"}]}
	END
	cat >sbom.spdx.json <<-END &&
	{"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "shop",
	 "packages": [{"SPDXID": "SPDXRef-curl", "name": "curl", "versionInfo": "8.1",
	  "checksums": [{"algorithm": "SHA256", "checksumValue": "$(digest curl)"}],
	  "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER",
	   "referenceType": "purl", "referenceLocator": "pkg:generic/curl@8.1"}]}]}
	END
	git vault artifact record --json --from bom.json --from sbom.spdx.json >.git/out 2>.git/err &&
	jq -e ".recorded == 3 and .without_digest == 1" .git/out &&
	test_grep "1 component is without a digest" .git/err &&
	found pkg:deb/debian/openssl@3.0.15 name digest &&
	echo "openssl sha256:$(digest openssl)" >.git/expect && test_cmp .git/expect .git/actual &&
	found curl@8.1 purl && echo pkg:generic/curl@8.1 >.git/expect && test_cmp .git/expect .git/actual &&
	found $(digest shop) from && test_grep bom.json .git/actual &&
	test_grep deploy/shop.yaml .git/actual
'

test_expect_success XXD 'lock files, by digests as these write them' '
	cat >package-lock.json <<-END &&
	{"name": "shop", "lockfileVersion": 3, "packages": {
	 "": {"name": "shop"},
	 "node_modules/left-pad": {"version": "1.3.0",
	  "resolved": "https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz",
	  "integrity": "sha512-$(sri left-pad)"}}}
	END
	cat >go.sum <<-END &&
	golang.org/x/text v0.14.0 h1:$(h1 text)
	golang.org/x/text v0.14.0/go.mod h1:$(h1 mod)
	END
	cat >.terraform.lock.hcl <<-END &&
	# This file is maintained automatically by "terraform init".

	provider "registry.terraform.io/hashicorp/null" {
	  version     = "3.2.2"
	  constraints = "~> 3.2"
	  hashes = [
	    "h1:$(h1 null)",
	    "zh:$(digest zip)",
	  ]
	}
	END
	mkdir chart && cat >chart/Chart.lock <<-END &&
	dependencies:
	- name: postgresql
	  repository: https://charts.example.com
	  version: 12.1.2
	digest: sha256:$(digest chart)
	generated: "2026-01-01T00:00:00Z"
	END
	git vault artifact record --env prod --from package-lock.json --from go.sum \
		--from .terraform.lock.hcl --from chart/Chart.lock 2>.git/err &&
	test_grep "5 artifacts recorded" .git/err &&
	found sha512-$(sri left-pad) name version &&
	echo "left-pad 1.3.0" >.git/expect && test_cmp .git/expect .git/actual &&
	found h1:$(h1 text) name version &&
	echo "golang.org/x/text v0.14.0" >.git/expect && test_cmp .git/expect .git/actual &&
	found zh:$(digest zip) name digest sha256 &&
	echo "registry.terraform.io/hashicorp/null sha256:$(digest zip) $(digest zip)" >.git/expect &&
	test_cmp .git/expect .git/actual &&
	found h1:$(digest null | cut -c1-9) name && test_line_count = 1 .git/actual &&
	test_expect_code 1 git vault artifact find sha256:$(digest null | cut -c1-9) &&
	test_expect_code 1 git vault artifact find h1:$(h1 mod) &&
	found $(digest chart) name && echo chart/Chart.lock >.git/expect &&
	test_cmp .git/expect .git/actual
'

test_expect_success XXD 'a digest that is cut, with what stands before it in each' '
	found h1:$(digest text | cut -c1-12) name && echo golang.org/x/text >.git/expect &&
	test_cmp .git/expect .git/actual &&
	for n in 5 6 7 8 20 43
	do
		found h1:$(h1 text | cut -c1-$n) name && test_cmp .git/expect .git/actual &&
		found sha512-$(sri left-pad | cut -c1-$n) name && echo left-pad >.git/pad &&
		test_cmp .git/pad .git/actual || return 1
	done &&
	for n in 7 12 63
	do
		cut=$(digest zip | cut -c1-$n) &&
		for text in $cut zh:$cut sha256:$cut
		do
			found $text name && test_line_count = 1 .git/actual &&
			test_grep hashicorp/null .git/actual || return 1
		done
	done &&
	for text in zh:$(digest zip | cut -c1-6) zh:$(digest zip | cut -c1-12)0 \
		zh:$(digest zip)0 h1:$(h1 text | cut -c1-4) h1:$(h1 text | cut -c1-8)A \
		sha512:$(digest zip | cut -c1-12) sha256-$(h1 text | cut -c1-12) zh:
	do
		test_expect_code 1 git vault artifact find $text || return 1
	done
'

test_expect_success XXD 'a lock of Helm is named as from the top, wherever it is told' '
	mkdir -p ../away && sed "s/^digest.*/digest: sha256:$(digest away)/" chart/Chart.lock \
		>../away/Chart.lock &&
	(cd chart && git vault -q artifact record --from Chart.lock --from ./Chart.lock \
		--from "$PWD/../../away/Chart.lock") &&
	found $(digest chart) name && echo chart/Chart.lock >.git/expect &&
	sort -u .git/actual >.git/names && test_cmp .git/expect .git/names &&
	found $(digest away) name && echo Chart.lock >.git/expect &&
	test_cmp .git/expect .git/actual && echo "a: 1" >../away/Chart.lock &&
	test_expect_code 128 git vault artifact record --from ../away/Chart.lock 2>.git/err &&
	test_grep "^git-vault: ../away/Chart.lock: " .git/err && rm -r ../away
'

test_expect_success XXD 'a file that is off is refused, and nothing of the call noted' '
	git rev-parse refs/notes/vault >.git/before &&
	for file in "x.txt:" "x.yaml:a: [sha256:" "y.yaml:{{- if }}" "x.json:{}" "x.json:{" "go.sum:one two" \
		".terraform.lock.hcl:module \"a\" {}" "Chart.lock:a: 1"
	do
		mkdir -p off && echo "${file#*:}" >"off/${file%%:*}" &&
		test_expect_code 128 git vault artifact record \
			"x=sha256:$(digest x)" --from go.sum --from "off/${file%%:*}" 2>.git/err &&
		test_grep "^git-vault: off/${file%%:*}" .git/err && rm -r off || return 1
	done &&
	test_expect_code 128 git vault artifact record --from missing.json 2>.git/err &&
	test_grep "missing.json" .git/err &&
	test_expect_code 129 git vault artifact find --from go.sum x &&
	test_expect_code 129 git vault artifact record "x=md5:00112233445566778899aabbccddeeff" &&
	git rev-parse refs/notes/vault >.git/after && test_cmp .git/before .git/after
'

test_expect_success XXD 'a file without a digest leaves no note' '
	echo "image: nginx" >plain.yaml && git vault artifact record --from plain.yaml 2>.git/err &&
	test_grep "0 artifacts recorded" .git/err &&
	git rev-parse refs/notes/vault >.git/after && test_cmp .git/before .git/after
'

test_expect_success XXD 'a lock of 2,000 packages' '
	git commit -q --allow-empty -m large && python3 - >package-lock.json <<-\END &&
	import base64, hashlib, json
	print(json.dumps({"lockfileVersion": 3, "packages": {
	    "node_modules/@scope/p%d" % i: {"version": "1.0.%d" % i,
	        "integrity": "sha512-" + base64.b64encode(
	            hashlib.sha512(b"%d" % i).digest()).decode()}
	    for i in range(2000)}}, indent=2))
	END
	git vault artifact record --from package-lock.json 2>.git/err &&
	test_grep "2000 artifacts recorded" .git/err &&
	found sha512-$(sri 1234) name version commit &&
	echo "@scope/p1234 1.0.1234 $(git rev-parse HEAD)" >.git/expect &&
	test_cmp .git/expect .git/actual
'

test_expect_success XXD 'more than a note holds is refused' '
	python3 - >package-lock.json <<-\END &&
	import base64, hashlib, json
	print(json.dumps({"lockfileVersion": 3, "packages": {
	    "node_modules/p%d" % i: {"integrity": "sha512-" + base64.b64encode(
	        hashlib.sha512(b"%d" % i).digest()).decode()}
	    for i in range(9000)}}))
	END
	git rev-parse refs/notes/vault >.git/before &&
	test_expect_code 128 git vault artifact record --from package-lock.json 2>.git/err &&
	test_grep "the note of the commit would be larger than 1 MiB" .git/err &&
	git rev-parse refs/notes/vault >.git/after && test_cmp .git/before .git/after
'

# ---- known-good records ----

# said N: the artifacts of a record of prod
said () {
	git vault good show --json prod "$@" |
		jq -r ".artifacts[] | .name + \" \" + .sha256" >.git/actual
}

test_expect_success XXD 'a record has the images of the commit, when it is asked to' '
	echo "image: late@sha256:$(digest late)" >late.yaml &&
	git vault -q good mark prod && said 1 && test_must_be_empty .git/actual &&
	git vault good mark --images prod 2>.git/err && test_grep ! "are not among" .git/err &&
	said 2 && cat >.git/expect <<-END && test_cmp .git/expect .git/actual &&
	envoyproxy/envoy $(digest envoy)
	nginx $(digest nginx)
	quay.io/acme/api $(digest api)
	registry.example.com:5000/acme/shop $(digest shop)
	END
	git vault -q good mark --images=./deploy/ --artifact zz=sha256:$(digest zz) \
		--artifact envoyproxy/envoy=sha256:$(digest own) prod &&
	said 3 && cat >.git/expect <<-END && test_cmp .git/expect .git/actual &&
	envoyproxy/envoy $(digest own)
	registry.example.com:5000/acme/shop $(digest shop)
	zz $(digest zz)
	END
	git vault artifact find --json $(digest shop) >.git/out &&
	jq -e "[.artifacts[] | select(.record == 3)] | length == 1" .git/out
'

test_expect_success XXD 'what is not clear is left out, and told' '
	mkdir -p over/stage over/prod && echo "image: a/b@sha256:$(digest one)" >over/stage/k.yaml &&
	echo "image: a/b@sha256:$(digest two)" >over/prod/k.yml &&
	printf "image: x@sha256:%s\n{{- if .Values.x }}\n" $(digest x) >over/t.yaml &&
	git add over && git commit -q -m overlays &&
	git vault good mark --images=over prod 2>.git/err &&
	test_grep "are not among the artifacts: 2, the first: over/t.yaml" .git/err &&
	said && test_must_be_empty .git/actual &&
	git vault good mark --images=over/prod prod 2>.git/err &&
	test_grep ! "are not among" .git/err && said &&
	echo "a/b $(digest two)" >.git/expect && test_cmp .git/expect .git/actual &&
	test_expect_code 128 git vault good mark --images=nowhere prod 2>.git/err &&
	test_grep "the commit has no folder .nowhere." .git/err &&
	test_expect_code 129 git vault good show --images prod
'

test_expect_success XXD 'a digest that is none is told, with its file and name' '
	mkdir -p odd && echo "image: a/c@sha256:12ab" >odd/k.yaml &&
	{
		echo "golang.org/x/a v1.0.0 h1:$(h1 a)" &&
		for i in 1 2 3 4 5 6
		do
			echo "golang.org/x/b$i v1.0.0 h1:TRUNC=" || return 1
		done
	} >odd/go.sum && git add odd && git commit -q -m odd &&
	git vault artifact record --json --from odd/k.yaml --from odd/go.sum \
		>.git/out 2>.git/err &&
	jq -e ".recorded == 1 and .no_digest == 7" .git/out &&
	test_grep "warning: odd/k.yaml: a/c: no digest follows sha256:" \
		.git/err &&
	test_grep "warning: odd/go.sum: golang.org/x/b4 v1.0.0: no digest follows" \
		.git/err &&
	test_grep "warning: 2 more were left out" .git/err &&
	test_grep ! -e TRUNC -e x/b5 .git/err &&
	git vault good mark --images=odd prod 2>.git/err &&
	test_grep "among the artifacts: 1, the first: odd/k.yaml: a/c" .git/err
'

test_expect_success XXD 'what is too large is told by its size, and not read for that' '
	mkdir big && seq -f "x%.0f: y" 300000 >big/big.yaml && git add big &&
	git commit -q -m big &&
	file=.git/objects/$(git rev-parse HEAD:big/big.yaml | sed "s,..,&/,") &&
	cp $file .git/whole && chmod u+w $file && truncate -s -100 $file &&
	git vault good mark --images=big large 2>.git/err &&
	test_grep "1, the first: big/big.yaml: it has $(wc -c <big/big.yaml) bytes" .git/err &&
	cp .git/whole $file && git fsck --no-dangling
'

test_expect_success XXD 'a promotion says them again' '
	git vault -q good mark --status candidate --images=over/prod next &&
	git vault -q good verify next && git vault good show --json next >.git/out &&
	jq -e ".artifacts[0].name == \"a/b\"" .git/out
'

test_done
