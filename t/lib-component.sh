# shellcheck shell=sh
# Components of the test's repository: their policy, runs and dumps. What a
# command prints goes to ../out and ../err. Source this after test-lib.sh.

# component STATUS ARG...
component () {
	status_=$1 && shift &&
	test_expect_code "$status_" git vault component "$@" >../out 2>../err || {
		cat ../out ../err
		return 1
	}
}

accept () {
	git vault policy accept >../accepted 2>&1 || { cat ../accepted; return 1; }
}

# policy: the rest of `components:`, from stdin, accepted
policy () {
	{ echo "components:" && sed "s/^/  /"; } >.gitvault.yaml && accept
}

# newest NAME: the ref of its last dump
newest () {
	git for-each-ref --format="%(refname)" "refs/vault/component/prod/$1/" | tail -n 1
}

# rows SED: a dump as pg_dump prints it, of 9,000 rows
rows () {
	awk "BEGIN {
		print \"--\n-- PostgreSQL database dump\n--\n\"
		print \"COPY public.orders (id, total, note) FROM stdin;\"
		for (i = 1; i <= 9000; i++)
			printf \"%d\t%d.00\tnote %d of order %d, %s\n\", i, i * 7 % 1000, i * i % 977, i, \"paid by card\"
		print \"\\\\\\\\.\n\n--\n-- PostgreSQL database dump complete\n--\n\"
	}" | sed "$1"
}
