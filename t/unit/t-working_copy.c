#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "foreign/working_copy_address.h"
#include "foreign/working_copy_internal.h"
#include "foreign/working_copy_proof.h"
#include "foreign/working_copy_server.h"

#define SECOND 1000000000LL

/* An entry of `svn status -v --xml`. */
static void
entry(struct gv_buf *out, const char *path, const char *status)
{
	gv_buf_addf(out,
	    "<entry\n   path=\"%s\">\n<wc-status\n   %s>\n"
	    "</wc-status>\n</entry>\n",
	    path, status);
}

#define CLEAN(revision)                                                        \
	"item=\"normal\" revision=\"" revision "\" props=\"none\""

static bool
vouches(const struct gv_base *base, const char *path, int64_t ctime)
{
	struct gv_oid sum;

	return gv_base_find(&sum, base, path, strlen(path), ctime);
}

static int
read_svn(struct gv_base *base, struct gv_buf *text)
{
	*base = (struct gv_base){ .files = GV_BUF_INIT };
	return gv_working_copy_read_svn(base, text->p, text->len);
}

static void
what_svn_calls_normal_is_of_the_revision_that_most_files_have(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_base base;

	(void)state;
	entry(&text, ".", CLEAN("5"));
	entry(&text, "a", CLEAN("5"));
	entry(&text, "b", CLEAN("6"));
	entry(&text, "c &amp; d", CLEAN("5"));
	entry(&text, "e", "item=\"modified\" revision=\"5\" props=\"none\"");
	entry(&text, "f", "item=\"normal\" revision=\"5\" props=\"modified\"");
	entry(&text, "g", "item=\"normal\" revision=\"5\" props=\"normal\"");
	assert_int_equal(read_svn(&base, &text), 0);
	assert_string_equal(base.tool, "svn");
	assert_string_equal(base.revision, "5");
	assert_int_equal(gv_base_index(&base), 0);
	base.stamp = 100 * SECOND;
	assert_true(vouches(&base, "a", SECOND + 1));
	assert_true(vouches(&base, "c & d", SECOND + 1));
	assert_true(vouches(&base, "g", SECOND + 1));
	assert_false(vouches(&base, "b", SECOND + 1));
	assert_false(vouches(&base, "e", SECOND + 1));
	assert_false(vouches(&base, "f", SECOND + 1));
	gv_base_release(&base);
	gv_buf_release(&text);
}

static void
a_file_that_changed_since_or_in_that_moment_is_not_vouched_for(void **state)
{
	struct gv_base base = {
		.tool = "svn", .files = GV_BUF_INIT, .stamp = 100 * SECOND + 500
	};

	(void)state;
	gv_base_add(&base, "a", 1, NULL);
	assert_int_equal(gv_base_index(&base), 0);
	assert_true(vouches(&base, "a", 99 * SECOND + 1));
	assert_false(vouches(&base, "a", 100 * SECOND + 400));
	assert_false(vouches(&base, "a", 101 * SECOND + 1));
	/* a file system with whole seconds */
	assert_false(vouches(&base, "a", 99 * SECOND));
	assert_false(vouches(NULL, "a", 1));
	base.tool = NULL;
	assert_false(vouches(&base, "a", 1));
	gv_base_release(&base);
}

static void
what_is_switched_copied_or_in_conflict_is_stored(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_base base;

	(void)state;
	entry(&text, "s", CLEAN("5") " switched=\"true\"");
	entry(&text, "s/a", CLEAN("5"));
	entry(&text, "sa", CLEAN("5"));
	entry(&text, "c", CLEAN("5") " copied=\"true\"");
	entry(&text, "t", CLEAN("5") " tree-conflicted=\"true\"");
	entry(&text, "x", CLEAN("5") " file-external=\"true\"");
	entry(&text, "n", "item=\"normal\" revision=\"5x\" props=\"none\"");
	entry(&text, "m", "item=\"normal\" props=\"none\"");
	assert_int_equal(read_svn(&base, &text), 0);
	assert_int_equal(base.files.len, GV_OID_HEX + 3);
	assert_string_equal(base.files.p + GV_OID_HEX, "sa");
	gv_base_release(&base);
	gv_buf_reset(&text);
	assert_int_equal(read_svn(&base, &text), 0);
	assert_null(base.tool);
	gv_buf_addstr(&text, "<entry path=\"a");
	assert_int_equal(read_svn(&base, &text), GV_ECORRUPT);
	gv_base_release(&base);
	gv_buf_release(&text);
}

