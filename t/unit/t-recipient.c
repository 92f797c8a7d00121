#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/bech32.h"
#include "crypto/recipient.h"
#include "crypto/scrypt.h"
#include "unit/locked.h"

/* Of age's own specification. */
static const char published[] =
    "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

static int
parse(struct gv_recipient *out, const char *text)
{
	return gv_recipient_parse(out, text, strlen(text));
}

static void
must_come_back(const char *text, enum gv_recipient_kind kind)
{
	struct gv_recipient r = GV_RECIPIENT_INIT;
	struct gv_buf out = GV_BUF_INIT;

	if (parse(&r, text) < 0)
		fail_msg("%s: %s", text, gv_err_message());
	assert_int_equal(r.kind, kind);
	assert_int_equal(gv_recipient_format(&out, &r), 0);
	assert_string_equal(out.p, text);
	gv_buf_release(&out);
	gv_recipient_release(&r);
	gv_recipient_release(&r);
	gv_recipient_release(NULL);
}

/* Text with this prefix and `len` bytes. */
static const char *
key(const char *prefix, size_t len)
{
	static const unsigned char bytes[64] = { 9 };
	static char text[200];

	gv_bech32_write(text, prefix, bytes, len);
	text[gv_bech32_size(prefix, len)] = '\0';
	return text;
}

static void
reads_what_it_writes(void **state)
{
	(void)state;
	must_come_back(published, GV_RECIPIENT_X25519);
	must_come_back("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5d"
		       "vMgjz1OxfM/XXUB+VHtZ6isGN",
	    GV_RECIPIENT_SSH);
	must_come_back(key("age1yubikey", 33), GV_RECIPIENT_PLUGIN);
}

static void
a_plugin_is_told_by_its_name(void **state)
{
	struct gv_recipient r = GV_RECIPIENT_INIT;

	(void)state;
	assert_int_equal(parse(&r, key("age1se.1-x_+", 3)), 0);
	assert_string_equal(r.plugin, "se.1-x_+");
	gv_recipient_release(&r);
	assert_int_equal(parse(&r, key("age1a/b", 3)), GV_ECORRUPT);
	assert_int_equal(parse(&r, key("age1~", 3)), GV_ECORRUPT);
}

static void
says_what_it_does_not_take(void **state)
{
	static const struct {
		const char *prefix;
		size_t len;
		int r;
		const char *words;
	} all[] = { { "age1pq", 40, GV_EREFUSED, "post-quantum" },
		{ "age1tag", 33, GV_EREFUSED, "P-256" },
		{ "age1tagpq", 40, GV_EREFUSED, "P-256" },
		{ "age", 31, GV_ECORRUPT, "32 bytes" },
		{ "age", 33, GV_ECORRUPT, "32 bytes" },
		{ "AGE", 32, GV_EREFUSED, "a recipient is age1" },
		{ "AGE-SECRET-KEY-", 32, GV_EREFUSED, "secret" },
		{ "age1", 32, GV_ECORRUPT, "no age1" } };
	static const char *const texts[] = { "", "age", "age1", "age1x",
		"somebody", "\xff" };
	struct gv_recipient r = GV_RECIPIENT_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const char *text = key(all[i].prefix, all[i].len);

		if (parse(&r, text) != all[i].r)
			fail_msg("%s: %s", text, gv_err_message());
		assert_message(all[i].words);
		/* an identity is not repeated */
		if (strncmp(text, "AGE", 3) == 0)
			assert_null(strstr(gv_err_message(), text + 20));
	}
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_true(parse(&r, texts[i]) < 0);
	assert_int_equal(r.kind, GV_RECIPIENT_NONE);
}

static void
a_mistyped_one_is_found_and_shown(void **state)
{
	struct gv_recipient r = GV_RECIPIENT_INIT;
	char text[sizeof(published)];

	(void)state;
	memcpy(text, published, sizeof(text));
	text[20] = text[20] == 'q' ? 'p' : 'q';
	assert_int_equal(parse(&r, text), GV_ECORRUPT);
	assert_message("checksum");
	assert_message(text);
}

static void
a_plugin_wraps_elsewhere(void **state)
{
	static const unsigned char file_key[GV_AGE_KEY];
	struct gv_recipient r = GV_RECIPIENT_INIT;
	const struct gv_recipient *to = &r;
	struct gv_buf out = GV_BUF_INIT;

	(void)state;
	assert_int_equal(parse(&r, key("age1yubikey", 33)), 0);
	assert_int_equal(gv_age_wrap(&out, &to, 1, file_key), GV_EREFUSED);
	assert_message("age-plugin-yubikey");
	gv_recipient_release(&r);
	assert_int_equal(gv_age_wrap(&out, &to, 1, file_key), GV_EUSAGE);
	assert_int_equal(out.len, 0);
}

static void
a_passphrase_is_not_written_out(void **state)
{
	static const unsigned char file_key[GV_AGE_KEY];
	struct gv_recipient r = GV_RECIPIENT_INIT;
	const struct gv_recipient *to = &r;
	struct gv_buf out = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_recipient_passphrase(&r, "words", 5, 31), 0);
	assert_int_equal(gv_recipient_format(&out, &r), GV_EREFUSED);
	assert_int_equal(gv_age_wrap(&out, &to, 1, file_key), GV_EUSAGE);
	r.work = 0;
	assert_int_equal(gv_age_wrap(&out, &to, 1, file_key), GV_EUSAGE);
	r.work = 1;
	assert_int_equal(gv_age_wrap(&out, &to, 1, file_key), 0);
	gv_recipient_release(&r);
	gv_buf_release(&out);
}

#define TEST(name) cmocka_unit_test_teardown(name, locked_all_back)

UNIT(recipient)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_what_it_writes),
		TEST(a_plugin_is_told_by_its_name),
		TEST(says_what_it_does_not_take),
		TEST(a_mistyped_one_is_found_and_shown),
		TEST(a_plugin_wraps_elsewhere),
		TEST(a_passphrase_is_not_written_out),
	};

	return UNIT_RUN(tests);
}
