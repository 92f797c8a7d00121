#!/bin/sh

test_description='files are exchanged with the program age, both ways

Sizes around the ends of chunks, as bytes and in armor, in one piece and as a
stream, for each kind of recipient. What we open of our own alone proves little:
both sides of a fault would be the same.'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"

tool=$GIT_VAULT_BUILD_DIR/t/helper/age-tool
sizes='0 1 40 65535 65536 65537 131072 131073 1000000'

if ! command -v age >/dev/null || ! command -v ssh-keygen >/dev/null
then
	skip_all 'age or ssh-keygen is not installed'
fi

test_expect_success 'keys of age are made, ours and theirs' '
	"$tool" keygen >ours &&
	age-keygen -o theirs 2>/dev/null &&
	age-keygen -o third 2>/dev/null &&
	for key in ours theirs third
	do
		age-keygen -y $key >expect &&
		"$tool" recipient -i $key >$key.pub &&
		test_cmp expect $key.pub || return 1
	done
'

test_expect_success 'keys of ssh are read as ssh-keygen writes them' '
	for comment in "" a ab abc "a b c" abcdefg abcdefgh
	do
		rm -f ssh ssh.pub &&
		ssh-keygen -q -t ed25519 -N "" -C "$comment" -f ssh &&
		cut -d" " -f1,2 ssh.pub >expect &&
		"$tool" recipient -i ssh >actual &&
		test_cmp expect actual || return 1
	done
'

test_expect_success 'values of all sizes are made' '
	for size in $sizes
	do
		head -c $size /dev/urandom >plain.$size || return 1
	done
'

exchanged=0

# each SIZE of theirs is opened by us, each of ours by them
exchange () {
	name=$1
	recipients=$2
	identities=$3
	for size in $sizes
	do
		for armor in '' -a
		do
			age -e $armor $recipients <plain.$size >file &&
			"$tool" open $identities <file >actual &&
			cmp plain.$size actual &&
			"$tool" open -s $identities <file >actual &&
			cmp plain.$size actual &&
			exchanged=$((exchanged + 2)) &&
			"$tool" seal $armor $recipients <plain.$size >file &&
			age -d $identities <file >actual &&
			cmp plain.$size actual &&
			exchanged=$((exchanged + 1)) || {
				echo "$name: $size bytes $armor"
				return 1
			}
		done
		"$tool" seal -s $recipients <plain.$size >file &&
		age -d $identities <file >actual &&
		cmp plain.$size actual &&
		exchanged=$((exchanged + 1)) || {
			echo "$name: $size bytes as a stream"
			return 1
		}
	done
}

test_expect_success 'for a key of age' '
	exchange X25519 "-R ours.pub" "-i ours"
'

test_expect_success 'for three keys of age, opened by the last' '
	cat theirs.pub third.pub ours.pub >three.pub &&
	exchange three "-R three.pub" "-i ours"
'

test_expect_success 'for a key of ssh' '
	exchange ssh "-R ssh.pub" "-i ssh"
'

test_expect_success 'for keys of both kinds, opened by each' '
	cat ours.pub ssh.pub >both.pub &&
	for name in ssh ours
	do
		exchange both "-R both.pub" "-i $name" || return 1
	done
'

test_expect_success 'stanzas of RSA keys are passed over, and never written' '
	ssh-keygen -q -t rsa -b 2048 -N "" -f rsa &&
	age -e -R rsa.pub -R ours.pub <plain.40 >file &&
	"$tool" open -i ours <file >actual &&
	cmp plain.40 actual &&
	test_must_fail "$tool" seal -R rsa.pub <plain.40 2>err &&
	test_grep "type ssh-rsa cannot" err &&
	test_must_fail "$tool" open -i rsa <file 2>err &&
	test_grep "ssh-ed25519" err
'

test_expect_success 'a key of ssh with a passphrase is refused with what to do' '
	ssh-keygen -q -t ed25519 -N secret-words -f locked &&
	test_must_fail "$tool" recipient -i locked 2>err &&
	test_grep "ssh-keygen -p" err &&
	cp locked copy &&
	ssh-keygen -q -p -P secret-words -N "" -f copy &&
	"$tool" recipient -i copy >actual &&
	cut -d" " -f1,2 locked.pub >expect &&
	test_cmp expect actual
'

test_expect_success 'somebody else opens nothing' '
	"$tool" seal -R ours.pub <plain.40 >file &&
	test_must_fail age -d -i theirs <file &&
	age -e -R theirs.pub <plain.40 >file &&
	test_expect_code 3 "$tool" open -i ours <file 2>err &&
	test_grep "none of the 1 keys" err
'

# in a sanitizer's build memory is of another kind
test_expect_success !SANITIZERS 'a value larger than memory goes as a stream' '
	(
		ulimit -v 65536 &&
		head -c 150000000 /dev/zero | "$tool" seal -s -R ours.pub |
			"$tool" open -s -i ours
	) >actual &&
	head -c 150000000 /dev/zero | cmp - actual &&
	(
		ulimit -v 65536 &&
		test_must_fail "$tool" seal -R ours.pub <actual >file
	)
'

test_expect_success !SANITIZERS 'memory that a passphrase takes and is not there is said' '
	(
		ulimit -v 65536 &&
		test_must_fail "$tool" seal -p words <plain.40 2>err
	) &&
	test_grep "work factor of 18 needs 256 MiB of memory" err
'

# Passphrases are typed at a terminal only, so age gets one of its own.
cat >type.py <<\END
import os, pty, sys
passphrase, args = sys.argv[1], sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(args[0], args)
seen, asked = b"", 0
while True:
    try:
        piece = os.read(fd, 4096)
    except OSError:
        break
    if not piece:
        break
    seen += piece
    while seen.count(b"assphrase") > asked:
        asked += 1
        os.write(fd, passphrase.encode() + b"\n")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END

test_expect_success PYTHON 'for a passphrase' '
	for size in 0 40 65537
	do
		for armor in "" -a
		do
			rm -f file actual &&
			python3 type.py "some words" \
				age -e -p $armor -o file plain.$size &&
			"$tool" open -p "some words" <file >actual &&
			cmp plain.$size actual &&
			: >actual &&
			"$tool" seal $armor -w 12 -p "some words" \
				<plain.$size >file &&
			python3 type.py "some words" \
				age -d -o actual file &&
			cmp plain.$size actual &&
			exchanged=$((exchanged + 2)) || return 1
		done
	done &&
	test_expect_code 3 "$tool" open -p "other words" <file
'

test_expect_success PYTHON 'an identity file that age sealed with a passphrase' '
	python3 type.py "some words" age -e -p -a -o sealed ours &&
	test_env AGE_TOOL_PASSPHRASE="some words" \
		"$tool" recipient -i sealed >actual &&
	test_cmp ours.pub actual &&
	test_env AGE_TOOL_PASSPHRASE=other \
		test_expect_code 3 "$tool" recipient -i sealed 2>err &&
	test_grep "passphrase is wrong" err
'

test_tally "$exchanged" 'exchanges with the program age'
test_done