static void
a_path_counts_once_whatever_follows_it(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_base base;
	int i;

	(void)state;
	gv_buf_addstr(&text, "<entry path=\"a/long/path\">");
	for (i = 0; i < 10; i++)
		gv_buf_addstr(&text, "<wc-status " CLEAN("5") "/>");
	gv_buf_addstr(&text, "<wc-status switched=\"true\"/>");
	entry(&text, "b", CLEAN("5"));
	assert_int_equal(read_svn(&base, &text), 0);
	assert_int_equal(
	    base.files.len, 2 * GV_OID_HEX + sizeof("a/long/path") + 2);
	gv_base_release(&base);
	gv_buf_release(&text);
}

/* An entry of `svn info -R --xml`. */
static void
info(struct gv_buf *out, const char *path, const char *revision, char digit)
{
	int i;

	gv_buf_addf(out,
	    "<entry kind=\"file\" path=\"%s\" revision=\"%s\">\n<wc-info>"
	    "<checksum>",
	    path, revision);
	for (i = 0; i < GV_OID_HEX; i++)
		gv_buf_addch(out, digit);
	gv_buf_addstr(out, "</checksum></wc-info></entry>\n");
}

static void
a_sum_counts_only_for_the_file_and_the_revision_it_is_of(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_base base;
	struct gv_oid sum;

	(void)state;
	entry(&text, "a", CLEAN("5"));
	entry(&text, "b", CLEAN("5"));
	entry(&text, "c", CLEAN("5"));
	assert_int_equal(read_svn(&base, &text), 0);
	assert_int_equal(gv_base_index(&base), 0);
	base.stamp = 100 * SECOND;
	gv_buf_reset(&text);
	info(&text, "a", "5", 'a');
	info(&text, "b", "6", 'b');
	info(&text, "d", "5", 'd');
	gv_buf_addstr(&text,
	    "<entry kind=\"dir\" path=\"c\" revision=\"5\"><checksum>"
	    "0123456789012345678901234567890123456789</checksum></entry>");
	assert_int_equal(gv_working_copy_read_sums(&base, text.p, text.len), 0);
	assert_true(gv_base_find(&sum, &base, "a", 1, SECOND + 1));
	assert_int_equal(sum.id[0], 0xaa);
	assert_true(gv_base_find(&sum, &base, "b", 1, SECOND + 1));
	assert_true(gv_oid_is_zero(&sum));
	assert_true(gv_base_find(&sum, &base, "c", 1, SECOND + 1));
	assert_true(gv_oid_is_zero(&sum));
	assert_false(gv_base_find(&sum, &base, "d", 1, SECOND + 1));
	assert_int_equal(
	    gv_working_copy_read_sums(&base, "<entry a", 8), GV_ECORRUPT);
	gv_base_release(&base);
	gv_buf_release(&text);
}

