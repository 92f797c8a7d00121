#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "config/policy.h"
#include "record/record_nested.h"
#include "record/record_parse.h"

#define HEADERS                                                                \
	"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"                      \
	"parent 1111111111111111111111111111111111111111\n"                    \
	"parent 2222222222222222222222222222222222222222\n"                    \
	"author A U Thor <author@example.com> 1112911993 -0700\n"              \
	"committer C O Mitter <c@example.com> 1795158764 +0000\n"

#define ID       "20261120T071244Z-0123abcd"
#define TRAILERS "Vault-Format: 1\nVault-Id: " ID "\n"

static int
parse(struct gv_record *rec, const char *text)
{
	return gv_record_parse(rec, text, strlen(text));
}

/* Parse headers and `message`, which must fail as damaged, with `why`. */
static void
assert_damaged(const char *message, const char *why)
{
	struct gv_buf b = GV_BUF_INIT;
	struct gv_record rec;

	gv_buf_addf(&b, "%s\n%s", HEADERS, message);
	memset(&rec, 0x5a, sizeof(rec));
	assert_int_equal(gv_record_parse(&rec, b.p, b.len), GV_ECORRUPT);
	if (strstr(gv_err_message(), why) == NULL)
		fail_msg("'%s' does not say '%s'", gv_err_message(), why);
	/* nothing was given out */
	assert_int_equal((unsigned char)rec.id[0], 0x5a);
	gv_buf_release(&b);
}

static void
test_reads_every_field(void **state)
{
	struct gv_record rec;
	char hex[GV_OID_HEX + 1];

	(void)state;
	assert_int_equal(
	    parse(&rec,
		HEADERS "gpgsig -----BEGIN\n more\n -----END\n"
			"\n"
			"before the upgrade\n"
			"\n"
			"two\n"
			"\n"
			"paragraphs: here\n"
			"\n" TRAILERS "Vault-Host: builder\n"
			"Vault-Trigger: hook\n"
			"Vault-Branch: main\n"
			"Vault-Previous: 20261119T000000Z-00000000\n"
			"Vault-Tag: a b\n"
			"Vault-Tag: c\n"
			"Vault-Tag: d\n"
			"Vault-Env: prod\n"
			"Vault-Files: 12\n"
			"Vault-Bytes: 9000000000000000000\n"
			"Vault-Secrets: 3\n"
			"Vault-Unread: 4\n"
			"Signed-off-by: somebody\n"),
	    0);
	assert_string_equal(rec.id, ID);
	gv_oid_format(hex, &rec.root);
	assert_string_equal(hex, "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
	gv_oid_format(hex, &rec.base);
	assert_string_equal(hex, "1111111111111111111111111111111111111111");
	assert_true(gv_oid_is_zero(&rec.commit));
	assert_true(rec.time == 1795158764);
	assert_string_equal(rec.author, "A U Thor <author@example.com>");
	assert_string_equal(rec.subject, "before the upgrade");
	assert_string_equal(rec.body, "two\n\nparagraphs: here");
	assert_string_equal(rec.host, "builder");
	assert_string_equal(rec.trigger, "hook");
	assert_string_equal(rec.branch, "main");
	assert_string_equal(rec.previous, "20261119T000000Z-00000000");
	assert_int_equal(rec.n_tags, 3);
	assert_string_equal(rec.tags[0], "a b");
	assert_string_equal(rec.tags[2], "d");
	assert_int_equal(rec.n_environments, 1);
	assert_string_equal(rec.environments[0], "prod");
	assert_true(rec.files == 12 && rec.secrets == 3);
	assert_true(rec.unread == 4);
	assert_true(rec.bytes == 9000000000000000000u);
	gv_record_release(&rec);
}

#define LINK                                                                   \
	"20261120T071243Z-89abcdef 3333333333333333333333333333333333333333"

static void
test_links_come_back_with_any_path(void **state)
{
	static const char *const paths[] = { "modules/net", "a b ", "new\nline",
		"\"q\"", "caf\351/x" };
	struct gv_record rec = { .format = 1 }, back;
	struct gv_record_nested n;
	struct gv_buf b = GV_BUF_INIT;
	struct gv_oid commit;
	size_t i;

	(void)state;
	memcpy(rec.id, ID, sizeof(ID));
	memset(&commit, 0x33, sizeof(commit));
	for (i = 0; i < 5; i++)
		assert_int_equal(
		    gv_record_add_nested(
			&rec, "20261120T071243Z-89abcdef", &commit, paths[i]),
		    0);
	gv_buf_addstr(&b, HEADERS "\n");
	gv_record_message(&b, &rec);
	assert_non_null(strstr(b.p, "\nVault-Nested: " LINK " modules/net\n"));
	assert_int_equal(gv_record_parse(&back, b.p, b.len), 0);
	assert_int_equal(back.n_nested, 5);
	for (i = 0; i < 5; i++) {
		assert_int_equal(gv_record_read_nested(&n, back.nested[i]), 0);
		assert_string_equal(n.id, "20261120T071243Z-89abcdef");
		assert_true(gv_oid_equal(&n.commit, &commit));
		assert_string_equal(n.path, paths[i]);
		assert_non_null(gv_record_nested_at(&n, &back, paths[i]));
	}
	assert_null(gv_record_nested_at(&n, &back, "modules"));
	gv_record_release(&rec);
	gv_record_release(&back);
	gv_buf_release(&b);
}

static void
test_refuses_links_that_lead_elsewhere(void **state)
{
	static const char *const values[] = { LINK, LINK " ", LINK " /etc",
		LINK " a/../../etc", LINK " ..", LINK " a//b", LINK " a/",
		LINK " a/.git", LINK " .GIT/hooks", LINK "\tmodules",
		"20261120T071243Z 3333333333333333333333333333333333333333 a",
		"20261120T071243Z-89abcdef 33333333 a", "modules" };
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		gv_buf_reset(&b);
		gv_buf_addf(
		    &b, "s\n\n" TRAILERS "Vault-Nested: %s\n", values[i]);
		assert_damaged(b.p, "its trailer Vault-Nested");
	}
	gv_buf_release(&b);
}

