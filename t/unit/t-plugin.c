#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/age.h"
#include "crypto/bech32.h"
#include "crypto/identity.h"
#include "crypto/plugin.h"
#include "crypto/recipient.h"
#include "crypto/secret.h"
#include "crypto/stanza.h"
#include "key/plugin_dialog.h"
#include "unit/locked.h"

static const unsigned char key[GV_AGE_KEY] = "sixteen letters";

/* What the user was asked, and what he answers. */
struct user {
	struct gv_buf heard;
	bool there, yes;
};

static int
on_tell(void *ctx, const struct gv_plugin_question *q)
{
	struct user *u = ctx;

	gv_buf_addf(&u->heard, "%s: %.*s\n", q->plugin, (int)q->len, q->text);
	return u->there ? 0 : -1;
}

static int
on_confirm(void *ctx, const struct gv_plugin_question *q, bool *yes)
{
	struct user *u = ctx;

	gv_buf_addf(&u->heard, "%.*s %.*s/%.*s\n", (int)q->len, q->text,
	    (int)q->yes_len, q->yes, (int)q->no_len, q->no ? q->no : "");
	*yes = u->yes;
	return u->there ? 0 : -1;
}

static int
on_ask(void *ctx, const struct gv_plugin_question *q, struct gv_secret *answer)
{
	struct user *u = ctx;

	gv_buf_addf(&u->heard, "%.*s%s\n", (int)q->len, q->text,
	    q->secret ? " (secret)" : "");
	return u->there ? gv_secret_add(answer, "1234", 4) : -1;
}

static void
set_up(struct gv_plugin **p, struct user *u, enum gv_plugin_task task)
{
	struct gv_plugin_calls calls = { on_tell, on_confirm, on_ask, u };

	u->heard = (struct gv_buf)GV_BUF_INIT;
	assert_int_equal(gv_plugin_new(p, "test", task, &calls), 0);
}

static void
add_recipient(struct gv_plugin *p, const char *prefix, int expect)
{
	struct gv_recipient to = GV_RECIPIENT_INIT;
	char text[100];

	gv_bech32_write(text, prefix, "abc", 3);
	assert_int_equal(
	    gv_recipient_parse(&to, text, gv_bech32_size(prefix, 3)), 0);
	assert_int_equal(gv_plugin_add_recipient(p, &to), expect);
	gv_recipient_release(&to);
}

static void
add_identity(struct gv_plugin *p)
{
	struct gv_identity id = GV_IDENTITY_INIT;
	char text[100];

	gv_bech32_write(text, "AGE-PLUGIN-TEST-", "abc", 3);
	assert_int_equal(
	    gv_identity_parse(&id, text, gv_bech32_size("AGE-PLUGIN-TEST-", 3)),
	    0);
	assert_int_equal(gv_plugin_add_identity(p, &id), 0);
	gv_identity_release(&id);
}

/* The plugin is told this, and nothing more. */
static void
expect_output(struct gv_plugin *p, const char *text)
{
	const struct gv_secret *out = gv_plugin_output(p);

	if (!gv_secret_is(out, text, strlen(text)))
		fail_msg("is told '%.*s', not '%s'", (int)out->len,
		    (const char *)out->p, text);
	gv_plugin_wrote(p, out->len);
	assert_int_equal(gv_plugin_output(p)->len, 0);
}

/* It says this, byte by byte, and is answered so. */
static void
expect_answer(struct gv_plugin *p, const char *says, const char *answer)
{
	for (; *says; says++)
		if (gv_plugin_input(p, says, 1) < 0)
			fail_msg("%s", gv_err_message());
	expect_output(p, answer);
}

static void
start_wrapping(struct gv_plugin **p, struct user *u)
{
	set_up(p, u, GV_PLUGIN_WRAP);
	add_recipient(*p, "age1test", 0);
	assert_int_equal(gv_plugin_add_key(*p, key), 0);
	assert_int_equal(gv_plugin_add_key(*p, key), 0);
	assert_int_equal(gv_plugin_start(*p), 0);
	gv_plugin_wrote(*p, gv_plugin_output(*p)->len);
}

static void
leave(struct gv_plugin *p, struct user *u)
{
	gv_plugin_free(p);
	gv_buf_release(&u->heard);
}

