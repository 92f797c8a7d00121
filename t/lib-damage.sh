# shellcheck shell=sh disable=SC2154
# States of some hundred resources, and ways to damage them. What is whole in one
# is known here without git-vault: by where each resource stood before.

# damage_state SERIAL N [EDIT]: one of N resources as Terraform writes it, of
# which EDIT (default: none) has another note, and each a password
damage_state () {
	awk -v serial="$1" -v n="$2" -v edit="${3:--1}" 'BEGIN {
		printf "{\n  \"version\": 4,\n  \"terraform_version\": \"1.9.5\",\n"
		printf "  \"serial\": %d,\n  \"lineage\": \"one\",\n", serial
		printf "  \"outputs\": {\n    \"url\": {\n"
		printf "      \"value\": \"https://example.com\",\n"
		printf "      \"type\": \"string\"\n    }\n  },\n"
		printf "  \"resources\": [\n"
		for (i = 0; i < n; i++) {
			if (i)
				printf ",\n"
			printf "    {\n"
			if (i % 3 == 0)
				printf "      \"module\": \"module.m[\\\"x%d\\\"]\",\n", i
			printf "      \"mode\": \"managed\",\n"
			printf "      \"type\": \"aws_db_instance\",\n"
			printf "      \"name\": \"n%d\",\n", i
			printf "      \"provider\": \"provider[\\\"r/aws\\\"]\",\n"
			printf "      \"instances\": [\n        {\n"
			if (i % 5 == 0)
				printf "          \"index_key\": \"k{%d}\",\n", i
			printf "          \"schema_version\": 1,\n"
			printf "          \"attributes\": {\n"
			printf "            \"id\": \"db-%d\",\n", i * 7919
			printf "            \"password\": \"canary-%d-51ee0b9d\",\n", i
			printf "            \"note\": \"%s\",\n", \
				i == edit ? "edited" : "as it was"
			printf "            \"policy\": \"{\\\"mode\\\": [\\\"x\\\"]}\",\n"
			printf "            \"tags\": {\n"
			printf "              \"name\": \"t%d\"\n            }\n", i
			printf "          },\n          \"sensitive_attributes\": []\n"
			printf "        }\n      ]\n    }"
		}
		printf "\n  ],\n  \"check_results\": null\n}\n"
	}'
}

# damage_places FILE: of a whole one: FROM TO ADDRESS of each resource, by another
# reader of JSON
damage_places () {
	python3 - "$1" <<-\END
	import json, sys
	text = open(sys.argv[1], "rb").read().decode()
	at = text.index('"resources"')
	at = text.index("[", at) + 1
	reader = json.JSONDecoder()
	while True:
	    while text[at] in " \n\t,":
	        at += 1
	    if text[at] == "]":
	        break
	    r, end = reader.raw_decode(text, at)
	    name = r["type"] + "." + r["name"]
	    if r.get("module"):
	        name = r["module"] + "." + name
	    print(at, end, name)
	    at = end
	END
}

# damage_found: of a triage in JSON on stdin, the same of what it has found
damage_found () {
	python3 -c '
import json, sys
for r in json.load(sys.stdin)["resources"]:
    if not r["address"].startswith("output."):
        print(r["from"], r["to"], r["address"])'
}

# fresh: of $base a copy in $repo, and go there; all objects are loose
fresh () {
	cd "$TRASH_DIRECTORY" && rm -rf "$repo" && cp -a "$base" "$repo" &&
	cd "$repo" && mv .git/objects/pack .git/packs &&
	mkdir .git/objects/pack && for p in .git/packs/*.pack
	do
		git unpack-objects -q <"$p" || return 1
	done && rm -rf .git/packs
}

# loose OBJECT: its file
loose () {
	echo ".git/objects/$(echo "$1" | sed 's,^..,&/,')"
}

# flip FILE OFFSET: all bits of one byte
flip () {
	byte_=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ') &&
		chmod u+w "$1" &&
		printf "\\$(printf %o $((255 - byte_)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
