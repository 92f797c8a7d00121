#!/bin/sh
# shellcheck disable=SC2154

test_description='a valid stack of Pulumi is put together of what is whole in a damaged one'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-state.sh"

if ! test_have_prereq PYTHON
then
	skip_all "no python3 to say what is whole"
fi

secret=canary-91ab03e7c55d20f4

# A stack of some hundred resources as Pulumi writes it, and what others say of
# one that was put together.
cat >stack.py <<\END
import base64, json, random, sys

URN = "urn:pulumi:dev::shop::"
ROOT = URN + "pulumi:pulumi:Stack::shop-dev"
AWS = URN + "pulumi:providers:aws::default_6_0_0"

def secret(i):
    text = base64.b64encode(b"canary-91ab03e7c55d20f4-%d" % i).decode()
    return {"4dabf18193072939515e22adb298388d":
            "1b47061264138c4ac30d75fd1eb44270",
            "ciphertext": "v1:q3cR1m5oV0Y=:" + text}

def resource(i, edit):
    if i == 0:
        return {"urn": ROOT, "custom": False, "type": "pulumi:pulumi:Stack",
                "outputs": {"url": "https://example.com"}}
    if i == 1:
        return {"urn": AWS, "custom": True, "id": "2ee0b1bc",
                "type": "pulumi:providers:aws", "parent": ROOT}
    r = {"urn": URN + "aws:rds:Db::n%d" % i, "custom": True,
         "id": "db-%d" % i, "type": "aws:rds:Db",
         "inputs": {"password": secret(i), "policy": '{"urn": "x"}',
                    "tags": {"note": "edited" if i == edit else "as it was"}},
         "outputs": {"list": [1, {"a": "}{"}], "password": secret(i)},
         "parent": ROOT, "provider": AWS + "::2ee0b1bc"}
    if i % 3 == 0:
        r["dependencies"] = [URN + "aws:rds:Db::n%d" % (i - 1)]
    return r

def make(form, n, edit):
    body = {"manifest": {"time": "2024-05-01T10:00:00Z", "magic": "1f1b0a11",
                         "version": "v3.115.0"},
            "secrets_providers": {"type": "passphrase",
                                  "state": {"salt": "v1:bG9uZw==:eA=="}},
            "resources": [resource(i, edit) for i in range(n)],
            "metadata": {}}
    if form == "export":
        return {"version": 3, "deployment": body}
    return {"version": 4, "features": ["refreshBeforeUpdate"], "checkpoint":
            {"stack": "organization/shop/dev", "latest": body}}

def body(doc):
    return doc.get("deployment") or doc["checkpoint"]["latest"]

def check(made, *sources):
    doc, resources, heads = json.load(open(made)), {}, []
    for s in sources:
        whole = json.load(open(s))
        heads.append({k: v for k, v in body(whole).items() if k != "resources"})
        for r in body(whole)["resources"]:
            resources.setdefault(r["urn"], []).append(r)
    seen, unmet = set(), []
    for r in body(doc)["resources"]:
        assert r in resources[r["urn"]], r["urn"]
        assert r["urn"] not in seen, r["urn"]
        for need in ([r.get("parent"), r.get("provider", "").rpartition("::")[0]]
                     + r.get("dependencies", [])):
            if need and need not in seen:
                unmet.append((r["urn"], need))
        seen.add(r["urn"])
    for k, v in body(doc).items():
        assert k == "resources" or any(h.get(k) == v for h in heads), k
    assert doc["version"] in (3, 4)
    for u in sorted(unmet):
        print("unmet: %s needs %s" % u)

def damage(path, seed):
    rnd = random.Random(seed)
    data = bytearray(open(path, "rb").read())
    for _ in range(rnd.randrange(1, 6)):
        at, n = rnd.randrange(len(data)), rnd.choice([1, 1, 5, 700])
        kind = rnd.randrange(4)
        if kind == 0:
            data[at:at + n] = bytes(min(n, len(data) - at))
        elif kind == 1:
            data[at:at + n] = b""
        elif kind == 2:
            data[at] = rnd.randrange(256)
        else:
            del data[len(data) - n:]
    open("damaged", "wb").write(data)

if sys.argv[1] == "make":
    json.dump(make(sys.argv[2], int(sys.argv[3]), int(sys.argv[4])),
              sys.stdout, indent=4)
    print()
elif sys.argv[1] == "check":
    check(*sys.argv[2:])
elif sys.argv[1] == "urns":
    for r in body(json.load(open(sys.argv[2])))["resources"]:
        print(r["urn"])
else:
    damage(sys.argv[2], int(sys.argv[3]))
END

stack () {
	python3 stack.py make "$@"
}

check () {
	python3 stack.py check "$@"
}

urns () {
	python3 stack.py urns "$@" | sort
}

repair () {
	git vault state repair --env prod "$@"
}

db=urn:pulumi:dev::shop::aws:rds:Db

