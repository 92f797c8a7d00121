#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "policy/consent_internal.h"
#include "repo/oid.h"
#include "worktree/cache.h"

static const char id[] = "0123456789abcdef0123456789abcdef01234567";

static void
fill(struct gv_consent *out, const char *policy, const char *ignore)
{
	gv_consent_init(out);
	out->version = 7;
	out->has[GV_CONSENT_POLICY] = policy != NULL;
	out->has[GV_CONSENT_IGNORE] = ignore != NULL;
	gv_buf_addstr(&out->texts[GV_CONSENT_POLICY], policy ? policy : "");
	gv_buf_addstr(&out->texts[GV_CONSENT_IGNORE], ignore ? ignore : "");
}

static struct gv_buf
format(const struct gv_consent *of)
{
	struct gv_buf out = GV_BUF_INIT;
	struct gv_oid tip;

	assert_int_equal(gv_oid_parse(&tip, id), 0);
	assert_int_equal(gv_consent_format(&out, of, &tip), 0);
	return out;
}

/* Parse a text; the result is released. */
static int
parse(const char *text, size_t len)
{
	struct gv_consent out;
	struct gv_oid tip;
	int r = gv_consent_parse(&out, &tip, text, len);

	gv_consent_release(&out);
	return r;
}

static void
what_is_written_is_read(void **state)
{
	static const char *const texts[] = { NULL, "", "a: b\n", "no line end",
		"file .vaultignore 3\nx\n\n", "= 00000000\n" };
	size_t n = sizeof(texts) / sizeof(texts[0]), i;

	(void)state;
	for (i = 0; i < n * n; i++) {
		struct gv_consent was, is;
		struct gv_oid tip;
		struct gv_buf file;
		char hex[GV_OID_HEX + 1];

		fill(&was, texts[i / n], texts[i % n]);
		file = format(&was);
		assert_int_equal(
		    gv_consent_parse(&is, &tip, file.p, file.len), 0);
		gv_oid_format(hex, &tip);
		assert_string_equal(hex, id);
		assert_int_equal(is.version, 7);
		assert_true(gv_consent_is_same(&was, &is));
		gv_consent_release(&was);
		gv_consent_release(&is);
		gv_buf_release(&file);
	}
}

static void
a_damaged_or_cut_record_is_refused(void **state)
{
	struct gv_consent consent;
	struct gv_buf file;
	size_t i;

	(void)state;
	fill(&consent, "a: b\n", "x: y\n");
	file = format(&consent);
	for (i = 0; i < file.len; i++) {
		assert_int_equal(parse(file.p, i), GV_ECORRUPT);
		file.p[i] ^= 1;
		assert_int_equal(parse(file.p, file.len), GV_ECORRUPT);
		file.p[i] ^= 1;
	}
	assert_int_equal(parse(file.p, file.len), 0);
	gv_buf_release(&file);
	gv_consent_release(&consent);
}

/* The sum is right in all of these, so it does not catch them. */
static void
a_length_that_is_wrong_is_refused(void **state)
{
	static const char *const bodies[] = {
		"",
		"keyring \n",
		"keyring 0123456789abcdef0123456789abcdef01234567\n",
		"keyring 0123456789abcdef0123456789abcdef01234567 \n",
		"keyring 0123456789abcdef0123456789abcdef01234567 x\n",
		"keyring 0123456789abcdef0123456789abcdef0123456g 1\n",
		"keyring 0123456789abcdef0123456789abcdef01234567 1\nfile "
		".gitvault.yaml 3\nab\n",
		"keyring 0123456789abcdef0123456789abcdef01234567 1\nfile "
		".gitvault.yaml 1\nab\n",
		"keyring 0123456789abcdef0123456789abcdef01234567 1\nfile "
		".gitvault.yaml 18446744073709551615\nab\n",
		"keyring 0123456789abcdef0123456789abcdef01234567 1\nfile "
		".gitvault.yaml -1\nab\n",
		"keyring 0123456789abcdef0123456789abcdef01234567 1\nfile "
		".gitvault.yaml 2\nab\nfile .gitvault.yaml 2\nab\n",
		"keyring 0123456789abcdef0123456789abcdef01234567 1\nfile "
		".vaultignore 2\nab\nfile .gitvault.yaml 2\nab\n",
		"keyring 0123456789abcdef0123456789abcdef01234567 1\nfile "
		"other 2\nab\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct gv_buf file = GV_BUF_INIT;

		gv_buf_addf(&file, "git-vault policy 1\n%s", bodies[i]);
		gv_cache_seal_text(&file, 0);
		assert_int_equal(parse(file.p, file.len), GV_ECORRUPT);
		gv_buf_release(&file);
	}
}

UNIT(consent_record)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(a_damaged_or_cut_record_is_refused),
		cmocka_unit_test(a_length_that_is_wrong_is_refused),
	};

	return UNIT_RUN(tests);
}
