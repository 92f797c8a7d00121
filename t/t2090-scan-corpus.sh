#!/bin/sh

test_description='the scanner finds what is planted, and flags few decoys

The cases are in t/conformance/secrets, its README says how they are written.
GIT_VAULT_TEST_LONG=1 takes many seeds, and leaves the whole table in the build
directory as scan-corpus.txt.'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"

secrets=$GIT_VAULT_SRC_DIR/t/conformance/secrets
table=$secrets/table.awk

corpus () {
	"$GIT_VAULT_BUILD_DIR/t/helper/corpus-tool" "$@" "$secrets"/*.txt
}

# Of the lines of KIND the sum of a column, as corpus-tool prints them.
sum () {
	awk -F'\t' -v kind="$1" -v column="$2" '$1 == kind { n += $column }
	    END { print n + 0 }' table
}

# at_least PART ALL PERCENT
at_least () {
	test "$2" -gt 0 && test $(($1 * 100)) -ge $(($2 * $3))
}

test_expect_success 'the same texts are made of the same seed' '
	corpus -m >table 2>told &&
	corpus -m >again 2>told-again &&
	test_cmp table again &&
	test_cmp told told-again &&
	corpus -m -s 2 >other 2>told-other &&
	test_must_fail cmp -s told told-other
'

test_expect_success 'there are secrets and decoys enough' '
	test "$(sum format 3)" -ge 1500 &&
	test "$(sum format 7)" -ge 3000 &&
	test "$(sum rule 3)" -ge 1500
'

test_expect_success 'the manifest says what stands where' '
	"$GIT_VAULT_BUILD_DIR/t/helper/corpus-tool" -c -w one \
		"$secrets/formats.txt" >formats &&
	awk -F"\t" "\$4 == \"secret\" && \$5 == \"env\" { print; exit }" \
		one/MANIFEST >row &&
	IFS="	" read -r path at len rest <row &&
	tail -c +$((at + 1)) "one/$path" | head -c "$len" >value &&
	grep -F "=" "one/$path" >lines &&
	grep -F -f value lines >holds &&
	test_line_count = 1 holds
'

test_expect_success 'no format is found worse, or flagged more, than the figures' '
	awk -v figures="$secrets/figures" -f "$table" table
'

test_expect_success 'a scanner with fewer rules is found to be worse' '
	mkdir -p few/share/git-vault/rules &&
	cp "$GIT_VAULT_SRC_DIR/share/git-vault/rules/generic.yaml" \
		few/share/git-vault/rules &&
	test_env GIT_VAULT_SRC_DIR="$PWD/few" \
		"$GIT_VAULT_BUILD_DIR/t/helper/corpus-tool" \
		"$secrets"/*.txt >worse &&
	test_must_fail awk -v figures="$secrets/figures" -f "$table" worse \
		>complaints &&
	test_grep "^pem: found" complaints
'

test_expect_success 'every rule finds its examples, in all kinds of files' '
	at_least "$(sum rule 4)" "$(sum rule 3)" 99 &&
	test "$(sum rule 7)" -ge 1500 && test "$(sum rule 8)" = 0 &&
	awk -F"\t" "\$1 == \"rule\" && \$4 * 100 < \$3 * 60" table >bad &&
	test_must_be_empty bad
'

test_expect_success 'what only looks like a secret is none in any of them' '
	all=$(($(sum decoy 7) + $(sum public 7))) &&
	test $all -ge 400 &&
	test $((($(sum decoy 8) + $(sum public 8)) * 100)) -le $((all * 4)) &&
	test $(($(sum decoy 9) + $(sum public 9))) = 0
'

test_expect_success 'ciphertext is none, and a secret beside it is' '
	sed -n "s/^=== case \([^ ]*\).*/format	\1	/p" \
		"$secrets/ciphertext.txt" | sort -u >names &&
	grep -F -f names table >ciphertext &&
	test_line_count = $(wc -l <names) ciphertext &&
	awk -F"\t" "{ n += \$3 } END { exit n < 100 }" ciphertext &&
	awk -F"\t" "\$3 != \$4 || \$8 || \$10" ciphertext >short &&
	test_must_be_empty short
'

test_expect_success 'templates that no figure was tuned to' '
	"$GIT_VAULT_BUILD_DIR/t/helper/corpus-tool" -m \
		"$secrets/heldout/heldout.txt" >heldout &&
	awk -F"\t" "\$1 == \"format\" { all += \$3; found += \$4; sure += \$5
			decoys += \$7; flagged += \$9 + \$11 }
		END { exit !(all > 900 && decoys > 2000 &&
			found >= 0.98 * all && sure >= 0.97 * all &&
			flagged <= 0.001 * decoys) }" heldout
