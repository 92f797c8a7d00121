#!/bin/sh

test_description='what is taken out and sealed comes back by git, age and gzip'
. "$(dirname "$0")/test-lib.sh"

tool=$GIT_VAULT_BUILD_DIR/t/helper/seal-tool

if ! command -v age >/dev/null || ! command -v age-keygen >/dev/null
then
	skip_all 'age is not installed'
fi

# value OBJECT: the loop of git-vault-format(5)
value () {
	object=$1
	eval "$(sed -n '/^if test .*cat-file/,/^done$/p' \
		"$GIT_VAULT_SRC_DIR/man/git-vault-format.5")"
}

# restore LIST PATH: the file before it was redacted, by the list alone
restore () {
	at=0
	while read -r kind offset length scope rule id object path
	do
		test "$path" = "$2" || continue
		tail -c +$((at + 1)) "$2" | head -c $((offset - at)) &&
			value "$object" </dev/null || return 1
		at=$((offset + length))
	done <"$1"
	tail -c +$((at + 1)) "$2"
}

test_expect_success 'there are keys' '
	age-keygen -o key 2>/dev/null &&
	age-keygen -o other 2>/dev/null &&
	age-keygen -y key >to
'

test_expect_success 'values of all sizes and forms are made' '
	mkdir values &&
	for size in 0 1 40 1024 1025 262144 262145 1500000
	do
		head -c $size /dev/urandom >values/$size || return 1
	done &&
	yes some text of a setting | head -c 700000 >values/text &&
	printf "PK\003\004 is no archive" >values/zip &&
	printf "\037\213\010\000 is no file of gzip" >values/gzip &&
	printf "\037\235\220 nor of compress" >values/compress &&
	echo something | gzip >values/a.gz
'

test_expect_success 'age and gzip open what we sealed' '
	"$tool" seal -R to values/* >sealed &&
	test_line_count -eq 13 sealed &&
	while read -r object id file
	do
		value $object </dev/null >actual &&
		cmp $file actual || return 1
	done <sealed
'

test_expect_success 'and so do we' '
	while read -r object id file
	do
		"$tool" open -i key $object >actual &&
		cmp $file actual || return 1
	done <sealed
'

test_expect_success 'small values are in one file of age, large ones in trees' '
	while read -r object id file
	do
		case $file in
		values/262145 | values/1500000 | values/text) want=tree ;;
		*) want=blob ;;
		esac &&
		test "$(git cat-file -t $object)" = $want || return 1
	done <sealed &&
	git fsck --strict
'

test_expect_success 'what age sealed by hand is a value, too' '
	object=$(printf "by hand" | age -e -R to |
		git hash-object -w --stdin) &&
	"$tool" open -i key $object >actual &&
	printf "by hand" >expect &&
	cmp expect actual
'

test_expect_success 'somebody else opens nothing' '
	object=$(sed -n "s/ .*40$//p" sealed | head -n 1) &&
	test_expect_code 3 "$tool" open -i other $object 2>err &&
	test_grep "encrypted secret $object: none of the 1 keys" err
'

test_expect_success 'files are redacted' '
	mkdir dir &&
	printf "a=hunter2-hunter2\nb=ABCDEFGHIJKLMNOP\nGITVAULT[x:1]\n" \
		>dir/settings &&
	printf "2 15 aws-key\n20 16 private-key\n" >dir/settings.spans &&
	cp values/text dir/large &&
	printf "100000 500000 private-key\n3 4 aws-key\n" >dir/large.spans &&
	head -c 3000 /dev/urandom >dir/whole &&
	echo "0 3000 file" >dir/whole.spans &&
	head -c 500 /dev/urandom >"dir/odd name" &&
	echo "499 1 aws-key" >"dir/odd name.spans" &&
	echo nothing in it >dir/plain &&
	cp -R dir before &&
	"$tool" redact -R to list dir/settings dir/large dir/whole \
		"dir/odd name" dir/plain &&
	test_grep "^a=GITVAULT.aws-key:[0-9a-f]\{40\}.$" dir/settings &&
	test_grep "^GITVAULT.x:1.$" dir/settings &&
	test_grep "^GITVAULT.file:" dir/whole &&
	cmp before/plain dir/plain &&
	! grep -a hunter2 dir/settings list
'

test_expect_success 'the list says where, and is sorted' '
	cut -d" " -f1-5,8- list >actual &&
	cat >expect <<-\EOF &&
	git-vault secrets 1
	s 3 58 prod aws-key dir/large
	s 100054 62 prod private-key dir/large
	s 499 58 prod aws-key dir/odd name
	s 2 58 prod aws-key dir/settings
	s 63 62 prod private-key dir/settings
	f 0 55 prod file dir/whole
	EOF
	test_cmp expect actual
'

test_expect_success 'nothing of a value is in an object' '
	git cat-file --batch-all-objects --batch >objects &&
	! grep -a -q -e hunter2-hunt -e "text of a se" -e ABCDEFGHIJKL objects
'

test_expect_success 'they come back by shell, git, age and gzip' '
	for file in settings large whole "odd name" plain
	do
		restore list "dir/$file" >actual &&
		cmp "before/$file" actual || return 1
	done
'

test_expect_success 'and by us' '
	cp -R dir redacted &&
	test_expect_code 3 "$tool" undo -i other list dir/settings &&
	for file in settings large whole "odd name" plain
	do
		"$tool" undo -i key list "dir/$file" &&
		cmp "before/$file" "dir/$file" || return 1
	done
'

test_expect_success 'a file that has changed is not put back' '
	sed "s/^a=/aa=/" redacted/settings >dir/settings &&
	cp dir/settings changed &&
	test_must_fail "$tool" undo -i key list dir/settings 2>err &&
	test_grep "58 bytes at offset 2 is not there" err &&
	cmp changed dir/settings
'

test_expect_success 'a value in the place of another one is refused' '
	cp redacted/settings dir/settings &&
	first=$(sed -n "s/^s 2 .*\([0-9a-f]\{40\}\) dir.settings$/\1/p" list) &&
	other=$(sed -n "s/^s 63 .*\([0-9a-f]\{40\}\) dir.settings$/\1/p" list) &&
	sed "s/$first/$other/" list >swapped &&
	test_must_fail "$tool" undo -i key swapped dir/settings 2>err &&
	test_grep "encrypted secret $other: its value does not match" err &&
	cmp redacted/settings dir/settings
'

test_done