static void
wraps_many_keys_in_one_talk(void **state)
{
	struct user u = { .there = true };
	struct gv_plugin *p;
	struct gv_buf out = GV_BUF_INIT;

	(void)state;
	set_up(&p, &u, GV_PLUGIN_WRAP);
	add_recipient(p, "age1test", 0);
	add_recipient(p, "age1other", GV_EUSAGE);
	add_identity(p);
	assert_int_equal(gv_plugin_add_key(p, key), 0);
	assert_int_equal(gv_plugin_add_key(p, key), 0);
	assert_int_equal(gv_plugin_start(p), 0);
	assert_int_equal(gv_plugin_add_key(p, key), GV_EUSAGE);
	expect_output(p,
	    "-> add-recipient age1test1v93xxx3q738\n\n"
	    "-> add-identity AGE-PLUGIN-TEST-1V93XX9UY5FG\n\n"
	    "-> wrap-file-key\nc2l4dGVlbiBsZXR0ZXJzAA\n"
	    "-> wrap-file-key\nc2l4dGVlbiBsZXR0ZXJzAA\n"
	    "-> extension-labels\n\n-> done\n\n");
	assert_false(gv_plugin_is_done(p));
	expect_answer(p, "-> recipient-stanza 1 a b\nAAAA\n", "-> ok\n\n");
	expect_answer(p, "-> recipient-stanza 0 c\n\n", "-> ok\n\n");
	expect_answer(p, "-> recipient-stanza 1 d\n\n", "-> ok\n\n");
	expect_answer(p, "-> labels z postquantum\n\n", "-> ok\n\n");
	expect_answer(p, "-> done\n\n", "");
	assert_true(gv_plugin_is_done(p));
	assert_int_equal(gv_plugin_end(p), 0);
	assert_int_equal(gv_plugin_stanzas(&out, p, 1), 0);
	assert_string_equal(out.p, "-> a b\nAAAA\n-> d\n\n");
	assert_string_equal(gv_plugin_labels(p), "postquantum z");
	gv_buf_release(&out);
	leave(p, &u);
}

static void
the_user_answers(void **state)
{
	static const struct {
		const char *says, *answer, *alone;
	} all[] = {
		{ "-> msg\naGk\n", "-> ok\n\n", "-> fail\n\n" },
		{ "-> confirm eWVz bm8\nc3VyZT8\n", "-> ok no\n\n",
		    "-> fail\n\n" },
		{ "-> confirm eWVz\nc3VyZT8\n", "-> ok no\n\n", "-> fail\n\n" },
		{ "-> request-secret\nUElO\n", "-> ok\nMTIzNA\n",
		    "-> fail\n\n" },
		{ "-> request-public\nbmFtZQ\n", "-> ok\nMTIzNA\n",
		    "-> fail\n\n" },
		{ "-> joint grease\nAAAA\n", "-> unsupported\n\n",
		    "-> unsupported\n\n" },
		{ "-> file-key 0\nAAAA\n", "-> unsupported\n\n",
		    "-> unsupported\n\n" },
	};
	struct user u = { .there = true };
	struct gv_plugin_calls none = { NULL, NULL, NULL, NULL };
	struct gv_plugin *p;
	size_t i;

	(void)state;
	start_wrapping(&p, &u);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		expect_answer(p, all[i].says, all[i].answer);
	u.yes = true;
	expect_answer(p, "-> confirm eWVz\n\n", "-> ok yes\n\n");
	assert_string_equal(u.heard.p,
	    "test: hi\nsure? yes/no\nsure? yes/\n"
	    "PIN (secret)\nname\n yes/\n");
	u.there = false;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		expect_answer(p, all[i].says, all[i].alone);
	leave(p, &u);
	/* nor is there anybody without a function */
	assert_int_equal(gv_plugin_new(&p, "test", GV_PLUGIN_WRAP, &none), 0);
	add_recipient(p, "age1test", 0);
	assert_int_equal(gv_plugin_add_key(p, key), 0);
	assert_int_equal(gv_plugin_start(p), 0);
	gv_plugin_wrote(p, gv_plugin_output(p)->len);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		expect_answer(p, all[i].says, all[i].alone);
	gv_plugin_free(p);
	gv_plugin_free(NULL);
}