static void
the_list_comes_back_from_its_cache_or_not_at_all(void **state)
{
	struct gv_base was = { .tool = "hg",
		.revision = "0123456789012345678901234567890123456789",
		.files = GV_BUF_INIT,
		.stamp = 123456789012345678LL };
	struct gv_base is = { .files = GV_BUF_INIT };
	struct gv_oid at = { { 1, 2, 3 } }, found;
	struct gv_buf text = GV_BUF_INIT;
	size_t i;

	(void)state;
	gv_base_add(&was, "a\nb", 3, &at);
	gv_base_add(&was, "c", 1, NULL);
	gv_working_copy_base_format(&text, &was, &at);
	assert_int_equal(
	    gv_working_copy_base_parse(&is, &found, text.p, text.len), 0);
	assert_true(gv_oid_equal(&at, &found));
	assert_string_equal(is.tool, "hg");
	assert_string_equal(is.revision, was.revision);
	assert_true(is.stamp == was.stamp);
	assert_true(gv_buf_equal(&is.files, &was.files));
	gv_base_release(&is);
	for (i = 0; i < text.len; i++) {
		is = (struct gv_base){ .files = GV_BUF_INIT };
		text.p[i] ^= 1;
		assert_int_equal(
		    gv_working_copy_base_parse(&is, &found, text.p, text.len),
		    GV_ECORRUPT);
		text.p[i] ^= 1;
		assert_int_equal(
		    gv_working_copy_base_parse(&is, &found, text.p, i),
		    GV_ECORRUPT);
		gv_base_release(&is);
	}
	gv_base_release(&was);
	gv_buf_release(&text);
}

static void
answers_of_the_command_server_end_with_their_status(void **state)
{
	static const char text[] = "o\0\0\0\16capabilities: o\0\0\0\3on";
	static const char good[] = "o\0\0\0\16capabilities: o\0\0\0\2on"
				   "e\0\0\0\2abo\0\0\0\1e"
				   "r\0\0\0\4\0\0\0\1r\0\0\0\4\377\377\377\377";
	static const char asks[] = "o\0\0\0\16capabilities: I\0\0\0\2";
	struct gv_working_copy_answers a;
	struct gv_buf out = GV_BUF_INIT, err = GV_BUF_INIT;
	long status = 7;

	(void)state;
	assert_int_equal(
	    gv_working_copy_answers_init(&a, good, sizeof(good) - 1), 0);
	assert_int_equal(gv_working_copy_answer(&out, &err, &status, &a), 0);
	assert_string_equal(out.p, "one");
	assert_string_equal(err.p, "ab");
	assert_int_equal(status, 1);
	assert_int_equal(gv_working_copy_answer(&out, &err, &status, &a), 0);
	assert_int_equal(status, -1);
	assert_int_equal(
	    gv_working_copy_answer(&out, &err, &status, &a), GV_ECORRUPT);
	assert_int_equal(
	    gv_working_copy_answers_init(&a, asks, sizeof(asks) - 1), 0);
	assert_int_equal(
	    gv_working_copy_answer(&out, &err, &status, &a), GV_ECORRUPT);
	assert_int_equal(
	    gv_working_copy_answers_init(&a, "abort: x\n", 9), GV_ECORRUPT);
	/* the second frame is longer than what is there */
	assert_int_equal(
	    gv_working_copy_answers_init(&a, text, sizeof(text) - 1), 0);
	assert_int_equal(
	    gv_working_copy_answer(&out, &err, &status, &a), GV_ECORRUPT);
	gv_buf_release(&out);
	gv_buf_release(&err);
}

static void
a_request_has_its_words_with_their_length(void **state)
{
	static const char *const argv[] = { "log", "-r", ".", NULL };
	static const char want[] = "runcommand\n\0\0\0\10log\0-r\0.";
	struct gv_buf in = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_working_copy_request(&in, argv), 0);
	assert_int_equal(in.len, sizeof(want) - 1);
	assert_memory_equal(in.p, want, in.len);
	gv_buf_release(&in);
}

static void
the_default_path_of_an_hgrc_is_that_of_its_section(void **state)
{
	static const char *const none[] = { "", "[paths]\n", "default = x\n",
		"[paths]\ndefault-push = x\n", "[ui]\ndefault = x\n",
		"[paths]\n[ui]\ndefault = x\n", "[paths]\ndefault =\n" };
	static const char text[] = "[ui]\nquiet = 1\n[paths]\r\n"
				   "default:pushurl = y\ndefault\t=  /a b \r\n"
				   "[x]\ndefault = z";
	struct gv_buf out = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(
		    gv_working_copy_hgrc_source(&out, none[i], strlen(none[i])),
		    GV_ENOTFOUND);
	assert_int_equal(
	    gv_working_copy_hgrc_source(&out, text, sizeof(text) - 1), 0);
	assert_string_equal(out.p, "/a b");
	gv_buf_release(&out);
}

