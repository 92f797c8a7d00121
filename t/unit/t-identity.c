#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/age.h"
#include "crypto/armor.h"
#include "crypto/bech32.h"
#include "crypto/identity.h"
#include "crypto/recipient.h"
#include "unit/locked.h"

static const unsigned char bytes[64] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
				       "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/* Text with this prefix and `len` bytes. */
static const char *
key(const char *prefix, size_t len)
{
	static char text[200];

	gv_bech32_write(text, prefix, bytes, len);
	text[gv_bech32_size(prefix, len)] = '\0';
	return text;
}

static void
reads_what_it_writes(void **state)
{
	struct gv_identity id = GV_IDENTITY_INIT, again = GV_IDENTITY_INIT;
	struct gv_recipient one = GV_RECIPIENT_INIT, two = GV_RECIPIENT_INIT;
	struct gv_secret text = GV_SECRET_INIT;

	(void)state;
	assert_int_equal(gv_identity_new(&id), 0);
	assert_int_equal(gv_identity_format(&text, &id), 0);
	assert_memory_equal(text.p, "AGE-SECRET-KEY-1", 16);
	assert_int_equal(
	    gv_identity_parse(&again, (char *)text.p, text.len), 0);
	assert_int_equal(gv_identity_recipient(&one, &id), 0);
	assert_int_equal(gv_identity_recipient(&two, &again), 0);
	assert_memory_equal(one.to.key, two.to.key, 32);
	gv_identity_release(&id);
	gv_identity_release(&id);
	gv_identity_release(NULL);
	gv_identity_release(&again);
	gv_secret_release(&text);
}

/* Of age's own specification: both are of 32 letters B. */
static void
has_the_recipient_that_is_published(void **state)
{
	static const char text[] = "AGE-SECRET-KEY-"
				   "1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZ"
				   "GFPYYSJZGFPQ4EGAEX";
	struct gv_identity id = GV_IDENTITY_INIT;
	struct gv_recipient to = GV_RECIPIENT_INIT;
	struct gv_buf out = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_identity_parse(&id, text, strlen(text)), 0);
	assert_int_equal(gv_identity_recipient(&to, &id), 0);
	assert_int_equal(gv_recipient_format(&out, &to), 0);
	assert_string_equal(out.p,
	    "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye"
	    "869xeexvn73equnujwj");
	gv_identity_release(&id);
	gv_buf_release(&out);
}

static void
refuses_others_and_repeats_nothing(void **state)
{
	static const struct {
		const char *prefix;
		size_t len;
		int r;
	} all[] = { { "AGE-SECRET-KEY-PQ-", 32, GV_EREFUSED },
		{ "AGE-SECRET-KEY-", 31, GV_ECORRUPT },
		{ "AGE-SECRET-KEY-", 33, GV_ECORRUPT },
		{ "age-secret-key-", 32, GV_EREFUSED },
		{ "AGE-PLUGIN-", 3, GV_ECORRUPT },
		{ "AGE-PLUGIN-X", 3, GV_ECORRUPT },
		{ "AGE-PLUGIN-A/B-", 3, GV_ECORRUPT },
		{ "age", 32, GV_EREFUSED } };
	struct gv_identity id = GV_IDENTITY_INIT;
	char cut[200];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const char *text = key(all[i].prefix, all[i].len);

		if (gv_identity_parse(&id, text, strlen(text)) != all[i].r)
			fail_msg("%s: %s", text, gv_err_message());
		assert_null(
		    strstr(gv_err_message(), text + strlen(all[i].prefix) + 1));
	}
	snprintf(cut, sizeof(cut), "%s", key("AGE-SECRET-KEY-", 32));
	cut[30] = cut[30] == 'Q' ? 'P' : 'Q';
	assert_int_equal(gv_identity_parse(&id, cut, strlen(cut)), GV_ECORRUPT);
	assert_null(strstr(gv_err_message(), cut + 40));
	assert_int_equal(id.kind, GV_IDENTITY_NONE);
}

static void
a_plugin_and_a_passphrase_tell_no_recipient(void **state)
{
	struct gv_identity id = GV_IDENTITY_INIT;
	struct gv_recipient to = GV_RECIPIENT_INIT;
	struct gv_secret text = GV_SECRET_INIT;
	const char *plugin = key("AGE-PLUGIN-YUBIKEY-", 7);

	(void)state;
	assert_int_equal(gv_identity_parse(&id, plugin, strlen(plugin)), 0);
	assert_int_equal(id.kind, GV_IDENTITY_PLUGIN);
	assert_string_equal(id.plugin, "yubikey");
	assert_true(gv_secret_is(&id.secret, plugin, strlen(plugin)));
	assert_int_equal(gv_identity_recipient(&to, &id), GV_EREFUSED);
	assert_int_equal(gv_identity_format(&text, &id), GV_EREFUSED);
	gv_identity_release(&id);
	assert_int_equal(gv_identity_passphrase(&id, "", 0, 22), GV_EUSAGE);
	assert_int_equal(gv_identity_passphrase(&id, "words", 5, 22), 0);
	assert_int_equal(gv_identity_recipient(&to, &id), GV_EREFUSED);
	gv_identity_release(&id);
}

/* ---- files ---- */

static int
give(void *ctx, struct gv_secret *out)
{
	const char *words = ctx;

	return words ? gv_secret_add(out, words, strlen(words)) : GV_ECANCELED;
}

