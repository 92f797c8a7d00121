#!/bin/sh
# shellcheck disable=SC2154

test_description='lists of other tools are salvaged and put together again'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-state.sh"

if ! test_have_prereq PYTHON
then
	skip_all "no python3 to say what is whole"
fi

secret=canary-7c1e90d2ab5f4630
forms="list helm stacks summaries template source inventory service compose"

# those of which a list alone is a document
alone="list helm stacks summaries service"

cat >tool.py <<'END'
# What tools print, and what another reader of JSON says of it.
#   make FORM N [EDIT]      the document; of thing EDIT the note is another
#   places FORM FILE        FROM TO ADDRESS of each thing in its list
#   check FORM MADE SOURCE...  a repaired one: each thing is of a source
import base64, gzip, json, sys

ARN = "arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/1a2b3c"
SECRET = "canary-7c1e90d2ab5f4630-%d"
FACTS = {"ansible_distribution": "Debian", "ansible_hostname": "web",
         "ansible_kernel": "6.1.0", "ansible_fqdn": "web.example.com"}


def note(i, edit):
    return "edited" if i == edit else 'as "it" was }{'


def b64(text):
    return base64.b64encode(text.encode()).decode()


def kubernetes(i, edit):
    meta = {"creationTimestamp": "2026-01-01T00:00:00Z",
            "labels": {"note": note(i, edit)[:6]}, "name": "n%d" % i,
            "namespace": "prod", "resourceVersion": "%d" % (i + 7),
            "uid": "00000000-0000-4000-8000-%012d" % i}
    if i % 3 == 0:
        return {"apiVersion": "v1", "data": {"note": b64(note(i, edit)),
                                             "password": b64(SECRET % i)},
                "kind": "Secret", "metadata": meta, "type": "Opaque"}
    if i % 3 == 1:
        meta["ownerReferences"] = [{"apiVersion": "v1", "kind": "Node",
                                    "name": "one", "uid": "x"}]
        return {"apiVersion": "v1", "data": {"note": note(i, edit)},
                "kind": "ConfigMap", "metadata": meta}
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim",
             "metadata": {"creationTimestamp": None, "name": "data%d" % i},
             "spec": {"accessModes": ["ReadWriteOnce"]},
             "status": {"phase": "Pending"}}
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": meta,
            "spec": {"replicas": i, "note": note(i, edit), "template":
                     {"metadata": {"labels": {"a": "b"}},
                      "spec": {"containers": [{"name": "c", "image": "i"}]}},
                     "volumeClaimTemplates": [claim]},
            "status": {"replicas": i}}


def helm(i, edit):
    release = {"name": "shop", "version": i + 1, "namespace": "prod",
               "info": {"status": "deployed", "notes": note(i, edit)},
               "chart": {"metadata": {"name": "shop", "version": "1.0.0"}},
               "config": {"password": SECRET % i}, "manifest": "---\n"}
    packed = base64.b64encode(gzip.compress(json.dumps(release).encode(),
                                            mtime=0)).decode()
    return {"apiVersion": "v1", "data": {"release": b64(packed)},
            "kind": "Secret", "metadata":
            {"creationTimestamp": "2026-01-01T00:00:00Z",
             "labels": {"name": "shop", "owner": "helm", "status": "deployed",
                        "version": "%d" % (i + 1)},
             "name": "sh.helm.release.v1.shop.v%d" % (i + 1),
             "namespace": "prod", "resourceVersion": "%d" % i,
             "uid": "00000000-0000-4000-9000-%012d" % i},
            "type": "helm.sh/release.v1"}


def stack(i, edit):
    return {"StackId": ARN.replace("shop", "shop%d" % i),
            "StackName": "shop%d" % i, "Description": note(i, edit),
            "Parameters": [{"ParameterKey": "Size", "ParameterValue": "m"},
                           {"ParameterKey": "Word", "ParameterValue": "****"}],
            "CreationTime": "2026-01-01T00:00:00+00:00",
            "StackStatus": "CREATE_COMPLETE",
            "Outputs": [{"OutputKey": "Url", "OutputValue": SECRET % i}],
            "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"}}