static void
test_takes_trailers_from_the_last_paragraph_only(void **state)
{
	struct gv_record rec;

	(void)state;
	assert_int_equal(
	    parse(&rec,
		HEADERS "\nsubject\n\nVault-Id: 19990101T000000Z-ffffffff\n"
			"Vault-Tag: typed by a person\n\n" TRAILERS "\n\n"),
	    0);
	assert_string_equal(rec.id, ID);
	assert_int_equal(rec.n_tags, 0);
	assert_non_null(strstr(rec.body, "typed by a person"));
	gv_record_release(&rec);
}

static void
test_base_none_hides_the_first_parent(void **state)
{
	struct gv_record rec;

	(void)state;
	assert_int_equal(
	    parse(&rec, HEADERS "\ns\n\n" TRAILERS "Vault-Base: none\n"), 0);
	assert_true(gv_oid_is_zero(&rec.base));
	gv_record_release(&rec);
}

static void
test_refuses_what_is_no_snapshot(void **state)
{
	struct gv_record rec;

	(void)state;
	assert_damaged("subject\n", "no trailers");
	assert_damaged("", "no trailers");
	assert_damaged(
	    "subject\n\nReviewed-by: x\n", "no trailer Vault-Format");
	assert_damaged("subject\n\nprose is here\n", "no trailer");
	assert_int_equal(parse(&rec, ""), GV_ECORRUPT);
	assert_int_equal(gv_record_parse(&rec, NULL, 0), GV_ECORRUPT);
	assert_int_equal(parse(&rec, "tree 123\n"), GV_ECORRUPT);
	assert_int_equal(parse(&rec, HEADERS), GV_ECORRUPT);
	assert_non_null(strstr(gv_err_message(), "no message"));
}

static void
test_refuses_damaged_trailers(void **state)
{
	(void)state;
	assert_damaged("s\n\nVault-Format: 1\n", "Vault-Id is missing");
	assert_damaged("s\n\nVault-Format: 1\nVault-Id: 2026\n", "is no id");
	assert_damaged("s\n\n" TRAILERS "Vault-Id: " ID "\n", "twice");
	assert_damaged(
	    "s\n\n" TRAILERS "Vault-Host: a\nVault-Host: b\n", "twice");
	assert_damaged("s\n\n" TRAILERS "Vault-Files: 1x\n", "no number");
	assert_damaged("s\n\n" TRAILERS "Vault-Files: -1\n", "no number");
	assert_damaged("s\n\n" TRAILERS "Vault-Files: 99999999999999999999\n",
	    "no number");
	assert_damaged("s\n\n" TRAILERS "Vault-Previous: latest\n", "is no id");
	assert_damaged("s\n\n" TRAILERS "Vault-Branch: \n", "empty");
	assert_damaged("s\n\n" TRAILERS "Vault-Base: " ID "\n", "'none'");
	assert_damaged("s\n\n" TRAILERS " folded\n", "no trailer");
}