static bool
is_address(const char *tool, const char *address)
{
	return gv_working_copy_is_address(tool, address, strlen(address));
}

static void
only_a_plain_address_is_given_to_a_tool(void **state)
{
	static const char *const no[] = { "", "-r", "--config=x", "../x",
		"ext::sh -c x", "svn+evil://h/", "ssh://-oProxyCommand=x/",
		"ssh://u@-oProxyCommand=x/", "ssh://-x@h/", "http://a b/",
		"http://a\n/", "javascript:x", "file:" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		assert_false(is_address("svn", no[i]));
		assert_false(is_address("hg", no[i]));
	}
	assert_true(is_address("svn", "svn+ssh://user@host/repo/trunk@x"));
	assert_true(is_address("svn", "file:///srv/repo"));
	assert_true(is_address("svn", "https://host:8443/a%20b"));
	assert_false(is_address("svn", "/srv/repo"));
	assert_false(is_address("svn", "ssh://host/repo"));
	assert_true(is_address("hg", "/srv/repo"));
	assert_true(is_address("hg", "ssh://user@host//srv/repo"));
	assert_false(is_address("hg", "svn://host/repo"));
}

static void
a_password_is_no_part_of_the_address_that_svn_gets(void **state)
{
	static const struct {
		const char *address, *bare, *user, *password;
	} is[] = { { "http://me:a%40b:c@h/r?x:y@z", "http://me@h/r?x:y@z", "me",
		       "a@b:c" },
		{ "svn://:p@h:99/r", "svn://h:99/r", "", "p" },
		{ "https://me:@h/", "https://me@h/", "me", "" },
		{ "svn+ssh://me@h/a:b@c", "svn+ssh://me@h/a:b@c", "", "" },
		{ "http://h:80/a@b", "http://h:80/a@b", "", "" },
		{ "file:///a:b@c", "file:///a:b@c", "", "" },
		{ "/a:b@c", "/a:b@c", "", "" } };
	const char *words[GV_WORKING_COPY_LOGIN_WORDS];
	struct gv_working_copy_login login;
	struct gv_buf in = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(is) / sizeof(is[0]); i++) {
		assert_int_equal(
		    gv_working_copy_login_init(&login, is[i].address), 0);
		assert_string_equal(login.address.p, is[i].bare);
		assert_string_equal(login.user.p, is[i].user);
		assert_string_equal(login.password.p, is[i].password);
		assert_int_equal(gv_working_copy_login_words(words, &login),
		    *is[i].password == '\0' ? 0
			: *is[i].user       ? 4
					    : 2);
		gv_working_copy_login_release(&login);
	}
	assert_int_equal(
	    gv_working_copy_login_init(&login, "http://me:a@h/"), 0);
	assert_int_equal(gv_working_copy_login_input(&in, &login), 0);
	assert_string_equal(in.p, "a\n");
	gv_working_copy_login_release(&login);
	gv_buf_release(&in);
	assert_int_equal(gv_working_copy_login_init(&login, "http://me:a%4@h/"),
	    GV_EREFUSED);
	assert_message("the user or the password in the address of its server "
		       "has a '%' without two digits");
	gv_working_copy_login_release(&login);
}

static void
a_server_of_this_host_is_a_folder(void **state)
{
	static const struct {
		const char *address, *path;
	} is[] = { { "file:///srv/a%20b", "/srv/a b" },
		{ "file://localhost/srv", "/srv" },
		{ "/srv/a%20b", "/srv/a%20b" } };
	static const char *const no[] = { "http://h/srv", "file://host/srv",
		"svn://localhost/srv", "srv", "" };
	struct gv_buf path = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(is) / sizeof(is[0]); i++) {
		gv_buf_reset(&path);
		assert_int_equal(
		    gv_working_copy_local(&path, is[i].address), 0);
		assert_string_equal(path.p, is[i].path);
	}
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_int_equal(
		    gv_working_copy_local(&path, no[i]), GV_ENOTFOUND);
	assert_int_equal(
	    gv_working_copy_local(&path, "file:///a%2"), GV_EREFUSED);
	assert_int_equal(
	    gv_working_copy_local(&path, "file:///a%00b"), GV_EREFUSED);
	gv_buf_release(&path);
}

