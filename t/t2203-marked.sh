#!/bin/sh

test_description='what a document marks as secret, in any spelling, and each place of it'
. "$(dirname "$0")/test-lib.sh"

secret () {
	printf "%s" "$1" | sha256sum | cut -c1-18
}
b64 () {
	printf "%s" "$1" | base64 -w 0
}

# sealed FILE WORD…: a snapshot has the file without any of the words, and gives
# it back byte for byte
sealed () {
	file_=$1
	shift
	git cat-file blob $snap:tree/"$file_" >$TMPDIR/stored &&
	test_grep "GITVAULT" $TMPDIR/stored &&
	for word_
	do
		! grep -a -F -e "$word_" $TMPDIR/stored || return 1
	done && test_cmp_bin "$file_" "$TMPDIR/back/$file_"
}

take () {
	id=$(git vault -q snapshot) && snap=refs/vault/snapshots/$id &&
		rm -rf "$TMPDIR/back" && git vault -q restore $id --to "$TMPDIR/back"
}

test_expect_success 'a Secret in any spelling of YAML and JSON' '
	v=$(b64 "$(secret v)") && w=$(secret w)Zq &&
	printf "apiVersion: v1\nkind:\tSecret\ndata:\n  pw: %s\n" $v >tab.yaml &&
	printf "{kind: Secret, data: {pw: %s, \"q\": \"%s\"}, apiVersion: v1}\n" $v $(b64 $w) >flow.yaml &&
	printf "? kind\n: Secret\n? data\n: pw: %s\n" $v >question.yaml &&
	printf "kind: >-\n  Secret\nstringData:\n  pw: %s\n" $w >folded.yaml &&
	printf "k: &k Secret\nitem:\n  kind: *k\n  stringData: {pw: %s}\n" $w >alias.yaml &&
	printf "base: &b\n  stringData:\n    pw: %s\nitem:\n  <<: *b\n  kind: Secret\n" $w >merge.yaml &&
	printf "kind: \"\\\\x53ecret\"\nstringData:\n  pw: %s\n" $w >escape.yaml &&
	printf "{\"\\\\u006bind\":\"\\\\u0053ecret\",\"stringData\":{\"pw\":\"%s\"}}\n" $w >escape.json &&
	printf "{\n\t\"kind\"\t:\n\t\"Secret\",\n\t\"data\": {\"pw\": \"%s\"}}\n" $v >tabs.json &&
	printf "\357\273\277kind: Secret\r\ndata:\r\n  pw: %s\r\n" $v >bom.yaml &&
	printf "kind: A\n---\nkind: {{ .x }}y\n---\n\"kind\": Secret\ndata:\n  ? pw\n  : %s\n" $v >docs.yaml &&
	printf "kind: List\nitems:\n- {kind: Pod}\n- kind: !!str Secret\n  data: {pw: !!binary %s}\n" $v >list.yaml &&
	printf "{\"kind\":\"List\",\"items\":[{\"data\":{\"pw\":\"%s\"},\"kind\" : \"Secret\"}]}\n" $v >list.json &&
	printf "kind: Secret\ndata:\n  pw: %s\n  x: {{ .Values.x | quote }}\n" $v >chart.yaml &&
	printf "kind: \"Secret\" # of the shop\nmetadata:\n  name: x\nstringData:\n  \"a b\": |-\n    user: %s\n    pass: x\n" $w >block.yaml &&
	printf "{{- if .x }}\nkind: \"Secret\"\ndata:\n  pw: %s\n{{- end }}\n" $v >helm.yaml &&
	printf "cat <<E | kubectl apply -f -\n{kind: Secret, stringData: {pw: %s}}\nE\n" $w >apply.sh &&
	printf "Use this:\n\n    { \"kind\": \"Secret\", \"data\": {\"pw\": \"%s\"} }\n" $v >how.md &&
	take && sealed apply.sh $w && sealed how.md $v && sealed helm.yaml $v &&
	for f in tab flow question folded alias merge escape bom docs list chart block
	do
		sealed $f.yaml $v $w || return 1
	done && sealed escape.json $w && sealed tabs.json $v && sealed list.json $v
'

test_expect_success 'what is no Secret stays' '
	printf "kind: SecretStore\ndata:\n  mode: visible-enough\n" >store.yaml &&
	printf "kind: ConfigMap\ndata:\n  kind: Secret\n  mode: fast\n" >map.yaml &&
	printf "{\"kind\":\"Pod\",\"note\":\"Secret\",\"data\":{\"a\":\"b1c2\"}}\n" >pod.json &&
	take && for f in store.yaml map.yaml pod.json
	do
		git cat-file blob $snap:tree/$f >out && test_cmp $f out || return 1
	done
'