static void
test_refuses_control_characters_in_a_trailer(void **state)
{
	(void)state;
	assert_damaged("s\n\n" TRAILERS "Vault-Branch: a\033[2Jb\n",
	    "Vault-Branch is empty or holds a control character");
	assert_damaged("s\n\n" TRAILERS "Vault-Tag: a\rb\n", "control");
	assert_damaged("s\n\n" TRAILERS "Vault-Tag: a\177b\n", "control");
	assert_damaged("s\n\n" TRAILERS "Vault-Tag: \"a\n", "badly quoted");
	assert_damaged("s\n\n" TRAILERS "Vault-Tag: \"a\"b\n", "badly quoted");
	assert_damaged(
	    "s\n\n" TRAILERS "Vault-Tag: \"a\\000b\"\n", "badly quoted");
}

static void
test_names_a_newer_format_before_other_faults(void **state)
{
	(void)state;
	assert_damaged("s\n\nVault-Id: new style\nVault-Format: 5\n",
	    "it is of format 5, and this git vault knows 4");
	assert_damaged("s\n\nVault-Format: 0\nVault-Id: " ID "\n", "is 0");
	assert_damaged("s\n\nVault-Format: 3\nVault-Id: " ID "\n",
	    "which only versions before 0.1.0 wrote");
}

static void
test_refuses_times_out_of_range(void **state)
{
	static const char *const times[] = { "-1", "253402300800",
		"99999999999999999999", "12a", "" };
	struct gv_record rec;
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		gv_buf_reset(&b);
		gv_buf_addf(&b,
		    "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
		    "author a <b> 1 +0000\ncommitter a <b> %s +0000\n"
		    "\ns\n\n" TRAILERS,
		    times[i]);
		assert_int_equal(
		    gv_record_parse(&rec, b.p, b.len), GV_ECORRUPT);
		assert_non_null(strstr(gv_err_message(), "no time"));
	}
	gv_buf_release(&b);
}

static void
test_reads_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t time; /* 0: none is one */
	} texts[] = { { "30d", 1795158764 - 30 * 86400 },
		{ "26h", 1795158764 - 26 * 3600 },
		{ "12w", 1795158764 - 12 * 604800 }, { "90s", 1795158764 - 90 },
		{ "1d12h", 1795158764 - 36 * 3600 }, { "0d", 1795158764 },
		{ "5M", 1795158764 - 5 * 60 },
		/* 2026-11-20T07:12:44Z and 2025-05-20T07:12:44Z */
		{ "1y6m", 1747725164 }, { "", 0 }, { "90", 0 }, { "1h30", 0 },
		{ "30 d", 0 }, { "d", 0 }, { "2026-11-20", 0 },
		{ "20261120T071244Z", 0 }, { "20261120Z", 0 }, { "3days", 0 },
		{ "5pm", 0 } };
	static const char *const wrong[] = { "6m", "1h30m", "30D", "7x", "1s1y",
		"12345678d" };
	int64_t time;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		time = 0;
		if (gv_policy_ago(&time, texts[i].text, 1795158764) !=
			(texts[i].time != 0) ||
		    time != texts[i].time)
			fail_msg("%s", texts[i].text);
	}
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (gv_policy_ago(&time, wrong[i], 1795158764) >= 0)
			fail_msg("%s is taken", wrong[i]);
}

static void
test_refuses_a_zero_byte(void **state)
{
	static const char text[] = HEADERS "\ns\0\n\n" TRAILERS;
	struct gv_record rec;

	(void)state;
	assert_int_equal(
	    gv_record_parse(&rec, text, sizeof(text) - 1), GV_ECORRUPT);
	assert_non_null(strstr(gv_err_message(), "zero byte"));
}

static void
test_does_not_read_past_the_end(void **state)
{
	static const char text[] =
	    HEADERS "\nsubject\n\nbody\n\n" TRAILERS "Vault-Tag: \"x\\n\"\n";
	struct gv_record rec;
	size_t len;

	(void)state;
	/* each front in memory of just its size: for the sanitizers */
	for (len = 0; len < sizeof(text); len++) {
		char *exact = malloc(len ? len : 1);

		assert_non_null(exact);
		memcpy(exact, text, len);
		if (gv_record_parse(&rec, exact, len) == 0)
			gv_record_release(&rec);
		free(exact);
	}
}