def summary(i, edit):
    return {"LogicalResourceId": "Thing%d" % i,
            "PhysicalResourceId": "i-%d" % i, "ResourceType": "AWS::EC2::Thing",
            "LastUpdatedTimestamp": "2026-01-01T00:00:00+00:00",
            "ResourceStatus": "CREATE_COMPLETE", "Note": note(i, edit),
            "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"}}


def made(i, edit):
    return {"Type": "AWS::SSM::Parameter", "Properties":
            {"Value": {"Ref": "Word"}, "Note": note(i, edit),
             "Tags": [{"Type": "x", "Value": SECRET % i}]}}


def host(i, edit):
    return {"ansible_host": "10.0.0.%d" % i, "note": note(i, edit),
            "db_password": SECRET % i, "list": [1, {"ansible_host": "x"}]}


def service(i, edit):
    return {"ID": "%025d" % i, "Version": {"Index": i},
            "CreatedAt": "2026-01-01T00:00:00Z", "UpdatedAt": "x",
            "Spec": {"Name": "shop_n%d" % i, "Labels": {"n": note(i, edit)},
                     "TaskTemplate": {"ContainerSpec":
                                      {"Image": "nginx", "Env":
                                       ["A=" + SECRET % i]}, "Runtime": "x"},
                     "Mode": {"Replicated": {"Replicas": 2}}},
            "PreviousSpec": {"Name": "shop_n%d" % i, "Labels": {},
                             "TaskTemplate": {"ContainerSpec": {}}},
            "Endpoint": {"Spec": {}}}


def compose(i, edit):
    return {"image": "nginx", "command": None, "labels": {"n": note(i, edit)},
            "environment": {"A": SECRET % i}, "networks": {"default": None}}


def named(make, n, edit, form="n%d"):
    return {form % i: make(i, edit) for i in range(n)}


def listed(make, n, edit):
    return [make(i, edit) for i in range(n)]


FORMS = {
    "list": lambda n, e: {"apiVersion": "v1", "items": listed(kubernetes, n, e),
                          "kind": "List", "metadata": {"resourceVersion": ""}},
    "helm": lambda n, e: {"apiVersion": "v1", "items": listed(helm, n, e),
                          "kind": "List", "metadata": {"resourceVersion": ""}},
    "stacks": lambda n, e: {"Stacks": listed(stack, n, e)},
    "summaries": lambda n, e: {"StackResourceSummaries": listed(summary, n, e)},
    "template": lambda n, e: {
        "TemplateBody": {"AWSTemplateFormatVersion": "2010-09-09",
                         "Parameters": {"Word": {"Type": "String",
                                                 "NoEcho": True}},
                         "Resources": named(made, n, e, "Thing%d"),
                         "Outputs": {"Url": {"Value": "x"}}},
        "StagesAvailable": ["Original", "Processed"]},
    "source": lambda n, e: FORMS["template"](n, e)["TemplateBody"],
    "inventory": lambda n, e: {
        "_meta": {"hostvars": named(host, n, e, "n%d.example.com")},
        "all": {"children": ["ungrouped", "web"]},
        "web": {"hosts": ["n%d.example.com" % i for i in range(n)]}},
    "service": lambda n, e: listed(service, n, e),
    "compose": lambda n, e: {"name": "shop", "networks": {
        "default": {"name": "shop_default"}},
        "services": named(compose, n, e)},
    "facts": lambda n, e: dict(FACTS, ansible_note=note(0, e),
                               ansible_devices=["x"] * n),
}
PATHS = {"list": ["items"], "helm": ["items"], "stacks": ["Stacks"],
         "summaries": ["StackResourceSummaries"],
         "template": ["TemplateBody", "Resources"], "source": ["Resources"],
         "inventory": ["_meta", "hostvars"], "service": [],
         "compose": ["services"]}


def things(form, doc):
    for key in PATHS[form]:
        doc = doc.get(key, {})
    return doc if isinstance(doc, list) else [[k, v] for k, v in doc.items()]