static enum gv_working_copy_says
say(const struct gv_working_copy_proof *was, int64_t time, bool knows)
{
	struct gv_working_copy_proof is = *was;

	is.time = time;
	return gv_working_copy_proof_say(was, &is, knows);
}

static void
a_proof_counts_for_an_hour_and_a_refusal_for_minutes(void **state)
{
	struct gv_working_copy_proof was = { .tool = "svn",
		.revision = "5",
		.time = 1000000,
		.asked = 1000000,
		.says = GV_WORKING_COPY_HAS },
				     is = was;
	const int64_t day = 24 * 60 * 60, hour = 60 * 60, quarter = 15 * 60;

	(void)state;
	assert_int_equal(say(&was, 1000000, false), GV_WORKING_COPY_HAS);
	assert_int_equal(
	    say(&was, 1000000 + hour - 1, true), GV_WORKING_COPY_HAS);
	assert_int_equal(say(&was, 1000000 + hour, true), GV_WORKING_COPY_ASK);
	assert_int_equal(say(&was, 999999, true), GV_WORKING_COPY_ASK);
	/* it did not answer since */
	was.asked = 1000000 + day - hour / 2;
	assert_int_equal(
	    say(&was, 1000000 + day - 1, true), GV_WORKING_COPY_HAS);
	assert_int_equal(say(&was, 1000000 + day, true), GV_WORKING_COPY_ASK);
	was.asked = 1000000;
	was.says = GV_WORKING_COPY_OTHER;
	assert_int_equal(
	    say(&was, 1000000 + quarter - 1, true), GV_WORKING_COPY_OTHER);
	assert_int_equal(
	    say(&was, 1000000 + quarter, true), GV_WORKING_COPY_ASK);
	/* of another revision, database, server or tool */
	was.says = GV_WORKING_COPY_HAS;
	is.revision[0] = '6';
	assert_int_equal(
	    gv_working_copy_proof_say(&was, &is, true), GV_WORKING_COPY_ASK);
	is = was;
	is.stamp.id[0] = 1;
	assert_int_equal(
	    gv_working_copy_proof_say(&was, &is, false), GV_WORKING_COPY_ASK);
	assert_int_equal(
	    gv_working_copy_proof_say(&was, &is, true), GV_WORKING_COPY_HAS);
	is.server.id[0] = 1;
	assert_int_equal(
	    gv_working_copy_proof_say(&was, &is, true), GV_WORKING_COPY_ASK);
	is = was;
	is.tool = "hg";
	assert_int_equal(
	    gv_working_copy_proof_say(&was, &is, true), GV_WORKING_COPY_ASK);
	was.tool = NULL; /* no proof yet */
	assert_int_equal(
	    gv_working_copy_proof_say(&was, &is, true), GV_WORKING_COPY_ASK);
}

static void
a_server_that_is_silent_has_it_for_a_day_and_one_that_answers_as_it_says(
    void **state)
{
	const struct gv_working_copy_proof was = { .tool = "svn",
		.revision = "5",
		.time = 1000000,
		.asked = 1080000,
		.says = GV_WORKING_COPY_HAS };
	struct gv_working_copy_proof is = was, other = was;

	(void)state;
	is.time = 1086399;
	gv_working_copy_proof_take(&is, &was, GV_WORKING_COPY_ASK);
	assert_int_equal(is.says, GV_WORKING_COPY_HAS);
	assert_int_equal(is.time, 1000000);
	assert_int_equal(is.asked, 1086399);
	is.time = 1086400;
	gv_working_copy_proof_take(&is, &was, GV_WORKING_COPY_ASK);
	assert_int_equal(is.says, GV_WORKING_COPY_LACKS);
	assert_int_equal(is.time, 1086400);
	is.time = 1080001;
	gv_working_copy_proof_take(&is, &was, GV_WORKING_COPY_OTHER);
	assert_int_equal(is.says, GV_WORKING_COPY_OTHER);
	assert_int_equal(is.time, 1080001);
	/* what another server had, or this one lacked, is no word of it */
	other.server.id[0] = 1;
	gv_working_copy_proof_take(&is, &other, GV_WORKING_COPY_ASK);
	assert_int_equal(is.says, GV_WORKING_COPY_LACKS);
	other = was;
	other.says = GV_WORKING_COPY_LACKS;
	gv_working_copy_proof_take(&is, &other, GV_WORKING_COPY_ASK);
	assert_int_equal(is.says, GV_WORKING_COPY_LACKS);
}