test_expect_success 'a value is encrypted in every place of its file, in any code' '
	w=$(secret w)/Z+q && e=$(b64 $w) && el=$(printf "%s\n" $w | base64 -w 0) &&
	u=$(printf "%s" $w | sed "s|/|%2F|g; s|+|%2B|g") &&
	cat >echo.yaml <<-EOF &&
	# rotated: $w
	db:
	  password: $w
	  note: "see $w, and http://x/?q=$u"
	  encoded: $e
	  line: $el
	EOF
	printf "PASSWORD=%s\nurl=postgres://u:%s@h/db\nOLD=%s\n" $w $u $e >echo.env &&
	q="$(secret q)\"x" && j="$(secret q)\\\\\"x" && jj=$(printf "%s" "$j" | sed "s/\\\\\\\\/\\\\/") &&
	printf "{\"password\": \"%s\", \"copy\": \"say %s twice\", \"b\": \"%s\"}\n" "$jj" "$jj" $(b64 "$q") >echo.json &&
	cat >applied.yaml <<-EOF &&
	kind: Secret
	metadata:
	  annotations:
	    last: "{\"kind\":\"Secret\",\"stringData\":{\"a\":\"$(secret old)Zz\"}}"
	    block: |
	      {"kind":"Secret","stringData":{"a":"$(secret older)Zz","b":"$w"}}
	data:
	  b: $e
	EOF
	take && sealed echo.yaml $w $e $el $u && sealed echo.env $w $e $u &&
	sealed echo.json $(secret q) $(b64 "$q") &&
	sealed applied.yaml $w $e $(secret old)Zz $(secret older)Zz
'

test_expect_success 'reports go on with what is likely' '
	test_expect_code 1 git vault scan echo.yaml >out && test_line_count = 1 out &&
	test_expect_code 1 git vault scan --grade possible --json echo.yaml >out &&
	test_grep "\"echo\"" out
'

test_expect_success 'what a tool marks as secret' '
	w=$(secret tool)Zq &&
	printf "Parameters:\n  A:\n    NoEcho: \"true\"\n    Type: String\n    Default: %s\n" $w >cfn.yaml &&
	printf "{\"Parameters\":{\"A\":{\"Default\":\"%s\",\"NoEcho\":true}}}\n" $w >cfn.json &&
	printf "Parameters: {A: {NoEcho: yes, Default: %s}}\nResources:\n  R: !Ref A\n" $w >cfn2.yml &&
	printf "{\"a\":{\"plaintext\":\"{\\\\\"x\\\\\":\\\\\"%s\\\\\"}\",\"4dabf18193072939515e22adb298388d\":\"1b47\"}}\n" $w >pulumi.json &&
	printf "variable \"a\" {\n  type = string\n  sensitive = true\n  default   = \"%s\"\n}\n" $w >a.tf &&
	printf "variable \"a\" { \n default = {\n x = \"%s\"\n}\n  sensitive=true\n}\noutput \"o\" {\n  value = \"%s2\"\n  sensitive = true\n}\n" $w $w >b.tf &&
	printf "variable \"a\" {\n  default = <<-EOF\n    %s\n  EOF\n  sensitive = true\n}\n" $w >d.tf &&
	printf "{\"variable\":{\"a\":{\"default\":\"%s\",\"sensitive\":true}}}\n" $w >c.tf.json &&
	printf "kubectl create secret generic x \\\\\n  --from-literal=user=%s \\\\\n  --from-literal \"p=%s y\"\n" $w "$w" >k.sh &&
	printf "    kubectl create secret generic x --from-literal=\x27a=%s\x27\n" $w >k.md &&
	printf "aws configure set aws_secret_access_key %s\naws configure set --profile p aws_session_token \"%s\"\n" $w $w >aws.sh &&
	printf "user_data = base64encode(\"export DB_PASSWORD=%s\")\n" $w >u.tf &&
	take && for f in cfn.yaml cfn.json cfn2.yml pulumi.json a.tf b.tf d.tf c.tf.json k.sh k.md aws.sh u.tf
	do
		sealed $f $w || return 1
	done
'

test_expect_success 'and what it does not' '
	printf "variable \"a\" {\n  sensitive = false\n  default = \"plainvalue\"\n}\nvariable \"b\" {\n  sensitive = true\n}\n" >n.tf &&
	printf "kubectl create configmap x --from-literal=mode=fast12\nkubectl create secret generic x --from-literal=a=\$A\naws configure set region eu-central-1\n" >n.sh &&
	printf "Parameters:\n  A:\n    NoEcho: false\n    Default: plainvalue\n" >n.yaml &&
	take && for f in n.tf n.sh n.yaml
	do
		git cat-file blob $snap:tree/$f >out && test_cmp $f out || return 1
	done
'

test_done
