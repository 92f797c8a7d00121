#!/bin/sh

test_description='what -h prints, what the manual says and what there is agree'
. "$(dirname "$0")/test-lib.sh"

test_lazy_prereq MANDOC 'echo .Dd | mandoc -Tlint -Werror || test $? -lt 6'

man=$GIT_VAULT_SRC_DIR/man
commands=$(git vault help | sed -n 's/^    \([a-z][a-z-]*\)  .*/\1/p')

# All words of the input, one blank between them.
words () {
	tr -s ' \n' '  ' | sed 's/^ //; s/ $//'
}

# The synopsis of a page as text.
synopsis () {
	mandoc -Tascii -Owidth=1000 "$1" | col -bx | awk '
		/^[A-Z]/ { in_it = $0 == "SYNOPSIS"; next }
		in_it' | words
}

# The usage that stands before the options of -h.
usage () {
	awk '/^$/ { exit } { sub(/^usage: |^   or: /, ""); print }' | words
}

# The options that a table prints: -x and --name, one a line.
options () {
	sed -n 's/^    \(-.*\)/\1/p' |
		sed 's/   .*//; s/[ []*=*[A-Z]*\]*$//; s/, /\n/g' | sed 's/ .*//'
}

# The times that the examples of the manual name.
dates () {
	sed -n "s/^\.Dl .*--\(since\|until\)[= ]\('\([^']*\)'\|\([^' ]*\)\).*/\3\4/p" \
		"$man"/*.[1-9]
}

# documented PAGE <options: each stands there behind .Fl.
documented () {
	awk '
		NR == FNR {
			for (i = 1; i < NF; i++)
				if ($i ~ /^\.?Fl$/)
					named[$(i + 1)] = 1
			next
		}
		!(substr($1, 2) in named) {
			print page " says nothing of " $1
			bad = 1
		}
		END { exit bad }
	' page="$1" "$1" -
}

test_expect_success 'help lists commands, each once' '
	test -n "$commands" &&
	printf "%s\n" $commands | sort >all &&
	sort -u all >once &&
	test_cmp once all
'

# What is asked of each command is read once.
git vault help >help
grep -ohE 'git[ -]vault( -[^ ]+)* [a-z][a-z-]*' \
	"$TEST_DIRECTORY"/t[0-9][0-9][0-9][0-9]-*.sh |
	sed 's/.* //' | sort -u >tested

for command in $commands
do
	page=$man/git-vault-$command.1
	git vault $command -h >out 2>err
	status=$?

	test_expect_success "$command: -h goes to stdout and exits with 129" '
		test $status = 129 && test_must_be_empty err &&
		test_grep "^usage: git vault $command" out
	'

	test_expect_success MANDOC "$command: the synopsis is the usage" '
		usage <out >expect &&
		synopsis "$page" >actual &&
		test_cmp expect actual
	'

	test_expect_success "$command: the usage fits 80 columns" '
		awk "length > 80" out >wide && test_must_be_empty wide
	'

	test_expect_success "$command: the page has the summary as its name" '
		sed -n "s/^    $command  *\(.*\)/\1/p" help >expect &&
		sed -n "s/^\.Nd //p" "$page" >actual &&
		test_cmp expect actual
	'

	test_expect_success "$command: the page tells of each option" '
		options <out >names &&
		documented "$page" <names
	'

	test_expect_success "$command: git-vault(1) says the same of it" '
		sed -n "s/^    $command  *\(.*\)/\1/p" help >expect &&
		sed -n "/^\.It Xr git-vault-$command 1\$/{n;p;}" \
			"$man/git-vault.1" >actual &&
		test_cmp expect actual
	'

	test_expect_success "$command: a test runs it" '
		test_grep -x "$command" tested
	'
done

test_expect_success MANDOC 'the usage of the program is its synopsis' '
	git vault help | usage >expect &&
	synopsis "$man/git-vault.1" >actual &&
	test_cmp expect actual
'

test_expect_success 'git-vault(1) tells of the options that all commands take' '
	git vault help | options >names &&
	test_line_count -gt 7 names &&
	documented "$man/git-vault.1" <names
'

test_expect_success 'no page is without its command' '
	for page in "$man"/git-vault-*.1
	do
		name=${page##*/git-vault-} &&
		case " $(echo $commands) " in
		*" ${name%.1} "*) ;;
		*) echo "$page" ;;
		esac || return 1
	done >lone &&
	test_must_be_empty lone
'

test_expect_success 'the times of the examples are ones' '
	dates >.git/times && test_line_count -gt 2 .git/times &&
	while read -r time
	do
		git vault list --since="$time" || return 1
	done <.git/times
'

