#!/bin/sh

test_description='plugins of age, beside the program age

The plugin is a real program of ours (t/helper/age-plugin-test) that keeps to
the protocol; age, which others wrote, talks to it as well.'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"

tool=$GIT_VAULT_BUILD_DIR/t/helper/age-tool

if ! test_have_prereq PYTHON || ! command -v age >/dev/null
then
	skip_all 'python3 or age is not installed'
fi

mkdir -p bin
cp "$GIT_VAULT_SRC_DIR/t/helper/age-plugin-test" bin/
PATH=$PWD/bin:$PATH
AGE_PLUGIN_TEST_LOG=$PWD/log
export PATH AGE_PLUGIN_TEST_LOG

# with WORDS COMMAND…: the plugin does that besides, and logs anew
with () {
	: >log
	words=$1
	shift
	test_env AGE_PLUGIN_TEST="$words" AGE_TOOL_ANSWER=1234 "$@"
}

test_expect_success 'there are keys of the plugin, and of ours' '
	age-plugin-test mine >both &&
	sed -n 1p both >pub && sed -n 2p both >key &&
	age-plugin-test other >both &&
	sed -n 1p both >other.pub && sed -n 2p both >other.key &&
	"$tool" keygen >own && "$tool" recipient -i own >own.pub &&
	printf "a value" >value
'

test_expect_success 'what age seals by the plugin we open, and the other way' '
	for size in 0 40 65536 65537
	do
		head -c $size /dev/urandom >plain &&
		age -e -R pub <plain >file.0 &&
		"$tool" open-many -i key file.0 >actual &&
		cmp plain actual &&
		"$tool" seal-many 1 file -R pub <plain 2>err &&
		age -d -i key <file.0 >actual &&
		cmp plain actual || return 1
	done &&
	test_tally 8 "exchanges with age through a plugin"
'

test_expect_success 'a hundred files take one start each way' '
	with "msg pin confirm public" "$tool" seal-many 100 many -R pub \
		<value 2>err &&
	cat >expect <<-\EOF &&
	started to wrap
	msg ok
	confirm ok yes
	public ok 1234
	pin ok
	EOF
	test_cmp expect log &&
	test_grep "test: please touch" err &&
	with "msg pin grease" "$tool" open-many -i key many.* >actual 2>err &&
	cat >expect <<-\EOF &&
	started to unwrap
	grease unsupported
	msg ok
	pin ok
	EOF
	test_cmp expect log &&
	for i in $(test_seq 100)
	do
		cat value || return 1
	done >expect &&
	test_cmp expect actual
'

test_expect_success 'ours and the plugin'\''s are recipients of one file' '
	cat own.pub pub >all.pub &&
	"$tool" seal-many 2 file -R all.pub <value 2>err &&
	test_grep "labels: .."  err &&
	"$tool" open -i own <file.1 >actual && test_cmp value actual &&
	age -d -i own <file.0 >actual && test_cmp value actual &&
	age -d -i key <file.0 >actual && test_cmp value actual &&
	"$tool" open-many -i key file.1 >actual && test_cmp value actual
'

test_expect_success 'labels come in order' '
	with labels "$tool" seal-many 1 file -R pub <value 2>err &&
	test_grep "labels: .a example." err &&
	test_grep "labels ok" log
'

test_expect_success 'a file for somebody else stays shut, those beside it open' '
	"$tool" seal-many 1 mine -R pub <value &&
	"$tool" seal-many 1 theirs -R other.pub <value &&
	test_expect_code 3 "$tool" open-many -i key theirs.0 mine.0 >actual \
		2>err &&
	test_cmp value actual &&
	test_grep "file 0: age-plugin-test has no key that decrypts it" err
'

test_expect_success 'what the plugin complains of is said, and harmless' '
	test_expect_code 3 test_env AGE_PLUGIN_TEST=pin AGE_TOOL_ANSWER=1 \
		"$tool" open-many -i key mine.0 2>err &&
	test_grep "the PIN is wrong \[31m" err &&
	test_expect_code 1 test_env AGE_PLUGIN_TEST=pin \
		"$tool" seal-many 1 file -R pub <value 2>err &&
	test_grep "age-plugin-test: the PIN is wrong" err &&
	test_expect_code 1 with refuse "$tool" seal-many 1 file -R pub \
		<value 2>err &&
	test_grep "age-plugin-test: out of order" err
'

test_expect_success 'a plugin that breaks off seals and opens nothing' '
	rm -f file.* &&
	for way in crash garbage late
	do
		test_expect_code 1 with $way "$tool" seal-many 1 file -R pub \
			<value 2>err &&
		test_grep "age-plugin-test" err &&
		test_path_is_missing file.0 || return 1
	done &&
	for way in crash garbage
	do
		test_expect_code 1 with $way "$tool" open-many -i key mine.0 \
			>actual 2>err &&
		test_must_be_empty actual || return 1
	done
'

test_expect_success 'a plugin that is not there is told by its name' '
	PATH=/usr/bin:/bin test_expect_code 1 "$tool" open-many -i key mine.0 \
		2>err &&
	test_grep "age-plugin-test ended early" err
'

test_done