static int
read_file(
    struct gv_identity_list *ids, const struct gv_buf *file, const char *words)
{
	return gv_identity_list_read(
	    ids, file->p, file->len, give, (void *)(uintptr_t)words);
}

static void
reads_lines_and_passes_comments_over(void **state)
{
	struct gv_identity_list ids = GV_IDENTITY_LIST_INIT;
	struct gv_buf file = GV_BUF_INIT;

	(void)state;
	gv_buf_addf(
	    &file, "# created: today\r\n\n%s\r\n", key("AGE-SECRET-KEY-", 32));
	gv_buf_addf(&file, "#%s\n  \n%s", "x", key("AGE-PLUGIN-A-", 2));
	assert_int_equal(read_file(&ids, &file, NULL), 0);
	assert_int_equal(ids.n, 2);
	assert_int_equal(ids.all[0].kind, GV_IDENTITY_X25519);
	assert_int_equal(ids.all[1].kind, GV_IDENTITY_PLUGIN);
	/* a bad line: what was there stays, and nothing comes to it */
	gv_buf_addstr(&file, "\nnonsense\n");
	assert_int_equal(read_file(&ids, &file, NULL), GV_ECORRUPT);
	assert_message("line 7: ");
	assert_null(strstr(gv_err_message(), "nonsense"));
	assert_int_equal(ids.n, 2);
	gv_buf_reset(&file);
	gv_buf_addstr(&file, "# nothing\n");
	assert_int_equal(read_file(&ids, &file, NULL), GV_ECORRUPT);
	assert_message("no identity");
	gv_identity_list_release(&ids);
	gv_identity_list_release(&ids);
	gv_identity_list_release(NULL);
	gv_buf_release(&file);
}

static void
opens_a_sealed_file_by_its_passphrase(void **state)
{
	struct gv_identity_list ids = GV_IDENTITY_LIST_INIT;
	struct gv_recipient pass = GV_RECIPIENT_INIT;
	const struct gv_recipient *to = &pass;
	struct gv_buf plain = GV_BUF_INIT, file = GV_BUF_INIT;
	struct gv_buf text = GV_BUF_INIT, twice = GV_BUF_INIT;

	(void)state;
	gv_buf_addf(&plain, "%s\n", key("AGE-SECRET-KEY-", 32));
	assert_int_equal(gv_recipient_passphrase(&pass, "words", 5, 4), 0);
	assert_int_equal(gv_age_seal(&file, &to, 1, plain.p, plain.len), 0);
	assert_int_equal(gv_armor_add(&text, file.p, file.len), 0);
	assert_int_equal(read_file(&ids, &file, "words"), 0);
	assert_int_equal(read_file(&ids, &text, "words"), 0);
	assert_int_equal(ids.n, 2);
	assert_int_equal(read_file(&ids, &text, "other"), GV_ENOKEY);
	assert_message("passphrase is wrong");
	assert_int_equal(read_file(&ids, &text, NULL), GV_ECANCELED);
	assert_int_equal(
	    gv_identity_list_read(&ids, file.p, file.len, NULL, NULL),
	    GV_ENOKEY);
	/* no box in a box */
	assert_int_equal(gv_age_seal(&twice, &to, 1, file.p, file.len), 0);
	assert_true(read_file(&ids, &twice, "words") < 0);
	text.p[80] ^= 1;
	assert_true(read_file(&ids, &text, "words") < 0);
	assert_int_equal(ids.n, 2);
	gv_identity_list_release(&ids);
	gv_recipient_release(&pass);
	gv_buf_release(&plain);
	gv_buf_release(&file);
	gv_buf_release(&text);
	gv_buf_release(&twice);
}

static void
memory_that_is_not_there_is_said(void **state)
{
	struct gv_identity_list ids = GV_IDENTITY_LIST_INIT;
	struct gv_identity id = GV_IDENTITY_INIT;
	struct gv_recipient pass = GV_RECIPIENT_INIT;
	const struct gv_recipient *to = &pass;
	struct gv_buf plain = GV_BUF_INIT, file = GV_BUF_INIT;
	int r;

	(void)state;
	LOCKED_RUNS_OUT(r = gv_identity_new(&id));
	gv_identity_release(&id);
	gv_buf_addf(&plain, "%s\n", key("AGE-SECRET-KEY-", 32));
	gv_buf_addf(&plain, "%s\n", key("AGE-PLUGIN-A-", 9));
	LOCKED_RUNS_OUT(r = gv_recipient_passphrase(&pass, "words", 5, 4));
	assert_int_equal(gv_age_seal(&file, &to, 1, plain.p, plain.len), 0);
	LOCKED_RUNS_OUT(r = read_file(&ids, &file, "words"));
	assert_int_equal(ids.n, 2);
	gv_identity_list_release(&ids);
	gv_recipient_release(&pass);
	gv_buf_release(&plain);
	gv_buf_release(&file);
}

#define TEST(name) cmocka_unit_test_teardown(name, locked_all_back)

UNIT(identity)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_what_it_writes),
		TEST(has_the_recipient_that_is_published),
		TEST(refuses_others_and_repeats_nothing),
		TEST(a_plugin_and_a_passphrase_tell_no_recipient),
		TEST(reads_lines_and_passes_comments_over),
		TEST(opens_a_sealed_file_by_its_passphrase),
		TEST(memory_that_is_not_there_is_said),
	};

	return UNIT_RUN(tests);
}