'

test_expect_success 'other kinds of files and values, that were held out once' '
	for seed in 1 2
	do
		"$GIT_VAULT_BUILD_DIR/t/helper/corpus-tool" -m -s $seed \
			"$secrets/heldout/second.txt" \
			"$secrets/heldout/third.txt" || return 1
	done >second &&
	awk -F"\t" "\$1 == \"format\" { all += \$3; sure += \$5; decoys += \$7
			flagged += \$9 + \$11 }
		END { exit !(all > 2500 && decoys > 4000 &&
			sure >= 0.99 * all && flagged == 0) }" second
'

test_expect_success 'the places where secrets were said to be missed' '
	"$GIT_VAULT_BUILD_DIR/t/helper/corpus-tool" -m \
		"$secrets/heldout/fourth.txt" >fourth &&
	awk -F"\t" "\$1 == \"format\" { all += \$3; found += \$4; sure += \$5
			decoys += \$7; flagged += \$9 + \$11 }
		END { exit !(all > 1300 && decoys > 1400 && flagged == 0 &&
			found >= 0.999 * all && sure >= 0.95 * all) }" fourth
'

test_expect_success 'files of products, and short ones of many kinds' '
	for seed in 1 2
	do
		"$GIT_VAULT_BUILD_DIR/t/helper/corpus-tool" -m -s $seed \
			"$secrets/heldout/fifth.txt" \
			"$secrets/heldout/sixth.txt" || return 1
	done >fifth &&
	awk -F"\t" "\$1 == \"format\" { all += \$3; found += \$4; sure += \$5
			decoys += \$7; flagged += \$9 + \$11 }
		END { exit !(all > 5500 && decoys > 5500 && flagged == 0 &&
			found >= 0.95 * all && sure >= 0.92 * all) }" fifth
'

test_expect_success 'names of vendors and products' '
	"$GIT_VAULT_BUILD_DIR/t/helper/corpus-tool" -m \
		"$secrets/heldout/seventh.txt" >seventh &&
	awk -F"\t" "\$1 == \"format\" { all += \$3; found += \$4; sure += \$5
			decoys += \$7; flagged += \$9 + \$11 }
		END { exit !(all > 2300 && decoys > 1800 && flagged == 0 &&
			found >= 0.985 * all && sure >= 0.97 * all) }" seventh
'

test_expect_success 'defaults, records and command lines; formats of infrastructure' '
	"$GIT_VAULT_BUILD_DIR/t/helper/corpus-tool" -m \
		"$secrets/heldout/eighth.txt" \
		"$secrets/heldout/ninth.txt" >eighth &&
	awk -F"\t" "\$1 == \"format\" { all += \$3; found += \$4; sure += \$5
			decoys += \$7; flagged += \$9 + \$11 }
		END { exit !(all > 2600 && decoys > 1500 && flagged == 0 &&
			found >= 0.94 * all && sure >= 0.94 * all) }" eighth
'

test_expect_success 'services of infrastructure' '
	"$GIT_VAULT_BUILD_DIR/t/helper/corpus-tool" -m \
		"$secrets/heldout/tenth.txt" \
		"$secrets/heldout/eleventh.txt" >tenth &&
	awk -F"\t" "\$1 == \"format\" { all += \$3; found += \$4; sure += \$5
			decoys += \$7; flagged += \$9 + \$11 }
		END { exit !(all > 1400 && decoys > 1400 && flagged == 0 &&
			found >= 0.97 * all && sure >= 0.96 * all) }" tenth