static void
unwraps_many_keys_in_one_talk(void **state)
{
	static const char header[] =
	    "age-encryption.org/v1\n-> x y\nAAAA\n-> z\n\n"
	    "--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n";
	struct user u = { .there = true };
	unsigned char found[GV_AGE_KEY];
	struct gv_age_header h;
	struct gv_plugin *p;

	(void)state;
	assert_int_equal(gv_age_header_read(&h, header, strlen(header)), 0);
	set_up(&p, &u, GV_PLUGIN_UNWRAP);
	add_identity(p);
	assert_int_equal(gv_plugin_add_key(p, key), GV_EUSAGE);
	assert_int_equal(gv_plugin_add_header(p, &h), 0);
	assert_int_equal(gv_plugin_add_header(p, &h), 0);
	assert_int_equal(gv_plugin_start(p), 0);
	expect_output(p,
	    "-> add-identity AGE-PLUGIN-TEST-1V93XX9UY5FG\n\n"
	    "-> recipient-stanza 0 x y\nAAAA\n"
	    "-> recipient-stanza 0 z\n\n"
	    "-> recipient-stanza 1 x y\nAAAA\n"
	    "-> recipient-stanza 1 z\n\n"
	    "-> done\n\n");
	expect_answer(
	    p, "-> file-key 1\nc2l4dGVlbiBsZXR0ZXJzAA\n", "-> ok\n\n");
	expect_answer(p, "-> recipient-stanza 0 x\n\n", "-> unsupported\n\n");
	expect_answer(p, "-> error stanza 0 0\nZ29uZRs\n", "-> ok\n\n");
	expect_answer(p, "-> error internal\nbGF0ZXI\n", "-> ok\n\n");
	expect_answer(p, "-> done\n\n", "");
	assert_int_equal(gv_plugin_end(p), 0);
	assert_int_equal(gv_plugin_key(found, p, 1), 0);
	assert_memory_equal(found, key, GV_AGE_KEY);
	assert_int_equal(gv_plugin_key(found, p, 0), GV_ENOKEY);
	/* the first complaint, without its escape character */
	assert_string_equal(gv_err_message(), "age-plugin-test gone ");
	gv_age_header_release(&h);
	leave(p, &u);
}

static void
what_breaks_the_protocol_ends_the_talk(void **state)
{
	static const char *const bad[] = { "hello\n", "-> \n\n",
		"-> recipient-stanza\n\n", "-> recipient-stanza 0\n\n",
		"-> recipient-stanza 2 x\n\n", "-> recipient-stanza 00 x\n\n",
		"-> recipient-stanza -1 x\n\n", "-> confirm\n\n",
		"-> confirm A\n\n", "-> confirm AA AA AA\n\n",
		"-> labels a a\n\n", "-> labels\n\n-> labels\n\n",
		"-> done x\n\n", "-> done\nAAAA\n", "-> done\n\n-> done\n\n",
		"-> done\n\nx" };
	static const char *const bad_keys[] = { "-> file-key\n\n",
		"-> file-key 0\nAAAA\n",
		"-> file-key 1\nc2l4dGVlbiBsZXR0ZXJzAA\n",
		("-> file-key 0\nc2l4dGVlbiBsZXR0ZXJzAA\n"
		 "-> file-key 0\nc2l4dGVlbiBsZXR0ZXJzAA\n") };
	static const char header[] =
	    "age-encryption.org/v1\n-> x\n\n"
	    "--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n";
	struct user u = { .there = true };
	struct gv_age_header h;
	struct gv_plugin *p;
	size_t i;

	(void)state;
	set_up(&p, &u, GV_PLUGIN_WRAP);
	assert_int_equal(gv_plugin_input(p, "-> done\n\n", 9), GV_ECORRUPT);
	assert_message("out of turn");
	leave(p, &u);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		start_wrapping(&p, &u);
		if (gv_plugin_input(p, bad[i], strlen(bad[i])) != GV_ECORRUPT)
			fail_msg("'%s' was taken", bad[i]);
		assert_message("age-plugin-test");
		assert_int_equal(gv_plugin_input(p, "x", 1), GV_ECORRUPT);
		assert_int_equal(gv_plugin_end(p), GV_ECORRUPT);
		leave(p, &u);
	}
	assert_int_equal(gv_age_header_read(&h, header, strlen(header)), 0);
	for (i = 0; i < sizeof(bad_keys) / sizeof(bad_keys[0]); i++) {
		set_up(&p, &u, GV_PLUGIN_UNWRAP);
		add_identity(p);
		assert_int_equal(gv_plugin_add_header(p, &h), 0);
		assert_int_equal(gv_plugin_start(p), 0);
		assert_int_equal(
		    gv_plugin_input(p, bad_keys[i], strlen(bad_keys[i])),
		    GV_ECORRUPT);
		leave(p, &u);
	}
	gv_age_header_release(&h);
}

