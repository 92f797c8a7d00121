#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/age.h"
#include "crypto/identity.h"
#include "crypto/recipient.h"
#include "crypto/stanza.h"
#include "crypto/stream.h"
#include "unit/locked.h"

#define PEOPLE 4

static struct gv_identity ids[PEOPLE];
static struct gv_recipient recipients[PEOPLE];
static const struct gv_identity *with[PEOPLE];
static const struct gv_recipient *to[PEOPLE];

static int
make_people(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < PEOPLE; i++) {
		with[i] = &ids[i];
		to[i] = &recipients[i];
		if (gv_identity_new(&ids[i]) < 0 ||
		    gv_identity_recipient(&recipients[i], &ids[i]) < 0)
			return -1;
	}
	return 0;
}

static int
part(void **state)
{
	size_t i;

	for (i = 0; i < PEOPLE; i++) {
		gv_identity_release(&ids[i]);
		gv_recipient_release(&recipients[i]);
	}
	return locked_all_back(state);
}

static int
collect(void *ctx, const void *bytes, size_t len)
{
	gv_buf_add(ctx, bytes, len);
	return gv_buf_check(ctx);
}

/* In pieces of `step` bytes. */
static int
open_pieces(struct gv_buf *out, const struct gv_buf *file, size_t step)
{
	struct gv_age_reader *reader = NULL;
	size_t at, n;
	int r;

	assert_int_equal(gv_age_reader_new(&reader, with, 1, collect, out), 0);
	for (r = 0, at = 0; r == 0 && at < file->len; at += n) {
		n = file->len - at < step ? file->len - at : step;
		r = gv_age_reader_add(reader, file->p + at, n);
	}
	if (r == 0)
		r = gv_age_reader_finish(reader);
	if (r < 0)
		assert_int_equal(gv_age_reader_add(reader, "x", 1), r);
	gv_age_reader_free(reader);
	return r;
}

static void
each_recipient_opens_it_and_nobody_else(void **state)
{
	struct gv_buf file = GV_BUF_INIT;
	struct gv_secret plain = GV_SECRET_INIT;
	size_t i;

	(void)state;
	gv_buf_addstr(&file, "before");
	assert_int_equal(gv_age_seal(&file, to, 3, "value", 5), 0);
	assert_memory_equal(file.p, "beforeage-encryption.org/v1\n", 28);
	for (i = 0; i < 3; i++) {
		gv_secret_reset(&plain);
		assert_int_equal(gv_age_open(&plain, with + i, 1, file.p + 6,
				     file.len - 6, NULL),
		    0);
		assert_true(gv_secret_is(&plain, "value", 5));
	}
	assert_int_equal(
	    gv_age_open(&plain, with + 3, 1, file.p + 6, file.len - 6, NULL),
	    GV_ENOKEY);
	assert_int_equal(
	    gv_age_open(&plain, with, 0, file.p + 6, file.len - 6, NULL),
	    GV_ENOKEY);
	assert_true(gv_secret_is(&plain, "value", 5));
	assert_int_equal(
	    gv_age_open(&plain, with, 4, file.p + 6, file.len - 6, NULL), 0);
	assert_true(gv_secret_is(&plain, "valuevalue", 10));
	gv_buf_release(&file);
	gv_secret_release(&plain);
}

/* A place that is wrong, or beyond the end, costs time and nothing else. */
static void
the_place_of_ones_stanza_is_remembered(void **state)
{
	struct gv_buf file = GV_BUF_INIT;
	struct gv_secret plain = GV_SECRET_INIT;
	size_t start, place, i;

	(void)state;
	assert_int_equal(gv_age_seal(&file, to, 3, "value", 5), 0);
	for (i = 0; i < 4; i++)
		for (start = 0; start < 5; start++) {
			place = start;
			gv_secret_reset(&plain);
			assert_int_equal(gv_age_open(&plain, with + i, 1,
					     file.p, file.len, &place),
			    i < 3 ? 0 : GV_ENOKEY);
			assert_int_equal(plain.len, i < 3 ? 5 : 0);
			assert_int_equal(place, i < 3 ? i : start);
		}
	gv_buf_release(&file);
	gv_secret_release(&plain);
}