'

test_expect_success 'more services, and frameworks of applications' '
	"$GIT_VAULT_BUILD_DIR/t/helper/corpus-tool" -m \
		"$secrets/heldout/twelfth.txt" \
		"$secrets/heldout/thirteenth.txt" >twelfth &&
	awk -F"\t" "\$1 == \"format\" { all += \$3; found += \$4; sure += \$5
			decoys += \$7; flagged += \$9 + \$11 }
		END { exit !(all > 2200 && decoys > 2100 && flagged == 0 &&
			found >= 0.94 * all && sure >= 0.94 * all) }" twelfth
'

test_expect_success 'services of a home and of an office, agents, stores' '
	"$GIT_VAULT_BUILD_DIR/t/helper/corpus-tool" -m \
		"$secrets/heldout/fourteenth.txt" >fourteenth &&
	awk -F"\t" "\$1 == \"format\" { all += \$3; found += \$4; sure += \$5
			decoys += \$7; flagged += \$9 + \$11 }
		END { exit !(all > 1000 && decoys > 1400 && flagged == 0 &&
			found >= 0.98 * all && sure >= 0.975 * all) }" fourteenth
'

test_expect_success 'places where people meet' '
	"$GIT_VAULT_BUILD_DIR/t/helper/corpus-tool" -m \
		"$secrets/heldout/fifteenth.txt" >fifteenth &&
	awk -F"\t" "\$1 == \"format\" { all += \$3; found += \$4; sure += \$5
			decoys += \$7; flagged += \$9 + \$11 }
		END { exit !(all > 850 && decoys > 800 && flagged == 0 &&
			found >= 0.94 * all && sure >= 0.935 * all) }" fifteenth
'

test_expect_success 'offices, networks and mail; desktops, games and tests' '
	"$GIT_VAULT_BUILD_DIR/t/helper/corpus-tool" -m \
		"$secrets/heldout/sixteenth.txt" >sixteenth &&
	"$GIT_VAULT_BUILD_DIR/t/helper/corpus-tool" -m \
		"$secrets/heldout/seventeenth.txt" >seventeenth &&
	awk -F"\t" "\$1 == \"format\" { all += \$3; found += \$4; sure += \$5
			decoys += \$7; flagged += \$9 + \$11 }
		END { exit !(all > 1800 && decoys > 2300 && flagged == 0 &&
			found >= 0.965 * all && sure >= 0.96 * all) }" \
		sixteenth &&
	awk -F"\t" "\$1 == \"format\" { all += \$3; found += \$4; sure += \$5
			decoys += \$7; flagged += \$9 + \$11 }
		END { exit !(all > 1700 && decoys > 2300 && flagged == 0 &&
			found >= 0.98 * all && sure >= 0.925 * all) }" \
		seventeenth
'

test_expect_success 'homes, devices, Windows and tools of operators' '
	"$GIT_VAULT_BUILD_DIR/t/helper/corpus-tool" -m \
		"$secrets/heldout/eighteenth.txt" >eighteenth &&
	awk -F"\t" "\$1 == \"format\" { all += \$3; found += \$4; sure += \$5
			decoys += \$7; flagged += \$9 + \$11 }
		END { exit !(all > 1700 && decoys > 2300 && flagged == 0 &&
			found >= 0.955 * all && sure >= 0.95 * all) }" \
		eighteenth
'

test_expect_success 'languages and formats that few files are in' '
	"$GIT_VAULT_BUILD_DIR/t/helper/corpus-tool" -m \
		"$secrets/heldout/nineteenth.txt" >nineteenth &&
	"$GIT_VAULT_BUILD_DIR/t/helper/corpus-tool" -m \
		"$secrets/heldout/twentieth.txt" >twentieth &&
	awk -F"\t" "\$1 == \"format\" { all += \$3; found += \$4; sure += \$5
			decoys += \$7; flagged += \$9 + \$11 }
		END { exit !(all > 1400 && decoys > 2300 && flagged == 0 &&
			found >= 0.975 * all && sure >= 0.97 * all) }" \
		nineteenth &&
	awk -F"\t" "\$1 == \"format\" { all += \$3; found += \$4; sure += \$5
			decoys += \$7; flagged += \$9 + \$11 }
		END { exit !(all > 1300 && decoys > 2400 && flagged == 0 &&
			found >= 0.94 * all && sure >= 0.935 * all) }" \
		twentieth