static void
what_is_left_out_is_said(void **state)
{
	struct user u = { .there = true };
	struct gv_plugin *p;

	(void)state;
	start_wrapping(&p, &u);
	expect_answer(p, "-> recipient-stanza 1 a\n\n-> done\n\n", "-> ok\n\n");
	assert_int_equal(gv_plugin_end(p), GV_EREFUSED);
	assert_message("did not encrypt all that it was");
	leave(p, &u);
	start_wrapping(&p, &u);
	expect_answer(p, "-> error recipient 0\nbm8gc3VjaCBrZXk\n-> done\n\n",
	    "-> ok\n\n");
	assert_int_equal(gv_plugin_end(p), GV_EREFUSED);
	assert_string_equal(gv_err_message(), "age-plugin-test: no such key");
	leave(p, &u);
	start_wrapping(&p, &u);
	expect_answer(p, "-> error internal\n\n-> recip", "-> ok\n\n");
	assert_int_equal(gv_plugin_end(p), GV_ECORRUPT);
	assert_string_equal(
	    gv_err_message(), "age-plugin-test ended early: it failed");
	leave(p, &u);
}

static void
too_much_is_not_taken(void **state)
{
	struct user u = { .there = true };
	struct gv_plugin *p;
	char *text = test_malloc((size_t)2 * 1024 * 1024);
	struct gv_buf labels = GV_BUF_INIT;
	int i;

	(void)state;
	memset(text, 'x', (size_t)2 * 1024 * 1024);
	memcpy(text, "-> ", 3);
	start_wrapping(&p, &u);
	assert_int_equal(
	    gv_plugin_input(p, text, (size_t)2 * 1024 * 1024), GV_ECORRUPT);
	assert_message("more at once");
	leave(p, &u);
	gv_buf_addstr(&labels, "-> labels");
	for (i = 0; i < 65; i++)
		gv_buf_addf(&labels, " %d", i);
	gv_buf_addstr(&labels, "\n\n");
	start_wrapping(&p, &u);
	assert_int_equal(gv_plugin_input(p, labels.p, labels.len), GV_ECORRUPT);
	leave(p, &u);
	/* one stanza after the other, which together are no header */
	start_wrapping(&p, &u);
	memcpy(text, "-> recipient-stanza 0 ", 22);
	memcpy(text + 200000, "\n\n", 2);
	assert_int_equal(gv_plugin_input(p, text, 200002), 0);
	assert_int_equal(gv_plugin_input(p, text, 200002), 0);
	assert_int_equal(gv_plugin_input(p, text, 200002), GV_ECORRUPT);
	assert_message("too large");
	leave(p, &u);
	gv_buf_release(&labels);
	test_free(text);
}

static void
nothing_to_do_is_no_talk(void **state)
{
	struct user u = { .there = true };
	struct gv_plugin *p;

	(void)state;
	set_up(&p, &u, GV_PLUGIN_WRAP);
	assert_int_equal(gv_plugin_start(p), GV_EUSAGE);
	leave(p, &u);
	set_up(&p, &u, GV_PLUGIN_UNWRAP);
	add_identity(p);
	assert_int_equal(gv_plugin_start(p), GV_EUSAGE);
	assert_string_equal(
	    gv_plugin_flag(GV_PLUGIN_WRAP), "--age-plugin=recipient-v1");
	assert_string_equal(
	    gv_plugin_flag(GV_PLUGIN_UNWRAP), "--age-plugin=identity-v1");
	leave(p, &u);
	start_wrapping(&p, &u);
	assert_int_equal(gv_plugin_start(p), GV_EUSAGE);
	leave(p, &u);
}

/* Whoever adds it says what is wrong with it. */
static void
what_is_no_recipient_allows_no_plugin(void **state)
{
	struct gv_plugin_dialog talk;

	(void)state;
	memset(&talk, 0, sizeof(talk));
	assert_int_equal(gv_plugin_dialog_allow(&talk, "age1nonsense"), 0);
	assert_int_equal(gv_plugin_dialog_allow(&talk, ""), 0);
}

#define TEST(name) cmocka_unit_test_teardown(name, locked_all_back)

UNIT(plugin)
{
	const struct CMUnitTest tests[] = {
		TEST(wraps_many_keys_in_one_talk),
		TEST(the_user_answers),
		TEST(unwraps_many_keys_in_one_talk),
		TEST(what_breaks_the_protocol_ends_the_talk),
		TEST(what_is_left_out_is_said),
		TEST(too_much_is_not_taken),
		TEST(nothing_to_do_is_no_talk),
		TEST(what_is_no_recipient_allows_no_plugin),
	};

	return UNIT_RUN(tests);
}