static void
a_stream_is_the_same_file(void **state)
{
	static const size_t steps[] = { 1, 7, 100, SIZE_MAX };
	struct gv_buf file = GV_BUF_INIT, out = GV_BUF_INIT;
	struct gv_secret plain = GV_SECRET_INIT;
	struct gv_stream *s = NULL;
	size_t i;

	(void)state;
	assert_int_equal(gv_age_begin(&s, to, 2, collect, &file), 0);
	assert_int_equal(gv_stream_add(s, "va", 2), 0);
	assert_int_equal(gv_stream_add(s, "lue", 3), 0);
	assert_int_equal(gv_stream_finish(s), 0);
	gv_stream_free(s);
	assert_int_equal(
	    gv_age_open(&plain, with, 1, file.p, file.len, NULL), 0);
	assert_true(gv_secret_is(&plain, "value", 5));
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		gv_buf_reset(&out);
		assert_int_equal(open_pieces(&out, &file, steps[i]), 0);
		assert_string_equal(out.p, "value");
	}
	gv_buf_release(&file);
	gv_buf_release(&out);
	gv_secret_release(&plain);
}

/* Whatever bit is flipped, wherever it is cut: never the value, never a crash,
 * and the sentence says where it is wrong. */
static void
every_flipped_bit_and_every_cut_is_found(void **state)
{
	struct gv_buf file = GV_BUF_INIT, out = GV_BUF_INIT;
	struct gv_secret plain = GV_SECRET_INIT;
	size_t i, whole;
	int r;

	(void)state;
	assert_int_equal(gv_age_seal(&file, to, 2, "value", 5), 0);
	whole = file.len;
	for (i = 0; i < whole * 8; i++) {
		file.p[i / 8] ^= (char)(1 << i % 8);
		r = gv_age_open(&plain, with, 1, file.p, file.len, NULL);
		if (r != GV_ECORRUPT && r != GV_ENOKEY && r != GV_EREFUSED)
			fail_msg("bit %zu of byte %zu: %d, %s", i % 8, i / 8, r,
			    gv_err_message());
		assert_int_equal(plain.len, 0);
		gv_buf_reset(&out);
		assert_int_equal(open_pieces(&out, &file, 50), r);
		assert_int_equal(out.len, 0);
		file.p[i / 8] ^= (char)(1 << i % 8);
	}
	for (file.len = 0; file.len < whole; file.len++) {
		r = gv_age_open(&plain, with, 1, file.p, file.len, NULL);
		assert_int_equal(r, GV_ECORRUPT);
		assert_message("age ");
		assert_int_equal(plain.len, 0);
		assert_int_equal(open_pieces(&out, &file, 50), GV_ECORRUPT);
	}
	gv_buf_release(&file);
	gv_buf_release(&out);
	gv_secret_release(&plain);
}

static void
a_passphrase_is_alone(void **state)
{
	struct gv_recipient pass = GV_RECIPIENT_INIT;
	struct gv_identity id = GV_IDENTITY_INIT, low = GV_IDENTITY_INIT;
	const struct gv_recipient *both[2] = { &pass, to[0] };
	const struct gv_identity *by = &id, *by_low = &low;
	struct gv_buf file = GV_BUF_INIT;
	struct gv_secret plain = GV_SECRET_INIT;

	(void)state;
	assert_int_equal(gv_recipient_passphrase(&pass, "", 0, 10), GV_EUSAGE);
	assert_int_equal(gv_recipient_passphrase(&pass, "open", 4, 10), 0);
	assert_int_equal(gv_identity_passphrase(&id, "open", 4, 10), 0);
	assert_int_equal(gv_identity_passphrase(&low, "open", 4, 9), 0);
	assert_int_equal(gv_age_seal(&file, both, 2, "value", 5), GV_EREFUSED);
	assert_int_equal(file.len, 0);
	assert_int_equal(gv_age_seal(&file, both, 1, "value", 5), 0);
	assert_int_equal(
	    gv_age_open(&plain, &by, 1, file.p, file.len, NULL), 0);
	assert_true(gv_secret_is(&plain, "value", 5));
	assert_int_equal(
	    gv_age_open(&plain, &by_low, 1, file.p, file.len, NULL),
	    GV_EREFUSED);
	assert_message("above the limit of 9");
	assert_int_equal(
	    gv_age_open(&plain, with, 4, file.p, file.len, NULL), GV_ENOKEY);
	gv_identity_release(&id);
	gv_identity_release(&low);
	gv_recipient_release(&pass);
	gv_buf_release(&file);
	gv_secret_release(&plain);
}

static void
nobody_to_seal_for_is_refused(void **state)
{
	struct gv_buf file = GV_BUF_INIT;
	struct gv_stream *s = NULL;

	(void)state;
	assert_int_equal(gv_age_seal(&file, to, 0, "x", 1), GV_EREFUSED);
	assert_int_equal(gv_age_begin(&s, to, 0, collect, &file), GV_EREFUSED);
	assert_null(s);
	assert_int_equal(file.len, 0);
}