def address(form, thing):
    if isinstance(thing, list):
        return ("service/" if form == "compose" else "") + thing[0]
    if "StackName" in thing:
        return "stack." + thing["StackName"]
    if "LogicalResourceId" in thing:
        return thing["LogicalResourceId"]
    if "Spec" in thing and "ID" in thing:
        return "service/" + thing["Spec"]["Name"]
    group = "." + thing["apiVersion"].split("/")[0] \
        if "/" in thing["apiVersion"] else ""
    return "prod/%s%s/%s" % (thing["kind"].lower(), group,
                             thing["metadata"]["name"])


def dump(doc, indent=4):
    return json.dumps(doc, indent=indent) + "\n"


def places(form, text):
    at, reader = 0, json.JSONDecoder()
    for key in PATHS[form]:
        at = text.index('"%s"' % key, at)
    at = min(i for i in (text.find("[", at), text.find("{", at)) if i >= 0)
    is_map = text[at] == "{"
    at += 1
    while True:
        while text[at] in " \n,":
            at += 1
        if text[at] in "]}":
            return
        begin, value = at, None
        if is_map:
            key, at = reader.raw_decode(text, at)
            at = text.index(":", at) + 1
            while text[at] == " ":
                at += 1
        value, at = reader.raw_decode(text, at)
        yield begin, at, address(form, [key, value] if is_map else value)


def check(form, name, sources):
    docs = [json.load(open(s)) for s in sources]
    have = [t for d in docs for t in things(form, d)]
    doc = json.load(open(name))
    got = things(form, doc)
    for t in got:
        assert t in have, t
    names = [address(form, t) for t in got]
    assert len(set(names)) == len(names), names
    print("\n".join(sorted(names)))


if __name__ == "__main__":
    verb, form, rest = sys.argv[1], sys.argv[2], sys.argv[3:]
    if verb == "make":
        edit = int(rest[1]) if len(rest) > 1 else -1
        sys.stdout.write(dump(FORMS[form](int(rest[0]), edit)))
    elif verb == "places":
        for line in places(form, open(rest[0]).read()):
            print(*line)
    else:
        check(form, rest[0], rest[1:])
END

tool () {
	python3 "$HERE/tool.py" "$@"
}
HERE=$PWD

triage () {
	git vault state triage --env prod "$@"
}

repair () {
	git vault state repair --env prod "$@"
}

# clean FILE...: no secret value is in it
clean () {
	! grep -q "$secret" "$@"
}

