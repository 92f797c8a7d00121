#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "scan/scanner.h"

struct row {
	const char *text;
	const char *is; /* the secret, or NULL */
};

/* The scanner's anchor is the first byte of each text. */
static void
check(const char *name, const struct row *rows, size_t n)
{
	gv_scanner_fn fn = gv_scanner_find(name);
	size_t i;

	assert_non_null(fn);
	for (i = 0; i < n; i++) {
		size_t len = strlen(rows[i].text);
		struct gv_scanner_hit h = { 0 };
		/* no byte behind it: a read past the end is caught */
		char *text = malloc(len);
		bool is;

		assert_non_null(text);
		memcpy(text, rows[i].text, len);
		is = fn(&h, text, len, 0);
		free(text);
		if (is != (rows[i].is != NULL) ||
		    (is &&
			(strlen(rows[i].is) != h.len ||
			    memcmp(rows[i].text + h.at, rows[i].is, h.len) !=
				0)))
			fail_msg("'%s': expected %s", rows[i].text,
			    rows[i].is ? rows[i].is : "no secret");
	}
}

#define CHECK(name, rows) check(name, rows, sizeof(rows) / sizeof(*(rows)))

static void
test_commands(void **state)
{
	static const struct row rows[] = {
		{ "curl -s -u ann:hunter2 https://x/", "hunter2" },
		{ "curl https://x/ \\\n  -u ann:hunter2", "hunter2" },
		{ "curl -u ann:$PASS -u ann:hunter2", "hunter2" },
		/* the next command has its own anchor */
		{ "curl x\ncurl -u ann:hunter2 y", NULL },
		{ "curl x curl -u ann:hunter2 y", NULL },
		{ "curl -u 'ann:hunter curl x' y", "hunter curl x" },
		{ "curl -d 'a curl b' -u ann:hunter2 y", "hunter2" },
		{ "curl my-curl -u ann:hunter2 y", "hunter2" },
		{ "mysql -h db -u ann -phunter2", "hunter2" },
		{ "mysql -h db; x -phunter2", NULL },
		{ "sqlplus -s ann/hunter2@ORA1", "hunter2" },
		{ "rabbitmqctl add_user ann 'hunter2'", "hunter2" },
		{ "rabbitmqctl add_user ann", NULL },
		{ "net user ann hunter2 /add", "hunter2" },
		{ "net user /add ann /expire:never", NULL },
		{ "ejabberdctl register ann chat.lan hunter2", "hunter2" },
		{ "lftp -u ann,hunter2 x", "hunter2" },
		{ "ssm put-parameter --type SecureString --value hunter2",
		    "hunter2" },
		{ "ssm put-parameter --type String --value hunter2", NULL },
		{ "curlx -u ann:hunter2", NULL },
		{ "curl ", NULL },
	};

	(void)state;
	CHECK("command", rows);
}

static void
test_statements(void **state)
{
	struct gv_scanner_hit h = { 0 };
	static const char set[] = "ALTER ROLE ann PASSWORD 'hunter2';",
			  word[] = "create xPassword \"hunter2\"",
			  call[] = "grant x password('ann', $password)",
			  other[] = "alter a; PASSWORD 'hunter2'",
			  comment[] = "// create it.\n// identified by aReg[n]";

	(void)state;
	assert_true(gv_scanner_sql(&h, set, strlen(set), 15));
	assert_int_equal(h.at, 25);
	assert_int_equal(h.len, 7);
	assert_false(gv_scanner_sql(&h, call, strlen(call), 8));
	assert_false(gv_scanner_sql(&h, word, strlen(word), 8));
	assert_false(gv_scanner_sql(&h, other, strlen(other), 9));
	assert_false(gv_scanner_sql(&h, comment, strlen(comment), 17));
}

static void
test_devices(void **state)
{
	static const struct row rows[] = {
		{ "enable secret 0 hunter2", "hunter2" },
		{ "password simple hunter2", "hunter2" },
		{ "password level 15 cipher hunter2", "hunter2" },
		{ "community read hunter2", "hunter2" },
		{ "snmp-server community winter ro", "winter" },
		{ "snmp-server community string is", NULL },
		{ "aaa-server A host x\n timeout 3\n key hunter2", "hunter2" },
		{ "aaa-server A host x\nkey hunter2", NULL },
		/* no line of a device */
		{ "plaintext HTTP/1.1", NULL },
	};

	(void)state;
	CHECK("device", rows);
}

UNIT(scanner)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_devices),
	};

	return UNIT_RUN(tests);
}