/* One of the eight points that lead nowhere. */
static void
a_recipient_of_low_order_is_refused(void **state)
{
	struct gv_recipient bad = { .kind = GV_RECIPIENT_X25519 };
	const struct gv_recipient *all[2] = { to[0], &bad };
	struct gv_buf file = GV_BUF_INIT;

	(void)state;
	gv_buf_addstr(&file, "kept");
	assert_int_equal(gv_age_seal(&file, all, 2, "x", 1), GV_EREFUSED);
	assert_string_equal(file.p, "kept");
	gv_buf_release(&file);
}

static void
headers_have_limits(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_age_header h;
	size_t i;

	(void)state;
	assert_int_equal(
	    gv_age_header_read(&h, "age-encryption.org/v2\n", 22), GV_EREFUSED);
	assert_int_equal(gv_age_header_read(&h, "age-encr", 8), GV_ENOTFOUND);
	assert_int_equal(gv_age_header_read(&h, "", 0), GV_ENOTFOUND);
	assert_int_equal(gv_age_header_read(&h, "hello", 5), GV_ECORRUPT);
	gv_buf_addstr(&text, "age-encryption.org/v1\n");
	assert_int_equal(
	    gv_age_header_read(&h, text.p, text.len), GV_ENOTFOUND);
	gv_buf_addstr(&text, "---");
	assert_int_equal(gv_age_header_read(&h, text.p, text.len), GV_ECORRUPT);
	assert_message("no stanza");
	gv_buf_truncate(&text, text.len - 3);
	for (i = 0; i < GV_AGE_HEADER_MAX / 6; i++)
		gv_buf_addstr(&text, "-> x\n\n");
	assert_int_equal(
	    gv_age_header_read(&h, text.p, GV_AGE_HEADER_MAX), GV_ENOTFOUND);
	assert_int_equal(gv_age_header_read(&h, text.p, text.len), GV_EREFUSED);
	assert_message("larger");
	gv_buf_release(&text);
}

/* In parts, as with a plugin: who has the key makes a header of any stanzas. */
static void
a_header_is_made_of_parts(void **state)
{
	static const unsigned char key[GV_AGE_KEY] = "sixteen letters";
	static const char *const words[] = { "other", "x" };
	struct gv_stanza_parts parts = { words, 2, "body", 4 };
	unsigned char found[GV_AGE_KEY];
	struct gv_buf stanzas = GV_BUF_INIT, text = GV_BUF_INIT;
	struct gv_age_header h;

	(void)state;
	assert_int_equal(gv_stanza_add(&stanzas, &parts), 0);
	assert_int_equal(gv_age_wrap(&stanzas, to, 1, key), 0);
	assert_int_equal(gv_age_header_add(&text, &stanzas, key), 0);
	assert_int_equal(gv_age_header_read(&h, text.p, text.len), 0);
	assert_int_equal(h.len, text.len);
	assert_int_equal(h.n, 2);
	assert_true(gv_stanza_is(&h.stanzas[0], 0, "other"));
	assert_int_equal(gv_age_unwrap(found, &h, with, 1, NULL), 0);
	assert_memory_equal(found, key, GV_AGE_KEY);
	found[0] ^= 1;
	assert_int_equal(gv_age_header_check(&h, found), GV_ECORRUPT);
	gv_age_header_release(&h);
	gv_age_header_release(NULL);
	gv_buf_release(&stanzas);
	gv_buf_release(&text);
}

/* What comes of a header of these stanzas. */
static int
unwrap_by(
    const struct gv_identity *by, const struct gv_stanza_parts *parts, size_t n)
{
	static const unsigned char key[GV_AGE_KEY] = "sixteen letters";
	unsigned char found[GV_AGE_KEY];
	struct gv_buf stanzas = GV_BUF_INIT, text = GV_BUF_INIT;
	struct gv_age_header h;
	size_t i;
	int r;

	for (i = 0; i < n; i++)
		assert_int_equal(gv_stanza_add(&stanzas, &parts[i]), 0);
	assert_int_equal(gv_age_header_add(&text, &stanzas, key), 0);
	assert_int_equal(gv_age_header_read(&h, text.p, text.len), 0);
	r = gv_age_unwrap(found, &h, &by, 1, NULL);
	gv_age_header_release(&h);
	gv_buf_release(&stanzas);
	gv_buf_release(&text);
	return r;
}