# found FORM FILE: FROM TO ADDRESS of what a triage tells of its list
found () {
	rm -f json && test_expect_code 1 git vault state triage --env none --json "$2" >json 2>err &&
	python3 -c "
import json, sys
for r in json.load(open(\"json\"))[\"resources\"]:
    if r[\"address\"] not in (\"Word\", \"output.Url\", \"@all\", \"@web\",
                            \"network/default\"):
        print(r[\"from\"], r[\"to\"], r[\"address\"])" >found.$1
}

test_expect_success 'what nine tools print, and another reader tells where things stand' '
	git commit -q --allow-empty -m one &&
	for f in $forms
	do
		tool make $f 20 >$f.json && tool places $f $f.json >$f.places &&
		test_line_count = 20 $f.places &&
		git vault state save --new --env prod --stack $f $f.json >$f.id &&
		triage --stack $f $f.json >out && echo whole >expect &&
		test_cmp expect out || return 1
	done
'

test_expect_success 'cut off at ten places: all that is whole is told, and no more' '
	for f in $forms
	do
		size=$(wc -c <$f.json) &&
		for n in $(awk -v size=$size "BEGIN { srand(7)
			for (i = 0; i < 10; i++) print int(rand() * (size - 2)) }")
		do
			head -c $n $f.json >cut &&
			awk -v n=$n "\$2 <= n" $f.places >expect &&
			found $f cut && test_cmp expect found.$f || return 1
		done || return 1
	done
'

test_expect_success 'with bytes that are NUL what stands behind them is told, too' '
	for f in $forms
	do
		at=$(awk "NR == 9 { print \$1 + 30 }" $f.places) &&
		end=$(awk "NR == 11 { print \$1 + 30 }" $f.places) &&
		{
			head -c $at $f.json && head -c $((end - at)) /dev/zero &&
			tail -c +$((end + 1)) $f.json
		} >nuls.$f &&
		awk "NR < 9 || NR > 11" $f.places >expect &&
		found $f nuls.$f && test_cmp expect found.$f &&
		test_grep "\"kind\": *\"nuls\"" json || return 1
	done
'

test_expect_success 'what is lost is named, and taken from the whole version on request' '
	for f in $forms
	do
		rm -f made full &&
		repair --stack $f --to made nuls.$f >out 2>err &&
		clean out err && test "$(grep -c "^lost: " out)" = 3 &&
		tool check $f made $f.json >names && test_line_count = 17 names &&
		triage --stack $f made && test "$(stat -c %a made)" = 600 &&
		repair --stack $f --with-lost --to full nuls.$f >out 2>err &&
		clean out err && test "$(grep -c "^added: " out)" = 3 &&
		tool check $f full $f.json >names && test_line_count = 20 names &&
		triage --stack $f full &&
		test_grep "put together: 20 resources; it is not saved: look at it first" err ||
			return 1
	done
'

test_expect_success 'what stands beside a list comes from the whole version' '
	head -c 4000 template.json >cut && rm -f made &&
	repair --stack template --to made cut >out &&
	test_grep "^head: StagesAvailable\$" out &&
	test_grep "^head: Outputs\$" out &&
	python3 -c "
import json
made, whole = json.load(open(\"made\")), json.load(open(\"template.json\"))
del made[\"TemplateBody\"][\"Resources\"], whole[\"TemplateBody\"][\"Resources\"]
assert made == whole" &&
	head -c 4000 inventory.json >cut && rm -f made &&
	repair --stack inventory --to made cut >out &&
	test_grep "^head: web\$" out &&
	python3 -c "
import json
made, whole = json.load(open(\"made\")), json.load(open(\"inventory.json\"))
assert made[\"web\"] == whole[\"web\"] and made[\"all\"] == whole[\"all\"]"
'

test_expect_success 'without one a list is put together, and what needs more is refused' '
	for f in $alone
	do
		rm -f made && head -c 5000 $f.json >cut &&
		git vault state repair --env none --to made cut >out 2>err &&
		tool check $f made $f.json >names &&
		awk "\$2 <= 5000 { print \$3 }" $f.places | sort >expect &&
		test_cmp expect names && triage --stack none made || return 1
	done &&
	head -c 5000 list.json >cut && rm -f made &&
	git vault state repair --env none --to made cut >out &&
	test_grep "^written: kind\$" out &&
	for f in template source inventory compose
	do
		rm -f made && head -c 5000 $f.json >cut &&
		test_expect_code 128 git vault state repair --env none --to made \
			cut 2>err &&
		test_grep "the part next to its .* is damaged" err &&
		test_path_is_missing made || return 1
	done
'

test_expect_success 'a conflict of two sides is decided by who is asked' '
	for f in $forms
	do
		tool make $f 20 4 >ours && tool make $f 21 12 >theirs &&
		{
			sed -n "1,3p" ours && echo "<<<<<<< ours" &&
			sed -n "4,\$p" ours && echo "=======" &&
			sed -n "4,\$p" theirs && echo ">>>>>>> theirs"
		} >conflict &&
		test_expect_code 1 triage --stack $f conflict >out &&
		test_grep "^conflict: a merge left 1 conflict in it" out &&
		rm -f made && test_expect_code 128 repair --stack $f --to made \
			conflict 2>err &&
		test_grep "the sides of the merge disagree about" err &&
		test_path_is_missing made &&
		repair --stack $f --ours --to made conflict >out &&
		test_grep "^chosen: " out && test_grep "^one-sided: " out &&
		tool check $f made ours theirs >names &&
		test_line_count = 21 names && triage --stack $f made || return 1
	done
'

test_expect_success 'of two documents in one file one has to be named' '
	for f in $forms
	do
		tool make $f 5 >small && cat $f.json small >joined && rm -f made &&
		test_expect_code 1 triage --stack $f joined >out &&
		test_grep "^joined: 2 states are in it" out &&
		test_expect_code 128 repair --stack $f --to made joined 2>err &&
		test_grep "states are in it, one after the" err &&
		repair --stack $f --document 2 --to made joined >out &&
		tool check $f made small >names && test_line_count = 5 names ||
			return 1
	done &&
	for f in list stacks summaries template inventory
	do
		head -c 5000 $f.json | cat - $f.json >joined && rm -f made &&
		repair --stack $f --document 2 --to made joined >out &&
		tool check $f made $f.json >names &&
		test_line_count = 20 names || return 1
	done
'

test_expect_success 'a damaged version is kept byte for byte, and repaired from where it is kept' '
	for f in list service template
	do
		rm -f made && id=$(cat $f.id | cut -c 1-12) &&
		git vault state save --new --env prod --stack $f nuls.$f >bad 2>err &&
		test_grep "it is not an intact state: nuls: .* resources in it are intact, and .* are missing; .git vault state triage --env prod --stack $f " err &&
		clean err && git vault state restore --env prod --stack $f >back 2>err &&
		cmp nuls.$f back && test_grep "the newest intact version is $id" err &&
		repair --stack $f --with-lost --to made latest >out &&
		tool check $f made $f.json >names && test_line_count = 20 names &&
		git vault state save --new --env prod --stack $f made || return 1
	done
'

# What a stolen byte leaves: those that were not touched are told where they
# stand now.
cat >mutated.py <<\END
import sys
sys.path[:0] = [".", sys.argv[1]]
import tool
from mutate import untold
for form in sys.argv[3:]:
    whole = tool.dump(tool.FORMS[form](20, -1))
    stands = list(tool.places(form, whole))
    for seed in range(1, int(sys.argv[2]) + 1):
        why = untold(seed, whole.encode(), stands, [1, 1, 2, 17, 300, 1500],
                     400, "--env", "none")
        if why:
            sys.exit("%s %d: %s" % (form, seed, why))
END

mutations=12
test -z "$GIT_VAULT_TEST_LONG" || mutations=300

test_expect_success 'mutated files: what is whole is told, of each' '
	python3 mutated.py "$GIT_VAULT_SRC_DIR/t/helper" $mutations list helm stacks summaries template source \
		inventory service
'

test_expect_success 'what a key names is told, also where the damage ends at the key' '
	python3 - <<-\END &&
	import tool
	text = tool.dump(tool.FORMS["template"](20, -1))
	at = text.index("\"Thing12\"")
	open("edge", "w").write(text[:at - 30] + "x" * 30 + text[at:])
	END
	test_expect_code 1 git vault state triage --env none edge >out &&
	test_grep "^Thing12 " out && test_grep "^Thing13 " out
'

# What was between two objects is gone, so that one has others in it.
test_expect_success 'one that swallowed others is none, and they are told' '
	python3 -c "
import tool
text, stands = open(\"list.json\").read(), {}
for begin, end, name in tool.places(\"list\", text):
    stands[name] = begin, end
begin, end = stands[\"prod/statefulset.apps/n2\"]
at = text.index(\"\\\"name\\\": \\\"c\\\"\", begin) + 11
assert at < end
to = stands[\"prod/configmap/n7\"][1] - 1
open(\"swallowed\", \"w\").write(text[:at] + text[to:])" &&
	found list swallowed && test_line_count = 14 found.list &&
	test_grep "prod/statefulset.apps/n8\$" found.list &&
	test_grep ! "statefulset.apps/n2\$" found.list &&
	test_grep ! "persistentvolumeclaim" found.list
'

test_expect_success 'a release of Helm that cannot be unpacked is said, and what to do' '
	python3 -c "
import json
d = json.load(open(\"helm.json\"))
r = d[\"items\"][3][\"data\"][\"release\"]
d[\"items\"][3][\"data\"][\"release\"] = r[:200] + \"AAAA\" + r[204:]
json.dump(d, open(\"packed.json\", \"w\"), indent=4)" &&
	triage --stack helm packed.json >out &&
	test_grep "^warning: 1 of its releases of Helm cannot be unpacked, the first one is prod/secret/sh.helm.release.v1.shop.v4\$" out &&
	git vault state save --new --env prod --stack helm packed.json 2>err &&
	test_grep "warning: 1 of its releases of Helm cannot be unpacked" err &&
	clean out err
'

test_expect_success 'YAML is not put together, and a list that is cut between lines is no whole one' '
	cat >k.yaml <<-\EOF &&
	apiVersion: v1
	items:
	- apiVersion: v1
	  data: {a: canary-7c1e90d2ab5f4630}
	  kind: ConfigMap
	  metadata: {name: a, namespace: prod}
	- apiVersion: v1
	  kind: ConfigMap
	  metadata: {name: b, namespace: prod}
	kind: List
	metadata: {resourceVersion: ""}
	EOF
	git vault state save --new --env prod --stack yaml k.yaml >id &&
	head -n 9 k.yaml >line.yaml && test_expect_code 1 triage --stack yaml line.yaml \
		>out 2>err &&
	test_grep "^damaged: it is a list that does not say its kind" out &&
	test_grep "YAML cannot be repaired" err &&
	head -c 110 k.yaml >cut.yaml &&
	{ sed 3q k.yaml && echo "<<<<<<< a" && echo "=======" && sed 1,3d k.yaml &&
		echo ">>>>>>> b"; } >clash.yaml &&
	for bad in line cut clash
	do
		test_expect_code 128 repair --stack yaml --to made-$bad $bad.yaml \
			>out 2>err && clean out err &&
		test_grep "it is YAML, which cannot be repaired," err &&
		test_grep "which cannot be repaired" err &&
		test_path_is_missing made-$bad || return 1
	done &&
	printf "{\"apiVersion\": \"v1\", \"items\": [%s, {\"apiV" "{
		\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\":
		{\"name\": \"a\", \"namespace\": \"prod\"}}" >cut.json &&
	test_expect_code 128 repair --stack yaml --with-lost --to made-lost \
		cut.json 2>err &&
	test_grep "nothing can be taken from the intact version: it is YAML" err &&
	test_path_is_missing made-lost &&
	repair --stack yaml --to made-lost cut.json >out 2>err &&
	test_grep "warning: the newest intact version was not taken from: it is YAML" err &&
	test_grep "^lost: prod/configmap/b\$" out &&
	git vault state save --env prod --stack yaml --force --reason cut \
		line.yaml >bad 2>err &&
	test_grep "it cannot be repaired, as it is YAML; .* .git vault state restore --env prod --stack yaml $(cut -c 1-12 id)" err
'

test_expect_success 'what has no list is not put together, and that is said' '
	tool make facts 20 >facts.json &&
	git vault state save --new --env prod --stack facts facts.json >id &&
	head -c 150 facts.json >cut.json &&
	test_expect_code 1 triage --stack facts cut.json >out 2>err &&
	test_grep "restores it, it cannot be repaired" err &&
	test_expect_code 128 repair --stack facts --to made-facts cut.json 2>err &&
	test_grep "nothing of it can be read as a state" err &&
	test_path_is_missing made-facts &&
	echo "{\"a\": [1, 2" >any.json &&
	test_expect_code 128 repair --stack any --to made-any any.json 2>err &&
	test_grep "only states of Terraform and OpenTofu (.* and JSON lists of Kubernetes, CloudFormation, Ansible and Docker can be repaired" err &&
	head -c 60 list.json >cut && rm -f made &&
	test_expect_code 128 git vault state repair --env none --to made cut 2>err &&
	test_path_is_missing made
'

test_done
