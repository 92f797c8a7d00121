#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "policy/consent_seen.h"
#include "repo/oid.h"

static struct gv_oid
id_of(unsigned n)
{
	struct gv_oid out;
	char hex[GV_OID_HEX + 1];

	snprintf(hex, sizeof(hex), "%040x", n);
	assert_int_equal(gv_oid_parse(&out, hex), 0);
	return out;
}

static struct gv_buf
add(struct gv_buf was, enum gv_consent_seen what, unsigned n, int64_t now)
{
	struct gv_buf out = GV_BUF_INIT;
	struct gv_oid of = id_of(n);

	assert_int_equal(
	    gv_consent_seen_add(&out, was.p, was.len, what, &of, now), 0);
	gv_buf_release(&was);
	return out;
}

static int64_t
at(const struct gv_buf *file, enum gv_consent_seen what, unsigned n)
{
	struct gv_oid of = id_of(n);

	return gv_consent_seen_at(file->p, file->len, what, &of);
}

static void
what_was_added_is_there(void **state)
{
	struct gv_buf file = GV_BUF_INIT;

	(void)state;
	assert_int_equal(at(&file, GV_CONSENT_SHOWN, 1), -1);
	file = add(file, GV_CONSENT_SHOWN, 1, 100);
	file = add(file, GV_CONSENT_DECLINED, 2, 200);
	assert_int_equal(at(&file, GV_CONSENT_SHOWN, 1), 100);
	assert_int_equal(at(&file, GV_CONSENT_DECLINED, 1), -1);
	assert_int_equal(at(&file, GV_CONSENT_DECLINED, 2), 200);
	assert_int_equal(at(&file, GV_CONSENT_SHOWN, 2), -1);
	file = add(file, GV_CONSENT_SHOWN, 1, 300);
	assert_int_equal(at(&file, GV_CONSENT_SHOWN, 1), 300);
	gv_buf_release(&file);
}

static void
the_oldest_goes_first(void **state)
{
	struct gv_buf file = GV_BUF_INIT;
	unsigned i;

	(void)state;
	for (i = 0; i < GV_CONSENT_SEEN_MAX + 2; i++)
		file = add(file, GV_CONSENT_SHOWN, i, i);
	assert_int_equal(at(&file, GV_CONSENT_SHOWN, 0), -1);
	assert_int_equal(at(&file, GV_CONSENT_SHOWN, 1), -1);
	assert_int_equal(at(&file, GV_CONSENT_SHOWN, 2), 2);
	assert_int_equal(at(&file, GV_CONSENT_SHOWN, GV_CONSENT_SEEN_MAX + 1),
	    GV_CONSENT_SEEN_MAX + 1);
	gv_buf_release(&file);
}

static void
a_damaged_file_says_nothing(void **state)
{
	struct gv_buf file = GV_BUF_INIT;
	size_t i;

	(void)state;
	file = add(file, GV_CONSENT_DECLINED, 7, 10);
	for (i = 0; i < file.len; i += 5) {
		file.p[i] ^= 1;
		assert_int_equal(at(&file, GV_CONSENT_DECLINED, 7), -1);
		file.p[i] ^= 1;
	}
	file.p[3] = 'x';
	file = add(file, GV_CONSENT_SHOWN, 8, 20);
	assert_int_equal(at(&file, GV_CONSENT_SHOWN, 8), 20);
	assert_int_equal(at(&file, GV_CONSENT_DECLINED, 7), -1);
	gv_buf_release(&file);
}

UNIT(consent_seen)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_added_is_there),
		cmocka_unit_test(the_oldest_goes_first),
		cmocka_unit_test(a_damaged_file_says_nothing),
	};

	return UNIT_RUN(tests);
}
