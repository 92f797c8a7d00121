/* lib/key/gitsign: where the signature of a tag begins, and what git's words
 * about it mean. That the programs sign is for t7206. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "key/gitsign.h"

#define TEXT   "object 1\n\nprod: verified\n\n{\"a\":1}\n"
#define BEGIN  "-----BEGIN SSH SIGNATURE-----\n"
#define END    "-----END SSH SIGNATURE-----\n"
#define PGP    "-----BEGIN PGP SIGNATURE-----\n"
#define PGPEND "-----END PGP SIGNATURE-----\n"

/* Where it begins, with no byte behind it to be read; -1 for damage. */
static long
split(const char *text)
{
	size_t len = strlen(text), payload;
	char *copy = malloc(len + 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, len);
	copy = realloc(copy, len ? len : 1);
	assert_non_null(copy);
	r = gv_gitsign_split(&payload, copy, len);
	free(copy);
	if (r == GV_ECORRUPT)
		return -1;
	assert_int_equal(r, 0);
	return (long)payload;
}

static void
finds_where_it_begins(void **state)
{
	const long at = (long)strlen(TEXT);

	(void)state;
	assert_int_equal(split(""), 0);
	assert_int_equal(split(TEXT), at);
	assert_int_equal(split(TEXT BEGIN "U1N\n" END), at);
	assert_int_equal(
	    split(TEXT PGP "Version: 1\n\nU1N=\n=abcd\n" PGPEND), at);
	assert_int_equal(split(TEXT "-----BEGIN SIGNED MESSAGE-----\nMI\n"
				    "-----END SIGNED MESSAGE-----\n"),
	    at);
	assert_int_equal(split("x" BEGIN), (long)strlen("x" BEGIN));
}

static void
takes_nothing_else_for_one(void **state)
{
	static const char *const bad[] = {
		TEXT BEGIN,
		TEXT BEGIN "U1N\n",
		TEXT "-----BEGIN SSH SIGNATURE-----",
		TEXT "-----BEGIN SSH SIGNATURE----- \nU1N\n" END,
		TEXT BEGIN "U1N\n-----END SSH SIGNATURE-----",
		TEXT BEGIN "U1N\n-----END SSH SIGNATURE----- \n",
		TEXT BEGIN "U1N\n" PGPEND,
		TEXT BEGIN "U1N\n" END "\n",
		TEXT BEGIN "U1N\n" END "more\n",
		TEXT BEGIN "U1N\n" END BEGIN "U1N\n" END,
		TEXT BEGIN "U1N\n" PGP "U1N\n" PGPEND,
		TEXT BEGIN "U1N\n" BEGIN "U1N\n" END,
		TEXT BEGIN "U1N\t\n" END,
		TEXT BEGIN "U1N\r\n" END,
		TEXT BEGIN "\x1b[2J\n" END,
		TEXT BEGIN "sch\xc3\xb6n\n" END,
	};
	struct gv_buf large = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (split(bad[i]) != -1)
			fail_msg("taken: %s", bad[i]);
	gv_buf_addstr(&large, TEXT BEGIN);
	for (i = 0; i < GV_GITSIGN_MAX; i += 5)
		gv_buf_addstr(&large, "U1NI\n");
	gv_buf_addstr(&large, END);
	assert_int_equal(gv_buf_check(&large), 0);
	assert_int_equal(split(large.p), -1);
	gv_buf_release(&large);
}