static void
a_proof_comes_back_from_its_file_or_not_at_all(void **state)
{
	struct gv_working_copy_proof was = { .tool = "svn",
		.revision = "12",
		.time = 1796000000,
		.asked = 1796000060,
		.says = GV_WORKING_COPY_OTHER,
		.folder = "fe01:3a",
		.stamp = { { 1, 2 } },
		.server = { { 3, 4 } },
		.local = GV_BUF_INIT },
				     is;
	struct gv_buf text = GV_BUF_INIT;
	size_t i;

	(void)state;
	gv_buf_addstr(&was.local, "/srv/a\nb");
	gv_working_copy_proof_format(&text, &was);
	assert_int_equal(gv_working_copy_proof_parse(&is, text.p, text.len), 0);
	assert_string_equal(is.tool, "svn");
	assert_string_equal(is.revision, "12");
	assert_string_equal(is.folder, "fe01:3a");
	assert_true(is.says == was.says && is.time == was.time);
	assert_true(is.asked == was.asked);
	assert_true(gv_oid_equal(&is.stamp, &was.stamp));
	assert_true(gv_oid_equal(&is.server, &was.server));
	assert_true(gv_buf_equal(&is.local, &was.local));
	gv_working_copy_proof_release(&is);
	for (i = 0; i < text.len; i++) {
		text.p[i] ^= 1;
		assert_int_equal(
		    gv_working_copy_proof_parse(&is, text.p, text.len),
		    GV_ECORRUPT);
		gv_working_copy_proof_release(&is);
		text.p[i] ^= 1;
		assert_int_equal(
		    gv_working_copy_proof_parse(&is, text.p, i), GV_ECORRUPT);
		gv_working_copy_proof_release(&is);
	}
	gv_working_copy_proof_release(&was);
	gv_buf_release(&text);
}

UNIT(working_copy)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_svn_calls_normal_is_of_the_revision_that_most_files_have),
		cmocka_unit_test(
		    a_file_that_changed_since_or_in_that_moment_is_not_vouched_for),
		cmocka_unit_test(
		    what_is_switched_copied_or_in_conflict_is_stored),
		cmocka_unit_test(a_path_counts_once_whatever_follows_it),
		cmocka_unit_test(
		    a_sum_counts_only_for_the_file_and_the_revision_it_is_of),
		cmocka_unit_test(
		    the_list_comes_back_from_its_cache_or_not_at_all),
		cmocka_unit_test(
		    answers_of_the_command_server_end_with_their_status),
		cmocka_unit_test(a_request_has_its_words_with_their_length),
		cmocka_unit_test(
		    the_default_path_of_an_hgrc_is_that_of_its_section),
		cmocka_unit_test(only_a_plain_address_is_given_to_a_tool),
		cmocka_unit_test(
		    a_password_is_no_part_of_the_address_that_svn_gets),
		cmocka_unit_test(a_server_of_this_host_is_a_folder),
		cmocka_unit_test(
		    a_proof_counts_for_an_hour_and_a_refusal_for_minutes),
		cmocka_unit_test(
		    a_server_that_is_silent_has_it_for_a_day_and_one_that_answers_as_it_says),
		cmocka_unit_test(
		    a_proof_comes_back_from_its_file_or_not_at_all),
	};

	return UNIT_RUN(tests);
}
