#!/bin/sh

test_description='public test suites and files by the readers of lib/doc

GIT_VAULT_TEST_JSON names the folder test_parsing/ of nst/JSONTestSuite,
GIT_VAULT_TEST_YAML the branch data of yaml/yaml-test-suite, GIT_VAULT_TEST_HCL
a folder with files of HCL, for which NODE_PATH has the npm package
@cdktf/hcl2json. The READMEs in t/conformance say what has to come out.'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"

tool=$GIT_VAULT_BUILD_DIR/t/helper/doc-tool
json=${GIT_VAULT_TEST_JSON:-$GIT_VAULT_SRC_DIR/../shared/vectors/json/test_parsing}
yaml=${GIT_VAULT_TEST_YAML:-$GIT_VAULT_SRC_DIR/../shared/vectors/yaml}
hcl=${GIT_VAULT_TEST_HCL:-$GIT_VAULT_SRC_DIR/../shared/vectors/hcl}

test ! -f "$json/y_object.json" || test_set_prereq JSON
test ! -f "$yaml/229Q/in.yaml" || test_set_prereq YAML
test ! -d "$hcl" ||
	! node -e 'require("@cdktf/hcl2json")' 2>/dev/null ||
	test_set_prereq HCL

test_expect_success 'the tool says what is wrong, and where' '
	test_write_lines "a = 1" "b = = 2" >x.tf &&
	echo "refused x.tf: line 2, column 5: no value begins with this sign" \
		>expect &&
	"$tool" check hcl x.tf >actual &&
	test_cmp expect actual
'

test_expect_success JSON 'a document of JSON is one by lib/doc, too' '
	"$tool" check json "$json"/y_* >y &&
	test_grep ! -v "^accepted " y &&
	test_line_count = 95 y &&
	"$tool" check json "$json"/n_* >n &&
	test_grep ! -v "^refused " n &&
	test_line_count = 188 n
'

# as in t4900, but that a byte order mark is skipped
test_expect_success JSON 'of what is free to either 13 are refused' '
	"$tool" check json "$json"/i_* >i &&
	grep "^refused" i >refused &&
	test_line_count = 13 refused &&
	test_grep ! BOM_empty refused
'

test_expect_success YAML,PYTHON 'YAML is read as libyaml reads it' '
	python3 "$GIT_VAULT_SRC_DIR"/t/helper/yaml-suite.py "$tool" "$yaml" \
		>all &&
	sed "\$d" all >actual &&
	test_cmp "$GIT_VAULT_SRC_DIR"/t/conformance/yaml/others actual
'

test_expect_success HCL 'HCL is read as its own parser reads it' '
	find "$hcl" -name "*.tf" -o -name "*.tfvars" -o -name "*.hcl" >list &&
	xargs node "$GIT_VAULT_SRC_DIR"/t/conformance/hcl/compare.js "$tool" \
		--mutants 600 <list >actual &&
	test_grep " 0 wrongly refused, 0 wrongly accepted" actual
'

test_done