for form in export checkpoint
do
	test_expect_success "$form: one that is cut off" '
		test_might_fail git commit -q --allow-empty -m one &&
		stack $form 300 -1 >whole && stack $form 300 150 >newer &&
		git vault state save --new --env prod --stack $form whole &&
		size=$(($(wc -c <newer) / 5)) && head -c $size newer >cut &&
		test_expect_code 1 git vault state triage --env prod \
			--stack $form cut >out && test_grep "^truncated:" out &&
		test_grep "^lost: ${db}::n299$" out
	'

	test_expect_success "$form: what is whole is kept, what is lost is named" '
		repair --stack $form --to made cut >out 2>err &&
		check made newer >unmet && test_must_be_empty unmet &&
		test_grep "pending operations; it is not saved" err &&
		test_grep "^lost: ${db}::n299$" out &&
		test_grep ! "^unmet" out && test_grep "^head: metadata$" out &&
		test_grep ! "$secret" made && sed -n "s/^lost: //p" out >lost &&
		{ urns made && cat lost; } | sort >all && urns whole >expect &&
		test_cmp expect all && test "$(urns made | wc -l)" -gt 40
	'

	test_expect_success "$form: it comes from the version that is kept" '
		repair --stack $form --with-lost --to full cut >out &&
		test_grep "^added: ${db}::n299$" out && cmp whole full &&
		rm made full
	'

	test_expect_success "$form: who needs what is gone is told of" '
		python3 - <<-\END &&
		data = open("newer", "rb").read()
		at = data.index(b"aws:rds:Db::n149") + 40
		open("broken", "wb").write(data[:at] + b"\x01" + data[at + 1:])
		END
		repair --stack $form --to made broken >out &&
		check made newer >unmet && test_line_count = 1 unmet &&
		grep "^unmet" out >told && test_cmp unmet told &&
		test_grep "^lost: ${db}::n149$" out &&
		repair --stack $form broken >piped 2>err && cmp made piped &&
		test_grep "n150: needs a resource that is not before it: .*n149" \
			err && rm made &&
		repair --stack $form --json --to made broken >json &&
		python3 -c "
import json
j = json.load(open(\"json\"))
assert j[\"serial\"] is None and j[\"resources\"] == 299
u = [n for n in j[\"notes\"] if n[\"kind\"] == \"unmet\"]
assert u == [{\"kind\": \"unmet\", \"address\": \"${db}::n150\",
	\"needs\": \"${db}::n149\"}], u" &&
		repair --stack $form --with-lost --to full broken >out &&
		check full newer whole >unmet && test_must_be_empty unmet &&
		cmp newer full && rm made full
	'
done

test_expect_success 'a head that is lost comes from there too' '
	stack export 40 -1 >whole && tail -c +200 whole >headless &&
	git vault state save --new --env prod --stack head whole &&
	repair --stack head --to made headless >out &&
	test_grep "^head: version$" out && test_grep "^head: manifest$" out &&
	cmp whole made && rm made &&
	test_expect_code 128 repair --stack none --to made headless 2>err &&
	test_path_is_missing made
'

test_expect_success 'secrets of another provider are not put beside its own' '
	sed "s/bG9uZw==/b3RoZXI=/" whole >other && head -c 9000 other >cut &&
	test_expect_code 128 repair --stack head --with-lost --to made cut \
		2>err && test_path_is_missing made &&
	test_grep "its secrets_providers differs from that of the intact version" err &&
	repair --stack head --to made cut && check made other && rm made
'

damaged_ones=15
test -z "$GIT_VAULT_TEST_LONG" || damaged_ones=300

test_expect_success 'damaged ones give what stands in them, or nothing' '
	stack export 60 -1 >whole && stack export 60 30 >newer &&
	git vault state save --new --env prod --stack any whole && n=0 &&
	while test $n -lt $damaged_ones
	do
		n=$((n + 1)) && python3 stack.py damage newer $n &&
		rm -f some && status=0 && { repair --stack any --with-lost \
			--to some damaged >out 2>err || status=$?; } &&
		case $status in
		0)
			python3 -m json.tool some >/dev/null &&
			git vault state triage --env prod some &&
			urns some >got && urns whole >expect &&
			comm -13 got expect >missing &&
			{ test ! -s missing || ! grep "^lost" out; } ;;
		128) test_path_is_missing some ;;
		*) cat err && false ;;
		esac || { echo "the damage $n" && return 1; }
	done
'

test_expect_success 'a damaged version is put together, and saved again' '
	head -c 30000 newer >cut &&
	git vault state save --new --env prod --stack any cut 2>err &&
	test_grep "it is not an intact state: truncated" err &&
	repair --stack any --with-lost --to again latest &&
	check again newer whole && git vault state save --new --env prod \
		--stack any again &&
	test_expect_code 0 git vault state verify --env prod --stack any &&
	nowhere "$(printf %s $secret | base64 -w0 | cut -c1-20)" &&
	nowhere "$secret"
'

test_done