/* Each is a stanza that its type does not have. */
static void
malformed_stanzas_are_refused(void **state)
{
	static const char body[32] = "thirty-two bytes are a wrapped k";
#define SALT  "AAAAAAAAAAAAAAAAAAAAAA"
#define SHARE "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	static const struct {
		const char *words[4];
		size_t n, len;
		const char *message;
	} rows[] = {
		{ { "scrypt", SALT }, 2, 32, "scrypt is malformed" },
		{ { "scrypt", SALT, "10", "x" }, 4, 32, "scrypt is malformed" },
		{ { "scrypt", SALT, "10" }, 3, 31, "scrypt is malformed" },
		{ { "scrypt", "AAAA", "10" }, 3, 32, "scrypt is malformed" },
		{ { "scrypt", SALT, "010" }, 3, 32, "scrypt is malformed" },
		{ { "scrypt", SALT, "0" }, 3, 32, "scrypt is malformed" },
		{ { "X25519" }, 1, 32, "X25519 is malformed" },
		{ { "X25519", SHARE, "x" }, 3, 32, "X25519 is malformed" },
		{ { "X25519", SHARE }, 2, 31, "X25519 is malformed" },
		{ { "X25519", SALT }, 2, 32, "X25519 is malformed" },
		{ { "X25519", SHARE }, 2, 32, "of low order" },
	};
	struct gv_identity pass = GV_IDENTITY_INIT;
	struct gv_stanza_parts parts[2] = { { .body = body, .body_len = 32 },
		{ .body = body, .body_len = 32 } };
	const struct gv_identity *by;
	size_t i;

	(void)state;
	assert_int_equal(gv_identity_passphrase(&pass, "open", 4, 10), 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		parts[0].words = rows[i].words;
		parts[0].n_words = rows[i].n;
		parts[0].body_len = rows[i].len;
		by = rows[i].words[0][0] == 's' ? &pass : with[0];
		assert_int_equal(unwrap_by(by, parts, 1), GV_ECORRUPT);
		assert_message(rows[i].message);
		/* one of another type is passed over */
		by = by == &pass ? with[0] : &pass;
		assert_int_equal(unwrap_by(by, parts, 1), GV_ENOKEY);
	}
	parts[0] = (struct gv_stanza_parts){ rows[10].words, 2, body, 32 };
	parts[1] = (struct gv_stanza_parts){ rows[2].words, 3, body, 32 };
	assert_int_equal(unwrap_by(with[0], parts, 2), GV_ECORRUPT);
	assert_message("scrypt is not the only one");
	gv_identity_release(&pass);
#undef SALT
#undef SHARE
}

static void
memory_that_is_not_there_is_said(void **state)
{
	struct gv_buf file = GV_BUF_INIT;
	struct gv_secret plain = GV_SECRET_INIT;
	struct gv_age_reader *reader = NULL;
	struct gv_stream *s = NULL;
	int r;

	(void)state;
	/* what was given out when it failed is no file, and so forgotten */
	LOCKED_RUNS_OUT({
		gv_buf_reset(&file);
		r = gv_age_begin(&s, to, 2, collect, &file);
	});
	assert_int_equal(gv_stream_finish(s), 0);
	gv_stream_free(s);
	LOCKED_RUNS_OUT(
	    r = gv_age_open(&plain, with, 1, file.p, file.len, NULL));
	LOCKED_RUNS_OUT({
		gv_age_reader_free(reader);
		reader = NULL;
		r = gv_age_reader_new(&reader, with, 1, collect, &file);
		if (r == 0)
			r = gv_age_reader_add(reader, file.p, file.len);
	});
	gv_age_reader_free(reader);
	gv_secret_release(&plain);
	gv_buf_release(&file);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_people, part)

UNIT(age)
{
	const struct CMUnitTest tests[] = {
		TEST(each_recipient_opens_it_and_nobody_else),
		TEST(the_place_of_ones_stanza_is_remembered),
		TEST(a_stream_is_the_same_file),
		TEST(every_flipped_bit_and_every_cut_is_found),
		TEST(a_passphrase_is_alone),
		TEST(nobody_to_seal_for_is_refused),
		TEST(a_recipient_of_low_order_is_refused),
		TEST(headers_have_limits),
		TEST(a_header_is_made_of_parts),
		TEST(malformed_stanzas_are_refused),
		TEST(memory_that_is_not_there_is_said),
	};

	return UNIT_RUN(tests);
}