test_expect_success 'the pages tell from how many packs on a fold begins' '
	n=$(sed -n "s/^#define GV_FOLD_PACKS \([0-9]*\).*/\1/p" \
		"$GIT_VAULT_SRC_DIR/lib/fold/fold.h") &&
	test_grep "finds more than $n packs of snapshots" "$man/git-vault-fold.1" &&
	test_grep "^means $n,$" "$man/git-vault-fold.1" &&
	sed -n "/^.It Va vault.autoFold/,/^.It Va vault.autoReclaim/p" \
		"$man/git-vault-config.5" >.git/told &&
	test_grep "; default $n,$" .git/told
'

test_expect_success 'every page is installed' '
	(cd "$man" && ls *.[1-9]) >expect &&
	sed -n "s/.*%D%\/\(git-vault[^ ]*\).*/\1/p" "$man/sources.am" |
		sort >actual &&
	test_cmp expect actual
'

test_expect_success MANDOC 'the pages are clean mdoc' '
	mandoc -Tlint -Wwarning "$man"/*.[1-9]
'

test_expect_success PYTHON 'no text has an expression that must be read twice' '
	python3 "$TEST_DIRECTORY/helper/words.py" "$GIT_VAULT_SRC_DIR"
'

test_expect_success PYTHON 'such an expression is seen in pages, messages and comments' '
	mkdir -p texts/man texts/git-vault texts/lib && : >texts/README &&
	words () { python3 "$TEST_DIRECTORY/helper/words.py" texts; } && words &&
	echo "It is told anew." >texts/man/x.1 && test_expect_code 1 words >found &&
	test_line_count -eq 2 found && : >texts/man/x.1 &&
	echo "f(\"it \" PRIu64 \" is\"" >texts/lib/x.c &&
	echo "    \" none\", 1); /* of ours */" >>texts/lib/x.c &&
	test_expect_code 1 words >found &&
	test_write_lines "lib/x.c:1: is none" "lib/x.c:2: of ours" >expect &&
	test_cmp expect found && : >texts/lib/x.c &&
	echo "/* One of ours. */" >texts/git-vault/x.h &&
	test_expect_code 1 words >found && : >texts/git-vault/x.h &&
	{ printf "say(\"" && test_seq 36 | tr "\n" " " && echo "\");"; } >texts/lib/x.c &&
	test_expect_code 1 words >found && test_grep "a sentence of 36 words" found
'

test_expect_success PYTHON 'a long sentence is seen in a README and in a page' '
	rm -rf texts && mkdir -p texts/man && long=$(test_seq 36 | tr "\n" " ") &&
	words () { python3 "$TEST_DIRECTORY/helper/words.py" texts; } &&
	test_write_lines "- one two." "$long" "" "	$long" >texts/README &&
	test_expect_code 1 words >found &&
	echo "README:2: a sentence of 36 words" >expect && test_cmp expect found &&
	: >texts/README &&
	test_write_lines ".Sh DESCRIPTION" "$long" >texts/man/x.1 &&
	test_expect_code 1 words >found &&
	echo "man/x.1:2: a sentence of 36 words" >expect && test_cmp expect found &&
	: >texts/man/x.1 &&
	python3 -c "
import sys
sys.path.insert(0, sys.argv[1])
import sentences
print(sentences.of_page(open(sys.argv[2]).read()))" \
		"$TEST_DIRECTORY/helper" /dev/stdin >found <<-\END &&
	.Sh SYNOPSIS
	.Nm git vault x
	.Sh DESCRIPTION
	Read
	.Pa a/ Ns Ar B
	of
	.Xr git-vault-x 1 ,
	then stop.
	It ends; so
	.Bl -tag
	.It Fl n
	Print
	.Ql it .
	.El
	.Bd -literal
	not this
	.Ed
	END
	cat >expect <<-\END &&
	[(4, '"'"'Read a/B of git-vault-x1, then stop.'"'"'), (9, '"'"'It ends; so'"'"'), (12, '"'"'Print it.'"'"')]
	END
	test_cmp expect found
'

test_expect_success 'these tests see an option that is not documented' '
	test_must_fail documented "$man/git-vault-version.1" <<-\END
	--frobnicate
	END
'

test_expect_success 'help of a command opens its page' '
	mkdir bin &&
	printf "#!/bin/sh\necho \"page \$*\"\n" >bin/man &&
	chmod +x bin/man &&
	test_env PATH="$PWD/bin:$PATH" git vault help init >actual &&
	echo "page 1 git-vault-init" >expect &&
	test_cmp expect actual &&
	test_env PATH="$PWD/bin:$PATH" git-vault init --help >actual &&
	test_cmp expect actual &&
	echo "page 1 git-vault" >expect &&
	test_env PATH="$PWD/bin:$PATH" git-vault --help >actual &&
	test_cmp expect actual
'

test_expect_success 'help without man says so' '
	mkdir empty &&
	program=$(command -v git-vault) &&
	test_expect_code 128 test_env PATH="$PWD/empty" "$program" \
		help init 2>err &&
	test_grep "no program shows manual pages here" err
'

test_done