static void
test_writes_the_trailers_in_order(void **state)
{
	char *tags[] = { (char *)"one", (char *)"two" };
	struct gv_record rec = {
		.id = ID,
		.subject = (char *)"sub\nject",
		.body = (char *)"\nbody\n\n",
		.host = (char *)"h",
		.trigger = (char *)"manual",
		.branch = (char *)"main",
		.tags = tags,
		.n_tags = 2,
		.files = 2,
		.bytes = 30,
	};
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	memset(&rec.base, 1, sizeof(rec.base));
	gv_record_message(&b, &rec);
	assert_string_equal(b.p,
	    "sub ject\n\nbody\n\nVault-Format: 1\nVault-Id: " ID "\n"
	    "Vault-Host: h\nVault-Trigger: manual\nVault-Branch: main\n"
	    "Vault-Tag: one\nVault-Tag: two\nVault-Files: 2\n"
	    "Vault-Bytes: 30\nVault-Secrets: 0\n");
	gv_buf_reset(&b);
	rec = (struct gv_record){ .id = ID };
	gv_record_message(&b, &rec);
	assert_string_equal(b.p,
	    "snapshot\n\nVault-Format: 1\nVault-Id: " ID "\n"
	    "Vault-Files: 0\nVault-Bytes: 0\nVault-Secrets: 0\n"
	    "Vault-Base: none\n");
	gv_buf_release(&b);
}

static void
test_gives_odd_values_back_as_they_were(void **state)
{
	static const char *const odd[] = { "", " ", "a ", " a", "\"", "\"a\"",
		"a\nVault-Id: x", "\033]0;x\007", "\177", "a\\b", "\xff\xfe",
		"gr\xc3\xbc\xc3\x9f", "a: b", "tab\there" };
	const size_t n = sizeof(odd) / sizeof(odd[0]);
	struct gv_record rec = { .id = ID, .tags = (char **)odd, .n_tags = n },
			 back;
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	(void)state;
	gv_buf_addstr(&b, HEADERS "\n");
	gv_record_message(&b, &rec);
	assert_null(strchr(b.p, '\033'));
	assert_int_equal(gv_record_parse(&back, b.p, b.len), 0);
	assert_int_equal(back.n_tags, n);
	for (i = 0; i < n; i++)
		assert_string_equal(back.tags[i], odd[i]);
	gv_record_release(&back);
	gv_buf_release(&b);
}

static void
test_splits_a_typed_message(void **state)
{
	struct gv_record rec = { 0 };

	(void)state;
	assert_int_equal(
	    gv_record_set_message(&rec, "\n\nfirst\nsecond\n\nthird\n \n"), 0);
	assert_string_equal(rec.subject, "first");
	assert_string_equal(rec.body, "second\n\nthird");
	assert_int_equal(gv_record_set_message(&rec, ""), 0);
	assert_string_equal(rec.subject, "");
	assert_string_equal(rec.body, "");
	gv_record_release(&rec);
	gv_record_release(NULL);
}

static void
test_knows_an_id_by_its_form(void **state)
{
	(void)state;
	assert_true(gv_record_is_id(ID, 25));
	assert_false(gv_record_is_id(ID, 24));
	assert_false(gv_record_is_id("20261320T071244Z-0123abcd", 25));
	assert_false(gv_record_is_id("20261120T071244Z-0123ABCD", 25));
	assert_false(gv_record_is_id("20261120T071244Z_0123abcd", 25));
	assert_false(gv_record_is_id("20261120T071244Z-0123abc\0", 25));
}

UNIT(record)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_every_field),
		cmocka_unit_test(test_links_come_back_with_any_path),
		cmocka_unit_test(test_refuses_links_that_lead_elsewhere),
		cmocka_unit_test(
		    test_takes_trailers_from_the_last_paragraph_only),
		cmocka_unit_test(test_base_none_hides_the_first_parent),
		cmocka_unit_test(test_refuses_what_is_no_snapshot),
		cmocka_unit_test(test_refuses_damaged_trailers),
		cmocka_unit_test(test_refuses_control_characters_in_a_trailer),
		cmocka_unit_test(test_names_a_newer_format_before_other_faults),
		cmocka_unit_test(test_refuses_times_out_of_range),
		cmocka_unit_test(test_reads_durations),
		cmocka_unit_test(test_refuses_a_zero_byte),
		cmocka_unit_test(test_does_not_read_past_the_end),
		cmocka_unit_test(test_writes_the_trailers_in_order),
		cmocka_unit_test(test_gives_odd_values_back_as_they_were),
		cmocka_unit_test(test_splits_a_typed_message),
		cmocka_unit_test(test_knows_an_id_by_its_form),
	};

	return UNIT_RUN(tests);
}