'

test_expect_success 'formats of the tools that most use' '
	"$GIT_VAULT_BUILD_DIR/t/helper/corpus-tool" -m \
		"$secrets/heldout/twentyfirst.txt" >twentyfirst &&
	awk -F"\t" "\$1 == \"format\" { all += \$3; found += \$4; sure += \$5
			decoys += \$7; flagged += \$9 + \$11 }
		END { exit !(all > 1200 && decoys > 2000 && flagged == 0 &&
			found >= 0.999 * all && sure >= 0.99 * all) }" \
		twentyfirst
'

test_expect_success 'published tokens are found in eight carriers' '
	at_least "$(sum anchored 4)" "$(sum anchored 3)" 99 &&
	at_least "$(sum context 4)" "$(sum context 3)" 95
'

test_expect_success 'a checksum that is right verifies, one that is wrong hides nothing' '
	awk -F"\t" "\$2 == \"checksum-right\" && \$3 == \$6 { n++ }
	    /\tchecksum-wrong/ && \$6 == 0 && \$3 == \$4 { n++ }
	    END { exit n != 3 }" table
'

test_expect_success 'the table tells of each rule and format' '
	awk -f "$table" table >text &&
	test_grep "^rule  *github-pat " text &&
	test_grep "^all of  *format " text
'

generator=${GIT_VAULT_BENCH_GENERATOR:-$GIT_VAULT_SRC_DIR/../shared/tools/gen-iac-tree.py}
test_lazy_prereq GENERATOR 'python3 -c "import sys" && test -f "$generator"'

# tree FILES SEED: what is planted in a generated tree against what is found, by
# path and value; of a key its beginning, since its lines are folded.
tree () {
	python3 "$generator" gen --out tree --files "$1" --seed "$2" \
		--secrets 0.01 --decoys 0.02 --manifest manifest >/dev/null &&
	"$GIT_VAULT_BUILD_DIR/t/helper/scan-tool" \
		"$GIT_VAULT_SRC_DIR/share/git-vault/rules" find tree >found &&
	cat >compare.py <<-\END &&
	import json
	found = {}
	for line in open("found"):
	    f = line.rstrip("\n").split("\t")
	    found.setdefault(f[0], []).append(f[5].replace("\\n", "\n"))
	planted = [json.loads(line) for line in open("manifest")]
	missed = 0
	for p in planted:
	    hits = [v for v in found.get(p["path"], ())
	            if v in p["value"] or p["value"] in v
	            or p["type"] == "private_key" and len(v) > 200]
	    missed += not hits
	    for v in hits:
	        found[p["path"]].remove(v)
	print("planted" if planted else "nothing planted", missed, "missed",
	      sum(map(len, found.values())), "more")
	END
	python3 compare.py >actual &&
	rm -rf tree &&
	echo "planted 0 missed 0 more" >expect &&
	test_cmp expect actual
}

test_expect_success GENERATOR 'what is planted in a tree is found, and nothing else' '
	tree 2000 1
'

test -z "$GIT_VAULT_TEST_LONG" || test_set_prereq LONG

test_expect_success LONG 'over many seeds it is the same' '
	for seed in $(test_seq 1 50)
	do
		corpus -s "$seed" >>many || return 1
	done &&
	awk -v figures="$secrets/figures" -v slack=1 -f "$table" many &&
	awk -f "$table" many >"$GIT_VAULT_BUILD_DIR/scan-corpus.txt"
'

test_expect_success LONG,GENERATOR 'so it is in a large tree' '
	tree 100000 3
'

test_done