/* A line as git and its programs write it, and what it means. */
static const struct {
	const char *said;
	bool passed;
	enum gv_gitsign_verdict verdict;
	bool is_whole;
	const char *by, *print;
} answers[] = {
	{ "Good \"git\" signature for ann with b@c with ED25519 key "
	  "SHA256:abc\n",
	    true, GV_GITSIGN_GOOD, true, "ann with b@c", "SHA256:abc" },
	{ "Good \"git\" signature with RSA key SHA256:abc\nNo principal "
	  "matched.\n",
	    false, GV_GITSIGN_UNKNOWN, true, NULL, "SHA256:abc" },
	{ "Good \"git\" signature for ann with RSA key SHA256:abc\n", false,
	    GV_GITSIGN_UNKNOWN, true, "ann", "SHA256:abc" },
	{ "Could not verify signature.\nSignature verification failed: "
	  "incorrect signature\n",
	    false, GV_GITSIGN_BAD, false, NULL, NULL },
	{ "error: cannot run ssh-keygen\n", false, GV_GITSIGN_UNSEEN, false,
	    NULL, NULL },
	{ "", true, GV_GITSIGN_UNSEEN, false, NULL, NULL },
	{ "", false, GV_GITSIGN_UNSEEN, false, NULL, NULL },
	{ "[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG 12 Ann B <a@b>\n"
	  "[GNUPG:] VALIDSIG AB 2026-01-01 1 0 4 0 22 8 00 CD\n",
	    true, GV_GITSIGN_GOOD, true, "Ann B <a@b>", "CD" },
	{ "[GNUPG:] GOODSIG 12 Ann\n[GNUPG:] VALIDSIG AB 2026-01-01 1 0\n",
	    true, GV_GITSIGN_GOOD, true, "Ann", "AB" },
	{ "[GNUPG:] GOODSIG 12 Ann\n[GNUPG:] VALIDSIG AB\n"
	  "[GNUPG:] TRUST_UNDEFINED\n",
	    false, GV_GITSIGN_UNKNOWN, true, "Ann", "AB" },
	{ "[GNUPG:] BADSIG 12 Ann\n", false, GV_GITSIGN_BAD, false, "Ann",
	    NULL },
	{ "[GNUPG:] ERRSIG 12 22 8 00 1 9 AB\n[GNUPG:] NO_PUBKEY 12\n", false,
	    GV_GITSIGN_UNKNOWN, false, NULL, NULL },
	{ "[GNUPG:] EXPKEYSIG 12 Ann\n[GNUPG:] VALIDSIG AB\n", true,
	    GV_GITSIGN_BAD, false, "Ann", "AB" },
	{ "[GNUPG:] REVKEYSIG 12 Ann\n[GNUPG:] VALIDSIG AB\n", false,
	    GV_GITSIGN_BAD, false, "Ann", "AB" },
	{ "[GNUPG:] EXPSIG 12 Ann\n[GNUPG:] VALIDSIG AB\n", false,
	    GV_GITSIGN_BAD, false, "Ann", "AB" },
	/* of two, one may be anybody's */
	{ "[GNUPG:] GOODSIG 12 Ann\n[GNUPG:] VALIDSIG AB\n"
	  "[GNUPG:] GOODSIG 13 Eve\n[GNUPG:] VALIDSIG EF\n",
	    true, GV_GITSIGN_BAD, false, "Eve", "EF" },
	/* a name that pretends is one */
	{ "[GNUPG:] BADSIG 12 [GNUPG:] GOODSIG 13 Ann\n", false, GV_GITSIGN_BAD,
	    false, "[GNUPG:] GOODSIG 13 Ann", NULL },
	{ "[GNUPG:] GOODSIG\n", true, GV_GITSIGN_UNSEEN, false, NULL, NULL },
};

static void
reads_what_git_says(void **state)
{
	struct gv_gitsign seen;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		assert_int_equal(
		    gv_gitsign_read(&seen, answers[i].said, answers[i].passed),
		    0);
		if (seen.verdict != answers[i].verdict ||
		    seen.is_whole != answers[i].is_whole)
			fail_msg("%s: %s, %d", answers[i].said,
			    gv_gitsign_verdicts[seen.verdict], seen.is_whole);
		assert_string_equal(
		    seen.by ? seen.by : "", answers[i].by ? answers[i].by : "");
		assert_string_equal(seen.print ? seen.print : "",
		    answers[i].print ? answers[i].print : "");
		assert_int_equal(
		    seen.why == NULL, seen.verdict == GV_GITSIGN_GOOD);
		gv_gitsign_release(&seen);
	}
}

UNIT(gitsign)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_where_it_begins),
		cmocka_unit_test(takes_nothing_else_for_one),
		cmocka_unit_test(reads_what_git_says),
	};

	return UNIT_RUN(tests);
}
