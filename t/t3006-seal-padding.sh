#!/bin/sh

test_description='what is encrypted has few lengths, and plain age and gzip give it back'
. "$(dirname "$0")/test-lib.sh"

tool=$GIT_VAULT_BUILD_DIR/t/helper/seal-tool

if ! command -v age >/dev/null || ! command -v age-keygen >/dev/null
then
	skip_all 'age is not installed'
fi

# lengths: of all sealed files on stdin (object, id, file), each opened by age, held to the
# lengths that there may be, and opened by gzip
lengths () {
	while read -r object id file
	do
		git cat-file blob "$object" | age -d -i key >packed &&
		wc -c <packed && gzip -dc <packed | cmp -s - "$file" || return 1
	done
}

test_expect_success 'a key, and values of all lengths up to 200 bytes' '
	age-keygen -o key 2>/dev/null && age-keygen -y key >to &&
	mkdir small && head -c 200 /dev/urandom >random &&
	for n in 0 1 2 7 16 20 24 32 36 40 41 48 64 100 128 150 199 200
	do
		head -c $n random >small/$n || return 1
	done
'

test_expect_success 'small values have two lengths, whatever they are' '
	"$tool" seal -R to small/* >sealed && lengths <sealed >found &&
	sort -un found >kinds && test_write_lines 64 256 >expect && test_cmp expect kinds
'

test_expect_success 'passwords look alike, and so do tokens of services' '
	mkdir words tokens && printf hunter2 >words/short &&
	printf correct-horse-battery-staple >words/long && printf "" >words/none &&
	"$tool" seal -R to words/* >sealed && lengths <sealed | sort -u >kinds &&
	echo 64 >expect && test_cmp expect kinds &&
	printf wJalrXUtnFEMIK7MDENGbPxRfiCYzEXAMPLEKEYa >tokens/aws &&
	printf ghp_16C7e42F292c6912E7710c838347Ae178B4a >tokens/github &&
	printf xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcBrzbqgy >tokens/slack &&
	"$tool" seal -R to tokens/* >sealed && lengths <sealed | sort -u >kinds &&
	test_line_count -eq 1 kinds
'

test_expect_success 'larger ones have 1024, and from there on steps of a twentieth' '
	mkdir large && for n in 240 500 1000 1001 1050 2000 5000 20000 100000 262144
	do
		head -c $n /dev/urandom >large/$n || return 1
	done &&
	"$tool" seal -R to large/* >sealed && lengths <sealed >found &&
	awk "BEGIN { for (n = 1024; n < 400000; n += int(n / 20)) print n }" >steps &&
	! grep -vxF -f steps found
'

test_expect_success 'what compresses is padded as it is then' '
	yes some text of a setting | head -c 90000 >text && head -c 250000 /dev/zero >zeros &&
	"$tool" seal -R to text zeros >sealed && lengths <sealed >found &&
	! grep -vxF -e 64 -e 256 -f steps found
'

test_expect_success 'large values in pieces, each of them' '
	head -c 1500000 /dev/urandom >pieces && "$tool" seal -R to pieces >sealed &&
	object=$(cut -d" " -f1 sealed) &&
	git ls-tree -r "$object" | cut -c 13-52 >blobs && test_line_count -gt 5 blobs &&
	while read -r blob
	do
		git cat-file blob $blob | age -d -i key >packed && wc -c <packed >>sizes &&
		gzip -dc <packed || return 1
	done <blobs >back && cmp pieces back && ! grep -vxF -f steps sizes
'

test_expect_success 'an implementation of its own reads it: python' '
	"$tool" seal -R to tokens/aws >sealed &&
	git cat-file blob $(cut -d" " -f1 sealed) | age -d -i key >packed &&
	python3 -c "
import gzip, sys
sys.stdout.buffer.write(gzip.decompress(open(\"packed\", \"rb\").read()))" >actual &&
	cmp tokens/aws actual
'

# st BYTES: a state with a value of so many
st () {
	printf "{\"version\":4,\"serial\":1,\"lineage\":\"l\",\"outputs\":{\"a\":{\"value\":\"%s\",\"type\":\"string\",\"sensitive\":true}},\"resources\":[]}\n" \
		"$(head -c $1 /dev/zero | tr "\0" x)" >in
}

test_expect_success 'sizes of states in commits and leaves are rounded, too' '
	for n in 11 12 17 23 29
	do
		st $n && git vault state save --new --env prod --stack s$n in >/dev/null &&
		git log -1 --format=%B refs/vault/state/prod/s$n |
			sed -n "s/^Vault-Size: //p" >>told &&
		git ls-tree -r refs/vault/state/prod/s$n:index | cut -c 13-52 |
			git cat-file --batch | sed -n "s/^part	[0-9a-f]*	//p" >>parts || return 1
	done &&
	sort -u told >kinds && echo 256 >expect && test_cmp expect kinds &&
	sort -u parts >kinds && test_line_count -le 2 kinds && ! grep -vxF -e 64 -e 256 kinds &&
	git vault state restore --env prod --stack s29 >out && cmp in out &&
	git vault state verify --env prod --stack s29 && git vault verify --deep
'

test_done
