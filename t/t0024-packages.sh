#!/bin/sh

test_description='what packages list is what is installed, linked and loaded'
. "$(dirname "$0")/test-lib.sh"

src=$GIT_VAULT_SRC_DIR
build=$GIT_VAULT_BUILD_DIR

test_lazy_prereq READELF 'readelf --version'

test_expect_success 'the RPM package lists what is installed, and nothing else' '
	MAKEFLAGS= make -s -C "$build" install prefix="$PWD/usr" >/dev/null &&
	python3 - "$src/contrib/rpm/git-vault.spec" usr <<-\END
	import fnmatch, os, re, sys
	with open(sys.argv[1]) as f:
	    spec = f.read()
	listed = re.search(r"^%files\n(.*?)\n\n", spec, re.M | re.S).group(1)
	folders = {"bindir": "usr/bin", "datadir": "usr/share", "name": "git-vault",
	           "mandir": "usr/share/man"}
	globs = [re.sub(r"%\{_?(\w+)\}", lambda m: folders[m.group(1)], line)
	         for line in listed.split("\n") if line.startswith("%{")]
	used, stray = set(), []
	for top, _, names in os.walk(sys.argv[2]):
	    for name in names:
	        path = os.path.join(top, name)
	        hits = [g for g in globs if fnmatch.fnmatch(path, g) or
	                g.endswith("/") and path.startswith(g)]
	        used.update(hits)
	        stray += [] if hits else [path]
	unused = [g for g in globs if g not in used]
	assert globs and not stray and not unused, (stray, unused)
	END
'

test_expect_success READELF 'the list of components has each library that is linked' '
	"$src/contrib/sbom" "$build" >sbom.json &&
	readelf -d "$build/git-vault/git-vault" |
		sed -n "s/.*(NEEDED).*\[lib\([a-z0-9]*\).*/\1/p" >needed &&
	test -s needed &&
	python3 - needed sbom.json <<-\END
	import json, sys
	with open(sys.argv[1]) as f:
	    needed = set(f.read().split())
	with open(sys.argv[2]) as f:
	    document = json.load(f)
	ids = {p["SPDXID"] for p in document["packages"]} | {"SPDXRef-DOCUMENT"}
	names = {p["name"] for p in document["packages"]}
	for r in document["relationships"]:
	    assert {r["spdxElementId"], r["relatedSpdxElement"]} <= ids, r
	for stem, name in (("sodium", "libsodium"), ("z", "zlib"), ("c", "glibc"),
	                   ("deflate", "libdeflate")):
	    assert (stem in needed) <= (name in names), stem
	# loaded by name, taken in, and a header
	assert {"libyaml", "curl", "re2", "jsmn", "git-vault"} <= names, names
	END
'

test_expect_success READELF 'equal builds give equal lists' '
	"$src/contrib/sbom" "$build" >again.json &&
	test_cmp sbom.json again.json
'

test_expect_success READELF 'a library that nobody described is refused' '
	sed "/\"z\": (/d" "$src/contrib/sbom" >sbom-less &&
	test_must_fail python3 sbom-less "$build" 2>err &&
	test_grep "libz has no row" err
'

test_expect_success 'without a build, it says what to run' '
	test_must_fail "$src/contrib/sbom" nowhere 2>err &&
	test_grep "run: ./bootstrap build" err
'

test_done
